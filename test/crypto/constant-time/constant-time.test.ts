/**
 * The ciphers take the same branches and touch the same addresses, whatever keys, nonces and texts are: every step of the
 * instrumented build is compared. What may differ is what lengths say, and whether a tag was right.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { CIPHERS } from '../kit.js';
import { type Trace, type Traced, tracedCiphers } from './traced.js';

let traced: Traced;
beforeAll(() => {
  traced = tracedCiphers();
});

/** Secrets of one length: extremes, and what a generator of numbers gives. */
const FILLS: readonly ((index: number) => number)[] = [
  () => 0,
  () => 0xff,
  (index) => index,
  ...[1, 2, 3, 4, 5].map((seed) => (index: number) => Math.imul((index + 1) * seed, 0x9e3779b1) >>> 13),
];

const [KEY, NONCE, DATA, EXPANDED, SOURCE, TARGET, OTHER] = [0x0, 0x40, 0x80, 0x100, 0x2000, 0x4000, 0x6000].map(
  (offset) => 0x100000 + offset,
) as [number, number, number, number, number, number, number];

function fill(at: number, length: number, byteAt: (index: number) => number): void {
  for (let index = 0; index < length; index++) traced.memory()[at + index] = byteAt(at + index);
}

/** All that a record is made of is secret here, nonce and additional data too. */
function fillAll(byteAt: (index: number) => number): void {
  fill(KEY, EXPANDED - KEY, byteAt);
  fill(SOURCE, 0x1000, byteAt);
}

function expectSame(traces: readonly Trace[]): void {
  const [first, ...others] = traces as [Trace, ...Trace[]];
  expect(first.length).toBeGreaterThan(10);
  for (const other of others) expect(traced.difference(first, other)).toBeUndefined();
}

describe.each(CIPHERS)('$name', ({ cipher }) => {
  const seal = (length: number) => traced.calls.aeadSeal?.(cipher, EXPANDED, NONCE, DATA, 13, SOURCE, length, TARGET);
  const open = (length: number) => traced.calls.aeadOpen?.(cipher, EXPANDED, NONCE, DATA, 13, TARGET, length, OTHER);
  const expand = () => traced.calls.aeadExpand?.(cipher, KEY, EXPANDED);

  test('expands every key alike', () => {
    expectSame(
      FILLS.map((byteAt) => {
        fillAll(byteAt);
        return traced.trace(expand);
      }),
    );
  });

  test.each([0, 1, 16, 100, 1000])('seals, opens and refuses every text of %i bytes alike', (length) => {
    const traces = FILLS.map((byteAt, index) => {
      fillAll(byteAt);
      expand();
      const sealing = traced.trace(() => seal(length));
      const opening = traced.trace(() => expect(open(length)).toBe(1));
      // Where a forged record differs is a secret of its own: not all of the tag, nor its first bytes, tell.
      const forged = TARGET + ((index * 37) % (length + 16));
      traced.memory()[forged] = (traced.memory()[forged] as number) ^ (1 << (index & 7));
      const refusing = traced.trace(() => expect(open(length)).toBe(0));
      return { sealing, opening, refusing };
    });
    expectSame(traces.map(({ sealing }) => sealing));
    expectSame(traces.map(({ opening }) => opening));
    expectSame(traces.map(({ refusing }) => refusing));
  });

  test('shows the length of a text, and whether it was genuine', () => {
    fillAll((index) => index);
    expand();
    const [longer, shorter] = [101, 100].map((length) => traced.trace(() => seal(length))) as [Trace, Trace];
    expect(traced.difference(longer, shorter)).toBeDefined();
    const genuine = traced.trace(() => open(100));
    traced.memory()[TARGET] = (traced.memory()[TARGET] as number) ^ 1;
    expect(
      traced.difference(
        genuine,
        traced.trace(() => open(100)),
      ),
    ).toBeDefined();
  });
});

describe('a leak is seen', () => {
  test.each([
    ['a branch', 'leakByBranch'],
    ['a number of turns', 'leakByCount'],
    ['a choice', 'leakByChoice'],
    ['an address that is read', 'leakByIndex'],
    ['an address that is written', 'leakByStore'],
    ['an address of a vector', 'leakByVector'],
    ['an address that is splat', 'leakBySplat'],
    ['an address of a lane', 'leakByLane'],
    ['a length of zeros', 'leakByFill'],
    ['a place that is copied from', 'leakByCopy'],
    ['a division', 'leakByDivision'],
  ])('by %s', (_, name) => {
    const run = (secret: number) => traced.trace(() => traced.calls[name]?.(SOURCE, secret));
    expect(traced.difference(run(1), run(1))).toBeUndefined();
    expect(traced.difference(run(1), run(2))).toBeDefined();
  });
});
