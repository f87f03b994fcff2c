/** SYN cookies (RFC 4987 §3.6): what a listener without room remembers, it has the peer remember. */

import { describe, expect, test } from 'vitest';
import {
  COUNTER_CONNECTIONS,
  COUNTER_COOKIES_ACCEPTED,
  COUNTER_COOKIES_FAILED,
  COUNTER_COOKIES_SENT,
  COUNTER_HALF_OPEN,
  COUNTER_SYNS_DROPPED,
  LISTENER_MSS,
  LISTENER_QUEUE,
  SETTING_CONNECTION_LIMIT,
  SETTING_ECN,
  SETTING_SYN_COOKIES,
} from '../../assembly/abi/constants.js';
import { DEFAULT_MSS, neighbor } from '../kit/family.js';
import type { Options } from '../kit/packet.js';
import { type Timeline, type TimelineOptions, timeline } from '../kit/timeline.js';

const NEVER = 0;
const WHEN_FULL = 1;
const ALWAYS = 2;

/** A listener that answers every SYN with a cookie. */
async function cookies(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await timeline({ ...options, settings: { [SETTING_SYN_COOKIES]: ALWAYS, ...options.settings } });
  t.listen();
  return t;
}

const counter = (t: Timeline, which: number): number => t.driver.calls.counter(which);

/** The largest segment that a connection sends, whose SYN said so. */
async function segmentAfter(mss: number): Promise<number> {
  const t = await cookies({ mtu: 9000, syn: { mss } });
  t.inject({ flags: 'S', seq: 0, options: t.syn });
  t.expect({ flags: 'SA', seq: 0, ack: 1 });
  t.inject({});
  t.events();
  t.send(20_000);
  return Math.max(...t.take().map(({ data }) => data.length));
}

