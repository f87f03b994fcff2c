/** SipHash-2-4 against a readable twin, and the twin against the vectors of its paper. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { internals } from '../kit/internals.js';

const MASK = 0xffff_ffff_ffff_ffffn;

/** SipHash-2-4 as the paper writes it: compression of 8-byte words, the length in the last byte. */
function sipHash24(key: Uint8Array, message: Uint8Array): bigint {
  const [k0, k1] = words(key) as [bigint, bigint];
  const v: Lanes = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const padded = new Uint8Array((message.length & ~7) + 8);
  padded.set(message);
  padded[padded.length - 1] = message.length & 255;
  for (const word of words(padded)) {
    v[3] ^= word;
    round(v);
    round(v);
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let count = 0; count < 4; count++) round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

type Lanes = [bigint, bigint, bigint, bigint];

function round(v: Lanes): void {
  v[0] = (v[0] + v[1]) & MASK;
  v[1] = rotate(v[1], 13n) ^ v[0];
  v[0] = rotate(v[0], 32n);
  v[2] = (v[2] + v[3]) & MASK;
  v[3] = rotate(v[3], 16n) ^ v[2];
  v[0] = (v[0] + v[3]) & MASK;
  v[3] = rotate(v[3], 21n) ^ v[0];
  v[2] = (v[2] + v[1]) & MASK;
  v[1] = rotate(v[1], 17n) ^ v[2];
  v[2] = rotate(v[2], 32n);
}

function rotate(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (64n - by))) & MASK;
}

function words(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length >> 3 }, (_, index) => view.getBigUint64(index * 8, true));
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index);
}

test('the twin agrees with the test vector of the paper (appendix A)', () => {
  expect(sipHash24(counting(16), counting(15))).toBe(0xa129ca6149be45e5n);
});

test('the core agrees with the twin on 40 bytes', async () => {
  const core = await internals();
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytes(16), bytes(40), (key, message) => {
      const [k0, k1] = words(key) as [bigint, bigint];
      const [a, b, c, d, e] = words(message) as [bigint, bigint, bigint, bigint, bigint];
      return (core.sipHash(k0, k1, a, b, c, d, e) & MASK) === sipHash24(key, message);
    }),
    { numRuns: 500, seed: 1 },
  );
});
