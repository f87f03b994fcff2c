// GHASH (SP 800-38D §6.4) by tables that are looked up inside a vector, four blocks at once.
//
// A product with a fixed factor H is linear, so for each value of a half byte its product with H could be looked up; the
// sixteen products stand here byte by byte: row i has byte i of each. `i8x16.swizzle` then finds byte i of the products of
// all sixteen half bytes of a block at once, in a register, where no address tells a secret. A byte of the block stands for
// a power of x⁸, so row i and half byte k add to byte i + k of the result. Bits are reflected: the top bit of byte 0 is x⁰.
// Four blocks are multiplied by H⁴, H³, H² and H before one reduction.

import { GHASH_WORK, GHASH_WORK_SIZE } from './scratch';

/** Bytes of the tables. */
export const GHASH_TABLES: u32 = 2048;

/** Makes the tables of the powers of H, 16 bytes at `factor`. */
export function ghashExpand(factor: usize, tables: usize): void {
  const h = v128.load(factor);
  // What is zero adds nothing to a product, so H² can be found before its tables are there.
  memory.fill(tables, 0, GHASH_TABLES);
  let power = h;
  for (let column: u32 = 4; column > 0; column--) {
    fillTables(power, tables + (column - 1) * 32);
    power = multiply(tables, ZERO, ZERO, ZERO, column == 4 ? h : power);
  }
  memory.fill(GHASH_WORK, 0, GHASH_WORK_SIZE);
}

/** Takes `blocks` times sixteen bytes into the hash at `state`, 16 bytes, of which the first is zero. */
export function ghashBlocks(tables: usize, state: usize, source: usize, blocks: u32): void {
  let hash = v128.load(state);
  for (; blocks >= 4; blocks -= 4) {
    const first = v128.xor(hash, v128.load(source));
    hash = multiply(tables, first, v128.load(source, 16), v128.load(source, 32), v128.load(source, 48));
    source += 64;
  }
  if (blocks > 0) hash = lastBlocks(tables, hash, source, blocks);
  v128.store(state, hash);
  memory.fill(GHASH_WORK, 0, GHASH_WORK_SIZE);
}

/** One to three blocks, as if blocks of zeros stood before them. */
function lastBlocks(tables: usize, hash: v128, source: usize, blocks: u32): v128 {
  const first = GHASH_WORK + (4 - blocks) * 16;
  memory.fill(GHASH_WORK, 0, 64);
  memory.copy(first, source, blocks * 16);
  v128.store(first, v128.xor(hash, v128.load(first)));
  return multiply(
    tables,
    v128.load(GHASH_WORK),
    v128.load(GHASH_WORK, 16),
    v128.load(GHASH_WORK, 32),
    v128.load(GHASH_WORK, 48),
  );
}

/**
 * a · H⁴ + b · H³ + c · H² + d · H. Half bytes go by way of memory, or V8 would split the blocks anew for each row, and two
 * blocks at a time, or there would be no registers for them. Those come first that need not wait for the hash so far in `a`.
 */
function multiply(tables: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  storeHalves(GHASH_WORK, c, d);
  storeHalves(GHASH_WORK + 64, a, b);
  v128.store(PRODUCT, ZERO);
  v128.store(PRODUCT, ZERO, 16);
  addProducts(tables + 64, GHASH_WORK);
  addProducts(tables, GHASH_WORK + 64);
  return reduce(v128.load(PRODUCT), v128.load(PRODUCT, 16));
}

/** Of each byte of two blocks the high half and the low one, in vectors. */
function storeHalves(target: usize, first: v128, second: v128): void {
  v128.store(target, highHalves(first));
  v128.store(target, lowHalves(first), 16);
  v128.store(target, highHalves(second), 32);
  v128.store(target, lowHalves(second), 48);
}

