/** The timer wheel against a sorted list: never late, never twice, never forgotten. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Internals, internals } from '../kit/internals.js';

const NEVER = 0x7fff_ffff_ffff_ffffn;

async function wheel(entries = 1) {
  const core = await internals();
  return { core, entries: Array.from({ length: entries }, () => core.takeMemory(64)) };
}

function expired(core: Internals, now: bigint): number[] {
  const all: number[] = [];
  for (let entry = core.wheelExpired(now); entry !== 0; entry = core.wheelExpired(now)) all.push(entry);
  return all;
}

describe('the timer wheel', () => {
  test('is empty at first and when everything is cancelled', async () => {
    const { core, entries } = await wheel(3);
    expect(core.wheelNext()).toBe(NEVER);
    for (const entry of entries) core.wheelArm(entry, 5_000_000n);
    for (const entry of entries) core.wheelCancel(entry);
    for (const entry of entries) core.wheelCancel(entry);
    expect(core.wheelNext()).toBe(NEVER);
    expect(expired(core, 1n << 60n)).toEqual([]);
  });

  test.each([0n, 1n, 1023n, 1024n, 65_535n, 65_536n, 10n ** 6n, 10n ** 9n, 10n ** 12n, 3n * 10n ** 15n])(
    'fires %i µs from the start at that microsecond, not before',
    async (deadline) => {
      const { core, entries } = await wheel();
      core.wheelArm(entries[0] as number, deadline);
      // Sleeping until each announced moment must lead to the deadline in few steps.
      let now = 0n;
      let steps = 0;
      while (core.wheelNext() < deadline) {
        now = core.wheelNext();
        expect(expired(core, now)).toEqual([]);
        expect(++steps).toBeLessThan(10);
      }
      expect(core.wheelNext() <= deadline).toBe(true);
      if (deadline > 0n) expect(expired(core, deadline - 1n)).toEqual([]);
      expect(expired(core, deadline)).toEqual(entries);
      expect(core.wheelNext()).toBe(NEVER);
    },
  );

  test('announces the earliest of those that share a slot, and behind it the next', async () => {
    const { core, entries } = await wheel(4);
    const deadlines = [30_700n, 29_700n, 30_200n, 30_700n];
    for (const [index, deadline] of deadlines.entries()) core.wheelArm(entries[index] as number, deadline);
    expect(core.wheelNext()).toBe(29_700n);
    expect(expired(core, 30_000n)).toEqual([entries[1]]);
    expect(core.wheelNext()).toBe(30_200n);
    expect(expired(core, 30_200n)).toEqual([entries[2]]);
    expect(core.wheelNext()).toBe(30_700n);
    core.wheelArm(entries[1] as number, 30_400n);
    expect(core.wheelNext()).toBe(30_400n);
    // One that is cancelled may still be announced; nothing fires, and then the next is.
    core.wheelCancel(entries[1] as number);
    expect(expired(core, 30_400n)).toEqual([]);
    expect(core.wheelNext()).toBe(30_700n);
    expect(expired(core, 31_000n).sort()).toEqual([entries[0], entries[3]].sort());
    expect(core.wheelNext()).toBe(NEVER);
  });

  test('goes on behind the last tick that six levels tell apart, with a slot for each moment as before', async () => {
    const { core, entries } = await wheel(3);
    const [far, soon, later] = entries as [number, number, number];
    const turned = 1n << 46n; // 2³⁶ ticks
    core.wheelArm(far, turned + 86_400_000_000n);
    expect(expired(core, turned + 5_000_000n)).toEqual([]);
    core.wheelArm(soon, turned + 5_020_000n);
    core.wheelArm(later, turned + 95_000_000n);
    expect(core.wheelNext()).toBe(turned + 5_020_000n);
    core.wheelCancel(soon);
    expect(core.wheelNext() > turned + 5_020_000n, 'the slot of what was cancelled is empty').toBe(true);
    expect(expired(core, turned + 94_999_999n)).toEqual([]);
    expect(expired(core, turned + 95_000_000n)).toEqual([later]);
    expect(expired(core, turned + 86_399_999_999n)).toEqual([]);
    expect(expired(core, turned + 86_400_000_000n)).toEqual([far]);
    expect(core.wheelNext()).toBe(NEVER);
  });

  test('fires each entry once, when it is due, whatever is armed, moved and cancelled between', async () => {
    const span = fc.oneof(fc.nat(3000), fc.nat(200_000), fc.nat(100_000_000), fc.maxSafeNat());
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ arm: fc.nat(19), in: span }) },
      { weight: 1, arbitrary: fc.record({ cancel: fc.nat(19) }) },
      { weight: 3, arbitrary: fc.record({ pass: span }) },
    );
    const { core, entries } = await wheel(20);
    let now = 0n;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const armed = new Map<number, bigint>();
        for (const one of actions) {
          if ('arm' in one) {
            const entry = entries[one.arm] as number;
            core.wheelArm(entry, now + BigInt(one.in));
            armed.set(entry, now + BigInt(one.in));
          } else if ('cancel' in one) {
            core.wheelCancel(entries[one.cancel] as number);
            armed.delete(entries[one.cancel] as number);
          } else {
            now += BigInt(one.pass % 10 ** 12);
            const due = [...armed].filter(([, at]) => at <= now).map(([entry]) => entry);
            expect(expired(core, now).sort()).toEqual(due.sort());
            for (const entry of due) armed.delete(entry);
          }
          const earliest = [...armed.values()].reduce((least, at) => (at < least ? at : least), NEVER);
          expect(core.wheelNext() <= earliest, 'never late').toBe(true);
          if (armed.size === 0) expect(core.wheelNext()).toBe(NEVER);
        }
        for (const entry of entries) core.wheelCancel(entry);
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});
