// The Internet checksum (RFC 1071), 64 bytes a step.
//
// The sum of 16-bit words does not depend on byte order (RFC 1071 §2 (B)): words are added as this machine loads them
// and the result is stored as this machine stores it. Sums are u32 and unfolded; a sum of 64 KiB fits.

import { Ends } from '../memory/ends';
import { withoutZone } from './address';

/** The sum of `length` bytes at `address`. */
export function sum(address: usize, length: u32): u32 {
  let lanes = i32x4.splat(0);
  let at = address;
  for (const end = address + (length & ~63); at < end; at += 64) {
    const first = i32x4.add(pairs(v128.load(at)), pairs(v128.load(at, 16)));
    const second = i32x4.add(pairs(v128.load(at, 32)), pairs(v128.load(at, 48)));
    lanes = i32x4.add(lanes, i32x4.add(first, second));
  }
  for (const end = address + (length & ~15); at < end; at += 16) lanes = i32x4.add(lanes, pairs(v128.load(at)));
  return addLanes(lanes, length >> 4) + sumTail(at, length & 15);
}

/** Copies `length` bytes and answers their sum: one pass over the payload. */
export function copySum(target: usize, source: usize, length: u32): u32 {
  let lanes = i32x4.splat(0);
  let at = source;
  let to = target;
  for (const end = source + (length & ~63); at < end; at += 64) {
    const first = i32x4.add(copyPairs(to, at), copyPairs(to + 16, at + 16));
    const second = i32x4.add(copyPairs(to + 32, at + 32), copyPairs(to + 48, at + 48));
    lanes = i32x4.add(lanes, i32x4.add(first, second));
    to += 64;
  }
  for (const end = source + (length & ~15); at < end; at += 16) {
    lanes = i32x4.add(lanes, copyPairs(to, at));
    to += 16;
  }
  memory.copy(to, at, length & 15);
  return addLanes(lanes, length >> 4) + sumTail(at, length & 15);
}

/** The sum of a header, whose `length` is a multiple of four. So few bytes are not worth the vectors. */
export function headerSum(address: usize, length: u32): u32 {
  let value: u64 = 0;
  const end = address + length;
  for (let at = address; at < end; at += 4) value += load<u32>(at);
  return narrow(value);
}

/**
 * The sum of the pseudo-header of TCP, UDP (RFC 9293 §3.1, RFC 768) and ICMPv6 (RFC 8200 §8.1); `length` of header and
 * data. One sum serves both families: the word ffff of each IPv4-mapped address is a zero in ones' complement.
 */
export function pseudoSum(ends: Ends, protocol: u32, length: u32): u32 {
  return pseudoRest(addressSum(ends), protocol, length);
}

/** What `pseudoSum` says of both addresses: the same for all packets of a train. */
export function addressSum(ends: Ends): u32 {
  const from = halves(withoutZone(ends.fromHigh)) + halves(ends.fromLow);
  return narrow(from + halves(withoutZone(ends.toHigh)) + halves(ends.toLow));
}

/** `pseudoSum` of addresses that are summed. */
export function pseudoRest(addresses: u32, protocol: u32, length: u32): u32 {
  return addresses + (protocol << 8) + <u32>bswap<u16>(<u16>length);
}

/** Folds a sum to 16 bits. */
export function fold(value: u32): u32 {
  const once = (value & 0xffff) + (value >> 16);
  return (once & 0xffff) + (once >> 16);
}

/** The sum of bytes that begin at an odd offset (RFC 1071 §2 (B)): each byte counts in the other half of its word. */
export function swapped(value: u32): u32 {
  return <u32>bswap<u16>(<u16>fold(value));
}

/** What the checksum field takes. */
export function complement(value: u32): u16 {
  return <u16>~fold(value);
}

/**
 * The sums of four pairs of words, each 2¹⁶ too low: one multiplication adds signed words, and w xor 2¹⁵, signed, is w - 2¹⁵.
 * Widening unsigned words takes an instruction more.
 */
function pairs(words: v128): v128 {
  return i32x4.dot_i16x8_s(v128.xor(words, i16x8.splat(i16.MIN_VALUE)), i16x8.splat(1));
}

function copyPairs(target: usize, source: usize): v128 {
  const words = v128.load(source);
  v128.store(target, words);
  return pairs(words);
}

/** What four lanes have of `vectors` vectors. A pair of words is below 2¹⁷: of 64 KiB they fit, and so do the four in one. */
function addLanes(lanes: v128, vectors: u32): u32 {
  const low =
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3);
  return <u32>low + (vectors << 18);
}

/** The last bytes, fifteen at most. */
function sumTail(address: usize, length: u32): u32 {
  let value: u32 = 0;
  let at = address;
  if (length & 8) {
    value = wordSum(load<u64>(at));
    at += 8;
  }
  if (length & 4) {
    value += wordSum(load<u32>(at));
    at += 4;
  }
  if (length & 2) {
    value += load<u16>(at);
    at += 2;
  }
  return length & 1 ? value + load<u8>(at) : value;
}

function wordSum(word: u64): u32 {
  return narrow(halves(word));
}

/** Sums may be taken of wider words than 16 bits, since 2¹⁶ counts as 1 (RFC 1071 §2 (C)). */
function halves(word: u64): u64 {
  return (word & 0xffffffff) + (word >> 32);
}

/** A sum of 32-bit words, in 17 bits. */
function narrow(value: u64): u32 {
  const once = halves(value);
  return <u32>(once & 0xffff) + <u32>((once >> 16) & 0xffff) + <u32>(once >> 32);
}
