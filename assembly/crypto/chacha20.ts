// ChaCha20 (RFC 8439 §2.4), four blocks at once: a lane of a vector belongs to a block, a vector to a word of the state.
//
// Addresses, branches and counts depend on lengths only. Not for: the one-time key and the tag (chacha20poly1305.ts).

/** Bytes that one step makes: four blocks. */
export const CHACHA_STEP: u32 = 256;

/**
 * XORs `steps` times 256 bytes at `source` with the key stream, from block `counter` on. `key`: 32 bytes; `nonce`: 12
 * bytes. Source and target are the same or do not overlap.
 */
export function chachaXor(key: usize, nonce: usize, counter: u32, source: usize, steps: u32, target: usize): void {
  for (let step: u32 = 0; step < steps; step++) {
    chachaStep(key, nonce, counter + 4 * step, source + step * CHACHA_STEP, target + step * CHACHA_STEP);
  }
}

// long: sixteen words of state can live in locals only, and twenty rounds change all of them
function chachaStep(key: usize, nonce: usize, counter: u32, source: usize, target: usize): void {
  const count = i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3));
  let a0 = i32x4.splat(0x61707865);
  let a1 = i32x4.splat(0x3320646e);
  let a2 = i32x4.splat(0x79622d32);
  let a3 = i32x4.splat(0x6b206574);
  let b0 = v128.load32_splat(key);
  let b1 = v128.load32_splat(key, 4);
  let b2 = v128.load32_splat(key, 8);
  let b3 = v128.load32_splat(key, 12);
  let c0 = v128.load32_splat(key, 16);
  let c1 = v128.load32_splat(key, 20);
  let c2 = v128.load32_splat(key, 24);
  let c3 = v128.load32_splat(key, 28);
  let d0 = count;
  let d1 = v128.load32_splat(nonce);
  let d2 = v128.load32_splat(nonce, 4);
  let d3 = v128.load32_splat(nonce, 8);
  for (let round = 0; round < 20; round += 2) {
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    a2 = i32x4.add(a2, b2);
    a3 = i32x4.add(a3, b3);
    d0 = rotate16(d0, a0);
    d1 = rotate16(d1, a1);
    d2 = rotate16(d2, a2);
    d3 = rotate16(d3, a3);
    c0 = i32x4.add(c0, d0);
    c1 = i32x4.add(c1, d1);
    c2 = i32x4.add(c2, d2);
    c3 = i32x4.add(c3, d3);
    b0 = rotate12(b0, c0);
    b1 = rotate12(b1, c1);
    b2 = rotate12(b2, c2);
    b3 = rotate12(b3, c3);
    a0 = i32x4.add(a0, b0);
    a1 = i32x4.add(a1, b1);
    a2 = i32x4.add(a2, b2);
    a3 = i32x4.add(a3, b3);
    d0 = rotate8(d0, a0);
    d1 = rotate8(d1, a1);
    d2 = rotate8(d2, a2);
    d3 = rotate8(d3, a3);
    c0 = i32x4.add(c0, d0);
    c1 = i32x4.add(c1, d1);
    c2 = i32x4.add(c2, d2);
    c3 = i32x4.add(c3, d3);
    b0 = rotate7(b0, c0);
    b1 = rotate7(b1, c1);
    b2 = rotate7(b2, c2);
    b3 = rotate7(b3, c3);
    a0 = i32x4.add(a0, b1);
    a1 = i32x4.add(a1, b2);
    a2 = i32x4.add(a2, b3);
    a3 = i32x4.add(a3, b0);
    d3 = rotate16(d3, a0);
    d0 = rotate16(d0, a1);
    d1 = rotate16(d1, a2);
    d2 = rotate16(d2, a3);
    c2 = i32x4.add(c2, d3);
    c3 = i32x4.add(c3, d0);
    c0 = i32x4.add(c0, d1);
    c1 = i32x4.add(c1, d2);
    b1 = rotate12(b1, c2);
    b2 = rotate12(b2, c3);
    b3 = rotate12(b3, c0);
    b0 = rotate12(b0, c1);
    a0 = i32x4.add(a0, b1);
    a1 = i32x4.add(a1, b2);
    a2 = i32x4.add(a2, b3);
    a3 = i32x4.add(a3, b0);
    d3 = rotate8(d3, a0);
    d0 = rotate8(d0, a1);
    d1 = rotate8(d1, a2);
    d2 = rotate8(d2, a3);
    c2 = i32x4.add(c2, d3);
    c3 = i32x4.add(c3, d0);
    c0 = i32x4.add(c0, d1);
    c1 = i32x4.add(c1, d2);
    b1 = rotate7(b1, c2);
    b2 = rotate7(b2, c3);
    b3 = rotate7(b3, c0);
    b0 = rotate7(b0, c1);
  }
  addConstants(a0, a1, a2, a3, source, target);
  addWords(b0, b1, b2, b3, key, source + 16, target + 16);
  addWords(c0, c1, c2, c3, key + 16, source + 32, target + 32);
  addCounter(d0, d1, d2, d3, count, nonce, source + 48, target + 48);
}

function addConstants(x0: v128, x1: v128, x2: v128, x3: v128, source: usize, target: usize): void {
  x0 = i32x4.add(x0, i32x4.splat(0x61707865));
  x1 = i32x4.add(x1, i32x4.splat(0x3320646e));
  x2 = i32x4.add(x2, i32x4.splat(0x79622d32));
  x3 = i32x4.add(x3, i32x4.splat(0x6b206574));
  xorRow(x0, x1, x2, x3, source, target);
}

function addWords(x0: v128, x1: v128, x2: v128, x3: v128, words: usize, source: usize, target: usize): void {
  x0 = i32x4.add(x0, v128.load32_splat(words));
  x1 = i32x4.add(x1, v128.load32_splat(words, 4));
  x2 = i32x4.add(x2, v128.load32_splat(words, 8));
  x3 = i32x4.add(x3, v128.load32_splat(words, 12));
  xorRow(x0, x1, x2, x3, source, target);
}

function addCounter(
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  count: v128,
  nonce: usize,
  source: usize,
  target: usize,
): void {
  x0 = i32x4.add(x0, count);
  x1 = i32x4.add(x1, v128.load32_splat(nonce));
  x2 = i32x4.add(x2, v128.load32_splat(nonce, 4));
  x3 = i32x4.add(x3, v128.load32_splat(nonce, 8));
  xorRow(x0, x1, x2, x3, source, target);
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

// Exclusive ors, rotated to the left: WebAssembly has no rotation of lanes. By whole bytes `swizzle` does it better than
// `shuffle`, whose mask V8 builds anew each time.

function rotate16(a: v128, b: v128): v128 {
  const mixed = v128.xor(a, b);
  return i8x16.swizzle(mixed, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

function rotate8(a: v128, b: v128): v128 {
  const mixed = v128.xor(a, b);
  return i8x16.swizzle(mixed, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
}

function rotate12(a: v128, b: v128): v128 {
  const mixed = v128.xor(a, b);
  return v128.or(i32x4.shl(mixed, 12), i32x4.shr_u(mixed, 20));
}

function rotate7(a: v128, b: v128): v128 {
  const mixed = v128.xor(a, b);
  return v128.or(i32x4.shl(mixed, 7), i32x4.shr_u(mixed, 25));
}
