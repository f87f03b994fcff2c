// The loops of ChaCha20 (RFC 8439 §2.3) and of Poly1305 (§2.5) as one. Of the first, each operation waits for the one before
// it, in the units of a processor that work on vectors; of the second, in those that multiply whole numbers: together they
// take hardly longer than ChaCha20 alone. Either may be absent.
//
// A vector holds one word of four blocks of ChaCha20, a lane for each. There are not registers for all sixteen words, so
// those of the second row, for which each quarter round waits longest, have them, and the others lie in memory.
//
// The accumulator of Poly1305 has four words of 32 bits, each in 64, the last with the bits beyond 2¹²⁸. r is clamped: its
// words are below 2²⁸ and, but for the first, multiples of four; a quarter more, where a product passes 2¹²⁸, makes s. Words
// are carried no further than to stay below h0 < 2³² + 5 · 2³⁰, h1, h2 < 2³², h3 < 2³⁴; a block adds less than 2³² to each
// and 2³² more to h3. So no sum of products reaches 2⁶⁴: the largest, that of word 0, is below
// (2³³ + 5 · 2³⁰) · 2²⁸ + (2 · 2³³ + 2³⁴ + 2³³) · 5 · 2²⁶ < 0.99 · 2⁶⁴.
//
// No branch and no address depends on anything but counts. Not for: where states begin and end (chacha20.ts, poly1305.ts).

import { CHACHA_STATE } from './scratch';

/**
 * Does `doubleRounds` on the state of ChaCha20, and takes `blocks` times sixteen bytes at `source` into that of Poly1305 at
 * `hash`: two blocks behind each double round, those left over at the end.
 */
// long: four words of state of the one and eleven of the other stay in registers, so no part can be a function
export function work(doubleRounds: u32, hash: usize, source: usize, blocks: u32): void {
  const r0: u64 = load<u32>(hash, R);
  const r1: u64 = load<u32>(hash, R + 4);
  const r2: u64 = load<u32>(hash, R + 8);
  const r3: u64 = load<u32>(hash, R + 12);
  // 2¹³⁰ is 5 modulo the prime, so what a product has from 2¹²⁸ on counts as 5 / 4.
  const s1 = r1 + (r1 >> 2);
  const s2 = r2 + (r2 >> 2);
  const s3 = r3 + (r3 >> 2);
  let h0 = load<u64>(hash);
  let h1 = load<u64>(hash, 8);
  let h2 = load<u64>(hash, 16);
  let h3 = load<u64>(hash, 24);
  let b0 = v128.load(CHACHA_STATE, 4 * 16);
  let b1 = v128.load(CHACHA_STATE, 5 * 16);
  let b2 = v128.load(CHACHA_STATE, 6 * 16);
  let b3 = v128.load(CHACHA_STATE, 7 * 16);
  const last = source + ((<usize>blocks) << 4);
  for (let round: u32 = 0; round < doubleRounds || source < last; round++) {
    if (round < doubleRounds) {
      b0 = quarterRound(at(0), b0, at(8), at(12));
      b1 = quarterRound(at(1), b1, at(9), at(13));
      b2 = quarterRound(at(2), b2, at(10), at(14));
      b3 = quarterRound(at(3), b3, at(11), at(15));
      b1 = quarterRound(at(0), b1, at(10), at(15));
      b2 = quarterRound(at(1), b2, at(11), at(12));
      b3 = quarterRound(at(2), b3, at(8), at(13));
      b0 = quarterRound(at(3), b0, at(9), at(14));
    }
    for (const end = min(source + 32, last); source < end; source += 16) {
      h0 += load<u32>(source);
      h1 += load<u32>(source, 4);
      h2 += load<u32>(source, 8);
      h3 += BIT_128 + <u64>load<u32>(source, 12);
      const d0 = h0 * r0 + h2 * s2 + (h3 * s1 + h1 * s3);
      const d1 = h0 * r1 + h2 * s3 + (h3 * s2 + h1 * r0) + (d0 >> 32);
      const d2 = h0 * r2 + h2 * r0 + (h3 * s3 + h1 * r1) + (d1 >> 32);
      const d3 = h0 * r3 + h2 * r1 + (h3 * r0 + h1 * r2) + (d2 >> 32);
      h0 = (d0 & WORD) + (d3 >> 34) * 5;
      h1 = d1 & WORD;
      h2 = d2 & WORD;
      h3 = d3 & WORD_AND_TWO_BITS;
    }
  }
  v128.store(CHACHA_STATE, b0, 4 * 16);
  v128.store(CHACHA_STATE, b1, 5 * 16);
  v128.store(CHACHA_STATE, b2, 6 * 16);
  v128.store(CHACHA_STATE, b3, 7 * 16);
  store<u64>(hash, h0);
  store<u64>(hash, h1, 8);
  store<u64>(hash, h2, 16);
  store<u64>(hash, h3, 24);
}

/** RFC 8439 §2.1, on the words at `atA`, `atC`, `atD` and a fourth, `b`, whose value it answers. */
function quarterRound(atA: usize, b: v128, atC: usize, atD: usize): v128 {
  let a = i32x4.add(v128.load(atA), b);
  let d = rotate16(v128.xor(v128.load(atD), a));
  let c = i32x4.add(v128.load(atC), d);
  b = rotate12(v128.xor(b, c));
  a = i32x4.add(a, b);
  d = rotate8(v128.xor(d, a));
  c = i32x4.add(c, d);
  v128.store(atA, a);
  v128.store(atC, c);
  v128.store(atD, d);
  return rotate7(v128.xor(b, c));
}

/** Where a word of state lies. */
function at(index: usize): usize {
  return CHACHA_STATE + (index << 4);
}

// Rotations to the left, of which vectors have none. By whole bytes `swizzle` does it; V8 would build the mask of a `shuffle`
// anew each time.

function rotate16(a: v128): v128 {
  return i8x16.swizzle(a, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

function rotate8(a: v128): v128 {
  return i8x16.swizzle(a, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
}

function rotate12(a: v128): v128 {
  return v128.or(i32x4.shl(a, 12), i32x4.shr_u(a, 20));
}

function rotate7(a: v128): v128 {
  return v128.or(i32x4.shl(a, 7), i32x4.shr_u(a, 25));
}

/** Where a state of Poly1305 has r, 16 bytes, behind the accumulator. */
export const R: usize = 32;

const WORD: u64 = 0xffffffff;
const WORD_AND_TWO_BITS: u64 = 0x3ffffffff;
/** What stands behind each block of a message, as seen from its last word. */
const BIT_128: u64 = 0x100000000;
