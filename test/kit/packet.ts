/**
 * IPv4 and TCP headers, readable: the twin of `assembly/ip/header4.ts`, `assembly/tcp/header.ts` and `options.ts`, written
 * from RFC 791 §3.1, RFC 9293 §3.1 and RFC 7323. Builds any packet, lies included; parses only packets that are right.
 * Not for: speed.
 */

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
  const bytes = new Uint8Array(20 + header + packet.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint8(1, packet.tos ?? 0);
  view.setUint16(2, bytes.length);
  view.setUint8(8, 64);
  view.setUint8(9, PROTOCOL_TCP);
  bytes.set(addressBytes(packet.source), 12);
  bytes.set(addressBytes(packet.destination), 16);
  view.setUint16(20, packet.sourcePort);
  view.setUint16(22, packet.destinationPort);
  view.setUint32(24, packet.seq);
  view.setUint32(28, packet.ack);
  view.setUint8(32, (header >> 2) << 4);
  view.setUint8(33, encodeFlags(packet.flags));
  view.setUint16(34, packet.window);
  view.setUint16(38, packet.urgent);
  bytes.set(options, 40);
  bytes.set(packet.data, 20 + header);
  refit(bytes);
  return bytes;
}

/** Writes the checksums that the bytes should have, as far as its lengths let one find their places. */
export function refit(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = ((bytes[0] ?? 0) & 15) * 4;
  if (header < 20 || header > bytes.length) return;
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(bytes.subarray(0, header)));
  const total = Math.min(view.getUint16(2), bytes.length);
  if (bytes[9] !== PROTOCOL_TCP || total < header + 20) return;
  view.setUint16(header + 16, 0);
  view.setUint16(header + 16, transportChecksum(bytes.subarray(0, total), header));
}

/**
 * Parses a packet.
 * @param partial the TCP checksum is only that of the pseudo-header, as a device with offload gets it
 * @throws Error when a length or checksum is wrong
 */
export function parsePacket(bytes: Uint8Array, partial = false): Packet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = (view.getUint8(0) & 15) * 4;
  if (view.getUint8(0) >> 4 !== 4 || view.getUint16(2) !== bytes.length) throw new Error('not an IPv4 packet');
  if (internetChecksum(bytes.subarray(0, header)) !== 0) throw new Error('wrong IP checksum');
  if (bytes[9] !== PROTOCOL_TCP) throw new Error(`protocol ${bytes[9]} is not TCP`);
  if (partial) {
    const expected = ~internetChecksum(pseudoHeader(bytes, bytes.length - header)) & 0xffff;
    if (view.getUint16(header + 16) !== expected) throw new Error('wrong partial checksum');
  } else if (transportChecksum(bytes, header) !== 0) throw new Error('wrong TCP checksum');
  const offset = (view.getUint8(header + 12) >> 4) * 4;
  return {
    source: addressText(bytes.subarray(12, 16)),
    destination: addressText(bytes.subarray(16, 20)),
    sourcePort: view.getUint16(header),
    destinationPort: view.getUint16(header + 2),
    seq: view.getUint32(header + 4),
    ack: view.getUint32(header + 8),
    flags: decodeFlags(view.getUint8(header + 13)),
    window: view.getUint16(header + 14),
    urgent: view.getUint16(header + 18),
    options: decodeOptions(bytes.subarray(header + 20, header + offset)),
    data: bytes.slice(header + offset),
    tos: view.getUint8(1),
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

export function addressBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.').map(Number));
}

/** FSRPAUEW, in that order. */
export function decodeFlags(bits: number): string {
  return [...FLAGS].filter((_, index) => bits & (1 << index)).join('');
}

function encodeFlags(flags: string): number {
  return [...flags].reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0);
}

function transportChecksum(bytes: Uint8Array, header: number): number {
  const segment = bytes.subarray(header);
  const pseudo = pseudoHeader(bytes, segment.length);
  const both = new Uint8Array(pseudo.length + segment.length);
  both.set(pseudo);
  both.set(segment, pseudo.length);
  return internetChecksum(both);
}

function pseudoHeader(packet: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from([...packet.subarray(12, 20), 0, PROTOCOL_TCP, length >> 8, length & 255]);
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

function addressText(bytes: Uint8Array): string {
  return [...bytes].join('.');
}

const FLAGS = 'FSRPAUEW';
const PROTOCOL_TCP = 6;
