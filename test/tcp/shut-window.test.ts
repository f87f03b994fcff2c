/** A window that is shut, on either side: what is said and heard meanwhile (RFC 9293 §3.8.6.1, §3.10.7.4). */
import { describe, expect, test } from 'vitest';
import { OPTION_PAUSED, SETTING_RECEIVE_BUFFER, SETTING_RECEIVE_BUFFER_INITIAL } from '../../assembly/abi/constants.js';
import { accepted, type Timeline, type TimelineOptions } from '../kit/timeline.js';

/** The peer has shut its window behind 1,000 bytes; a byte that probes it is on its way. */
async function probing(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await accepted({ win: 1000, ...options });
  t.win = 0;
  t.send(2000);
  t.expect({ seq: 1, data: 1000 });
  t.inject({ ack: 1001 });
  t.driver.advance(1000);
  for (const { seq, data } of t.take()) expect([seq, data.length]).toEqual([1001, 1]);
  return t;
}

/** Our window is shut behind 2,048 bytes that nobody reads. */
async function full(options: TimelineOptions = {}): Promise<Timeline> {
  const settings = { [SETTING_RECEIVE_BUFFER]: 2048, [SETTING_RECEIVE_BUFFER_INITIAL]: 2048 };
  const t = await accepted({ settings, ...options });
  t.option(OPTION_PAUSED, 1);
  t.inject({ seq: 1, data: 1000 }, { seq: 1001, data: 1000 }, { seq: 2001, data: 48 });
  t.expect({ ack: 2049, win: 0 });
  return t;
}

describe('while a byte of ours probes the peer’s window', () => {
  test('ACKs stand before it: behind it they would lie outside the window, and the peer drop them', async () => {
    const t = await probing();
    t.inject({ seq: 1, ack: 1001, data: 1000 }, { seq: 1001, ack: 1001, data: 1000 });
    t.expect({ seq: 1001, ack: 2001 });
    t.inject({ seq: 3001, ack: 1001, data: 1000 });
    t.expect({ seq: 1001, ack: 2001 });
  });

  test('so does a RST, or the peer would not believe it (RFC 5961 §3.2)', async () => {
    const t = await probing();
    t.abort();
    t.expect({ flags: 'RA', seq: 1001 });
  });

  test('ACKs stand at SND.NXT again once the window is open', async () => {
    const t = await probing();
    t.inject({ ack: 1002, win: 1000 });
    t.expect({ flags: 'PA', seq: 1002, data: 999 });
    t.inject({ seq: 1, ack: 1002, win: 1000, data: 1000 }, { seq: 1001, ack: 1002, win: 1000, data: 1000 });
    t.expect({ seq: 2001, ack: 2001 });
  });
});

describe('while our window is shut', () => {
  test('an ACK from behind the byte that probes it counts (§3.10.7.4: "to accept valid ACKs")', async () => {
    const t = await full();
    t.send(1000);
    t.expect({ flags: 'PA', seq: 1, ack: 2049, data: 1000 });
    t.inject({ seq: 2049, ack: 1, data: 1 });
    t.expect({ seq: 1001, ack: 2049, win: 0 });
    t.inject({ seq: 2050, ack: 1001 });
    t.settles(); // it is not sent again
  });

  test('a RST from there is not believed: it lies outside the window (§3.5.3)', async () => {
    const t = await full();
    t.inject({ flags: 'R', seq: 2050 });
    t.expectNothing();
    expect(t.state).toBe('Established');
  });

  test('of a segment that reaches into it, only what had come before is reported as a duplicate (RFC 2883 §4)', async () => {
    const t = await full({ syn: { mss: 1000, sackPermitted: true } });
    t.inject({ seq: 2001, data: 1000 });
    t.expect({ ack: 2049, win: 0, sack: [[2001, 2049]] });
  });
});

describe('the timer that overrides a small window', () => {
  test('runs on while the peer sends and keeps its window as it is (§3.8.6.2.1: 0.1 to 1 second)', async () => {
    const t = await accepted({ win: 10_000 });
    t.send(10_000);
    t.take();
    t.win = 300;
    t.inject({ ack: 10_001 });
    t.send(1000);
    for (let seq = 1; seq < 101; seq += 10) {
      t.driver.advance(100);
      if (t.take().some(({ data }) => data.length > 0)) return;
      t.inject({ seq, ack: 10_001, data: 10 });
    }
    expect.unreachable('nothing was sent in a second');
  });
});
