/** TIME-WAIT that no user holds: a small record obeys the rules of the state (RFC 9293 §3.6.1, §3.10.7.4, RFC 1337, RFC 6191). */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_TIME_WAIT,
  DIALECT_BSD,
  OPTION_KEEP_ALIVE,
  OPTION_KEEP_IDLE,
  SETTING_DIALECT,
  SETTING_DROP_SYN_FIN,
  SETTING_MSL,
  SETTING_SYN_COOKIES,
} from '../../assembly/abi/constants.js';
import { Driver } from '../kit/driver.js';
import { accepted, Timeline, type TimelineOptions } from '../kit/timeline.js';

const TWO_MSL = 60_000;
const STAMPED: TimelineOptions = { syn: { mss: 1000, windowScale: 3, timestamps: [1000, 0] } };

/** Closed by us first, then by the peer; the user has let go unless it `holds`. */
async function waiting(options: TimelineOptions = {}, holds = false): Promise<Timeline> {
  const t = await accepted(options);
  t.shutdown();
  t.expect({ flags: 'FA', seq: 1 });
  t.inject({ flags: 'FA', seq: 1, ack: 2 });
  t.expect({ seq: 2, ack: 2 });
  t.events();
  if (!holds) t.release();
  return t;
}

const records = (t: Timeline): number => t.driver.calls.counter(COUNTER_TIME_WAIT);

describe('a record', () => {
  test('takes the place of a connection when its user lets go, with all that hung on it', async () => {
    const t = await waiting({}, true);
    expect(records(t)).toBe(0);
    t.release();
    expect(records(t)).toBe(1);
    expect(t.driver.connections).toBe(1);
    expect(t.driver.bufferBytes).toBe(0);
    t.pass(TWO_MSL);
    t.expectGone();
  });

  test('takes its place at once when the user let go before, and still acknowledges the FIN', async () => {
    const t = await accepted();
    t.release();
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.expect({ seq: 2, ack: 2 });
    expect(records(t)).toBe(1);
  });

  test('ends when the connection would have, not later', async () => {
    const t = await waiting({}, true);
    t.pass(50_000);
    t.release();
    t.pass(9_999);
    expect(records(t)).toBe(1);
    t.pass(2);
    expect(records(t)).toBe(0);
  });

  test('is cheap: 10,000 of them take little more than a MiB', async () => {
    const t = await accepted();
    t.listen(81, 100);
    const before = t.driver.core.memory.buffer.byteLength;
    for (let peerPort = 1; peerPort <= 10_000; peerPort++) {
      const ends = { peerPort, localPort: 81 };
      t.inject({ ...ends, flags: 'S', seq: 0 });
      t.expect({ flags: 'SA', seq: 0 });
      t.inject(ends);
      const [opened] = t.driver.happened();
      t.driver.calls.tcpRelease(opened?.handle as number);
      t.driver.output();
      t.expect({ flags: 'FA' });
      t.inject({ ...ends, flags: 'FA', seq: 1, ack: 2 });
      t.take();
      t.driver.happened();
    }
    expect(records(t)).toBe(10_000);
    expect(t.driver.core.memory.buffer.byteLength - before).toBeLessThan(3 << 20);
  });

  test('is part of a snapshot', async () => {
    const t = await waiting(STAMPED);
    const restored = new Timeline(await Driver.restored(t.driver.core.snapshot(), t.driver.now), STAMPED);
    [restored.iss, restored.tsEcr, restored.tsVal] = [t.iss, t.tsEcr, t.tsVal];
    restored.inject({ flags: 'FA', seq: 1, ack: 2 });
    restored.expect({ seq: 2, ack: 2 });
    restored.pass(TWO_MSL + 1);
    restored.expectGone();
  });
});

