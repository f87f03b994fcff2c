/**
 * IP and TCP headers, readable: the twin of `assembly/ip/header4.ts`, `header6.ts`, `assembly/tcp/header.ts` and
 * `options.ts`, written from RFC 791 §3.1, RFC 8200 §3, RFC 9293 §3.1 and RFC 7323. The text of the addresses says which
 * version a packet is of. Builds any packet, lies included; parses only packets that are right.
 * Not for: speed; extension headers.
 */
import { addressBytes, addressText } from './address.js';

export { addressBytes, addressText } from './address.js';

export interface Packet {
  source: string;
  destination: string;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  /** Letters of FSRPAUEW, in any order: E is ECE, W is CWR. */
  flags: string;
  window: number;
  urgent: number;
  options: Options;
  data: Uint8Array;
  /** The byte of the IP header that holds DSCP and ECN field. Default 0. */
  tos?: number;
}

export interface Options {
  mss?: number;
  windowScale?: number;
  /** TSval and TSecr. */
  timestamps?: readonly [number, number];
  sackPermitted?: boolean;
  /** Left and right edge of each block. */
  sack?: readonly (readonly [number, number])[];
  /** A Fast Open cookie; `[]` asks for one. */
  fastOpen?: readonly number[];
  /** The same by the option's experimental number. */
  fastOpenExperiment?: readonly number[];
  /** Bytes instead of all of the above; padded with zeros. */
  raw?: readonly number[];
}

/** Builds a packet with right lengths and checksums. */
export function buildPacket(packet: Packet): Uint8Array {
  const options = encodeOptions(packet.options);
  const header = 20 + options.length;
  const payload = new Uint8Array(header + packet.data.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint32(4, packet.seq);
  view.setUint32(8, packet.ack);
  view.setUint8(12, (header >> 2) << 4);
  view.setUint8(13, encodeFlags(packet.flags));
  view.setUint16(14, packet.window);
  view.setUint16(18, packet.urgent);
  payload.set(options, 20);
  payload.set(packet.data, header);
  const bytes = buildIp({ ...packet, protocol: PROTOCOL_TCP, payload });
  refit(bytes);
  return bytes;
}

/** What stands in an IP header of either version. */
export interface IpFields {
  source: string;
  destination: string;
  protocol: number;
  payload: Uint8Array;
  tos?: number;
  /** TTL or Hop Limit. Default 64. */
  lifetime?: number;
}

/** Puts an IP header before a payload, whose own checksum is left as it is. */
export function buildIp({ source, destination, protocol, payload, tos = 0, lifetime = 64 }: IpFields): Uint8Array {
  const [from, to] = [addressBytes(source), addressBytes(destination)];
  const header = from.length === 4 ? 20 : 40;
  const bytes = new Uint8Array(header + payload.length);
  const view = new DataView(bytes.buffer);
  if (header === 20) {
    bytes.set([0x45, tos]);
    view.setUint16(2, bytes.length);
    bytes.set([lifetime, protocol], 8);
    bytes.set(from, 12);
    bytes.set(to, 16);
    view.setUint16(10, internetChecksum(bytes.subarray(0, header)));
  } else {
    view.setUint32(0, 0x60000000 | (tos << 20));
    view.setUint16(4, payload.length);
    bytes.set([protocol, lifetime], 6);
    bytes.set(from, 8);
    bytes.set(to, 24);
  }
  bytes.set(payload, header);
  return bytes;
}

/** Writes the checksums that the bytes should have, as far as its lengths let one find their places. */
export function refit(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = headerLength(bytes);
  if (header < 20 || header > bytes.length) return;
  const four = (bytes[0] as number) >> 4 !== 6;
  if (four) {
    view.setUint16(10, 0);
    view.setUint16(10, internetChecksum(bytes.subarray(0, header)));
  }
  const total = Math.min(four ? view.getUint16(2) : 40 + view.getUint16(4), bytes.length);
  if (bytes[four ? 9 : 6] !== PROTOCOL_TCP || total < header + 20) return;
  view.setUint16(header + 16, 0);
  view.setUint16(header + 16, transportChecksum(bytes.subarray(0, total), PROTOCOL_TCP));
}

/** Bytes of the IP header: what an IPv4 header says of itself, or the 40 of IPv6. */
export function headerLength(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0;
  return first >> 4 === 6 ? 40 : (first & 15) * 4;
}

/**
 * Parses a packet.
 * @param partial the TCP checksum is only that of the pseudo-header, as a device with offload gets it
 * @throws Error when a length or checksum is wrong
 */
export function parsePacket(bytes: Uint8Array, partial = false): Packet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { header, protocol, source, destination, tos } = parseIp(bytes);
  if (protocol !== PROTOCOL_TCP) throw new Error(`protocol ${protocol} is not TCP`);
  if (partial) {
    const expected = ~internetChecksum(pseudoHeader(bytes, PROTOCOL_TCP)) & 0xffff;
    if (view.getUint16(header + 16) !== expected) throw new Error('wrong partial checksum');
  } else if (transportChecksum(bytes, PROTOCOL_TCP) !== 0) throw new Error('wrong TCP checksum');
  const offset = (view.getUint8(header + 12) >> 4) * 4;
  return {
    source,
    destination,
    sourcePort: view.getUint16(header),
    destinationPort: view.getUint16(header + 2),
    seq: view.getUint32(header + 4),
    ack: view.getUint32(header + 8),
    flags: decodeFlags(view.getUint8(header + 13)),
    window: view.getUint16(header + 14),
    urgent: view.getUint16(header + 18),
    options: decodeOptions(bytes.subarray(header + 20, header + offset)),
    data: bytes.slice(header + offset),
    tos,
  };
}

