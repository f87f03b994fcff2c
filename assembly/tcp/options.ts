// TCP options (RFC 9293 §3.2, RFC 7323, RFC 2018, RFC 7413): parsed from a segment, written to ours. What is written here is honoured
// elsewhere; nothing else is ever offered.
//
//   MSS 2,4 | Window scale 3,3 | SACK permitted 4,2 | SACK 5,2+8n | Timestamps 8,10 | Fast Open 34,2+n or 254,4+n
//
// Not for: the layout of a SYN (tcp/open/offer.ts), deciding what to offer (tcp/handshake.ts).

import { load16, load32, store16, store32 } from '../memory/bytes';
import { Segment } from './segment';

/**
 * Reads the options in `size` bytes at `address` into `seg`. Unknown ones are skipped by their length (MUST-6); an
 * illegal length ends the list, what came before it counts (MUST-7).
 */
export function parseOptions(seg: Segment, address: usize, size: u32): void {
  seg.mss = 0;
  seg.hasWindowScale = 0;
  seg.hasTimestamps = 0;
  seg.sackPermitted = 0;
  seg.sackCount = 0;
  seg.hasFastOpen = 0;
  // What nearly every segment carries (RFC 7323 appendix A).
  if (size == TIMESTAMPS_SIZE && load<u32>(address) == PADDED_TIMESTAMPS) {
    parseOption(seg, TIMESTAMPS, address + 4, 10);
    return;
  }
  let at: u32 = 0;
  while (at < size) {
    const kind = load<u8>(address + at);
    if (kind == END) return;
    if (kind == NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 1 >= size) return;
    const length = <u32>load<u8>(address + at, 1);
    if (length < 2 || at + length > size) return;
    parseOption(seg, kind, address + at + 2, length);
    at += length;
  }
}

function parseOption(seg: Segment, kind: u32, value: usize, length: u32): void {
  if (kind == MAXIMUM_SEGMENT_SIZE && length == 4) {
    seg.mss = load16(value);
  } else if (kind == WINDOW_SCALE && length == 3) {
    // RFC 7323 §2.3: a larger shift counts as 14.
    seg.windowShift = min<u32>(load<u8>(value), MAXIMUM_SHIFT);
    seg.hasWindowScale = 1;
  } else if (kind == TIMESTAMPS && length == 10) {
    seg.tsVal = load32(value);
    seg.tsEcr = load32(value + 4);
    seg.hasTimestamps = 1;
  } else if (kind == SACK_PERMITTED && length == 2) {
    seg.sackPermitted = 1;
  } else if (kind == SACK && length > 2 && (length - 2) % SACK_BLOCK == 0) {
    seg.sackBlocks = value;
    seg.sackCount = (length - 2) / SACK_BLOCK;
  } else if (kind == FAST_OPEN) parseFastOpen(seg, value, length - 2, 0);
  else if (kind == EXPERIMENT && length >= 4 && load16(value) == FAST_OPEN_EXPERIMENT) {
    parseFastOpen(seg, value + 2, length - 4, 1);
  }
}

/** RFC 7413 §4.1.1: a cookie has 4 to 16 bytes, an even number; no bytes ask for one; anything else does not count. */
function parseFastOpen(seg: Segment, value: usize, size: u32, experimental: u32): void {
  if (size != 0 && (size < 4 || size > LONGEST_COOKIE || (size & 1) != 0)) return;
  seg.hasFastOpen = 1;
  seg.experimental = experimental;
  seg.cookie = value;
  seg.cookieSize = size;
}

/** Writes the MSS option. Answers where the next one goes, as its neighbours do. */
export function writeMss(address: usize, mss: u32): usize {
  store32(address, (MAXIMUM_SEGMENT_SIZE << 24) | (4 << 16) | mss);
  return address + 4;
}

export function writeWindowScale(address: usize, shift: u32): usize {
  store16(address, (WINDOW_SCALE << 8) | 3);
  store<u8>(address, <u8>shift, 2);
  return address + 3;
}

export function writeSackPermitted(address: usize): usize {
  store16(address, (SACK_PERMITTED << 8) | 2);
  return address + 2;
}

/** The timestamps option without padding. */
export function writeTimestampsBare(address: usize, tsVal: u32, tsEcr: u32): usize {
  store16(address, (TIMESTAMPS << 8) | 10);
  store32(address + 2, tsVal);
  store32(address + 6, tsEcr);
  return address + 10;
}

/** The Fast Open option (RFC 7413 §4.1.1), or its experimental form (RFC 6994), with the cookie of `size` bytes at `cookie`. */
export function writeFastOpen(address: usize, experimental: bool, cookie: usize, size: u32): usize {
  let at = address + 2;
  store16(address, ((experimental ? EXPERIMENT : FAST_OPEN) << 8) | fastOpenSize(experimental, size));
  if (experimental) {
    store16(at, FAST_OPEN_EXPERIMENT);
    at += 2;
  }
  memory.copy(at, cookie, size);
  return at + size;
}

export function fastOpenSize(experimental: bool, size: u32): u32 {
  return (experimental ? 4 : 2) + size;
}

/** Bytes of the option that reports `count` blocks, padding included. */
export function sackOptionSize(count: u32): u32 {
  return count == 0 ? 0 : 4 + count * SACK_BLOCK;
}

/** The head of the SACK option (RFC 2018 §3); its blocks follow at `address` + 4. */
export function writeSackHead(address: usize, count: u32): void {
  store32(address, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK << 8) | (2 + count * SACK_BLOCK));
}

/** Block `index` of a SACK option. */
export function writeSackBlock(address: usize, index: u32, start: u32, end: u32): void {
  const at = address + 4 + <usize>(index * SACK_BLOCK);
  store32(at, start);
  store32(at + 4, end);
}

/** The timestamps option as every segment carries it once it is negotiated (RFC 7323 appendix A). */
export function writeTimestamps(address: usize, tsVal: u32, tsEcr: u32): void {
  store16(address, (NO_OPERATION << 8) | NO_OPERATION);
  writeTimestampsBare(address + 2, tsVal, tsEcr);
}

/** Blocks of a SACK option beside timestamps; four fit without them (RFC 2018 §3). */
export const SACK_BLOCKS: u32 = 3;
/** Bytes of the padded timestamps option. */
export const TIMESTAMPS_SIZE: u32 = 12;
/** RFC 7323 §2.3 */
export const MAXIMUM_SHIFT: u32 = 14;

export const END: u32 = 0;
export const NO_OPERATION: u32 = 1;

const MAXIMUM_SEGMENT_SIZE: u32 = 2;
const WINDOW_SCALE: u32 = 3;
const SACK_PERMITTED: u32 = 4;
const SACK: u32 = 5;
const SACK_BLOCK: u32 = 8;
const TIMESTAMPS: u32 = 8;
/** NOP, NOP and the head of the option, as they lie in memory. */
const PADDED_TIMESTAMPS: u32 = 0x0a080101;
const FAST_OPEN: u32 = 34;
const EXPERIMENT: u32 = 254;
/** RFC 6994: which experiment it is. */
const FAST_OPEN_EXPERIMENT: u32 = 0xf989;
const LONGEST_COOKIE: u32 = 16;
