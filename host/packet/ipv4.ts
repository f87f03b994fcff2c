/**
 * The IPv4 header, RFC 791 §3.1.
 * Not for: reassembling fragments.
 */
import { byteAt, internetChecksum, ipv4AddressAt, uint16At } from './bytes.js';

export interface IPv4Header {
  version: 4;
  /** Bytes of header, options included: 20 to 60. */
  headerLength: number;
  /** Differentiated services, RFC 2474. */
  dscp: number;
  /** Explicit congestion notification, RFC 3168: 0 to 3. */
  ecn: number;
  /** Bytes of the whole packet. */
  totalLength: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** Where this fragment belongs, in bytes. */
  fragmentOffset: number;
  ttl: number;
  protocol: number;
  checksum: number;
  checksumCorrect: boolean;
  source: string;
  destination: string;
}

/** @returns what is wrong, as a string, when `bytes` do not begin with an IPv4 header */
export function decodeIPv4(bytes: Uint8Array): IPv4Header | string {
  if (bytes.length < MIN_HEADER) return `${bytes.length} bytes are too few for an IPv4 header`;
  const first = byteAt(bytes, 0);
  if (first >> 4 !== 4) return `version ${first >> 4}, not 4`;
  const headerLength = (first & 0x0f) * 4;
  if (headerLength < MIN_HEADER || headerLength > bytes.length) return `an IPv4 header of ${headerLength} bytes`;
  const totalLength = uint16At(bytes, 2);
  if (totalLength < headerLength) return `a total length of ${totalLength} bytes`;
  const fragment = uint16At(bytes, 6);
  return {
    version: 4,
    headerLength,
    dscp: byteAt(bytes, 1) >> 2,
    ecn: byteAt(bytes, 1) & 3,
    totalLength,
    identification: uint16At(bytes, 4),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    ttl: byteAt(bytes, 8),
    protocol: byteAt(bytes, 9),
    checksum: uint16At(bytes, 10),
    checksumCorrect: internetChecksum(bytes.subarray(0, headerLength)) === 0,
    source: ipv4AddressAt(bytes, 12),
    destination: ipv4AddressAt(bytes, 16),
  };
}

const MIN_HEADER = 20;
