// ChaCha20 (RFC 8439 §2.4): a vector holds one word of four blocks, a lane for each, and up to four such groups of blocks
// go through each quarter round together, which hides how long an addition takes. The state lies in memory, since there
// are not registers for sixteen words of one group.
//
// Addresses, branches and counts depend on lengths only. Not for: the one-time key and the tag (mac.ts).

import { CHACHA_STATES, STEP } from './scratch';

/**
 * XORs `steps` times 256 bytes at `source` with the key stream, from block `counter` on. `key`: 32 bytes; `nonce`: 12
 * bytes. Source and target are the same or do not overlap.
 */
export function chachaXor(key: usize, nonce: usize, counter: u32, source: usize, steps: u32, target: usize): void {
  prepare(key, nonce, counter);
  while (steps > 0) {
    const groups = min(steps, GROUPS);
    memory.copy(STATE, INITIAL, SIZE);
    rounds(groups * 16);
    for (let group: usize = 0; group < groups * 16; group += 16) {
      output(INITIAL + group, source, target);
      source += STEP;
      target += STEP;
    }
    countOn();
    steps -= groups;
  }
  memory.fill(INITIAL, 0, 2 * SIZE);
}

/** The state of §2.3: four constants, the key, the counter, the nonce. */
function prepare(key: usize, nonce: usize, counter: u32): void {
  setWord(0, i32x4.splat(0x61707865));
  setWord(1, i32x4.splat(0x3320646e));
  setWord(2, i32x4.splat(0x79622d32));
  setWord(3, i32x4.splat(0x6b206574));
  for (let index: usize = 0; index < 8; index++) setWord(4 + index, v128.load32_splat(key + index * 4));
  let count = i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3));
  for (let at = COUNTERS; at < COUNTERS + WORD; at += 16) {
    v128.store(at, count);
    count = i32x4.add(count, i32x4.splat(4));
  }
  for (let index: usize = 0; index < 3; index++) setWord(13 + index, v128.load32_splat(nonce + index * 4));
}

/** The same word for all blocks. */
function setWord(index: usize, value: v128): void {
  const word = INITIAL + index * WORD;
  for (let at = word; at < word + WORD; at += 16) v128.store(at, value);
}

/** Goes on by the blocks of all groups. */
function countOn(): void {
  for (let at = COUNTERS; at < COUNTERS + WORD; at += 16) {
    v128.store(at, i32x4.add(v128.load(at), i32x4.splat(4 * GROUPS)));
  }
}

/**
 * Twenty rounds of four quarter rounds each (§2.1), on the first `width` bytes of every word: one round down the columns,
 * one along the diagonals, where each row begins a word later than the row above.
 */
function rounds(width: usize): void {
  for (let round: usize = 0; round < 20; round++) {
    const skew = (round & 1) * WORD;
    for (let column: usize = 0; column < ROW; column += WORD) {
      let a = STATE + column;
      let b = STATE + ROW + ((column + skew) & (ROW - 1));
      let c = STATE + 2 * ROW + ((column + 2 * skew) & (ROW - 1));
      let d = STATE + 3 * ROW + ((column + 3 * skew) & (ROW - 1));
      for (const end = a + width; a < end; a += 16) {
        quarterRound(a, b, c, d);
        b += 16;
        c += 16;
        d += 16;
      }
    }
  }
}

function quarterRound(atA: usize, atB: usize, atC: usize, atD: usize): void {
  let a = v128.load(atA);
  let b = v128.load(atB);
  let c = v128.load(atC);
  let d = v128.load(atD);
  a = i32x4.add(a, b);
  d = rotate16(v128.xor(d, a));
  c = i32x4.add(c, d);
  b = rotate12(v128.xor(b, c));
  a = i32x4.add(a, b);
  d = rotate8(v128.xor(d, a));
  c = i32x4.add(c, d);
  b = rotate7(v128.xor(b, c));
  v128.store(atA, a);
  v128.store(atB, b);
  v128.store(atC, c);
  v128.store(atD, d);
}

/** XORs four blocks, those whose words begin at `initial`, with the text. */
function output(initial: usize, source: usize, target: usize): void {
  for (let row: usize = 0; row < 64; row += 16) {
    xorRow(
      sumAt(initial),
      sumAt(initial + WORD),
      sumAt(initial + 2 * WORD),
      sumAt(initial + 3 * WORD),
      source + row,
      target + row,
    );
    initial += ROW;
  }
}

/** A word after the rounds plus the same before them. */
function sumAt(initial: usize): v128 {
  return i32x4.add(v128.load(initial), v128.load(initial + SIZE));
}

/** Four words of each block, lane by lane, become sixteen bytes of each; they lie 64 bytes apart. */
function xorRow(x0: v128, x1: v128, x2: v128, x3: v128, source: usize, target: usize): void {
  const low01 = i8x16.shuffle(x0, x1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const low23 = i8x16.shuffle(x2, x3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const high01 = i8x16.shuffle(x0, x1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const high23 = i8x16.shuffle(x2, x3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  xorBytes(lowHalves(low01, low23), source, target);
  xorBytes(highHalves(low01, low23), source + 64, target + 64);
  xorBytes(lowHalves(high01, high23), source + 128, target + 128);
  xorBytes(highHalves(high01, high23), source + 192, target + 192);
}

function xorBytes(stream: v128, source: usize, target: usize): void {
  v128.store(target, v128.xor(stream, v128.load(source)));
}

function lowHalves(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

function highHalves(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
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

const GROUPS: u32 = 4;
/** Bytes of a word of state, and of four words. */
const WORD: usize = 16 * GROUPS;
const ROW: usize = 4 * WORD;
const SIZE: usize = 4 * ROW;
const INITIAL: usize = CHACHA_STATES;
const COUNTERS: usize = INITIAL + 3 * ROW;
const STATE: usize = INITIAL + SIZE;
