/**
 * What is sent again on a path of 40 ms and 100 Mbit/s, on five seeds each or fifty: nothing for reordering, and a lost tail costs no
 * timeout. Between two cores (`transfer.ts`). Not for: how a link is used (`goals.test.ts`).
 */
import { describe, expect, test, vi } from 'vitest';
import { ENDLESS, forAll, LINK, PATIENCE } from './path.js';
import { PAYLOAD } from './transfer.js';

vi.setConfig({ testTimeout: PATIENCE });

describe('reordering by up to a quarter of the round trip', () => {
  test.each([
    ['each packet is up to 5 ms early or late', { jitter: 5 }],
    ['each packet is up to 2 ms early or late', { jitter: 2 }],
    ['a tenth of the packets is passed by others, or comes 10 ms late', { reorder: 0.1 }],
    ['half of the packets are passed by others, or come 10 ms late', { reorder: 0.5 }],
  ])('%s: nothing is sent again after the first MiB', async (_, weather) => {
    const options = { congestion: 'cubic', data: { ...LINK, queue: ENDLESS, ...weather }, acks: LINK } as const;
    await forAll(options, (transfer, seed) => {
      transfer.run(60_000, () => transfer.delivered >= 1 << 20);
      const before = transfer.retransmitted;
      transfer.run(60_000, () => transfer.delivered >= 4 << 20);
      expect(transfer.retransmitted - before, `seed ${seed}`).toBe(0);
    });
  });
});

describe('a lost tail', () => {
  const TOTAL = 50;
  test.each([1, 2, 3, 8])('of %i segments is repaired by a probe, not by a timeout', async (lost) => {
    const bytes = TOTAL * PAYLOAD;
    await forAll({ congestion: 'cubic', data: LINK, acks: LINK, bytes }, (transfer, seed) => {
      // A packet more or less at the start moves the tail to another place of its flight.
      transfer.lose = (first, again) => !again && first >= bytes - lost * PAYLOAD - (seed % 7);
      transfer.run(60_000, () => transfer.delivered === bytes);
      expect(transfer.delivered).toBe(bytes);
      expect(transfer.timeouts, `seed ${seed}`).toBe(0);
    });
  });
});
