// ChaCha20 (RFC 8439 §2.4), four blocks at once: a vector holds one word of each, a lane for each. Meanwhile Poly1305 may take
// in a text, which costs hardly any time (rounds.ts).
//
// Addresses, branches and counts depend on lengths only. Not for: the one-time key and the tag (mac.ts).

import { work } from './rounds';
import { CHACHA_INITIAL, CHACHA_STATE, MAC_STATE, STEP } from './scratch';

/**
 * XORs `steps` times 256 bytes at `source` with the key stream, from block `counter` on. `key`: 32 bytes; `nonce`: 12
 * bytes. Source and target are the same or do not overlap. `hashed`: a text of as many bytes, of which each step takes 256
 * into MAC_STATE before it reads its source; 0: there is none.
 */
export function chachaXor(
  key: usize,
  nonce: usize,
  counter: u32,
  source: usize,
  steps: u32,
  target: usize,
  hashed: usize,
): void {
  prepare(key, nonce, counter);
  for (let step: u32 = 0; step < steps; step++) {
    work(10, MAC_STATE, hashed, hashed == 0 ? 0 : STEP / 16);
    output(source, target);
    countOn();
    source += STEP;
    target += STEP;
    if (hashed != 0) hashed += STEP;
  }
  memory.fill(CHACHA_INITIAL, 0, SIZE);
  memory.fill(CHACHA_STATE, 0, SIZE);
}

/** The state of §2.3: four constants, the key, the counter, the nonce. */
function prepare(key: usize, nonce: usize, counter: u32): void {
  setWord(0, i32x4.splat(0x61707865));
  setWord(1, i32x4.splat(0x3320646e));
  setWord(2, i32x4.splat(0x79622d32));
  setWord(3, i32x4.splat(0x6b206574));
  for (let index: usize = 0; index < 8; index++) setWord(4 + index, v128.load32_splat(key + index * 4));
  setWord(COUNTER, i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3)));
  for (let index: usize = 0; index < 3; index++) setWord(13 + index, v128.load32_splat(nonce + index * 4));
}

function setWord(index: usize, value: v128): void {
  v128.store(CHACHA_INITIAL + index * 16, value);
  v128.store(CHACHA_STATE + index * 16, value);
}

function countOn(): void {
  setWord(COUNTER, i32x4.add(v128.load(CHACHA_INITIAL + COUNTER * 16), i32x4.splat(4)));
}

/** XORs four blocks with the text. */
function output(source: usize, target: usize): void {
  xorRow(sumOf(0), sumOf(1), sumOf(2), sumOf(3), source, target);
  xorRow(sumOf(4), sumOf(5), sumOf(6), sumOf(7), source + 16, target + 16);
  xorRow(sumOf(8), sumOf(9), sumOf(10), sumOf(11), source + 32, target + 32);
  xorRow(sumOf(12), sumOf(13), sumOf(14), sumOf(15), source + 48, target + 48);
}

/** A word after the rounds plus the same before them, which stands there for the next rounds again. */
function sumOf(index: usize): v128 {
  const initial = v128.load(CHACHA_INITIAL + index * 16);
  const sum = i32x4.add(initial, v128.load(CHACHA_STATE + index * 16));
  v128.store(CHACHA_STATE + index * 16, initial);
  return sum;
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

const COUNTER: usize = 12;
/** Bytes of a state of four blocks. */
const SIZE: u32 = 256;
