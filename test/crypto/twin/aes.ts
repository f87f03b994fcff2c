/** AES as FIPS 197 writes it: a state of bytes, and an S-box computed from its definition. */

/** Encrypts one block (§5.1) under a key of 16 or 32 bytes. */
export function aesEncrypt(key: Uint8Array, block: Uint8Array): Uint8Array {
  const keys = expandKey(key);
  const rounds = keys.length / 16 - 1;
  const roundKey = (round: number) => keys.slice(round * 16, round * 16 + 16);
  let state = xor(block, roundKey(0));
  for (let round = 1; round < rounds; round++) {
    state = xor(mixColumns(shiftRows(state.map(subByte))), roundKey(round));
  }
  return xor(shiftRows(state.map(subByte)), roundKey(rounds));
}

/** KeyExpansion (§5.2). */
export function expandKey(key: Uint8Array): Uint8Array {
  const words = key.length / 4;
  const keys = [...key];
  let constant = 1;
  for (let index = words; index < 4 * (words + 7); index++) {
    let word = keys.slice(-4);
    if (index % words === 0) {
      word = [...word.slice(1), ...word.slice(0, 1)].map(subByte);
      word[0] = byteAt(word, 0) ^ constant;
      constant = multiply(constant, 2);
    } else if (words > 6 && index % words === 4) word = word.map(subByte);
    for (const byte of word) keys.push(byte ^ byteAt(keys, keys.length - 4 * words));
  }
  return Uint8Array.from(keys);
}

export function subByte(byte: number): number {
  return byteAt(S_BOX, byte);
}

/** SubBytes of one byte (§5.1.1): the inverse, which is the 254th power, then an affine map. */
function substitute(byte: number): number {
  let inverse = 1;
  for (let count = 0; count < 254; count++) inverse = multiply(inverse, byte);
  const rotated = (bits: number) => ((inverse << bits) | (inverse >> (8 - bits))) & 255;
  return inverse ^ rotated(1) ^ rotated(2) ^ rotated(3) ^ rotated(4) ^ 0x63;
}

/** Byte 4 · column + row of the state stands in that row and column (§3.4). */
function shiftRows(state: Uint8Array): Uint8Array {
  return state.map((_, index) => byteAt(state, (index + 4 * (index % 4)) % 16));
}

function mixColumns(state: Uint8Array): Uint8Array {
  return state.map((_, index) => {
    const inColumn = (row: number) => byteAt(state, index - (index % 4) + ((index + row) % 4));
    return multiply(2, inColumn(0)) ^ multiply(3, inColumn(1)) ^ inColumn(2) ^ inColumn(3);
  });
}

/** In GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1 (§4.2). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ byteAt(b, index));
}

function byteAt(list: ArrayLike<number>, index: number): number {
  return list[index] as number;
}

const S_BOX = Array.from({ length: 256 }, (_, byte) => substitute(byte));
