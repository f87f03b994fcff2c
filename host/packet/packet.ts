/**
 * A whole IP packet as an object: the readable twin of the core's header files, for printing, tests and teaching. It
 * shares nothing with the core, so that it can be its witness.
 * Not for: the packet path; it allocates as it likes.
 */
import { pseudoHeaderSum } from './bytes.js';
import { decodeIcmp, type IcmpMessage } from './icmp.js';
import { decodeIcmp6, type Icmp6Message } from './icmp6.js';
import { decodeIPv4, type IPv4Header } from './ipv4.js';
import { decodeIPv6, type IPv6Header } from './ipv6.js';
import { decodeIgmp, type IgmpMessage } from './membership.js';
import { PROTOCOL_ICMP, PROTOCOL_ICMP6, PROTOCOL_IGMP, PROTOCOL_TCP, PROTOCOL_UDP } from './protocol.js';
import { decodeTcp, type TcpSegment } from './tcp.js';
import { decodeUdp, type UdpDatagram } from './udp.js';

export type IPHeader = IPv4Header | IPv6Header;

export type Packet =
  | { kind: 'tcp'; ip: IPHeader; tcp: TcpSegment }
  | { kind: 'udp'; ip: IPHeader; udp: UdpDatagram }
  | { kind: 'icmp'; ip: IPv4Header; icmp: IcmpMessage }
  | { kind: 'icmp6'; ip: IPv6Header; icmp: Icmp6Message }
  | { kind: 'igmp'; ip: IPv4Header; igmp: IgmpMessage }
  /** A part of what a packet of this protocol carried; the first one too, since it is not whole. */
  | { kind: 'fragment'; ip: IPHeader; payload: Uint8Array }
  /** Another protocol. */
  | { kind: 'ip'; ip: IPHeader; payload: Uint8Array }
  | Malformed;

export interface Malformed {
  kind: 'malformed';
  reason: string;
  bytes: Uint8Array;
}

/** Never throws: what can't be read is `malformed`, with the reason. Payloads are views of `bytes`. */
export function decodePacket(bytes: Uint8Array): Packet {
  const packet = decode(bytes);
  return typeof packet === 'string' ? { kind: 'malformed', reason: packet, bytes } : packet;
}

function decode(bytes: Uint8Array): Packet | string {
  const ip = (bytes[0] ?? 0) >> 4 === 6 ? decodeIPv6(bytes) : decodeIPv4(bytes);
  if (typeof ip === 'string') return ip;
  if (ip.totalLength > bytes.length) return `${bytes.length} of ${ip.totalLength} bytes`;
  const payload = bytes.subarray(ip.headerLength, ip.totalLength);
  if (ip.fragmentOffset > 0 || ip.moreFragments) return { kind: 'fragment', ip, payload };
  const addresses = ip.version === 4 ? bytes.subarray(12, 20) : bytes.subarray(8, 40);
  const pseudoHeader = pseudoHeaderSum(addresses, ip.protocol, payload.length);
  if (ip.protocol === PROTOCOL_TCP) {
    const tcp = decodeTcp(payload, pseudoHeader);
    return typeof tcp === 'string' ? tcp : { kind: 'tcp', ip, tcp };
  }
  if (ip.protocol === PROTOCOL_UDP) {
    const udp = decodeUdp(payload, pseudoHeader, ip.version);
    return typeof udp === 'string' ? udp : { kind: 'udp', ip, udp };
  }
  return ip.version === 4 ? decodeControl4(ip, payload) : decodeControl6(ip, payload, pseudoHeader);
}

function decodeControl4(ip: IPv4Header, payload: Uint8Array): Packet | string {
  if (ip.protocol === PROTOCOL_ICMP) {
    const icmp = decodeIcmp(payload);
    return typeof icmp === 'string' ? icmp : { kind: 'icmp', ip, icmp };
  }
  if (ip.protocol === PROTOCOL_IGMP) {
    const igmp = decodeIgmp(payload);
    return typeof igmp === 'string' ? igmp : { kind: 'igmp', ip, igmp };
  }
  return { kind: 'ip', ip, payload };
}

function decodeControl6(ip: IPv6Header, payload: Uint8Array, pseudoHeader: number): Packet | string {
  if (ip.protocol !== PROTOCOL_ICMP6) return { kind: 'ip', ip, payload };
  const icmp = decodeIcmp6(payload, pseudoHeader);
  return typeof icmp === 'string' ? icmp : { kind: 'icmp6', ip, icmp };
}
