/** What is sent, and when: segments, Nagle's algorithm, silly windows, PSH, window limits (RFC 9293 §3.7, §3.8.6, §3.9.1). */
import { describe, expect, test } from 'vitest';
import {
  ERROR_NOT_CONNECTED,
  OPTION_MORE,
  OPTION_NO_DELAY,
  SETTING_SEND_BUFFER,
} from '../../assembly/abi/constants.js';
import { accepted, pattern, type Timeline, timeline } from '../kit/timeline.js';

describe('SEND', () => {
  test('cuts the stream into full-sized segments and pushes the last one (§3.9.1.2 MUST-60, MUST-61)', async () => {
    const t = await accepted();
    expect(t.send(2300)).toBe(2300);
    t.expect({ seq: 1, data: 1000 });
    t.expect({ seq: 1001, data: 1000 });
    t.expect({ flags: 'PA', seq: 2001, data: 300 });
  });

  test('does not push what more is to follow, unless it has waited long enough (§3.9.1.2)', async () => {
    const t = await accepted();
    t.option(OPTION_MORE, 1);
    t.send(300);
    t.expectNothing();
    t.option(OPTION_NO_DELAY, 1);
    t.flush();
    t.expect({ flags: 'A', data: 300 });
    t.send(10);
    t.expect({ flags: 'PA', seq: 301, data: 10 });
  });

  test('before the connection is open answers an error', async () => {
    const t = await timeline();
    t.connect();
    t.take();
    expect(t.send('early')).toBe(ERROR_NOT_CONNECTED);
  });

  test('takes what the buffer holds and announces room when half of it is free', async () => {
    const t = await accepted({ win: 4000, settings: { [SETTING_SEND_BUFFER]: 4096 } });
    expect(t.send(6000)).toBe(4096);
    expect(t.send(1)).toBe(0);
    t.take();
    t.inject({ ack: 1001 });
    t.take();
    expect(t.events()).toEqual([]);
    t.inject({ ack: 3001 });
    t.take();
    expect(t.events()).toEqual(['drain']);
    expect(t.send(6000)).toBe(3000);
  });

  test('gives its buffer back when all is acknowledged', async () => {
    const t = await accepted();
    t.send(5000);
    expect(t.driver.bufferBytes).toBeGreaterThan(0);
    t.take();
    t.inject({ ack: 5001 });
    t.settles();
    expect(t.driver.bufferBytes).toBe(0);
  });

  test.each([333, 1000])('keeps bytes and checksums right where the ring wraps, with segments of %i', async (mss) => {
    const t = await accepted({ syn: { mss }, settings: { [SETTING_SEND_BUFFER]: 4096 } });
    let acknowledged = 1;
    for (let round = 0; round < 300; round++) {
      t.send(701);
      for (const { seq, data } of t.take()) {
        expect(Buffer.compare(data, pattern(seq, data.length)), `bytes from ${seq} on`).toBe(0);
        acknowledged = Math.max(acknowledged, seq + data.length - (round % 3 === 0 ? 0 : 1));
      }
      t.driver.input([t.build({ ack: acknowledged })]);
      t.driver.output();
    }
    expect(acknowledged).toBeGreaterThan(100_000);
  });

  test('carries the ACK that was owed, which then is not sent by itself (§3.8.6.3)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 10 });
    t.send('answer');
    t.expect({ flags: 'PA', seq: 1, ack: 11, data: 'answer' });
    t.pass(1000);
    expect(
      t.take().map(({ data }) => data.length),
      'retransmissions only',
    ).not.toContain(0);
  });
});

