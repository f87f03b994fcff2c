/** SYN-RECEIVED of a passive open: a small record obeys every rule that a whole control block would (RFC 9293 §3.10.7.4). */

import { describe, expect, test } from 'vitest';
import {
  COUNTER_CHALLENGE_ACKS,
  COUNTER_HALF_OPEN,
  COUNTER_SEGMENTS_RETRANSMITTED,
  LISTENER_DEFER_ACCEPT,
  LISTENER_DIFFSERV,
  LISTENER_TIME_TO_LIVE,
  SETTING_MEMORY_LIMIT,
  SETTING_STRICT_RESET,
  SETTING_STRICT_SYN,
  SETTING_SYN_ACK_RETRIES,
} from '../../assembly/abi/constants.js';
import { Driver } from '../kit/driver.js';
import { parseIp } from '../kit/packet.js';
import { type Segment, Timeline, type TimelineOptions, timeline } from '../kit/timeline.js';

const STAMPED: TimelineOptions = { syn: { mss: 1000, windowScale: 3, sackPermitted: true, timestamps: [1000, 0] } };

/** A connection in SYN-RECEIVED whose SYN-ACK has gone out. */
async function halfOpen(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await timeline(options);
  t.listen();
  t.inject({ flags: 'S', seq: 0, options: t.syn });
  t.expect({ flags: 'SA', seq: 0, ack: 1 });
  expect(halves(t)).toBe(1);
  return t;
}

const halves = (t: Timeline): number => t.driver.calls.counter(COUNTER_HALF_OPEN);

/** Differentiated Services field and Time to Live of what was sent. */
function header(t: Timeline): (number | undefined)[] {
  const bytes = t.driver.emitted[0]?.bytes ?? new Uint8Array();
  t.take();
  const { tos, lifetime } = parseIp(bytes);
  return [tos, lifetime];
}

/** The handshake can still be completed. */
function completes(t: Timeline, changes: { seq?: number } = {}): void {
  t.expectNothing();
  t.inject(changes);
  t.expectNothing();
  expect(t.events()).toEqual(['open']);
  expect(t.state).toBe('Established');
  expect(halves(t)).toBe(0);
}

describe('memory', () => {
  test('of a handshake is a fraction of a connection’s: 8,000 of them take a MiB', async () => {
    const t = await timeline({ settings: { [SETTING_MEMORY_LIMIT]: 8 << 20 } });
    t.listen(80, 20_000);
    const before = t.driver.core.memory.buffer.byteLength;
    for (let first = 0; first < 8000; first += 50) {
      t.driver.input(
        Array.from({ length: 50 }, (_, index) => t.build({ flags: 'S', seq: 0, peerPort: 1 + first + index })),
      );
      t.driver.output();
      t.driver.emitted.length = 0;
    }
    expect(halves(t)).toBe(8000);
    expect(t.driver.core.memory.buffer.byteLength - before).toBeLessThanOrEqual(2 << 20);
  });

  test('of a handshake comes back when it is over, however it ends', async () => {
    for (const end of ['reset', 'complete', 'silence'] as const) {
      const t = await halfOpen();
      if (end === 'reset') t.inject({ flags: 'R', seq: 1 });
      else if (end === 'complete') t.inject({});
      else t.driver.advance(600_000);
      t.take();
      t.driver.output();
      expect(halves(t)).toBe(0);
      expect(t.driver.connections).toBe(end === 'complete' ? 1 : 0);
    }
  });
});

describe('the first check: sequence numbers', () => {
  test.each([
    [{ seq: 65_600 }, 'beyond the window'],
    [{ seq: -5, data: 3 }, 'old text'],
    [{ seq: 65_600, data: 3 }, 'text beyond the window'],
    [{ flags: 'S', seq: -3 }, 'another SYN, outside the window'],
    [{ flags: 'FA', seq: -5 }, 'an old FIN'],
  ] as [Segment, string][])('%j earns an ACK (%s)', async (segment, _) => {
    const t = await halfOpen();
    t.inject(segment);
    t.expect({ seq: 1, ack: 1, win: 65535 });
    completes(t);
  });

  test('answers the same SYN with the SYN-ACK again, at once and without buying time', async () => {
    const t = await halfOpen();
    t.pass(900);
    t.inject({ flags: 'S', seq: 0, options: t.syn });
    t.expect({ flags: 'SA', seq: 0, ack: 1, at: 900 });
    t.pass(100);
    t.expect({ flags: 'SA', seq: 0, ack: 1, at: 1000 });
    expect(t.driver.calls.counter(COUNTER_SEGMENTS_RETRANSMITTED)).toBe(2);
    completes(t);
  });

  test('drops an older timestamp and answers it (RFC 7323 §5.3)', async () => {
    const t = await halfOpen(STAMPED);
    t.inject({ options: { timestamps: [999, t.tsEcr] }, data: 5 });
    const { options } = t.expect({ seq: 1, ack: 1 });
    expect(options.timestamps?.[1]).toBe(1000);
    t.tsVal = 1001;
    completes(t);
  });

  test('drops a segment without the timestamps that were agreed (RFC 7323 §3.2)', async () => {
    const t = await halfOpen(STAMPED);
    t.inject({ options: {} });
    t.expectNothing();
    expect(halves(t)).toBe(1);
    completes(t);
  });

  test('leaves the timestamp alone when the ACK is bad: a guess must not make PAWS drop the peer’s own', async () => {
    const t = await halfOpen(STAMPED);
    t.inject({ ack: 9, options: { timestamps: [0x4000_0000, 0] } });
    t.expect({ flags: 'R', seq: 9 });
    t.tsVal = 1001;
    completes(t);
  });
});

