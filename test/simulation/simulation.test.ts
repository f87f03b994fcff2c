/** Two stacks in all kinds of weather: every byte once, in order, unchanged; every connection ends; nothing is left. */
import { describe, expect, test } from 'vitest';
import { amount } from '../kit/soak.js';
import { heavyScenario, scenarioOf, simulate } from './simulation.js';

const GROUP = 30;
const SEEDS = amount(120, 300);
const VARIED = 300;
const HEAVY = amount([1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8]);

describe('simulations', () => {
  for (let first = 1; first <= SEEDS; first += GROUP) {
    test(`hold for the seeds ${first} to ${first + GROUP - 1}`, async () => {
      for (let seed = first; seed < first + GROUP; seed++) await simulate(seed);
    });
  }

  test('are varied: IPv4 and IPv6, lossy and clean, narrow and wide, short and long', () => {
    const scenarios = Array.from({ length: VARIED }, (_, index) => scenarioOf(index + 1));
    const count = (of: (scenario: (typeof scenarios)[number]) => boolean) => scenarios.filter(of).length;
    expect(count(({ family }) => family === 6)).toBe(VARIED / 2);
    expect(count(({ weather }) => (weather.loss ?? 0) > 0.05)).toBeGreaterThan(50);
    expect(count(({ weather }) => weather.loss === 0)).toBeGreaterThan(50);
    expect(count(({ weather }) => weather.rate !== undefined)).toBeGreaterThan(50);
    expect(count(({ conversations }) => conversations.some(({ client }) => client.bytes > 50_000))).toBeGreaterThan(30);
    expect(
      count(({ conversations }) => conversations.some(({ client }) => client.terminateAt !== undefined)),
    ).toBeGreaterThan(10);
  });
});

describe('10 % loss, reordering, duplication and 1 % of packets with a flipped bit', () => {
  test.each(HEAVY)('seed %i: 16 MiB both ways at once arrive whole', async (seed) => {
    const report = await simulate(seed, heavyScenario(16 << 20, seed), true);
    expect(report.retransmitted).toBeGreaterThan(1000);
  });
});
