/**
 * Blocks of the pcapng capture format, draft-ietf-opsawg-pcapng, in little-endian order: one section, one interface, and
 * the keys of what it holds.
 * Not for: what is captured (`pcap.ts`) and where it goes (`capture-sink.ts`).
 */
import type { LinkType } from './device.js';

/** §4.1 and §4.2: what a file begins with. Timestamps are in microseconds, packets begin with what `linkType` says. */
export function fileHeader(interfaceName: string, snapLength: number, linkType: LinkType): Uint8Array {
  const section = block(BLOCK_SECTION, 16, [option(OPTION_USER_APPLICATION, encode('Vitrine'))], (fixed) => {
    fixed.setUint32(0, BYTE_ORDER_MAGIC, true);
    fixed.setUint16(4, 1, true);
    fixed.setBigInt64(8, -1n, true);
  });
  const options = [option(OPTION_NAME, encode(interfaceName)), option(OPTION_RESOLUTION, Uint8Array.of(6))];
  const description = block(BLOCK_INTERFACE, 8, options, (fixed) => {
    fixed.setUint16(0, linkType === 'ethernet' ? LINKTYPE_ETHERNET : LINKTYPE_RAW, true);
    fixed.setUint32(4, snapLength, true);
  });
  const bytes = new Uint8Array(section.length + description.length);
  bytes.set(section);
  bytes.set(description, section.length);
  return bytes;
}

/** How many bytes `putPacket` writes for a packet of which so many bytes are kept. */
export function packetBlockSize(kept: number): number {
  return PACKET_FIXED + padded(kept) + PACKET_TRAILER;
}

/**
 * §4.3: writes a packet's block into `target`, which has `packetBlockSize` bytes, and returns where the packet's own
 * bytes stand in it, for the caller to fill.
 * @param kept how many bytes of the packet, which has `length`, those are
 * @param timestamp milliseconds since 1970
 */
export function putPacket(
  target: Uint8Array,
  kept: number,
  length: number,
  timestamp: number,
  inbound: boolean,
): Uint8Array {
  const view = new DataView(target.buffer, target.byteOffset, target.length);
  const microseconds = Math.round(timestamp * 1000);
  view.setUint32(0, BLOCK_PACKET, true);
  view.setUint32(4, target.length, true);
  view.setUint32(8, 0, true);
  view.setUint32(12, Math.floor(microseconds / 2 ** 32), true);
  view.setUint32(16, microseconds % 2 ** 32, true);
  view.setUint32(20, kept, true);
  view.setUint32(24, length, true);
  const trailer = target.length - PACKET_TRAILER;
  target.fill(0, PACKET_FIXED + kept, trailer);
  view.setUint32(trailer, OPTION_FLAGS | (4 << 16), true);
  view.setUint32(trailer + 4, inbound ? FLAG_INBOUND : FLAG_OUTBOUND, true);
  view.setUint32(trailer + 8, 0, true);
  view.setUint32(trailer + 12, target.length, true);
  return target.subarray(PACKET_FIXED, PACKET_FIXED + kept);
}

/** §4.7: lines of a TLS key log (the format of NSS), for the packets behind it in the file. */
export function decryptionSecrets(lines: string): Uint8Array {
  const secrets = encode(lines);
  return block(BLOCK_SECRETS, 8 + padded(secrets.length), [], (fixed) => {
    fixed.setUint32(0, SECRETS_TLS_KEY_LOG, true);
    fixed.setUint32(4, secrets.length, true);
    new Uint8Array(fixed.buffer, fixed.byteOffset + 8).set(secrets);
  });
}

/** §4.6: what a file ends with, if it ends in good order. */
export function statistics(timestamp: number, captured: number, dropped: number): Uint8Array {
  const options = [option(OPTION_RECEIVED, count(captured + dropped)), option(OPTION_DROPPED, count(dropped))];
  return block(BLOCK_STATISTICS, 12, options, (fixed) => {
    const microseconds = Math.round(timestamp * 1000);
    fixed.setUint32(4, Math.floor(microseconds / 2 ** 32), true);
    fixed.setUint32(8, microseconds % 2 ** 32, true);
  });
}

/** §3.1: type, length, fixed part, options, length again. */
function block(type: number, fixed: number, options: Uint8Array[], fill: (fixed: DataView) => void): Uint8Array {
  const all = options.length === 0 ? [] : [...options, END_OF_OPTIONS];
  const length = 12 + fixed + all.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  fill(new DataView(bytes.buffer, 8, fixed));
  let at = 8 + fixed;
  for (const each of all) {
    bytes.set(each, at);
    at += each.length;
  }
  view.setUint32(at, length, true);
  return bytes;
}

/** §3.5: code, length, value, padding. */
function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

function count(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_STATISTICS = 5;
const BLOCK_PACKET = 6;
const BLOCK_SECRETS = 10;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** An IPv4 or IPv6 header, told apart by its version. */
const LINKTYPE_RAW = 101;
/** "TLSK" */
const SECRETS_TLS_KEY_LOG = 0x544c534b;
const OPTION_USER_APPLICATION = 4;
const OPTION_NAME = 2;
const OPTION_RESOLUTION = 9;
const OPTION_FLAGS = 2;
const OPTION_RECEIVED = 4;
const OPTION_DROPPED = 5;
const FLAG_INBOUND = 1;
const FLAG_OUTBOUND = 2;
const END_OF_OPTIONS = new Uint8Array(4);
/** Type, length, interface, timestamp, two lengths. */
const PACKET_FIXED = 28;
/** The flags, the end of the options, and the length again. */
const PACKET_TRAILER = 16;