describe('the second check: RST', () => {
  test('at RCV.NXT returns to LISTEN', async () => {
    const t = await halfOpen();
    t.inject({ flags: 'R', seq: 1 });
    t.expectNothing();
    expect(halves(t)).toBe(0);
    t.inject({});
    t.expect({ flags: 'R', seq: 1 });
  });

  test('elsewhere in the window earns a challenge ACK (RFC 5961 §3.2), outside nothing', async () => {
    const t = await halfOpen();
    t.inject({ flags: 'R', seq: 2 });
    t.expect({ seq: 1, ack: 1 });
    expect(t.driver.calls.counter(COUNTER_CHALLENGE_ACKS)).toBe(1);
    t.inject({ flags: 'R', seq: 0 }, { flags: 'R', seq: 70_000 });
    completes(t);
  });

  test('counts anywhere in the window without that defence', async () => {
    const t = await halfOpen({ settings: { [SETTING_STRICT_RESET]: 0 } });
    t.inject({ flags: 'R', seq: 1000 });
    t.expectNothing();
    expect(halves(t)).toBe(0);
  });
});

describe('the fourth check: a SYN inside the window', () => {
  test('earns a challenge ACK (RFC 5961 §4.2)', async () => {
    const t = await halfOpen();
    t.inject({ flags: 'S', seq: 5 });
    t.expect({ seq: 1, ack: 1 });
    completes(t);
  });

  test('returns to LISTEN without that defence', async () => {
    const t = await halfOpen({ settings: { [SETTING_STRICT_SYN]: 0 } });
    t.inject({ flags: 'S', seq: 5 });
    t.expectNothing();
    expect(halves(t)).toBe(0);
  });
});

describe('the fifth check: the ACK field', () => {
  test('that is missing drops the segment', async () => {
    const t = await halfOpen();
    t.inject({ flags: 'P', seq: 1, data: 5 });
    completes(t);
  });

  test.each([0, 2, -100, 70_000])('of %i earns a RST of that number', async (ack) => {
    const t = await halfOpen();
    t.inject({ ack });
    t.expect({ flags: 'R', seq: ack });
    completes(t);
  });
});

describe('what comes with the last ACK', () => {
  test('is taken: text that begins at RCV.NXT', async () => {
    const t = await halfOpen(STAMPED);
    t.inject({ flags: 'PA', data: 2000 });
    t.expect({ ack: 2001 });
    expect(t.events()).toEqual(['open', 'data']);
    expect(t.receive()).toBe(2000);
  });

  test('is kept: text behind a gap', async () => {
    const t = await halfOpen(STAMPED);
    t.inject({ seq: 101, data: 50 });
    t.expect({ ack: 1, sack: [[101, 151]] });
    expect(t.events()).toEqual(['open']);
    t.inject({ seq: 1, data: 100 });
    t.expect({ ack: 151 });
    expect(t.receive()).toBe(150);
  });

  test('is trimmed: text that repeats the SYN’s number', async () => {
    const t = await halfOpen();
    t.inject({ seq: 0, data: 11 });
    t.take();
    expect(t.events()).toEqual(['open', 'data']);
  });

  test('sets the window, scaled as the SYN said', async () => {
    const t = await halfOpen({ ...STAMPED, win: 100 });
    t.inject({});
    t.events();
    t.send(5000);
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBe(800);
  });

  test('gives the first round-trip time: the SYN-ACK’s, unless it was sent twice (RFC 6298 §3)', async () => {
    const measured = await halfOpen();
    measured.pass(100);
    measured.inject({});
    measured.events();
    measured.send(1);
    measured.take();
    measured.pass(299);
    measured.expectNothing();
    measured.pass(2);
    measured.expect({ flags: 'PA', data: 1 });
    const repeated = await halfOpen();
    repeated.pass(1000);
    repeated.expect({ flags: 'SA', seq: 0, ack: 1 });
    repeated.inject({});
    repeated.events();
    repeated.send(1);
    repeated.take();
    repeated.pass(2999);
    repeated.expectNothing();
    repeated.pass(2);
    repeated.expect({ flags: 'PA', data: 1 });
  });
});

