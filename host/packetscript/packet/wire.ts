/**
 * Between `Segment`s and the bytes of IPv4 packets, checksums included (RFC 791, RFC 9293 §3.1, RFC 792).
 * Not for: the packet path of a stack; it allocates as it likes, and shares nothing with the core whose witness it is.
 */
import { byteAt, internetChecksum, ipv4AddressAt, uint16At, uint32At } from '../../packet/bytes.js';
import { decodePacket } from '../../packet/packet.js';
import { decodeOptions, encodeOptions } from './options.js';
import type { IcmpPacket, Segment, Unreadable } from './segment.js';

export function encodeSegment(segment: Segment): Uint8Array {
  const options = encodeOptions(segment.options);
  const header = 20 + options.length;
  const tcp = new Uint8Array(header + segment.payload.length);
  const view = new DataView(tcp.buffer);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.seq);
  view.setUint32(8, segment.ack);
  view.setUint16(12, ((header / 4) << 12) | (segment.reserved << 9) | segment.flags);
  view.setUint16(14, segment.window);
  view.setUint16(18, segment.urgent);
  tcp.set(options, 20);
  tcp.set(segment.payload, header);
  const packet = withHeader(segment, TCP, tcp);
  let pseudoHeader = TCP + tcp.length;
  for (let offset = 12; offset < 20; offset += 2) pseudoHeader += uint16At(packet, offset);
  new DataView(packet.buffer).setUint16(20 + 16, internetChecksum(tcp, pseudoHeader));
  return packet;
}

export function encodeIcmp(message: IcmpPacket): Uint8Array {
  const icmp = new Uint8Array(8 + message.body.length);
  const view = new DataView(icmp.buffer);
  view.setUint8(0, message.type);
  view.setUint8(1, message.code);
  view.setUint32(4, message.rest);
  icmp.set(message.body, 8);
  view.setUint16(2, internetChecksum(icmp));
  return withHeader(message, ICMP, icmp);
}

/**
 * The beginning of a packet of a connection, as a router quotes it (RFC 792): its IP header and eight bytes.
 * @param length bytes of data that the packet had
 */
export function quotation(segment: Segment, length: number): Uint8Array {
  const packet = encodeSegment({ ...segment, payload: new Uint8Array(length) });
  return packet.subarray(0, 28);
}

/** Never throws: what can't be read says why. */
export function decode(bytes: Uint8Array): Segment | IcmpPacket | Unreadable {
  const packet = decodePacket(bytes);
  if (packet.kind === 'malformed') return { kind: 'unreadable', reason: packet.reason };
  if (packet.kind === 'ip') return { kind: 'unreadable', reason: `protocol ${packet.ip.protocol}` };
  if (internetChecksum(bytes.subarray(0, 20)) !== 0) return { kind: 'unreadable', reason: 'a wrong IP checksum' };
  const ip = {
    tos: byteAt(bytes, 1),
    ttl: byteAt(bytes, 8),
    sourceAddress: ipv4AddressAt(bytes, 12),
    destinationAddress: ipv4AddressAt(bytes, 16),
  };
  if (packet.kind === 'icmp') {
    const { type, code, body } = packet.icmp;
    return { kind: 'icmp', ...ip, type, code, rest: uint32At(bytes, 24), body: body.slice() };
  }
  return decodeSegment(ip, bytes.subarray(20));
}

function decodeSegment(ip: Pick<Segment, IpField>, tcp: Uint8Array): Segment {
  const word = uint16At(tcp, 12);
  const header = (word >> 12) * 4;
  return {
    kind: 'tcp',
    ...ip,
    sourcePort: uint16At(tcp, 0),
    destinationPort: uint16At(tcp, 2),
    seq: uint32At(tcp, 4),
    ack: uint32At(tcp, 8),
    flags: word & 0x1ff,
    reserved: (word >> 9) & 7,
    window: uint16At(tcp, 14),
    urgent: uint16At(tcp, 18),
    options: decodeOptions(tcp.subarray(20, header)),
    payload: tcp.slice(header),
  };
}

function withHeader(ip: Pick<Segment, IpField>, protocol: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint8(1, ip.tos);
  view.setUint16(2, packet.length);
  view.setUint8(8, ip.ttl);
  view.setUint8(9, protocol);
  packet.set(addressBytes(ip.sourceAddress), 12);
  packet.set(addressBytes(ip.destinationAddress), 16);
  view.setUint16(10, internetChecksum(packet.subarray(0, 20)));
  packet.set(payload, 20);
  return packet;
}

function addressBytes(address: string): number[] {
  return address.split('.').map(Number);
}

type IpField = 'tos' | 'ttl' | 'sourceAddress' | 'destinationAddress';

const ICMP = 1;
const TCP = 6;
