/** Pacing: what the window allows is spread over the round trip. */

import { describe, expect, test } from 'vitest';
import { OFFLOAD_CHECKSUM, SETTING_PACING } from '../../assembly/abi/constants.js';
import { OFFLOAD_TSO } from '../kit/family.js';
import { established } from '../kit/recovery.js';

const PACED = { [SETTING_PACING]: 1 };

describe('a paced window', () => {
  test('goes out at twice its rate in slow start, a millisecond ahead at most', async () => {
    const t = await established(100, { settings: PACED });
    t.send(10_000);
    t.driver.advance(60);
    // Ten segments in half a round trip of 100 ms: one in 5 ms, and the first millisecond is forgiven.
    expect(t.take().map(({ at }) => at - 100)).toEqual([0, 4, 9, 14, 19, 24, 29, 34, 39, 44]);
  });

  test('goes out at once where the round trip is no longer than the quantum', async () => {
    const t = await established(1, { settings: PACED });
    t.send(10_000);
    expect(t.take()).toHaveLength(10);
  });

  test('gains nothing from a pause', async () => {
    const t = await established(100, { settings: PACED });
    t.send(2_000);
    t.driver.advance(100);
    t.take();
    t.inject({ ack: 2001 });
    t.send(5_000);
    expect(t.take(), 'not two, though none was sent for 95 ms').toHaveLength(1);
  });

  test('holds back what was lost, too', async () => {
    const t = await established(100, { settings: PACED });
    t.send(10_000);
    t.driver.advance(145);
    t.take();
    t.inject({ sack: [[5001, 10_001]] });
    const begun = t.time;
    t.driver.advance(60);
    const times = t.take().map(({ at }) => at - begun);
    expect(times.length).toBeGreaterThan(1);
    for (let index = 1; index < times.length; index++) {
      expect((times[index] as number) - (times[index - 1] as number)).toBeGreaterThan(1);
    }
  });

  test('goes in pieces that the pace sends in a millisecond, when a device cuts them up', async () => {
    const t = await established(10, { settings: PACED, offloads: OFFLOAD_CHECKSUM | OFFLOAD_TSO });
    t.send(10_000);
    t.driver.advance(20);
    const sizes = t.take().map(({ data }) => data.length);
    expect(sizes).toEqual([2000, 2000, 2000, 2000, 2000]);
  });

  test('leaves nothing armed when the connection ends', async () => {
    const t = await established(100, { settings: PACED });
    t.send(10_000);
    t.take();
    t.abort();
    t.take();
    t.expectGone();
  });
});
