/**
 * A whole IP packet as an object: the readable twin of the core's header files, for printing, tests and teaching. It
 * shares nothing with the core, so that it can be its witness.
 * Not for: the packet path; it allocates as it likes.
 */
import { decodeIcmp, type IcmpMessage } from './icmp.js';
import { decodeIPv4, type IPv4Header, PROTOCOL_ICMP, PROTOCOL_TCP } from './ipv4.js';
import { decodeTcp, type TcpSegment } from './tcp.js';

export type Packet =
  | { kind: 'tcp'; ip: IPv4Header; tcp: TcpSegment }
  | { kind: 'icmp'; ip: IPv4Header; icmp: IcmpMessage }
  /** Another protocol, or a fragment behind the first. */
  | { kind: 'ip'; ip: IPv4Header; payload: Uint8Array }
  | { kind: 'malformed'; reason: string; bytes: Uint8Array };

/** Never throws: what can't be read is `malformed`, with the reason. Payloads are views of `bytes`. */
export function decodePacket(bytes: Uint8Array): Packet {
  const ip = decodeIPv4(bytes);
  if (typeof ip === 'string') return { kind: 'malformed', reason: ip, bytes };
  if (ip.totalLength > bytes.length) {
    return { kind: 'malformed', reason: `${bytes.length} of ${ip.totalLength} bytes`, bytes };
  }
  const payload = bytes.subarray(ip.headerLength, ip.totalLength);
  if (ip.fragmentOffset > 0) return { kind: 'ip', ip, payload };
  if (ip.protocol === PROTOCOL_TCP) {
    const tcp = decodeTcp(payload);
    return typeof tcp === 'string' ? { kind: 'malformed', reason: tcp, bytes } : { kind: 'tcp', ip, tcp };
  }
  if (ip.protocol === PROTOCOL_ICMP) {
    const icmp = decodeIcmp(payload);
    return typeof icmp === 'string' ? { kind: 'malformed', reason: icmp, bytes } : { kind: 'icmp', ip, icmp };
  }
  return { kind: 'ip', ip, payload };
}
