/** Poly1305 as RFC 8439 §2.5 writes it, in whole numbers of any size. */

/** The tag of a message under a one-time key of 32 bytes. */
export function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const s = number(key.subarray(16, 32));
  let accumulator = 0n;
  for (let start = 0; start < message.length; start += 16) {
    const block = [...message.subarray(start, start + 16), 1];
    accumulator = ((accumulator + number(block)) * r) % PRIME;
  }
  return bytes((accumulator + s) & (2n ** 128n - 1n));
}

/** Little-endian. */
function number(list: Iterable<number>): bigint {
  return [...list].reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}

function bytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}

const PRIME = 2n ** 130n - 5n;
