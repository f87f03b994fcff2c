/**
 * Between `Segment`s and the bytes of IP packets, checksums included (RFC 791, RFC 8200, RFC 9293 §3.1, RFC 792, RFC 4443).
 * The text of the addresses says which version a packet is of.
 * Not for: the packet path of a stack; it allocates as it likes, and shares nothing with the core whose witness it is.
 */
import { internetChecksum, pseudoHeaderSum, uint16At, uint32At } from '../../packet/bytes.js';
import { decodePacket } from '../../packet/packet.js';
import { PROTOCOL_ICMP, PROTOCOL_ICMP6, PROTOCOL_TCP } from '../../packet/protocol.js';
import { addressBytes } from './addresses.js';
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
  view.setUint16(16, internetChecksum(tcp, pseudoHeader(segment, PROTOCOL_TCP, tcp.length)));
  return withHeader(segment, PROTOCOL_TCP, tcp);
}

export function encodeIcmp(message: IcmpPacket): Uint8Array {
  const icmp = new Uint8Array(8 + message.body.length);
  const view = new DataView(icmp.buffer);
  view.setUint8(0, message.type);
  view.setUint8(1, message.code);
  view.setUint32(4, message.rest);
  icmp.set(message.body, 8);
  const six = message.sourceAddress.includes(':');
  view.setUint16(2, internetChecksum(icmp, six ? pseudoHeader(message, PROTOCOL_ICMP6, icmp.length) : 0));
  return withHeader(message, six ? PROTOCOL_ICMP6 : PROTOCOL_ICMP, icmp);
}

/**
 * The beginning of a packet of a connection, as a router quotes it (RFC 792): its IP header and eight bytes.
 * @param length bytes of data that the packet had
 */
export function quotation(segment: Segment, length: number): Uint8Array {
  const packet = encodeSegment({ ...segment, payload: new Uint8Array(length) });
  return packet.subarray(0, headerLength(segment) + 8);
}

/** Never throws: what can't be read says why. */
export function decode(bytes: Uint8Array): Segment | IcmpPacket | Unreadable {
  const packet = decodePacket(bytes);
  if (packet.kind === 'malformed') return { kind: 'unreadable', reason: packet.reason };
  const { ip } = packet;
  if (ip.version === 4 && !ip.checksumCorrect) return { kind: 'unreadable', reason: 'a wrong IP checksum' };
  const fields = {
    tos: (ip.dscp << 2) | ip.ecn,
    ttl: ip.version === 4 ? ip.ttl : ip.hopLimit,
    sourceAddress: ip.source,
    destinationAddress: ip.destination,
  };
  const payload = bytes.subarray(ip.headerLength, ip.totalLength);
  if (packet.kind === 'icmp' || packet.kind === 'icmp6') {
    const { type, code, body } = packet.icmp;
    return { kind: 'icmp', ...fields, type, code, rest: uint32At(payload, 4), body: body.slice() };
  }
  if (packet.kind === 'tcp') return decodeSegment(fields, payload);
  return { kind: 'unreadable', reason: `protocol ${ip.protocol}` };
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
  const header = headerLength(ip);
  const packet = new Uint8Array(header + payload.length);
  const view = new DataView(packet.buffer);
  if (header === HEADER4) {
    view.setUint16(0, 0x4500 | ip.tos);
    view.setUint16(2, packet.length);
    packet.set([ip.ttl, protocol], 8);
  } else {
    view.setUint32(0, 0x60000000 | (ip.tos << 20));
    view.setUint16(4, payload.length);
    packet.set([protocol, ip.ttl], 6);
  }
  packet.set(addresses(ip), header === HEADER4 ? 12 : 8);
  if (header === HEADER4) view.setUint16(10, internetChecksum(packet.subarray(0, header)));
  packet.set(payload, header);
  return packet;
}

function headerLength({ sourceAddress }: Pick<Segment, IpField>): number {
  return sourceAddress.includes(':') ? HEADER6 : HEADER4;
}

function pseudoHeader(ip: Pick<Segment, IpField>, protocol: number, length: number): number {
  return pseudoHeaderSum(addresses(ip), protocol, length);
}

function addresses({ sourceAddress, destinationAddress }: Pick<Segment, IpField>): Uint8Array {
  return Uint8Array.from([...addressBytes(sourceAddress), ...addressBytes(destinationAddress)]);
}

type IpField = 'tos' | 'ttl' | 'sourceAddress' | 'destinationAddress';

const HEADER4 = 20;
const HEADER6 = 40;