describe.each([false, true])('TIME-WAIT, held by its user: %s', (holds) => {
  test('acknowledges the FIN again, with timestamps and the window as before, and waits anew', async () => {
    const t = await waiting(STAMPED, holds);
    t.pass(50_000);
    t.tsVal += 50_000;
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    const { options, window } = t.expect({ seq: 2, ack: 2 });
    expect(options.timestamps?.[1], 'TS.Recent').toBe(1000);
    expect(window).toBeGreaterThan(1000);
    t.pass(TWO_MSL - 1);
    expect(t.driver.connections).toBe(1);
    t.pass(2);
    t.expectGone();
  });

  test('is not ended by a RST, at RCV.NXT or elsewhere (RFC 1337)', async () => {
    const t = await waiting({}, holds);
    t.inject({ flags: 'R', seq: 2 }, { flags: 'RA', seq: 2, ack: 2 }, { flags: 'R', seq: 500 });
    t.expectNothing();
    expect(t.driver.connections).toBe(1);
  });

  test.each([
    { seq: 1, ack: 2, data: 1 },
    { seq: 5, ack: 2, data: 1 },
    { seq: 2, ack: 3 },
    { seq: 900, ack: 2 },
    { flags: 'SA', seq: 0, ack: 1 },
    { flags: 'S', seq: -10 },
  ])('answers %j with its last ACK', async (segment) => {
    const t = await waiting({}, holds);
    t.inject(segment);
    t.expect({ seq: 2, ack: 2 });
    expect(t.driver.connections).toBe(1);
  });

  test('leaves the ACK of its FIN unanswered', async () => {
    const t = await waiting({}, holds);
    t.inject({ seq: 2, ack: 2 });
    t.expectNothing();
  });

  test('resets nobody when its listener is there and the SYN is old', async () => {
    const t = await waiting({}, holds);
    t.listen();
    t.inject({ flags: 'S', seq: 2 });
    t.expect({ seq: 2, ack: 2 });
  });

  test('gives way to a SYN with newer timestamps, though its number is old (RFC 6191 §2)', async () => {
    const t = await waiting(STAMPED, holds);
    t.listen();
    t.inject({ flags: 'S', seq: -5000, options: { mss: 1000, timestamps: [1000, 0] } });
    t.expect({ seq: 2, ack: 2 });
    t.inject({ flags: 'S', seq: -5000, options: { mss: 1000, timestamps: [1001, 0] } });
    t.expect({ flags: 'SA', seq: 0, ack: -4999 });
    t.handle = 0;
    t.tsVal = 1002;
    t.inject({ seq: -4999, ack: 1 });
    expect(t.events()).toEqual(['open']);
  });

  test('gives way to a SYN of the same tick whose number is newer (RFC 6191 §2)', async () => {
    const t = await waiting(STAMPED, holds);
    t.listen();
    t.inject({ flags: 'S', seq: 5000, options: { mss: 1000, timestamps: [1000, 0] } });
    t.expect({ flags: 'SA', seq: 0, ack: 5001 });
  });

  test('hands on numbers above its own, though it has used up more than the clock gives (§3.6.1 MAY-2)', async () => {
    const t = await accepted({ win: 65_535 });
    const first = t.iss;
    for (let sent = 0; sent < 100_000; sent += 1000) {
      t.send(1000);
      t.take();
      t.inject({ ack: 1 + sent + 1000 });
    }
    t.shutdown();
    t.take();
    t.inject({ flags: 'FA', seq: 1, ack: 100_002 });
    t.take();
    t.events();
    if (!holds) t.release();
    t.listen();
    t.inject({ flags: 'S', seq: 100 });
    t.expect({ flags: 'SA', seq: 0, ack: 101 });
    expect((t.iss - first) >>> 0).toBeGreaterThan(100_002 + 65_535);
    expect((t.iss - first) >>> 0).toBeLessThan(200_000);
  });

  test('does not give way to a SYN that its listener would drop for its FIN', async () => {
    const t = await waiting({ settings: { [SETTING_DROP_SYN_FIN]: 1 } }, holds);
    t.listen();
    t.inject({ flags: 'SF', seq: 1000 });
    t.expect({ seq: 2, ack: 2 });
    expect(t.driver.connections).toBe(1);
  });

  test('drops what carries no ACK, in BSD’s way', async () => {
    const t = await waiting({ settings: { [SETTING_DIALECT]: DIALECT_BSD } }, holds);
    t.listen();
    t.inject({ flags: 'S', seq: 2 }, { flags: 'F', seq: 1 }, { flags: 'S', seq: -100 });
    t.expectNothing();
    expect(t.driver.connections).toBe(1);
  });

  test('does not give way where only a cookie could answer, whose number might be old', async () => {
    const t = await waiting({ settings: { [SETTING_SYN_COOKIES]: 1 } }, holds);
    t.listen(80, 1);
    t.inject({ flags: 'S', seq: 0, peerPort: 1 });
    t.take();
    t.inject({ flags: 'S', seq: 1000 });
    expect(t.take().map(({ flags }) => flags)).toEqual(['A']);
  });
});

test('TIME-WAIT has no keep-alive, though its user turns it on', async () => {
  const t = await waiting({}, true);
  t.option(OPTION_KEEP_IDLE, 1000);
  t.option(OPTION_KEEP_ALIVE, 1);
  t.pass(TWO_MSL - 1);
  t.expectNothing();
  t.pass(2);
  t.expectGone();
});

test('TIME-WAIT lasts as long as the setting says', async () => {
  const t = await waiting({ settings: { [SETTING_MSL]: 1000 } });
  t.pass(1999);
  expect(records(t)).toBe(1);
  t.pass(1);
  expect(records(t)).toBe(0);
});