/** Adds to PRODUCT what two blocks are by the powers of H whose tables these are; their halves lie at `halves`. */
function addProducts(tables: usize, halves: usize): void {
  const aHigh = v128.load(halves);
  const aLow = v128.load(halves, 16);
  const bHigh = v128.load(halves, 32);
  const bLow = v128.load(halves, 48);
  let low = ZERO;
  let high = ZERO;
  for (let row = tables + 15 * ROW; row >= tables; row -= ROW) {
    const sumA = v128.xor(i8x16.swizzle(v128.load(row), aHigh), i8x16.swizzle(v128.load(row, 16), aLow));
    const sumB = v128.xor(i8x16.swizzle(v128.load(row, 32), bHigh), i8x16.swizzle(v128.load(row, 48), bLow));
    high = byteLater(low, high);
    low = v128.xor(byteLater(ZERO, low), v128.xor(sumA, sumB));
  }
  v128.store(PRODUCT, v128.xor(v128.load(PRODUCT), low));
  v128.store(PRODUCT, v128.xor(v128.load(PRODUCT, 16), high), 16);
}

/** low + x¹²⁸ · high, where x¹²⁸ is 1 + x + x² + x⁷ and the last byte of `high` is zero. */
function reduce(low: v128, high: v128): v128 {
  // As a number whose top bit is x⁰, so that a product with x is a shift to the right.
  const number = reversed(high);
  const shifted = v128.xor(v128.xor(i64x2.shr_u(number, 1), i64x2.shr_u(number, 2)), i64x2.shr_u(number, 7));
  const out = v128.xor(v128.xor(i64x2.shl(number, 63), i64x2.shl(number, 62)), i64x2.shl(number, 57));
  const carried = i8x16.shuffle(out, ZERO, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
  return v128.xor(low, reversed(v128.xor(v128.xor(number, shifted), carried)));
}

/** The two columns of tables that multiply by `factor`: of the high half of a byte, and of the low one. */
function fillTables(factor: v128, column: usize): void {
  // The products with x⁰ … x⁷, of which all others are sums.
  v128.store(GHASH_WORK, factor);
  for (let at = GHASH_WORK; at < GHASH_WORK + 7 * 16; at += 16) timesX(at, at + 16);
  for (let index: usize = 0; index < 16; index++) {
    v128.store(column + index * ROW, sums(GHASH_WORK + index));
    v128.store(column + index * ROW, sums(GHASH_WORK + 64 + index), 16);
  }
}

/** One byte of the products of all half bytes, of which the top bit counts as the first vector of the basis. */
function sums(basis: usize): v128 {
  const eights = v128.and(v128.load8_splat(basis), i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1));
  const fours = v128.and(v128.load8_splat(basis, 16), i8x16(0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1));
  const twos = v128.and(v128.load8_splat(basis, 32), i8x16(0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1));
  const ones = v128.and(v128.load8_splat(basis, 48), i8x16(0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1));
  return v128.xor(v128.xor(eights, fours), v128.xor(twos, ones));
}

function timesX(source: usize, target: usize): void {
  const first = bswap<u64>(load<u64>(source));
  const last = bswap<u64>(load<u64>(source, 8));
  store<u64>(target, bswap<u64>((first >> 1) ^ ((last & 1) * REDUCTION)));
  store<u64>(target, bswap<u64>((last >> 1) | (first << 63)), 8);
}

function highHalves(a: v128): v128 {
  return v128.and(i16x8.shr_u(a, 4), i8x16.splat(15));
}

function lowHalves(a: v128): v128 {
  return v128.and(a, i8x16.splat(15));
}

/** All bytes of `a` one place later; the first is the last of `before`. */
function byteLater(before: v128, a: v128): v128 {
  return i8x16.shuffle(before, a, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}

function reversed(a: v128): v128 {
  return i8x16.shuffle(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/** The product that is not reduced yet, 32 bytes. */
const PRODUCT: usize = GHASH_WORK + 128;
const ZERO = i64x2.splat(0);
/** Bytes of a row: two vectors for each of the four powers. */
const ROW: usize = 128;
const REDUCTION: u64 = 0xe100000000000000;