describe('a SYN cookie', () => {
  test('costs nothing and opens a connection when it comes back', async () => {
    const t = await cookies();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    expect(t.driver.connections).toBe(0);
    expect(t.driver.deadline).toBe(Number.POSITIVE_INFINITY);
    t.inject({});
    expect(t.events()).toEqual(['open']);
    expect(t.state).toBe('Established');
    expect([COUNTER_COOKIES_SENT, COUNTER_COOKIES_ACCEPTED, COUNTER_COOKIES_FAILED].map((c) => counter(t, c))).toEqual([
      1, 1, 0,
    ]);
    t.send(500);
    t.expect({ flags: 'PA', data: 500 });
    t.inject({ ack: 501, data: 500 });
    expect(t.receive()).toBe(500);
  });

  test('comes back with data and FIN as well as on a bare ACK', async () => {
    const t = await cookies();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({ flags: 'FPA', seq: 1, data: 100 });
    t.expect({ ack: 102 });
    expect(t.events()).toEqual(['open', 'data', 'end']);
    expect(t.receive()).toBe(100);
    expect(t.state).toBe('CloseWait');
  });

  test('without timestamps carries the MSS alone, and offers nothing else', async () => {
    const t = await cookies({ syn: { mss: 1000, windowScale: 7, sackPermitted: true } });
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    expect(t.expect({ flags: 'SA', seq: 0, ack: 1 }).options).toEqual({ mss: 1460 });
    t.inject({ win: 2 * 536 });
    t.events();
    t.send(10_000);
    expect(
      t.take().reduce((sum, { data }) => sum + data.length, 0),
      'the window is not scaled',
    ).toBe(2 * 536);
  });

  test.each([
    [undefined, DEFAULT_MSS],
    [20, 64],
    [536, 536],
    [1300, 1220],
    [1400, 1400],
    [1440, 1440],
    [1460, 1460],
    [8959, 1460],
    [65_000, 8960],
  ])('for an MSS of %s means %i: never more than the peer takes', async (mss, expected) => {
    expect(await segmentAfter(mss as number)).toBe(expected);
  });

  test('counts a listener’s own MSS', async () => {
    const t = await cookies({ syn: { mss: 1460 } });
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_MSS, 700);
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    expect(t.expect({ flags: 'SA', seq: 0, ack: 1 }).options).toEqual({ mss: 700 });
    t.inject({});
    t.events();
    t.send(5000);
    expect(Math.max(...t.take().map(({ data }) => data.length))).toBe(536);
  });

  test.each([0, 1, 7, 14, undefined])('with timestamps keeps window scale (%s) and SACK', async (windowScale) => {
    for (const sackPermitted of [true, false]) {
      const syn: Options = {
        mss: 1000,
        timestamps: [500, 0],
        ...(windowScale === undefined ? {} : { windowScale }),
        ...(sackPermitted ? { sackPermitted } : {}),
      };
      const t = await cookies({ syn });
      t.inject({ flags: 'S', seq: 0, options: t.syn });
      const { options } = t.expect({ flags: 'SA', seq: 0, ack: 1 });
      expect(options.windowScale).toBe(windowScale === undefined ? undefined : 5);
      expect(options.sackPermitted ?? false).toBe(sackPermitted);
      expect(options.timestamps?.[1]).toBe(500);
      t.pass(30);
      t.inject({ win: 1 });
      t.events();
      t.send(2096);
      const bytes = t.take().reduce((sum, { data }) => sum + data.length, 0);
      expect(bytes).toBe(windowScale === undefined ? 1 : Math.min(2096, 1 << windowScale));
      t.inject({ seq: 2000, data: 10 });
      const [answer] = t.take();
      expect(answer?.options.sack !== undefined, 'SACK').toBe(sackPermitted);
    }
  });

  test('has a TSval that never lies ahead of the clock, nor far behind (RFC 7323 §5.4)', async () => {
    for (let millisecond = 0; millisecond < 130; millisecond++) {
      const t = await cookies({ syn: { mss: 1000, windowScale: 14, sackPermitted: true, timestamps: [500, 0] } });
      t.pass(millisecond);
      t.inject({ flags: 'S', seq: 0, options: t.syn });
      const stamp = t.expect({ flags: 'SA', seq: 0, ack: 1 }).options.timestamps?.[0] as number;
      t.inject({ data: 1, flags: 'PA' });
      t.pass(40);
      const next = t.expect({ ack: 2 }).options.timestamps?.[0] as number;
      expect((next - stamp) | 0).toBeGreaterThanOrEqual(40);
      expect((next - stamp) | 0).toBeLessThanOrEqual(40 + 63);
    }
  });

  test('keeps ECN where timestamps do (RFC 3168 §6.1.1)', async () => {
    const t = await cookies({ syn: { mss: 1000, timestamps: [500, 0] }, settings: { [SETTING_ECN]: 2 } });
    t.inject({ flags: 'SEW', seq: 0, options: t.syn });
    t.expect({ flags: 'SAE', seq: 0, ack: 1 });
    t.inject({});
    t.events();
    t.send(100);
    expect(t.take()[0]?.tos).toBe(2);
    const plain = await cookies({ settings: { [SETTING_ECN]: 2 } });
    plain.inject({ flags: 'SEW', seq: 0, options: plain.syn });
    plain.expect({ flags: 'SA', seq: 0, ack: 1 });
  });

  test('lives for a minute at least, for two minutes and a bit at most', async () => {
    for (let second = 0; second < 64; second += 7) {
      const t = await cookies();
      t.pass(second * 1000);
      t.inject({ flags: 'S', seq: 0 });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
      t.pass(63_000);
      t.inject({});
      expect(t.events()).toEqual(['open']);
    }
    const t = await cookies();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    const { iss } = t;
    t.pass(129_000);
    // Another one keeps the listener looking.
    t.inject({ flags: 'S', seq: 0, peerPort: 1 });
    t.take();
    t.iss = iss;
    t.inject({});
    t.expect({ flags: 'R', seq: 1 });
    expect(counter(t, COUNTER_COOKIES_FAILED)).toBe(1);
  });

  test('is good for its own four-tuple and its own SYN only', async () => {
    const t = await cookies();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    const forged = [{ peerPort: 40_001 }, { peer: neighbor(7) }, { seq: 2 }, { seq: 0 }, { ack: 2 }, { ack: 0 }];
    for (const change of forged) {
      t.inject(change);
      expect(t.take().map(({ flags }) => flags)).toEqual(['R']);
    }
    expect(counter(t, COUNTER_COOKIES_FAILED)).toBe(forged.length);
    expect(t.driver.connections).toBe(0);
    t.inject({});
    expect(t.events()).toEqual(['open']);
  });

  test('is not guessed by trying: of 100,000 ACKs none opens a connection', async () => {
    const t = await cookies();
    t.inject({ flags: 'S', seq: 0 });
    t.take();
    for (let batch = 0; batch < 100_000 / 50; batch++) {
      t.driver.input(
        Array.from({ length: 50 }, (_, index) =>
          t.build({ ack: Math.imul(batch * 50 + index + 2, 0x9e37_79b1) >>> 0 }),
        ),
      );
      t.driver.output();
      t.driver.emitted.length = 0;
    }
    expect(t.driver.connections).toBe(0);
  });

  test('may be answered twice: the second ACK finds the connection', async () => {
    const t = await cookies();
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    t.inject({}, {});
    expect(t.driver.connections).toBe(1);
    t.expectNothing();
  });

  test('waits in the peer while the accept queue is full', async () => {
    const t = await timeline({ settings: { [SETTING_SYN_COOKIES]: ALWAYS } });
    t.listen(80, 1);
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_QUEUE, 1);
    const numbers = [1, 2].map((peerPort) => {
      t.inject({ flags: 'S', seq: 0, peerPort });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
      return t.iss;
    });
    for (const [index, iss] of numbers.entries()) {
      t.iss = iss;
      t.inject({ peerPort: index + 1 });
    }
    t.expectNothing();
    expect(t.driver.calls.tcpAcceptable(t.listener)).toBe(1);
    t.driver.calls.tcpAccept(t.listener);
    t.inject({ flags: 'PA', data: 1, peerPort: 2 });
    expect(t.driver.calls.tcpAcceptable(t.listener)).toBe(1);
  });
});

