// AES (FIPS 197) in counter mode (SP 800-38A §6.5), bitsliced as Käsper and Schwabe do (CHES 2009): of eight blocks, vector
// i holds bit i of every byte; a byte of it belongs to a place in the block, a bit of that byte to a block. The S-box is a
// circuit, so no table is looked up, and ShiftRows permutes bytes. Two groups of eight blocks take turns, because the gates
// of one wait for one another. Not for: decryption by the inverse cipher, which
// counter mode does not need.

import { subBytes } from './sbox';
import { AES_BLOCKS, AES_SCHEDULE, STEP } from './scratch';

/** Bytes of an expanded key: a round key for each round and one before, each byte of it for all eight blocks. */
export function aesKeySize(rounds: u32): u32 {
  return (rounds + 1) * SLICES;
}

/**
 * XORs `steps` times 256 bytes at `source` with the key stream, from block `counter` on. The counter is the last 32 bits
 * of a block, after the 12 bytes at `nonce`, and wraps around (SP 800-38D §6.2).
 */
export function aesXor(
  keys: usize,
  rounds: u32,
  nonce: usize,
  counter: u32,
  source: usize,
  steps: u32,
  target: usize,
): void {
  const first = v128.load64_zero(nonce);
  const block = v128.replace_lane<u32>(v128.replace_lane<u32>(first, 2, load<u32>(nonce, 8)), 3, 0);
  for (let step: u32 = 0; step < steps; step++) {
    for (let index: u32 = 0; index < 16; index++) {
      v128.store(AES_BLOCKS + index * 16, v128.replace_lane<u32>(block, 3, bswap<u32>(counter++)));
    }
    encrypt(keys, rounds);
    for (let offset: u32 = 0; offset < STEP; offset += 16) {
      v128.store(target + offset, v128.xor(v128.load(AES_BLOCKS + offset), v128.load(source + offset)));
    }
    source += STEP;
    target += STEP;
  }
  memory.fill(AES_BLOCKS, 0, STEP);
}

/** The encrypted block of zeros, 16 bytes at `target`: GCM's hash key (SP 800-38D §7.1). */
export function aesZeros(keys: usize, rounds: u32, target: usize): void {
  memory.fill(AES_BLOCKS, 0, STEP);
  encrypt(keys, rounds);
  v128.store(target, v128.load(AES_BLOCKS));
  memory.fill(AES_BLOCKS, 0, STEP);
}

/** Encrypts the sixteen blocks of scratch memory where they lie (FIPS 197 §5.1). */
function encrypt(keys: usize, rounds: u32): void {
  for (let group = AES_BLOCKS; group < BLOCKS_END; group += SLICES) {
    slice(group);
    addKey(group, keys);
  }
  for (let round: u32 = 1; round < rounds; round++) {
    keys += SLICES;
    for (let group = AES_BLOCKS; group < BLOCKS_END; group += SLICES) subBytes(group);
    for (let group = AES_BLOCKS; group < BLOCKS_END; group += SLICES) mixColumns(group, keys);
  }
  for (let group = AES_BLOCKS; group < BLOCKS_END; group += SLICES) {
    subBytes(group);
    shiftRows(group);
    addKey(group, keys + SLICES);
    slice(group);
  }
}

/** Expands a key (FIPS 197 §5.2) that has six words of 32 bits less than rounds. */
export function aesExpand(key: usize, rounds: u32, keys: usize): void {
  const words = rounds - 6;
  const count: u32 = 4 * (rounds + 1);
  memory.copy(AES_SCHEDULE, key, words * 4);
  let constant: u32 = 1;
  for (let index = words; index < count; index++) {
    let word = load<u32>(AES_SCHEDULE + (index - 1) * 4);
    if (index % words == 0) {
      word = subWord(rotr<u32>(word, 8)) ^ constant;
      constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
    } else if (words == 8 && index % words == 4) {
      word = subWord(word);
    }
    store<u32>(AES_SCHEDULE + index * 4, word ^ load<u32>(AES_SCHEDULE + (index - words) * 4));
  }
  for (let at: u32 = 0; at < count * 4; at += 16) {
    sliceKey(v128.load(AES_SCHEDULE + at), at == 0 ? 0 : SBOX_CONSTANT, keys + at * 8);
  }
  memory.fill(AES_BLOCKS, 0, STEP);
  memory.fill(AES_SCHEDULE, 0, SCHEDULE_SIZE);
}

/** SubWord (FIPS 197 §5.2) of a word that is the start of the first block. */
function subWord(word: u32): u32 {
  memory.fill(AES_BLOCKS, 0, SLICES);
  store<u32>(AES_BLOCKS, word);
  slice(AES_BLOCKS);
  subBytes(AES_BLOCKS);
  slice(AES_BLOCKS);
  return load<u32>(AES_BLOCKS) ^ SBOX_CONSTANT;
}

