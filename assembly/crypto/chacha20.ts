// ChaCha20 (RFC 8439 §2.4), eight blocks at once: a vector holds one word of four blocks, a lane for each, and two vectors
// lie side by side for each word. The state lies in memory: sixteen words are more than there are registers, and quarter
// rounds that do not wait for one another, eight at a time, hide how long a processor takes for each.
//
// Addresses, branches and counts depend on lengths only. Not for: the one-time key and the tag (mac.ts).

import { CHACHA_STATES } from './scratch';

/** Bytes that one step makes: eight blocks. */
export const CHACHA_STEP: u32 = 512;

/**
 * XORs `steps` times 512 bytes at `source` with the key stream, from block `counter` on. `key`: 32 bytes; `nonce`: 12
 * bytes. Source and target are the same or do not overlap.
 */
export function chachaXor(key: usize, nonce: usize, counter: u32, source: usize, steps: u32, target: usize): void {
  prepare(key, nonce, counter);
  for (let step: u32 = 0; step < steps; step++) {
    memory.copy(STATE, INITIAL, SIZE);
    rounds();
    output(INITIAL, source, target);
    output(INITIAL + 16, source + 256, target + 256);
    source += CHACHA_STEP;
    target += CHACHA_STEP;
    countOn(INITIAL + 12 * WORD);
    countOn(INITIAL + 12 * WORD + 16);
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
  const count = i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3));
  v128.store(INITIAL + 12 * WORD, count);
  v128.store(INITIAL + 12 * WORD, i32x4.add(count, i32x4.splat(4)), 16);
  for (let index: usize = 0; index < 3; index++) setWord(13 + index, v128.load32_splat(nonce + index * 4));
}

function setWord(index: usize, value: v128): void {
  v128.store(INITIAL + index * WORD, value);
  v128.store(INITIAL + index * WORD, value, 16);
}

/** The counters of four blocks, eight blocks later. */
function countOn(address: usize): void {
  v128.store(address, i32x4.add(v128.load(address), i32x4.splat(8)));
}

/** Twenty rounds of four quarter rounds each (§2.1): down the columns, then along the diagonals. */
function rounds(): void {
  for (let index: usize = 0; index < 80; index++) {
    const skew = (index >> 2) & 1;
    const a = STATE + (index & 3) * WORD;
    const b = STATE + (4 + ((index + skew) & 3)) * WORD;
    const c = STATE + (8 + ((index + 2 * skew) & 3)) * WORD;
    const d = STATE + (12 + ((index + 3 * skew) & 3)) * WORD;
    quarterRound(a, b, c, d);
    quarterRound(a + 16, b + 16, c + 16, d + 16);
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
    initial += 4 * WORD;
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

/** Bytes of a word of state in eight blocks. */
const WORD: usize = 32;
const SIZE: usize = 16 * WORD;
const INITIAL: usize = CHACHA_STATES;
const STATE: usize = INITIAL + SIZE;
