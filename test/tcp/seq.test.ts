/** Sequence number arithmetic on the circle (RFC 9293 §3.4). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { internals } from '../kit/internals.js';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const step = fc.integer({ min: 1, max: 0x7fff_ffff });

describe('sequence numbers', () => {
  test('are ordered by less than half a circle, across the wrap', async () => {
    const core = await internals();
    fc.assert(
      fc.property(word, step, (from, by) => {
        const to = (from + by) >>> 0;
        expect([core.seqLt(from, to), core.seqGt(to, from), core.seqLe(from, to), core.seqGe(to, from)]).toEqual([
          1, 1, 1, 1,
        ]);
        expect([core.seqLt(to, from), core.seqGt(from, to), core.seqLe(to, from), core.seqGe(from, to)]).toEqual([
          0, 0, 0, 0,
        ]);
        expect([core.seqMax(from, to) >>> 0, core.seqMin(from, to) >>> 0]).toEqual([to, from]);
      }),
    );
  });

  test('are equal to themselves', async () => {
    const core = await internals();
    for (const at of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      expect([core.seqLt(at, at), core.seqGt(at, at), core.seqLe(at, at), core.seqGe(at, at)]).toEqual([0, 0, 1, 1]);
    }
  });

  test('lie within an arc of any length', async () => {
    const core = await internals();
    fc.assert(
      fc.property(word, word, word, (low, inside, outside) => {
        expect(
          core.seqWithin(low, (low + Math.min(inside, outside)) >>> 0, (low + Math.max(inside, outside)) >>> 0),
        ).toBe(1);
        if (inside !== outside) {
          const [small, large] = [Math.min(inside, outside), Math.max(inside, outside)];
          expect(core.seqWithin(low, (low + large) >>> 0, (low + small) >>> 0)).toBe(0);
        }
      }),
    );
  });
});
