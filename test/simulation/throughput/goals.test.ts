/**
 * What a path of 40 ms and 100 Mbit/s is to be used for, on five seeds each or fifty: a free link is filled, and random loss costs no
 * more than theory says. Between two cores (`transfer.ts`). Not for: what is sent again (`repair.test.ts`).
 */
import { describe, expect, test, vi } from 'vitest';
import type { Congestion } from '../../../host/stack/settings.js';
import { ENDLESS, forAll, LINK, MOST, PATIENCE, RATE, RTT, SEEDS } from './path.js';
import { cubicWindow, renoWindow } from './response.js';
import { PACKET, PAYLOAD, Transfer } from './transfer.js';

vi.setConfig({ testTimeout: PATIENCE });

const CONTROLLERS: Congestion[] = ['cubic', 'reno'];

/** Packets. */
const PRODUCT = (RATE * RTT) / 1000 / (8 * PACKET);
/** The handshake, and a window that doubles from ten segments to the bandwidth-delay product. */
const SLOW_START = RTT * (1 + Math.ceil(Math.log2(PRODUCT / 10)));

/** Of the link, headers included. */
function share(payload: number): number {
  return (payload * PACKET) / PAYLOAD / RATE;
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
    const queue = Math.round(LINK.queue + (PRODUCT * seed) / MOST);
    const transfer = await Transfer.create({ congestion: 'cubic', seed, data: { ...LINK, queue }, acks: LINK });
    transfer.run(SLOW_START + RTT);
    const { delivered } = transfer;
    transfer.run(SLOW_START + RTT + 1200);
    expect(share(((transfer.delivered - delivered) * 8) / 1.2), `buffer of ${queue}`).toBeGreaterThanOrEqual(0.95);
  }
});