/** A round key for eight blocks, and what `subBytes` leaves out: it passes ShiftRows and MixColumns unchanged. */
function sliceKey(key: v128, constant: u32, target: usize): void {
  const whole = v128.xor(key, i32x4.splat(<i32>constant));
  for (let block: u32 = 0; block < SLICES; block += 16) v128.store(target + block, whole);
  slice(target);
}

function addKey(state: usize, key: usize): void {
  for (let offset: u32 = 0; offset < SLICES; offset += 16) {
    v128.store(state + offset, v128.xor(v128.load(state + offset), v128.load(key + offset)));
  }
}

function shiftRows(state: usize): void {
  for (let at = state; at < state + SLICES; at += 16) v128.store(at, rowsShifted(v128.load(at)));
}

/** ShiftRows, MixColumns and AddRoundKey (FIPS 197 §5.1): 2·a + 3·b + c + d is 2·(a + b) + b + (c + d). */
function mixColumns(state: usize, key: usize): void {
  let below = rowBelow(v128.load(state, 7 * 16));
  const top = v128.xor(rowsShifted(v128.load(state, 7 * 16)), below);
  const s7 = v128.xor(v128.xor(below, twoBelow(top)), v128.load(key, 7 * 16));
  below = rowBelow(v128.load(state));
  let sum = v128.xor(rowsShifted(v128.load(state)), below);
  v128.store(state, mixed(top, below, sum, key));
  let twice = v128.xor(sum, top);
  below = rowBelow(v128.load(state, 16));
  sum = v128.xor(rowsShifted(v128.load(state, 16)), below);
  v128.store(state, mixed(twice, below, sum, key + 16), 16);
  twice = sum;
  below = rowBelow(v128.load(state, 2 * 16));
  sum = v128.xor(rowsShifted(v128.load(state, 2 * 16)), below);
  v128.store(state, mixed(twice, below, sum, key + 2 * 16), 2 * 16);
  twice = v128.xor(sum, top);
  below = rowBelow(v128.load(state, 3 * 16));
  sum = v128.xor(rowsShifted(v128.load(state, 3 * 16)), below);
  v128.store(state, mixed(twice, below, sum, key + 3 * 16), 3 * 16);
  twice = v128.xor(sum, top);
  below = rowBelow(v128.load(state, 4 * 16));
  sum = v128.xor(rowsShifted(v128.load(state, 4 * 16)), below);
  v128.store(state, mixed(twice, below, sum, key + 4 * 16), 4 * 16);
  twice = sum;
  below = rowBelow(v128.load(state, 5 * 16));
  sum = v128.xor(rowsShifted(v128.load(state, 5 * 16)), below);
  v128.store(state, mixed(twice, below, sum, key + 5 * 16), 5 * 16);
  twice = sum;
  below = rowBelow(v128.load(state, 6 * 16));
  sum = v128.xor(rowsShifted(v128.load(state, 6 * 16)), below);
  v128.store(state, mixed(twice, below, sum, key + 6 * 16), 6 * 16);
  v128.store(state, v128.xor(s7, sum), 7 * 16);
}

function mixed(twice: v128, below: v128, sum: v128, key: usize): v128 {
  return v128.xor(v128.xor(twice, below), v128.xor(twoBelow(sum), v128.load(key)));
}

// Permutations by `swizzle`, not `shuffle`: V8 builds the mask of a shuffle anew each time.

/** ShiftRows: byte 4 · column + row comes from `row` columns to the right. */
function rowsShifted(a: v128): v128 {
  return i8x16.swizzle(a, i8x16(0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11));
}

/** ShiftRows, then each byte from the row below it. */
function rowBelow(a: v128): v128 {
  return i8x16.swizzle(a, i8x16(5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12));
}

function twoBelow(a: v128): v128 {
  return i8x16.swizzle(a, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

/** Eight blocks become eight vectors of bits, and back: an 8 × 8 transposition of the bits of bytes in the same place. */
function slice(blocks: usize): void {
  for (let at = blocks; at < blocks + SLICES; at += 32) swapBits(at, at + 16, 1, 0x55555555);
  for (let at = blocks; at < blocks + SLICES; at += 64) {
    swapBits(at, at + 32, 2, 0x33333333);
    swapBits(at + 16, at + 48, 2, 0x33333333);
  }
  for (let at = blocks; at < blocks + 64; at += 16) swapBits(at, at + 64, 4, 0x0f0f0f0f);
}

/** Exchanges the bits of the first vector that stand `distance` above the mask with those of the second below it. */
function swapBits(first: usize, second: usize, distance: i32, mask: i32): void {
  const a = v128.load(first);
  const b = v128.load(second);
  const difference = v128.and(v128.xor(i64x2.shr_u(a, distance), b), i32x4.splat(mask));
  v128.store(first, v128.xor(a, i64x2.shl(difference, distance)));
  v128.store(second, v128.xor(b, difference));
}

/** Bytes of eight blocks, as blocks and as vectors of bits. */
const SLICES: u32 = 128;
const SBOX_CONSTANT: u32 = 0x63636363;
const BLOCKS_END: usize = AES_BLOCKS + STEP;
const SCHEDULE_SIZE: u32 = 240;
