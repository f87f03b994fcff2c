/** The Internet checksum (RFC 1071) in SIMD against one byte pair at a time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, internals } from '../kit/internals.js';
import { internetChecksum } from '../kit/packet.js';

/** The checksum of these bytes as the core computes it, in network order. */
async function checksums() {
  const core = await internals();
  const at = core.takeMemory(70_000);
  const target = core.takeMemory(70_000);
  const swap = (value: number) => ((value & 255) << 8) | (value >> 8);
  return {
    core,
    at,
    target,
    of(bytes: Uint8Array, offset = 0) {
      bytesOf(core).set(bytes, at + offset);
      return swap(core.complement(core.sum(at + offset, bytes.length)) & 0xffff);
    },
  };
}

describe('the checksum', () => {
  test('of the example of RFC 1071 §3', async () => {
    const { of } = await checksums();
    expect(of(Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]))).toBe(~0xddf2 & 0xffff);
  });

  test('of any bytes at any address is that of the plain algorithm', async () => {
    const { of } = await checksums();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(17),
        (bytes, offset) => of(bytes, offset) === internetChecksum(bytes),
      ),
      { numRuns: 500 },
    );
  });

  test('of a header is that of any bytes, as many as they are', async () => {
    const { core, at } = await checksums();
    const header = fc.uint8Array({ maxLength: 60 }).map((bytes) => bytes.subarray(0, bytes.length & ~3));
    fc.assert(
      fc.property(fc.oneof(header, fc.constant(new Uint8Array(60).fill(0xff))), (bytes) => {
        bytesOf(core).set(bytes, at);
        expect(core.fold(core.headerSum(at, bytes.length))).toBe(core.fold(core.sum(at, bytes.length)));
      }),
    );
  });

  test.each([0, 1, 15, 16, 17, 1460, 65_535])('of %i bytes of 0xff does not overflow', async (length) => {
    const { of } = await checksums();
    const bytes = new Uint8Array(length).fill(0xff);
    expect(of(bytes)).toBe(internetChecksum(bytes));
  });

  test('is the same when it is computed while copying, and the copy is exact and no byte longer', async () => {
    const { core, at, target } = await checksums();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        bytesOf(core).set(bytes, at);
        bytesOf(core).fill(0xaa, target, target + 320);
        const both = [core.copySum(target, at, bytes.length), core.sum(at, bytes.length)].map((sum) => core.fold(sum));
        expect(both[0]).toBe(both[1]);
        expect(Buffer.compare(bytesOf(core).subarray(target, target + bytes.length), bytes)).toBe(0);
        expect(bytesOf(core)[target + bytes.length]).toBe(0xaa);
      }),
    );
  });

  test('of parts adds up, the second one swapped when it begins at an odd place (RFC 1071 §2 (B))', async () => {
    const { core, at, of } = await checksums();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bytes, where) => {
          const cut = Math.floor(where * bytes.length);
          const whole = of(bytes);
          const tail = core.sum(at + cut, bytes.length - cut);
          const parts = core.sum(at, cut) + (cut % 2 === 1 ? core.swapped(tail) : tail);
          expect(core.fold(parts) % 0xffff).toBe(core.fold(core.sum(at, bytes.length)) % 0xffff);
          expect(whole).toBe(internetChecksum(bytes));
        },
      ),
    );
  });
});
