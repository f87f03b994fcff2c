/** What ECN is for: a router that marks where another one drops (RFC 3168). */
import { describe, expect, test } from 'vitest';
import { type Report, type Scenario, simulate } from './simulation.js';

const SEEDS = [1, 2, 3, 4];
const RATE = 1e8;
const quiet = { chunk: 100_000, pause: 0, pauseTime: 0, ending: 'end' } as const;

/** Megabytes up on each of so many connections, a round trip of 40 ms; the client asks for ECN. */
function scenario(out: { mark?: number; loss?: number }, megabytes: number, connections = 1): Scenario {
  return {
    weather: { delay: 20, rate: RATE, out },
    mtu: 1500,
    client: { tcp: { ecn: 1 } },
    server: {},
    conversations: Array.from({ length: connections }, () => ({
      client: { ...quiet, bytes: megabytes << 20 },
      server: { ...quiet, bytes: 0 },
      at: 0,
    })),
  };
}

async function runs(of: Scenario): Promise<{ duration: number; retransmitted: number }> {
  const reports: Report[] = [];
  for (const seed of SEEDS) reports.push(await simulate(seed, of));
  const sum = (part: (report: Report) => number) => reports.reduce((total, report) => total + part(report), 0);
  return { duration: sum(({ duration }) => duration), retransmitted: sum(({ retransmitted }) => retransmitted) };
}

describe('a router that marks one packet of a hundred', () => {
  test('slows a sender down as much as one that drops them does, and nothing is sent twice', async () => {
    const marked = await runs(scenario({ mark: 0.01 }, 4));
    const lossy = await runs(scenario({ loss: 0.01 }, 4));
    const clear = await runs(scenario({}, 4));
    expect(marked.retransmitted).toBe(0);
    expect(lossy.retransmitted).toBeGreaterThan(100);
    expect(marked.duration).toBeGreaterThan(2 * clear.duration);
    expect(marked.duration / lossy.duration).toBeGreaterThan(0.7);
    expect(marked.duration / lossy.duration).toBeLessThan(1.2);
  });

  test('does so without SACK too', async () => {
    const { duration, retransmitted } = await runs({ ...scenario({ mark: 0.01 }, 2), sack: false });
    expect(retransmitted).toBe(0);
    expect(duration).toBeGreaterThan(SEEDS.length * 1500);
  });

  test('lets connections that share it finish, each byte sent once', async () => {
    const { retransmitted } = await runs(scenario({ mark: 0.02 }, 1, 4));
    expect(retransmitted).toBe(0);
  });
});
