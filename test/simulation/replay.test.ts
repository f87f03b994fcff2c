/** The core is a pure function of its inputs: a run can be repeated, and taken up from a copy of memory, to the byte. */
import { describe, expect, test } from 'vitest';
import { Link } from './link.js';
import { heavyScenario, simulate } from './simulation.js';

describe('a run', () => {
  test('repeated from its seed puts the same bytes on the wire at the same moments', async () => {
    const [once, again, other] = [await simulate(19), await simulate(19), await simulate(20)];
    expect(again).toEqual(once);
    expect(other.wire).not.toBe(once.wire);
  });

  test('in heavy weather is repeatable too', async () => {
    const heavy = () => simulate(3, heavyScenario(1 << 20, 3));
    const [once, again] = [await heavy(), await heavy()];
    expect(again.wire).toBe(once.wire);
    expect(once.retransmitted).toBeGreaterThan(0);
  });
});

describe('a snapshot of memory', () => {
  const TOTAL = 300_000;

  test.each([2, 3, 30, 100, 250])(
    'taken after %i packets continues to the same bytes as the original',
    async (packets) => {
      const original = await Link.create(5, TOTAL);
      original.run(packets);
      const copy = original.state();
      const restored = await Link.restored(copy, TOTAL);
      original.restartRecord();
      original.run();
      restored.run();
      expect(original.received).toEqual([TOTAL, TOTAL]);
      expect(restored.received).toEqual([TOTAL, TOTAL]);
      expect(restored.connections).toBe(0);
      expect(restored.digest()).toBe(original.digest());
      const [ours, theirs] = [restored.state().memories, original.state().memories];
      for (const side of [0, 1] as const) expect(Buffer.compare(ours[side], theirs[side]), `memory ${side}`).toBe(0);
    },
  );

  test('is not changed by what the original does afterwards', async () => {
    const original = await Link.create(6, TOTAL);
    original.run(50);
    const copy = original.state();
    const kept = structuredClone(copy.memories);
    original.run();
    for (const side of [0, 1] as const) expect(Buffer.compare(copy.memories[side], kept[side])).toBe(0);
  });
});
