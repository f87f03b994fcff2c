/** What SACK is for: the same weather with it and without it. */
import { expect, test } from 'vitest';
import { type Report, type Scenario, simulate } from './simulation.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** A megabyte one way, a tenth of all packets lost, a round trip of 40 ms. */
function scenario(sack: boolean): Scenario {
  const quiet = { chunk: 100_000, pause: 0, pauseTime: 0, ending: 'end' } as const;
  return {
    weather: { loss: 0.1, delay: 20 },
    mtu: 1500,
    client: {},
    server: {},
    sack,
    conversations: [{ client: { ...quiet, bytes: 1 << 20 }, server: { ...quiet, bytes: 0 }, at: 0 }],
  };
}

async function runs(sack: boolean): Promise<{ duration: number; retransmitted: number }> {
  const reports: Report[] = [];
  for (const seed of SEEDS) reports.push(await simulate(seed, scenario(sack)));
  const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0);
  return {
    duration: sum(({ duration }) => duration),
    retransmitted: sum(({ retransmitted }) => retransmitted),
  };
}

test('with SACK a lossy transfer takes less time, and sends less of it twice', async () => {
  const [selective, cumulative] = [await runs(true), await runs(false)];
  expect(selective.duration).toBeLessThan(0.9 * cumulative.duration);
  expect(selective.retransmitted).toBeLessThan(0.9 * cumulative.retransmitted);
  // A tenth of 719 segments is lost each time, and a tenth of those again; little else is sent twice.
  expect(selective.retransmitted / SEEDS.length).toBeLessThan(0.15 * 719);
});
