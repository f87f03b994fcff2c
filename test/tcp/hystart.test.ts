/** The end of slow start by delay: HyStart++ (RFC 9406), and windows that are not used (RFC 7661). */
import { describe, expect, test } from 'vitest';
import {
  SETTING_GROWTH_LIMIT,
  SETTING_HYSTART,
  SETTING_IDLE_RESTART,
  SETTING_SEND_BUFFER,
  SETTING_SEND_BUFFER_INITIAL,
} from '../../assembly/abi/constants.js';
import { established } from '../kit/recovery.js';
import type { Timeline } from '../kit/timeline.js';

const MSS = 1000;
const BUFFER = 1 << 24;

const connection = (settings: Record<number, number> = {}) =>
  established(100, {
    win: 65_535,
    syn: { windowScale: 10 },
    settings: { [SETTING_SEND_BUFFER]: BUFFER, [SETTING_SEND_BUFFER_INITIAL]: BUFFER, ...settings },
  });

type Sent = ReturnType<Timeline['take']>;

/** Acknowledges a flight, segment by segment, a round trip of `rtt` after it was sent. Answers the next flight. */
function round(t: Timeline, flight: Sent, rtt: number): Sent {
  t.pass(rtt);
  const next: Sent = [];
  for (const { seq, data } of flight) {
    t.inject({ ack: seq + data.length });
    next.push(...t.take());
  }
  return next;
}

function start(t: Timeline): Sent {
  while (t.send(1 << 20) === 1 << 20) {}
  return t.take();
}

describe('slow start', () => {
  test('doubles the window while round trips stay as long (RFC 5681 §3.1)', async () => {
    const t = await connection();
    let flight = start(t);
    const sizes: number[] = [];
    for (let index = 0; index < 5; index++) {
      flight = round(t, flight, 100);
      sizes.push(flight.length);
    }
    expect(sizes).toEqual([20, 40, 80, 160, 320]);
  });

  test('grows by a quarter once a round takes an eighth longer (RFC 9406 §4.2, CSS_GROWTH_DIVISOR)', async () => {
    const t = await connection();
    let flight = round(t, start(t), 100);
    // Eight samples must say so (N_RTT_SAMPLE): seven ACKs add a segment each, the other thirteen a quarter of one.
    flight = round(t, flight, 113);
    expect(flight).toHaveLength(20 + 7 + Math.floor(13 / 4));
    const before = flight.length;
    flight = round(t, flight, 113);
    expect(flight.length).toBeGreaterThanOrEqual(before + Math.floor(before / 4) - 1);
    expect(flight.length).toBeLessThanOrEqual(before + Math.ceil(before / 4) + 1);
  });

  test('is not left for a rise of less than an eighth (RFC 9406 §4.2, MIN_RTT_DIVISOR)', async () => {
    const t = await connection();
    let flight = round(t, start(t), 100);
    flight = round(t, flight, 112);
    expect(flight).toHaveLength(40);
  });

  test('is not left for fewer than eight samples (RFC 9406 §4.3, N_RTT_SAMPLE)', async () => {
    const t = await connection({ [SETTING_GROWTH_LIMIT]: 0 });
    const flight = round(t, start(t), 100);
    t.pass(150);
    // Five ACKs for twenty segments.
    let more = 0;
    for (let index = 3; index < 20; index += 4) {
      const { seq, data } = flight[index] as Sent[number];
      t.inject({ ack: seq + data.length });
      more += t.take().length;
    }
    expect(more).toBe(40);
  });

  test('goes on when the delay turns out to be jitter (RFC 9406 §4.2)', async () => {
    const t = await connection();
    let flight = round(t, start(t), 100);
    flight = round(t, flight, 120);
    expect(flight.length).toBeLessThan(40);
    const slow = flight.length;
    // Shorter than when conservative slow start began: the first ACKs of the round say so, the rest of it doubles.
    flight = round(t, flight, 100);
    expect(flight.length).toBeGreaterThan(slow * 1.7);
  });

  test('ends after five conservative rounds (RFC 9406 §4.2, CSS_ROUNDS)', async () => {
    const t = await connection();
    let flight = round(t, start(t), 100);
    for (let index = 0; index < 6; index++) flight = round(t, flight, 120);
    const before = flight.length;
    flight = round(t, flight, 120);
    expect(flight.length, 'one segment a round trip, as Reno does (RFC 5681 §3.1)').toBeLessThanOrEqual(before + 1);
  });

  test('knows no delay when HyStart++ is off', async () => {
    const t = await connection({ [SETTING_HYSTART]: 0 });
    let flight = round(t, start(t), 100);
    flight = round(t, flight, 200);
    expect(flight).toHaveLength(40);
  });

  test('adds at most L segments an ACK (RFC 9406 §4.3, RFC 3465 §2.2)', async () => {
    const t = await connection({ [SETTING_GROWTH_LIMIT]: 8 });
    const flight = start(t);
    t.pass(100);
    const last = flight.at(-1) as Sent[number];
    t.inject({ ack: last.seq + last.data.length });
    expect(t.take()).toHaveLength(18);
  });
});

describe('a window that is not used', () => {
  /** Sends and acknowledges so many segments, so many times. */
  function use(t: Timeline, segments: number, times: number): void {
    for (let count = 0; count < times; count++) {
      t.send(segments * MSS);
      const sent = t.take();
      expect(sent).toHaveLength(segments);
      t.pass(100);
      for (const { seq, data } of sent) t.inject({ ack: seq + data.length });
      t.take();
    }
  }

  test('does not grow (RFC 7661 §4.4)', async () => {
    const t = await connection();
    use(t, 3, 10);
    t.send(100 * MSS);
    expect(t.take()).toHaveLength(10);
  });

  test('grows while half of it is used (RFC 7661 §4.3)', async () => {
    const t = await connection();
    use(t, 6, 1);
    t.send(100 * MSS);
    expect(t.take().length).toBeGreaterThan(10);
  });

  test('starts over after a pause of an RTO (RFC 5681 §4.1)', async () => {
    const t = await connection();
    const flight = round(t, start(t), 100);
    expect(flight).toHaveLength(20);
    let left = flight;
    while (left.length > 0) left = round(t, left, 100);
    t.pass(1_000);
    t.send(100 * MSS);
    expect(t.take()).toHaveLength(10);
  });

  test('is kept over a pause by option, and halved for each five minutes (RFC 7661 §4.4.3)', async () => {
    const t = await connection({ [SETTING_IDLE_RESTART]: 0 });
    use(t, 10, 2);
    use(t, 20, 1);
    t.pass(60_000);
    use(t, 20, 1);
    t.pass(300_001);
    t.send(100 * MSS);
    expect(t.take(), 'forty before').toHaveLength(20);
  });

  test('costs nothing in memory once an RTO has made it old', async () => {
    const t = await connection();
    use(t, 10, 2);
    expect(t.driver.bufferBytes).toBeGreaterThan(0);
    t.settles();
    expect(t.driver.bufferBytes).toBe(0);
  });

  test('costs nothing in memory from the last ACK on where it has not grown and nothing went wrong', async () => {
    const t = await connection();
    use(t, 3, 2);
    expect(t.driver.bufferBytes).toBe(0);
    t.send(3 * MSS);
    const [first] = t.take();
    t.pass(60_000);
    const again = t.take().length;
    expect(again).toBeGreaterThan(0);
    t.inject({ ack: (first?.seq ?? 0) + 3 * MSS });
    t.take();
    expect(t.driver.bufferBytes, 'a timeout is remembered').toBeGreaterThan(0);
  });
});
