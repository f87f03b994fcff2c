// SipHash-2-4 (Aumasson & Bernstein, 2012): a keyed hash for the connection table, initial sequence numbers and ports.
// Not for: authentication of anything on the wire.

/** The hash of 40 bytes (a connection's addresses in four words, its ports in one) under a 128-bit key. */
export function sipHash(key0: u64, key1: u64, a: u64, b: u64, c: u64, d: u64, ports: u64): u64 {
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  // Two rounds for each of six blocks, the last of them the length; then four to finish.
  for (let round = 0; round < 16; round++) {
    const block = round < 2 ? a : round < 4 ? b : round < 6 ? c : round < 8 ? d : round < 10 ? ports : LENGTH;
    const first = round < 12 && (round & 1) == 0;
    const last = round < 12 && (round & 1) == 1;
    if (first) v3 ^= block;
    if (round == 12) v2 ^= 0xff;
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

/** The length of the input stands in the top byte of the last block. */
const LENGTH: u64 = (<u64>40) << 56;
