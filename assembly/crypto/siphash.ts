// SipHash-2-4 (Aumasson & Bernstein, 2012): a keyed hash for the connection table, initial sequence numbers, ports and
// cookies.

/** The hash of 40 bytes (a connection's addresses in four words, its ports in one) under a 128-bit key. */
export function sipHash(key0: u64, key1: u64, a: u64, b: u64, c: u64, d: u64, ports: u64): u64 {
  return hash(key0, key1, 5, a, b, c, d, ports);
}

/** The hash of 8 bytes, the first one lowest in the word. */
export function sipHash8(key0: u64, key1: u64, word: u64): u64 {
  return hash(key0, key1, 1, word, 0, 0, 0, 0);
}

/** The hash of 32 bytes, in four words. */
export function sipHash32(key0: u64, key1: u64, a: u64, b: u64, c: u64, d: u64): u64 {
  return hash(key0, key1, 4, a, b, c, d, 0);
}

function hash(key0: u64, key1: u64, words: u32, a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  // The length of the input stands in the top byte of the last block.
  const length = (<u64>words) << 59;
  const end: u32 = 2 * (words + 1);
  // Two rounds for each block; then four to finish.
  for (let round: u32 = 0; round < end + 4; round++) {
    const index = round >> 1;
    const block = index == words ? length : index == 0 ? a : index == 1 ? b : index == 2 ? c : index == 3 ? d : e;
    const first = round < end && (round & 1) == 0;
    const last = round < end && (round & 1) == 1;
    if (first) v3 ^= block;
    if (round == end) v2 ^= 0xff;
    v0 += v1;
    v1 = rotl(v1, 13) ^ v0;
    v0 = rotl(v0, 32);
    v2 += v3;
    v3 = rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl(v1, 17) ^ v2;
    v2 = rotl(v2, 32);
    if (last) v0 ^= block;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
