/** Who could write nothing for want of memory waits for what others give back: what they do not need is never kept from him. */
import { describe, expect, test } from 'vitest';
import { OPTION_PAUSED, SETTING_MEMORY_LIMIT } from '../../assembly/abi/constants.js';
import type { Internals } from '../kit/internals.js';
import { type Timeline, timeline } from '../kit/timeline.js';

const MIB = 1 << 20;

/** Two connections. The first can write nothing: what memory there is lies unread in the second, which may wait as well. */
async function starved(waits = false): Promise<{ t: Timeline; first: number; second: number }> {
  const t = await timeline({ settings: { [SETTING_MEMORY_LIMIT]: 8 * MIB } });
  t.listen();
  for (const peerPort of [1, 2]) {
    t.inject({ flags: 'S', seq: 0, peerPort });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({ peerPort });
  }
  const [first, second] = t.driver.happened().map(({ handle }) => handle) as [number, number];
  t.driver.calls.tcpSetOption(second, OPTION_PAUSED, 1);
  t.inject({ seq: 1, data: 1000, peerPort: 2 }, { seq: 1001, data: 1000, peerPort: 2 });
  t.expect({ ack: 2001 });
  exhaust(t);
  for (const handle of waits ? [first, second] : [first]) {
    expect(t.driver.core.send(handle, new Uint8Array(1000))).toBe(0);
  }
  t.driver.output();
  expect(events(t, first)).toEqual([]);
  return { t, first, second };
}

function exhaust(t: Timeline): void {
  const core = t.driver.calls as Internals;
  for (let size = 65_536; size >= 256; ) if (core.slabTake(size) === 0) size /= 2;
}

/** What the user of a connection hears when the next batch, of nothing, has come. */
function events(t: Timeline, handle: number): string[] {
  t.driver.input([]);
  return t.driver.happened().flatMap((one) => (one.handle === handle ? one.events : []));
}

describe('a user who waits for memory hears of what is given back', () => {
  test.each([
    ['one', false],
    ['one who waits behind him', true],
  ])('by %s and is aborted', async (_, waits) => {
    const { t, first, second } = await starved(waits);
    t.driver.calls.tcpAbort(second);
    t.driver.output();
    t.expect({ flags: 'RA', ack: 2001 });
    t.driver.calls.tcpRelease(second);
    expect(events(t, first)).toEqual(['drain']);
    t.driver.output();
    t.driver.input([]);
    t.driver.output();
    expect(t.driver.connections).toBe(1);
  });

  test.each([
    ['one', false],
    ['one who waits behind him', true],
  ])('by %s and is reset and let go', async (_, waits) => {
    const { t, first, second } = await starved(waits);
    t.inject({ flags: 'R', seq: 2001, peerPort: 2 });
    expect(t.driver.happened()).toMatchObject([{ handle: second, events: ['closed'] }]);
    t.driver.calls.tcpRelease(second);
    expect(events(t, first)).toEqual(['drain']);
    t.driver.output();
    expect(t.driver.connections).toBe(1);
  });

  test('by one who reads', async () => {
    const { t, first, second } = await starved();
    t.driver.core.receive(second);
    t.driver.output();
    t.take();
    expect(events(t, first)).toEqual(['drain']);
  });
});
