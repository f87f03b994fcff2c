// Poly1305 (RFC 8439 §2.5) over whole blocks of sixteen bytes, which is all that the AEAD feeds it (§2.8). No branch and no
// address depends on anything but lengths. Not for: messages that end within a block; the multiplication (rounds.ts).

import { R, work } from './rounds';

/** Bytes of a state: the accumulator, four words of 8 bytes; then r and s, 16 bytes each. */
export const POLY_STATE: u32 = 64;

/** Starts under the one-time key of 32 bytes. */
export function polyBegin(state: usize, key: usize): void {
  memory.fill(state, 0, R);
  store<u64>(state, load<u64>(key) & 0x0ffffffc0fffffff, R);
  store<u64>(state, load<u64>(key, 8) & 0x0ffffffc0ffffffc, R + 8);
  memory.copy(state + S, key + 16, 16);
}

/** Takes in `blocks` times sixteen bytes. */
export function polyBlocks(state: usize, source: usize, blocks: u32): void {
  work(0, state, source, blocks);
}

/** The tag, 16 bytes at `tag`. */
export function polyEnd(state: usize, tag: usize): void {
  const h0 = load<u64>(state);
  const h1 = load<u64>(state, 8) + (h0 >> 32);
  const h2 = load<u64>(state, 16) + (h1 >> 32);
  const h3 = load<u64>(state, 24) + (h2 >> 32);
  // The accumulator is below twice the prime. It is at least the prime just when adding 5 carries into bit 130.
  const g0 = (h0 & WORD) + 5;
  const g1 = (h1 & WORD) + (g0 >> 32);
  const g2 = (h2 & WORD) + (g1 >> 32);
  const g3 = h3 + (g2 >> 32);
  const reduced = 0 - ((g3 >> 34) & 1);
  const low = select64(reduced, (g0 & WORD) | (g1 << 32), (h0 & WORD) | (h1 << 32));
  const high = select64(reduced, (g2 & WORD) | (g3 << 32), (h2 & WORD) | (h3 << 32));
  const sum = low + load<u64>(state, S);
  store<u64>(tag, sum);
  store<u64>(tag, high + load<u64>(state, S + 8) + carryOf(low, load<u64>(state, S), sum), 8);
}

/** `a` where the mask is all ones, `b` where it is zero. */
function select64(mask: u64, a: u64, b: u64): u64 {
  return b ^ (mask & (a ^ b));
}

/** The carry out of a + b = sum, without a comparison. */
function carryOf(a: u64, b: u64, sum: u64): u64 {
  return ((a & b) | ((a | b) & ~sum)) >> 63;
}

const S: usize = R + 16;
const WORD: u64 = 0xffffffff;
