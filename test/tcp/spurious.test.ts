/** Needless retransmissions are noticed and taken back: Eifel (RFC 3522, RFC 4015) and F-RTO (RFC 5682). */
import { describe, expect, test } from 'vitest';
import { SETTING_FORWARD_RTO, SETTING_INITIAL_WINDOW, SETTING_TAIL_PROBE } from '../../assembly/abi/constants.js';
import { established, sequences } from '../kit/recovery.js';
import { type Timeline, timeline } from '../kit/timeline.js';

const RTT = 100;
const PLAIN = { [SETTING_TAIL_PROBE]: 0 };

/** A connection without SACK whose round trip of 100 ms is known, so that the timeout is 300 ms. */
async function plain(options: { timestamps?: boolean; forward?: boolean } = {}): Promise<Timeline> {
  const syn = options.timestamps === true ? ({ mss: 1012, timestamps: [7, 0] } as const) : { mss: 1000 };
  const t = await timeline({ syn, settings: { ...PLAIN, [SETTING_FORWARD_RTO]: options.forward === false ? 0 : 1 } });
  t.connect();
  t.take();
  t.pass(RTT);
  t.inject({ flags: 'SA', seq: 0, options: { ...syn, ...(options.timestamps && { timestamps: [7, t.tsEcr] }) } });
  t.take();
  t.events();
  return t;
}

/** Ten of fourteen segments were sent, and the timer has sent the first of them once more. */
async function timedOut(options: { forward?: boolean } = {}): Promise<Timeline> {
  const t = await plain(options);
  t.send(14_000);
  expect(sequences(t)).toHaveLength(10);
  t.driver.advance(300);
  expect(sequences(t)).toEqual([1]);
  return t;
}

/** The most that is sent when there is more to send than the window holds; everything else has been acknowledged. */
function window(t: Timeline): number {
  t.send(60_000);
  return t.take().length;
}

describe('without SACK, a timeout (RFC 5682 §2.1)', () => {
  test('is followed by one segment, then by two new ones when that is acknowledged', async () => {
    const t = await timedOut();
    t.inject({ ack: 1001 });
    expect(sequences(t), 'never sent before').toEqual([10_001, 11_001]);
  });

  test('that was needless is taken back when the next ACK moves on, too', async () => {
    const t = await timedOut();
    t.inject({ ack: 1001 });
    t.take();
    t.inject({ ack: 2001 });
    expect(sequences(t), 'ten segments are out again, and nothing goes twice').toEqual([]);
    t.inject({ ack: 12_001 });
    expect(window(t)).toBeGreaterThanOrEqual(10);
  });

  test('that was right goes on with what was lost when the next ACK repeats', async () => {
    const t = await timedOut();
    t.inject({ ack: 1001 });
    t.take();
    t.inject({ ack: 1001 });
    expect(sequences(t)[0], 'the first that is missing').toBe(1001);
  });

  test('is right when the first ACK repeats', async () => {
    const t = await timedOut();
    t.inject({ ack: 1 });
    t.inject({ ack: 1001 });
    expect(sequences(t)).toEqual([1001, 2001]);
  });

  test('is taken for right when there is no new data to ask with', async () => {
    const t = await plain();
    t.send(10_000);
    t.take();
    t.driver.advance(300);
    t.take();
    t.inject({ ack: 1001 });
    expect(sequences(t)).toEqual([1001, 2001]);
  });

  test('is taken for right when the window of the peer lets nothing new go', async () => {
    const t = await plain();
    t.inject({ win: 10_000 });
    t.send(14_000);
    expect(sequences(t)).toHaveLength(10);
    t.driver.advance(300);
    t.take();
    t.inject({ ack: 1001, win: 9_000 });
    expect(sequences(t)).toEqual([1001, 2001]);
  });

  test('is always taken for right when F-RTO is off', async () => {
    const t = await timedOut({ forward: false });
    t.inject({ ack: 1001 });
    expect(sequences(t)).toEqual([1001, 2001]);
  });
});

