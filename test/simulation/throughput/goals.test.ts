/**
 * What a path of 40 ms and 100 Mbit/s is to be used for, on 50 seeds each: a free link is filled, random loss costs no more
 * than theory says, reordering repeats nothing, a lost tail costs no timeout. Between two cores (`transfer.ts`); the link's
 * buffer holds one bandwidth-delay product and drops what does not fit.
 */
import { describe, expect, test, vi } from 'vitest';
import type { Congestion } from '../../../host/stack/settings.js';
import { cubicWindow, renoWindow } from './response.js';
import { bottleneck, PACKET, PAYLOAD, Transfer, type TransferOptions } from './transfer.js';

vi.setConfig({ testTimeout: 120_000 });

const RTT = 40;
const RATE = 100e6;
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);
const LINK = bottleneck(RTT, RATE);
const CONTROLLERS: Congestion[] = ['cubic', 'reno'];

/** Packets. */
const PRODUCT = (RATE * RTT) / 1000 / (8 * PACKET);
const ENDLESS = Number.POSITIVE_INFINITY;
/** The handshake, and a window that doubles from ten segments to the bandwidth-delay product. */
const SLOW_START = RTT * (1 + Math.ceil(Math.log2(PRODUCT / 10)));

/** Of the link, headers included. */
function share(payload: number): number {
  return (payload * PACKET) / PAYLOAD / RATE;
}

async function forAll(
  options: Omit<TransferOptions, 'seed'>,
  check: (transfer: Transfer, seed: number) => void,
): Promise<void> {
  for (const seed of SEEDS) check(await Transfer.create({ ...options, seed }), seed);
}

describe.each(CONTROLLERS)('%s', (congestion) => {
  test('fills at least 95 % of a free link in each round trip from the second one after slow start on', async () => {
    await forAll({ congestion, data: { ...LINK, queue: ENDLESS }, acks: LINK }, (transfer, seed) => {
      transfer.run(SLOW_START + RTT);
      for (let round = 2; round < 12; round++) {
        const { delivered } = transfer;
        transfer.run(transfer.time + RTT);
        const payload = ((transfer.delivered - delivered) * 8 * 1000) / RTT;
        expect(share(payload), `seed ${seed}, round trip ${round}`).toBeGreaterThanOrEqual(0.95);
      }
    });
  });

  test('reaches 0.9 × its response function under 0.1 % random loss', async () => {
    // RFC 9438 §5.1: W = (C (3 + β) / (4 (1 - β)))^¼ × (RTT / p)^¾ segments, and what Reno gets, √(3 / 2p), where that is more.
    const window = congestion === 'cubic' ? cubicWindow(0.001, RTT) : renoWindow(0.001);
    const expected = (window * PAYLOAD * 8 * 1000) / RTT;
    let sum = 0;
    await forAll({ congestion, data: { ...LINK, loss: 0.001 }, acks: LINK }, (transfer) => {
      transfer.run(5_000);
      sum += transfer.delivered * 8;
    });
    expect(sum / (5 * SEEDS.length) / expected).toBeGreaterThanOrEqual(0.9);
  });
});

test('a link whose buffer slow start makes overflow is filled to at least 95 % on average', async () => {
  for (const seed of SEEDS) {
    // From one bandwidth-delay product to two.
    const queue = Math.round(LINK.queue + (PRODUCT * seed) / SEEDS.length);
    const transfer = await Transfer.create({ congestion: 'cubic', seed, data: { ...LINK, queue }, acks: LINK });
    transfer.run(SLOW_START + RTT);
    const { delivered } = transfer;
    transfer.run(SLOW_START + RTT + 1200);
    expect(share(((transfer.delivered - delivered) * 8) / 1.2), `buffer of ${queue}`).toBeGreaterThanOrEqual(0.95);
  }
});

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