/**
 * The IP header of a packet of either version, without extension headers.
 * @throws Error when a length or checksum is wrong
 */
export function parseIp(bytes: Uint8Array): Required<IpFields> & { header: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = headerLength(bytes);
  const version = view.getUint8(0) >> 4;
  if (version === 6) {
    if (bytes.length !== 40 + view.getUint16(4)) throw new Error(`${bytes.length} bytes are not the length it says`);
    return {
      header,
      protocol: view.getUint8(6),
      lifetime: view.getUint8(7),
      source: addressText(bytes.subarray(8, 24)),
      destination: addressText(bytes.subarray(24, 40)),
      tos: (view.getUint16(0) >> 4) & 255,
      payload: bytes.slice(40),
    };
  }
  if (version !== 4 || view.getUint16(2) !== bytes.length) throw new Error('not an IP packet');
  if (internetChecksum(bytes.subarray(0, header)) !== 0) throw new Error('wrong IP checksum');
  return {
    header,
    protocol: view.getUint8(9),
    lifetime: view.getUint8(8),
    source: addressText(bytes.subarray(12, 16)),
    destination: addressText(bytes.subarray(16, 20)),
    tos: view.getUint8(1),
    payload: bytes.slice(header),
  };
}

/** RFC 1071, a byte pair at a time. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return ~sum & 0xffff;
}

/** Over the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) and what follows the IP header: 0 when the checksum in it is right. */
export function transportChecksum(packet: Uint8Array, protocol: number): number {
  return internetChecksum(Buffer.concat([pseudoHeader(packet, protocol), packet.subarray(headerLength(packet))]));
}

/** FSRPAUEW, in that order. */
export function decodeFlags(bits: number): string {
  return [...FLAGS].filter((_, index) => bits & (1 << index)).join('');
}

function encodeFlags(flags: string): number {
  return [...flags].reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0);
}

function pseudoHeader(packet: Uint8Array, protocol: number): Uint8Array {
  const header = headerLength(packet);
  const addresses = (packet[0] as number) >> 4 === 6 ? packet.subarray(8, 40) : packet.subarray(12, 20);
  return Uint8Array.from([...addresses, ...word(packet.length - header), 0, 0, 0, protocol]);
}

function encodeOptions(options: Options): Uint8Array {
  const { mss, windowScale, timestamps, sackPermitted, sack, fastOpen, fastOpenExperiment, raw } = options;
  const bytes: number[] = [...(raw ?? [])];
  if (mss !== undefined) bytes.push(2, 4, mss >> 8, mss & 255);
  if (windowScale !== undefined) bytes.push(1, 3, 3, windowScale);
  if (timestamps !== undefined) bytes.push(1, 1, 8, 10, ...timestamps.flatMap(word));
  if (sackPermitted) bytes.push(4, 2);
  if (sack !== undefined) bytes.push(1, 1, 5, 2 + 8 * sack.length, ...sack.flatMap((block) => block.flatMap(word)));
  if (fastOpen !== undefined) bytes.push(34, 2 + fastOpen.length, ...fastOpen);
  if (fastOpenExperiment !== undefined)
    bytes.push(254, 4 + fastOpenExperiment.length, 0xf9, 0x89, ...fastOpenExperiment);
  while (bytes.length % 4 !== 0) bytes.push(0);
  return Uint8Array.from(bytes);
}

function decodeOptions(bytes: Uint8Array): Options {
  const options: Options = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const kind = bytes[at];
    if (kind === 1) {
      at++;
      continue;
    }
    const length = view.getUint8(at + 1);
    if (kind === 2 && length === 4) options.mss = view.getUint16(at + 2);
    else if (kind === 3 && length === 3) options.windowScale = view.getUint8(at + 2);
    else if (kind === 8 && length === 10) options.timestamps = [view.getUint32(at + 2), view.getUint32(at + 6)];
    else if (kind === 4 && length === 2) options.sackPermitted = true;
    else if (kind === 5) options.sack = decodeBlocks(view, at + 2, at + length);
    else if (kind === 34) options.fastOpen = [...bytes.subarray(at + 2, at + length)];
    else if (kind === 254) options.fastOpenExperiment = [...bytes.subarray(at + 4, at + length)];
    else throw new Error(`option ${kind} of length ${length}`);
    at += length;
  }
  return options;
}

function decodeBlocks(view: DataView, from: number, end: number): (readonly [number, number])[] {
  const blocks: (readonly [number, number])[] = [];
  for (let at = from; at < end; at += 8) blocks.push([view.getUint32(at), view.getUint32(at + 4)]);
  return blocks;
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

const FLAGS = 'FSRPAUEW';
const PROTOCOL_TCP = 6;