describe("Nagle's algorithm", () => {
  test('holds a small segment back while something is unacknowledged (§3.7.4, RFC 896)', async () => {
    const t = await accepted();
    t.send('one');
    t.expect({ flags: 'PA', seq: 1, data: 'one' });
    t.send('two');
    t.send('three');
    t.expectNothing();
    t.inject({ ack: 4 });
    t.expect({ flags: 'PA', seq: 4, data: 'twothree' });
  });

  test('does not hold the end of a large write back for the ACK of its full segments (Minshall)', async () => {
    const t = await accepted();
    t.send(1300);
    t.expect({ seq: 1, data: 1000 });
    t.expect({ flags: 'PA', seq: 1001, data: 300 });
    t.send(300);
    t.expectNothing();
    t.inject({ ack: 1001 });
    t.expectNothing();
    t.inject({ ack: 1301 });
    t.expect({ flags: 'PA', seq: 1301, data: 300 });
  });

  test('lets full segments go at once', async () => {
    const t = await accepted();
    t.send(10);
    t.expect({ flags: 'PA', seq: 1, data: 10 });
    t.send(1500);
    t.expect({ seq: 11, data: 1000 });
    t.expectNothing();
    t.inject({ ack: 1011 });
    t.expect({ flags: 'PA', seq: 1011, data: 500 });
  });

  test('can be switched off for a connection (§3.7.4 MUST-17)', async () => {
    const t = await accepted();
    t.option(OPTION_NO_DELAY, 1);
    t.send('one');
    t.expect({ flags: 'PA', seq: 1, data: 'one' });
    t.send('two');
    t.expect({ flags: 'PA', seq: 4, data: 'two' });
  });

  test('gives way when it is switched off with something waiting, or flushed', async () => {
    const t = await accepted();
    t.send('one');
    t.expect({ flags: 'PA', seq: 1, data: 'one' });
    t.send('two');
    t.flush();
    t.expect({ flags: 'PA', seq: 4, data: 'two' });
    t.send('three');
    t.expectNothing();
    t.option(OPTION_NO_DELAY, 1);
    t.expect({ flags: 'PA', seq: 7, data: 'three' });
  });

  test('does not hold the last segment before a FIN', async () => {
    const t = await accepted();
    t.send('one');
    t.expect({ flags: 'PA', seq: 1, data: 'one' });
    t.send('two');
    t.shutdown();
    t.expect({ flags: 'FPA', seq: 4, data: 'two' });
  });
});

describe('the send window', () => {
  test('bounds what is under way (§3.8.6)', async () => {
    const t = await accepted({ win: 2500 });
    t.send(10_000);
    t.expect({ seq: 1, data: 1000 });
    t.expect({ seq: 1001, data: 1000 });
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(500);
  });

  test('is scaled as the peer asked (RFC 7323 §2.3)', async () => {
    const t = await accepted({ syn: { mss: 1000, windowScale: 3 }, win: 500 });
    t.send(10_000);
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBe(4000);
  });

  test('of a shift above 14 counts as 14 (RFC 7323 §2.3)', async () => {
    const t = await accepted({ syn: { mss: 1000, windowScale: 200 }, win: 1 });
    t.send(10_000);
    expect(t.take()).toHaveLength(10);
    t.inject(...Array.from({ length: 10 }, (_, index) => ({ ack: 1001 + index * 1000 })));
    t.send(20_000);
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBe(16_000);
  });

  test('is not taken from a segment with an older number (§3.10.7.4, SND.WL1)', async () => {
    const t = await accepted({ win: 5000 });
    t.inject({ seq: 101, data: 10 });
    t.expect({ ack: 1 });
    t.inject({ seq: 1, win: 0 });
    t.send(1000);
    t.expect({ flags: 'PA', seq: 1, ack: 1, data: 1000 });
  });

  test('is not taken from a segment with an older acknowledgment (§3.10.7.4, SND.WL2)', async () => {
    const t = await accepted({ win: 5000 });
    t.send(1000);
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
    t.inject({ ack: 1001 });
    t.inject({ ack: 1, win: 0 });
    t.send(1000);
    t.expect({ flags: 'PA', seq: 1001, data: 1000 });
  });

  test('that shrinks stops new text, and what was sent is still acknowledged (§3.8.6 SHLD-15, MUST-34)', async () => {
    const t = await accepted({ win: 3000 });
    t.send(6000);
    expect(t.take()).toHaveLength(3);
    t.inject({ ack: 1001, win: 500 });
    t.expectNothing();
    t.inject({ ack: 3001, win: 3000 });
    expect(t.take()).toHaveLength(3);
  });

  test('that shrinks to nothing with text under way is probed, not given up (§3.8.6 MUST-35, SHLD-18)', async () => {
    const t = await accepted({ win: 3000 });
    t.send(3000);
    expect(t.take()).toHaveLength(3);
    t.inject({ ack: 1001, win: 0 });
    let probes = 0;
    for (let minute = 0; minute < 60; minute++) {
      t.driver.advance(60_000);
      const sent = t.take();
      probes += sent.length;
      if (sent.length > 0) t.inject({ ack: 1001, win: 0 });
    }
    expect(probes).toBeGreaterThan(10);
    expect(t.state).toBe('Established');
    t.inject({ ack: 1001, win: 3000 });
    const sent = t.take();
    expect(sent[0]?.seq).toBe(1001);
    expect(sent.reduce((sum, { data }) => sum + data.length, 0)).toBe(2000);
  });
});

