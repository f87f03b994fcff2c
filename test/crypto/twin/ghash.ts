/** GHASH as SP 800-38D §6.3 and §6.4 write it: blocks are numbers of 128 bits, of which the top one counts first. */

/** The hash of whole blocks under the hash key H. */
export function ghash(hashKey: Uint8Array, blocks: Uint8Array): Uint8Array {
  const h = number(hashKey);
  let y = 0n;
  for (let start = 0; start < blocks.length; start += 16)
    y = multiply(y ^ number(blocks.subarray(start, start + 16)), h);
  return Uint8Array.from({ length: 16 }, (_, index) => Number((y >> BigInt(120 - 8 * index)) & 255n));
}

/** The product of two blocks (§6.3, Algorithm 1). */
function multiply(x: bigint, y: bigint): bigint {
  let z = 0n;
  let v = y;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) z ^= v;
    v = v & 1n ? (v >> 1n) ^ REDUCTION : v >> 1n;
  }
  return z;
}

function number(block: Uint8Array): bigint {
  return block.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}

/** R of §6.3. */
const REDUCTION = 0xe1n << 120n;
