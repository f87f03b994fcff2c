import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAPACITY, Ring } from '../../host/workers/ring.js';

describe('a ring of packets', () => {
  test('gives back what was put in, in order, to another view of the same memory', () => {
    const memory = Ring.memory();
    const [writer, reader] = [new Ring(memory), new Ring(memory)];
    const records = [[1], [2, 3], [4, 5, 6, 7, 8]].map((bytes) => Uint8Array.from(bytes));
    expect(records.map((record) => writer.push(record))).toEqual([true, true, true]);
    expect([shift(reader), shift(reader), shift(reader), shift(reader)]).toEqual([...records, undefined]);
  });

  test('is bounded, and has room again when something was taken', () => {
    const ring = new Ring(Ring.memory());
    const large = new Uint8Array(65_546);
    let taken = 0;
    while (ring.push(large)) taken++;
    expect(taken).toBe(3);
    expect(ring.push(large)).toBe(false);
    expect(shift(ring)?.length).toBe(large.length);
    // The place at the end is too short: it begins at the start, which is free now.
    expect(ring.push(large)).toBe(true);
    expect(ring.push(large)).toBe(false);
  });

  test('takes as many small ones as there is room for', () => {
    const ring = new Ring(Ring.memory());
    let taken = 0;
    while (ring.push(new Uint8Array(60))) taken++;
    expect(taken).toBe(CAPACITY / 64);
  });

  test('passes over what the reader has no room for', () => {
    const ring = new Ring(Ring.memory());
    ring.push(new Uint8Array(100));
    ring.push(Uint8Array.of(1));
    expect(shift(ring, 50)).toEqual(Uint8Array.of(1));
  });

  test('loses and changes nothing, whatever is put in and taken in which order', () => {
    const step = fc.oneof(fc.nat(70_000), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ring = new Ring(Ring.memory());
        const expected: Uint8Array[] = [];
        for (const [index, step] of steps.entries()) {
          if (step === 'take') expectSame(shift(ring), expected.shift());
          else {
            const record = new Uint8Array(step + 1).fill(index);
            if (ring.push(record)) expected.push(record);
          }
        }
        while (expected.length > 0) expectSame(shift(ring), expected.shift());
        expect(shift(ring)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  test('goes on when its positions have counted past four gigabytes', () => {
    const memory = Ring.memory();
    const positions = new Int32Array(memory, 0, 2).fill(-CAPACITY);
    const ring = new Ring(memory);
    const record = new Uint8Array(CAPACITY / 4).fill(7);
    for (let round = 0; round < 8; round++) {
      expect(ring.push(record)).toBe(true);
      expectSame(shift(ring), record);
    }
    expect(positions[0]).toBeGreaterThan(0);
  });
});

function shift(ring: Ring, room = 70_001): Uint8Array | undefined {
  const into = new Uint8Array(room);
  const length = ring.shift(into);
  return length === 0 ? undefined : into.slice(0, length);
}

/** Quicker than `toEqual`. */
function expectSame(actual: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  expect(actual?.length).toBe(expected?.length);
  if (actual !== undefined && expected !== undefined) expect(Buffer.compare(actual, expected)).toBe(0);
}