describe("the sender's silly window avoidance (§3.8.6.2.1)", () => {
  test('waits for a full segment when the window cuts one short', async () => {
    const t = await accepted({ win: 5000 });
    t.send(10_000);
    expect(t.take()).toHaveLength(5);
    t.inject({ ack: 5001, win: 300 });
    t.expectNothing();
    t.inject({ ack: 5001, win: 1000 });
    t.expect({ seq: 5001, data: 1000 });
  });

  test('sends at least half of the largest window that the peer ever offered', async () => {
    const t = await accepted({ win: 1200 });
    t.send(10_000);
    t.expect({ seq: 1, data: 1000 });
    t.inject({ ack: 1001, win: 600 });
    t.expect({ seq: 1001, data: 600 });
  });

  test('is overridden by a timer when the window stays small (§3.8.6.2.1: 0.1 to 1 second)', async () => {
    const t = await accepted({ win: 5000 });
    t.send(10_000);
    expect(t.take()).toHaveLength(5);
    t.inject({ ack: 5001, win: 300 });
    t.pass(1000);
    const [first] = t.take();
    expect(first?.seq).toBe(5001);
    expect(first?.data).toHaveLength(300);
  });
});

describe('a full transmit queue', () => {
  test('loses nothing: what did not fit goes later, in order', async () => {
    const t = await accepted({ win: 65535 });
    t.driver.deviceRoom = 2;
    t.send(5000);
    expect(t.take().map(({ seq }) => seq)).toEqual([1, 1001]);
    t.driver.deviceRoom = Number.POSITIVE_INFINITY;
    t.driver.output();
    expect(t.take().map(({ seq, data }) => [seq, data.length])).toEqual([
      [2001, 1000],
      [3001, 1000],
      [4001, 1000],
    ]);
  });

  test('serves connections in the order in which they came, and goes on where it was full', async () => {
    const t = await timeline();
    const handles = many(t, 60);
    t.driver.deviceRoom = 0;
    const bytes = new Uint8Array(100_000);
    for (const handle of handles) expect(t.driver.core.send(handle, bytes)).toBe(100_000);
    t.driver.output();
    const ports: number[] = [];
    for (let round = 0; round < 100; round++) {
      t.driver.deviceRoom = 7;
      t.driver.output();
      ports.push(...t.take().map(({ destinationPort }) => destinationPort));
    }
    // The initial window of each is ten segments (RFC 6928 §2).
    const expected = handles.flatMap((_, index) => Array.from({ length: 10 }, () => 1000 + index));
    expect(ports).toEqual(expected);
  });

  test('is shared: a connection with much to send lets the others have their turn', async () => {
    const t = await timeline();
    const [large] = many(t, 1) as [number];
    const { iss } = t;
    const [small] = many(t, 1, 1001) as [number];
    t.iss = iss;
    const bytes = new Uint8Array(500_000);
    t.driver.core.send(large, bytes);
    t.driver.output();
    for (let acknowledged = 1001; acknowledged <= 100_001; acknowledged += 1000) {
      t.take();
      t.driver.input([t.build({ ack: acknowledged, peerPort: 1000 })]);
      t.driver.output();
    }
    t.take();
    t.driver.input([t.build({ ack: 200_001, peerPort: 1000 })]);
    t.driver.core.send(small, bytes);
    t.driver.output();
    const ports = t.take().map(({ destinationPort }) => destinationPort);
    const [first, last] = [ports.indexOf(1001), ports.lastIndexOf(1000)];
    expect(ports.filter((port) => port === 1000).length).toBeGreaterThan(64);
    expect(first, 'the small one waits for one turn only').toBeLessThanOrEqual(64);
    expect(last).toBeGreaterThan(first);
  });

  test('drops replies, as a wire would, and keeps what connections owe', async () => {
    const t = await accepted();
    t.send(100);
    t.take();
    t.driver.deviceRoom = 0;
    for (let batch = 0; batch < 8; batch++) {
      t.injectRaw(
        ...Array.from({ length: 60 }, (_, index) => t.build({ flags: 'S', peerPort: 3000 + index, localPort: 9 })),
      );
    }
    t.inject({ ack: 101 });
    t.send('kept');
    t.driver.deviceRoom = Number.POSITIVE_INFINITY;
    t.driver.output();
    const sent = t.take();
    expect(sent.filter(({ flags }) => flags === 'RA')).toHaveLength(256);
    expect(sent.at(-1)?.data).toHaveLength(4);
  });
});

/** Accepted connections from the ports `first` and up, each with a wide window. */
function many(t: Timeline, count: number, first = 1000): number[] {
  if (t.listener === 0) t.listen(80, 64);
  return Array.from({ length: count }, (_, index) => {
    const peerPort = first + index;
    t.inject({ flags: 'S', seq: 0, peerPort, options: { mss: 1000, windowScale: 7 } });
    t.take();
    t.inject({ flags: 'A', seq: 1, peerPort });
    return t.driver.happened()[0]?.handle ?? 0;
  });
}
