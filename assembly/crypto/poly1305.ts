// Poly1305 (RFC 8439 §2.5) over whole blocks of sixteen bytes, which is all that the AEAD feeds it (§2.8).
//
// The accumulator has four words of 32 bits and a small fifth, each in 64 bits; products are 64 bits wide. r is clamped: its
// words are below 2²⁸ and, but for the first, multiples of four. So four products of words that have not been reduced,
// below 2³³ + 4, and a carry fit into 64 bits: 2³³ · 2²⁸ · (1 + 3 · 5 / 4) < 2⁶⁴. No branch and no address depends on anything
// but lengths. Not for: messages that end within a block.

/** Bytes of a state: the accumulator, five words of 8 bytes; then r and s, 16 bytes each. */
export const POLY_STATE: u32 = 72;

/** Starts under the one-time key of 32 bytes. */
export function polyBegin(state: usize, key: usize): void {
  memory.fill(state, 0, R);
  store<u64>(state, load<u64>(key) & 0x0ffffffc0fffffff, R);
  store<u64>(state, load<u64>(key, 8) & 0x0ffffffc0ffffffc, R + 8);
  memory.copy(state + S, key + 16, 16);
}

/** Takes in `blocks` times sixteen bytes. */
export function polyBlocks(state: usize, source: usize, blocks: u32): void {
  const r0: u64 = load<u32>(state, R);
  const r1: u64 = load<u32>(state, R + 4);
  const r2: u64 = load<u32>(state, R + 8);
  const r3: u64 = load<u32>(state, R + 12);
  // 2¹³⁰ is 5 modulo the prime, so what a product has from 2¹²⁸ on counts as 5 / 4: r1 … r3 are multiples of four.
  const s1 = r1 + (r1 >> 2);
  const s2 = r2 + (r2 >> 2);
  const s3 = r3 + (r3 >> 2);
  let h0 = load<u64>(state);
  let h1 = load<u64>(state, 8);
  let h2 = load<u64>(state, 16);
  let h3 = load<u64>(state, 24);
  let h4 = load<u64>(state, 32);
  // Nothing is carried further than the next product needs.
  for (const end = source + ((<usize>blocks) << 4); source < end; source += 16) {
    h0 += load<u32>(source);
    h1 += load<u32>(source, 4);
    h2 += load<u32>(source, 8);
    h3 += load<u32>(source, 12);
    h4 += 1;
    const d0 = h0 * r0 + h2 * s2 + (h3 * s1 + h1 * s3);
    const d1 = h0 * r1 + h2 * s3 + (h3 * s2 + h4 * s1) + h1 * r0;
    const d2 = h0 * r2 + h2 * r0 + (h3 * s3 + h4 * s2) + h1 * r1;
    const d3 = h0 * r3 + h2 * r1 + (h3 * r0 + h4 * s3) + h1 * r2;
    const c1 = d1 + (d0 >> 32);
    const c2 = d2 + (c1 >> 32);
    const c3 = d3 + (c2 >> 32);
    const top = h4 * r0 + (c3 >> 32);
    h0 = (d0 & WORD) + (top >> 2) + (top & ~3);
    h1 = (c1 & WORD) + (h0 >> 32);
    h0 &= WORD;
    h2 = c2 & WORD;
    h3 = c3 & WORD;
    h4 = top & 3;
  }
  store<u64>(state, h0);
  store<u64>(state, h1, 8);
  store<u64>(state, h2, 16);
  store<u64>(state, h3, 24);
  store<u64>(state, h4, 32);
}

/** The tag, 16 bytes at `tag`. */
export function polyEnd(state: usize, tag: usize): void {
  const h0 = load<u64>(state);
  const c1 = load<u64>(state, 8);
  const c2 = load<u64>(state, 16) + (c1 >> 32);
  const c3 = load<u64>(state, 24) + (c2 >> 32);
  const h4 = load<u64>(state, 32) + (c3 >> 32);
  const h1 = c1 & WORD;
  const h2 = c2 & WORD;
  const h3 = c3 & WORD;
  // The accumulator is below twice the prime. It is at least the prime just when adding 5 carries into bit 130.
  const g0 = h0 + 5;
  const g1 = h1 + (g0 >> 32);
  const g2 = h2 + (g1 >> 32);
  const g3 = h3 + (g2 >> 32);
  const reduced = 0 - (((h4 + (g3 >> 32)) >> 2) & 1);
  const low = select64(reduced, (g0 & WORD) | (g1 << 32), h0 | (h1 << 32));
  const high = select64(reduced, (g2 & WORD) | (g3 << 32), h2 | (h3 << 32));
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

const R: usize = 40;
const S: usize = 56;
const WORD: u64 = 0xffffffff;