describe('with SACK, a timeout (RFC 5682 §3)', () => {
  async function selective(): Promise<Timeline> {
    const t = await established(RTT, { settings: PLAIN });
    t.send(14_000);
    expect(sequences(t)).toHaveLength(10);
    t.driver.advance(300);
    expect(sequences(t)).toEqual([1]);
    return t;
  }

  test('asks with two new segments', async () => {
    const t = await selective();
    t.inject({ ack: 1001 });
    expect(sequences(t)).toEqual([10_001, 11_001]);
  });

  test('was needless when a segment that was not repeated is SACKed', async () => {
    const t = await selective();
    t.inject({ ack: 1001 });
    t.take();
    t.inject({ ack: 1001, sack: [[2001, 3001]] });
    expect(sequences(t), 'ten segments are out again, and nothing goes twice').toEqual([]);
    t.inject({ ack: 10_001 });
    expect(sequences(t), 'none of the ten was sent again').toEqual([12_001, 13_001]);
  });

  test('was right when only new data is SACKed', async () => {
    const t = await selective();
    t.inject({ ack: 1001 });
    t.take();
    t.inject({ ack: 1001, sack: [[10_001, 11_001]] });
    expect(sequences(t)[0]).toBe(1001);
  });
});

describe('the echoed timestamp (RFC 3522 §3.2)', () => {
  /** Ten segments are out; the echo of their time, and of any later one. */
  async function sending(): Promise<{ t: Timeline; original: number }> {
    const t = await plain({ timestamps: true, forward: false });
    t.send(10_000);
    const original = t.take()[0]?.options.timestamps?.[0] ?? 0;
    return { t, original };
  }

  test('of the original after a timeout: nothing is sent again, the window is what it was (RFC 4015 §3.2)', async () => {
    const { t, original } = await sending();
    t.driver.advance(300);
    expect(sequences(t)).toEqual([1]);
    t.tsEcr = original;
    t.inject({ ack: 1001 });
    expect(sequences(t)).toEqual([]);
    t.inject({ ack: 10_001 });
    expect(window(t)).toBeGreaterThanOrEqual(10);
  });

  test('of the retransmission after a timeout: the rest follows', async () => {
    const { t } = await sending();
    t.driver.advance(300);
    t.take();
    t.inject({ ack: 1001 });
    expect(sequences(t)).toEqual([1001, 2001]);
  });

  test('of the original after a fast retransmit: the window is what it was', async () => {
    const { t, original } = await sending();
    t.pass(RTT);
    t.tsEcr = original;
    for (let count = 0; count < 3; count++) t.inject({});
    expect(sequences(t)).toContain(1);
    t.tsEcr = original;
    t.inject({ ack: 10_001 });
    expect(window(t)).toBeGreaterThanOrEqual(10);
  });

  test('of the retransmission after a fast retransmit: the window is halved', async () => {
    const { t } = await sending();
    t.pass(RTT);
    for (let count = 0; count < 3; count++) t.inject({});
    t.take();
    t.inject({ ack: 10_001 });
    expect(window(t)).toBeLessThanOrEqual(6);
  });

  test('counts for the first ACK behind the retransmission only (RFC 3522 §3.2 step 4)', async () => {
    const { t, original } = await sending();
    t.driver.advance(300);
    t.take();
    t.inject({ ack: 1001 });
    t.take();
    t.tsEcr = original;
    t.inject({ ack: 3001 });
    expect(sequences(t).length, 'slow start goes on').toBeLessThanOrEqual(4);
  });
});

/** Twenty segments were sent; what seemed to be a loss has been taken back, and 15 segments are still out. */
async function takenBack(): Promise<Timeline> {
  const syn = { mss: 1012, timestamps: [7, 0] as const, sackPermitted: true };
  const t = await timeline({ syn, settings: { ...PLAIN, [SETTING_INITIAL_WINDOW]: 20 } });
  t.connect();
  t.take();
  t.pass(RTT);
  t.inject({ flags: 'SA', seq: 0, options: { ...syn, timestamps: [7, t.tsEcr] } });
  t.take();
  t.events();
  t.send(20_000);
  const original = t.take()[0]?.options.timestamps?.[0] ?? 0;
  t.pass(RTT);
  t.tsEcr = original;
  t.inject({ sack: [[1001, 5001]] });
  expect(sequences(t)).toContain(1);
  t.tsEcr = original;
  t.inject({ ack: 5001 });
  t.take();
  return t;
}

test('a recovery by RACK is taken back by the timestamp, too', async () => {
  const t = await takenBack();
  t.inject({ ack: 20_001 });
  expect(window(t)).toBeGreaterThanOrEqual(20);
});

test('what is lost after a recovery was taken back has its price', async () => {
  const t = await takenBack();
  t.pass(30);
  t.inject({ sack: [[6001, 20_001]], ack: 5001 });
  t.driver.advance(80);
  expect(sequences(t)).toContain(5001);
  t.inject({ ack: 20_001 });
  expect(window(t)).toBeLessThanOrEqual(16);
});
