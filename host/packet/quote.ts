/**
 * The beginning of a packet, as an ICMP error quotes it (RFC 792, RFC 4443 §2.4): cut anywhere behind its IP header.
 * Not for: whether the error may be believed.
 */
import { uint16At } from './bytes.js';
import { decodeIPv4 } from './ipv4.js';
import { decodeIPv6 } from './ipv6.js';
import { PROTOCOL_TCP, PROTOCOL_UDP } from './protocol.js';

export interface Quote {
  source: string;
  destination: string;
  protocol: number;
  /** Bytes of the packet, which the error need not hold. */
  totalLength: number;
  /** Of TCP and UDP, as far as the quote goes. */
  ports?: { source: number; destination: number };
}

/** @returns undefined when not even the IP header is there */
export function decodeQuote(bytes: Uint8Array): Quote | undefined {
  const ip = (bytes[0] ?? 0) >> 4 === 6 ? decodeIPv6(bytes) : decodeIPv4(bytes);
  if (typeof ip === 'string') return undefined;
  const { source, destination, protocol, totalLength, headerLength, fragmentOffset } = ip;
  const ported = (protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP) && fragmentOffset === 0;
  if (!ported || bytes.length < headerLength + 4) return { source, destination, protocol, totalLength };
  const ports = { source: uint16At(bytes, headerLength), destination: uint16At(bytes, headerLength + 2) };
  return { source, destination, protocol, totalLength, ports };
}