describe('a listener whose SYN queue is full', () => {
  test.each([
    [NEVER, 0, 2],
    [WHEN_FULL, 2, 0],
  ])('with setting %i sends %i cookies and drops %i SYNs', async (setting, sent, dropped) => {
    const t = await timeline({ settings: { [SETTING_SYN_COOKIES]: setting } });
    t.listen(80, 3);
    t.inject(...[1, 2, 3, 4, 5].map((peerPort) => ({ flags: 'S', seq: 0, peerPort })));
    expect(t.take()).toHaveLength(3 + sent);
    expect(counter(t, COUNTER_HALF_OPEN)).toBe(3);
    expect(counter(t, COUNTER_COOKIES_SENT)).toBe(sent);
    expect(counter(t, COUNTER_SYNS_DROPPED)).toBe(dropped);
  });

  test('that gave out no cookie lately resets an ACK without looking, and so does one that never did', async () => {
    const t = await timeline({ settings: { [SETTING_SYN_COOKIES]: WHEN_FULL } });
    t.listen(80, 1);
    t.inject({ ack: 5 });
    expect(t.take().map(({ flags }) => flags)).toEqual(['R']);
    t.inject({ flags: 'S', seq: 0, peerPort: 1 }, { flags: 'S', seq: 0, peerPort: 2 });
    t.take();
    t.inject({ ack: 5 });
    t.take();
    expect(counter(t, COUNTER_COOKIES_FAILED)).toBe(1);
    t.driver.advance(128_000);
    t.take();
    t.inject({ ack: 5 });
    expect(t.take().map(({ flags }) => flags)).toEqual(['R']);
    expect(counter(t, COUNTER_COOKIES_FAILED)).toBe(1);
  });

  test('opens no more connections than the limit allows', async () => {
    const t = await cookies({ settings: { [SETTING_CONNECTION_LIMIT]: 1 } });
    const numbers = [1, 2].map((peerPort) => {
      t.inject({ flags: 'S', seq: 0, peerPort });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
      return t.iss;
    });
    for (const [index, iss] of numbers.entries()) {
      t.iss = iss;
      t.inject({ peerPort: index + 1 });
    }
    t.expectNothing();
    expect(counter(t, COUNTER_CONNECTIONS)).toBe(1);
  });
});