describe('the SYN-ACK', () => {
  test('is repeated as often as the setting says, also where doubling has no end: then two minutes apart', async () => {
    const t = await halfOpen({ settings: { [SETTING_SYN_ACK_RETRIES]: 100 } });
    t.pass(13_000_000);
    expect(t.driver.emitted).toHaveLength(100);
    t.take();
    expect(halves(t)).toBe(0);
  });

  test('goes out again as often as the setting says, each time later', async () => {
    const t = await halfOpen({ settings: { [SETTING_SYN_ACK_RETRIES]: 2 } });
    t.pass(20_000);
    t.expect({ flags: 'SA', seq: 0, ack: 1, at: 1000 });
    t.expect({ flags: 'SA', seq: 0, ack: 1, at: 3000 });
    t.expectNothing();
    expect(halves(t)).toBe(0);
    expect(t.driver.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test('waits for a full device, and is not lost', async () => {
    const t = await timeline();
    t.listen(80, 400);
    t.driver.deviceRoom = 10;
    const syns = Array.from({ length: 300 }, (_, index) => t.build({ flags: 'S', seq: 0, peerPort: 1 + index }));
    for (let first = 0; first < 300; first += 50) t.driver.input(syns.slice(first, first + 50));
    t.driver.output();
    t.driver.deviceRoom = Number.POSITIVE_INFINITY;
    t.driver.output();
    const ports = t.take().map(({ destinationPort }) => destinationPort);
    expect(ports).toEqual(Array.from({ length: 300 }, (_, index) => 1 + index));
  });

  test('carries what the listener asks of its packets (MUST-48, MUST-49)', async () => {
    const t = await timeline();
    t.listen();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_TIME_TO_LIVE, 7);
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_DIFFSERV, 0xb8);
    t.inject({ flags: 'S', seq: 0 });
    expect(header(t)).toEqual([0xb8, 7]);
    t.inject({ seq: 5, flags: 'R' });
    expect(header(t), 'an ACK').toEqual([0xb8, 7]);
    t.inject({});
    t.events();
    t.send(1);
    expect(header(t), 'data').toEqual([0xb8, 7]);
  });
});

describe('a deferred accept', () => {
  async function deferred(milliseconds: number): Promise<Timeline> {
    const t = await timeline();
    t.listen();
    t.driver.calls.tcpListenerOption(t.listener, LISTENER_DEFER_ACCEPT, milliseconds);
    t.inject({ flags: 'S', seq: 0 });
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    return t;
  }

  test('keeps a connection from the user until data comes', async () => {
    const t = await deferred(5000);
    t.inject({});
    t.pass(2500);
    t.inject({});
    t.expectNothing();
    expect(t.events()).toEqual([]);
    t.inject({ flags: 'PA', data: 4 });
    expect(t.events()).toEqual(['open', 'data']);
  });

  test('asks once more when the time is over, and then takes a bare ACK', async () => {
    const t = await deferred(3000);
    t.inject({});
    t.pass(3199);
    t.expectNothing();
    t.pass(1);
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
    completes(t);
  });

  test('takes a FIN for data', async () => {
    const t = await deferred(3000);
    t.inject({ flags: 'FA' });
    t.expect({ ack: 2 });
    expect(t.events()).toEqual(['open', 'end']);
  });

  test('repeats a SYN-ACK that nobody has acknowledged as ever', async () => {
    const t = await deferred(30_000);
    t.pass(1000);
    t.expect({ flags: 'SA', seq: 0, ack: 1 });
  });
});

describe('a SYN that comes again', () => {
  test('with data on it is answered with the SYN-ACK as well: in SYN-SENT a plain ACK says nothing', async () => {
    const t = await timeline();
    t.listen();
    for (let times = 0; times < 2; times++) {
      t.inject({ flags: 'S', seq: 0, options: t.syn, data: 10 });
      t.expect({ flags: 'SA', seq: 0, ack: 1 });
    }
    expect(halves(t)).toBe(1);
  });
});

describe('a snapshot', () => {
  test('holds handshakes: the restored stack completes them', async () => {
    const t = await halfOpen(STAMPED);
    const memory = t.driver.core.snapshot();
    const restored = new Timeline(await Driver.restored(memory, t.driver.now), STAMPED);
    restored.listener = t.listener;
    restored.iss = t.iss;
    restored.tsEcr = t.tsEcr;
    restored.inject({ flags: 'PA', data: 10 });
    expect(restored.events()).toEqual(['open', 'data']);
    expect(restored.receive()).toBe(10);
  });
});
