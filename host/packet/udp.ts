/** The UDP header, RFC 768, and what RFC 8200 §8.1 asks of its checksum. */
import { internetChecksum, uint16At } from './bytes.js';

export interface UdpDatagram {
  sourcePort: number;
  destinationPort: number;
  /** Bytes of header and payload, as the header says. */
  length: number;
  checksum: number;
  /** Over IPv4, 0 is no checksum, which is as good as a right one; over IPv6 it is wrong. */
  checksumCorrect: boolean;
  payload: Uint8Array;
}

/**
 * @param bytes the payload of the IP packet
 * @param pseudoHeader what its pseudo-header adds to the checksum (`pseudoHeaderSum`)
 * @returns what is wrong, as a string, when it is no UDP datagram
 */
export function decodeUdp(bytes: Uint8Array, pseudoHeader: number, version: 4 | 6): UdpDatagram | string {
  if (bytes.length < HEADER) return `${bytes.length} bytes are too few for a UDP header`;
  const length = uint16At(bytes, 4);
  if (length < HEADER || length > bytes.length) return `a UDP length of ${length} bytes in ${bytes.length}`;
  const checksum = uint16At(bytes, 6);
  // The pseudo-header has the length of the datagram, which may be less than the packet carries.
  const sum = pseudoHeader - bytes.length + length;
  return {
    sourcePort: uint16At(bytes, 0),
    destinationPort: uint16At(bytes, 2),
    length,
    checksum,
    checksumCorrect: checksum === 0 ? version === 4 : internetChecksum(bytes.subarray(0, length), sum) === 0,
    payload: bytes.subarray(HEADER, length),
  };
}

const HEADER = 8;
