/** Urgent data: what we mark, what we tell of the peer's marks (RFC 9293 §3.8.5). The bytes are always in line. */

import { describe, expect, test } from 'vitest';
import {
  ERROR_INVALID,
  ERROR_NOT_CONNECTED,
  ERROR_STALE_HANDLE,
  OFFLOAD_CHECKSUM,
  OPTION_DISCARD,
  OPTION_NO_DELAY,
  OPTION_PAUSED,
  SETTING_RECEIVE_BUFFER,
} from '../../assembly/abi/constants.js';
import { OFFLOAD_TSO } from '../kit/family.js';
import { accepted, pattern, type Timeline, timeline } from '../kit/timeline.js';

/** Queues bytes, the last of them urgent, then lets them go. Call it once in a test: the pattern begins at 1. */
function sendUrgent(t: Timeline, bytes: number): void {
  t.driver.core.send(t.handle, pattern(1, bytes));
  expect(t.driver.calls.tcpUrgent(t.handle)).toBe(0);
  t.driver.output();
}

/** First number, flags and urgent pointer of what was sent. */
function marks(t: Timeline): [seq: number, flags: string, urgent: number][] {
  return t.take().map(({ seq, flags, urgent }) => [seq, flags, urgent]);
}

/** How many bytes are still to be taken up to the end of the urgent ones. */
function left(t: Timeline): number {
  return t.driver.calls.tcpUrgentLeft(t.handle);
}

describe('what we send', () => {
  test('is marked in every segment before its end, by the distance to the byte behind it (MUST-30, MUST-62)', async () => {
    const t = await accepted();
    sendUrgent(t, 2500);
    expect(marks(t)).toEqual([
      [1, 'AU', 2500],
      [1001, 'AU', 1500],
      [2001, 'PAU', 500],
    ]);
    t.inject({ ack: 2501 });
    t.driver.core.send(t.handle, new Uint8Array(10));
    t.driver.output();
    expect(marks(t), 'the urgent bytes have passed').toEqual([[2501, 'PA', 0]]);
  });

  test('is marked again when it is sent again', async () => {
    const t = await accepted();
    sendUrgent(t, 10);
    expect(marks(t)).toEqual([[1, 'PAU', 10]]);
    t.driver.advance(250);
    expect(marks(t)).toEqual([[1, 'PAU', 10]]);
  });

  test('goes at once, though something is unacknowledged', async () => {
    const t = await accepted();
    t.send(10);
    t.take();
    t.driver.core.send(t.handle, pattern(11, 5));
    t.driver.calls.tcpUrgent(t.handle);
    t.driver.output();
    t.expect({ flags: 'PAU', seq: 11, data: 5 });
  });

  test('is announced by an ACK where the window has no room for it (§3.8.5: to stimulate the reader)', async () => {
    const t = await accepted({ win: 0 });
    sendUrgent(t, 10);
    expect(marks(t)).toEqual([[1, 'AU', 10]]);
    t.driver.advance(1500);
    expect(marks(t)[0], 'the probe').toEqual([1, 'AU', 10]);
  });

  test('may be longer than the pointer can say (MUST-31)', async () => {
    const t = await accepted({ syn: { mss: 1000, windowScale: 7 } });
    t.driver.core.send(t.handle, pattern(1, 200_000));
    t.driver.calls.tcpUrgent(t.handle);
    t.driver.output();
    let acknowledged = 1;
    while (acknowledged < 200_001) {
      const sent = t.take();
      expect(sent.length).toBeGreaterThan(0);
      for (const { seq, urgent, flags, data } of sent) {
        expect([flags.includes('U'), urgent]).toEqual([true, Math.min(200_001 - seq, 65_535)]);
        acknowledged = Math.max(acknowledged, seq + data.length);
      }
      t.inject({ ack: acknowledged });
    }
  });

  test('is cut into segments here, not by a device, which would leave the pointer as it is', async () => {
    const t = await accepted({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_TSO });
    sendUrgent(t, 3000);
    expect(t.take().map(({ data, urgent }) => [data.length, urgent])).toEqual([
      [1000, 3000],
      [1000, 2000],
      [1000, 1000],
    ]);
  });

  test('needs bytes of its own, and a connection that is open', async () => {
    const t = await accepted();
    expect(t.driver.calls.tcpUrgent(t.handle)).toBe(ERROR_INVALID);
    t.send(10);
    t.take();
    expect(t.driver.calls.tcpUrgent(t.handle), 'they have gone').toBe(ERROR_INVALID);
    t.abort();
    t.take();
    expect(t.driver.calls.tcpUrgent(t.handle)).toBe(ERROR_NOT_CONNECTED);
    t.release();
    expect(t.driver.calls.tcpUrgent(t.handle)).toBe(ERROR_STALE_HANDLE);
    expect(left(t)).toBe(ERROR_STALE_HANDLE);
    const opening = await timeline();
    opening.connect();
    opening.take();
    expect(opening.driver.calls.tcpUrgent(opening.handle)).toBe(ERROR_NOT_CONNECTED);
  });

  test('leaves nothing behind', async () => {
    const t = await accepted();
    t.option(OPTION_NO_DELAY, 1);
    sendUrgent(t, 10);
    t.take();
    t.inject({ flags: 'UA', ack: 11, urgent: 7, data: 1 });
    t.receive();
    t.take();
    t.abort();
    t.take();
    t.expectGone();
  });
});

describe('what the peer marks', () => {
  test('is told once, and again when the mark moves on (MUST-32)', async () => {
    const t = await accepted();
    t.option(OPTION_PAUSED, 1);
    t.inject({ flags: 'UPA', seq: 1, data: 10, urgent: 20 });
    expect(t.events()).toEqual(['urgent']);
    t.inject({ flags: 'UPA', seq: 11, data: 10, urgent: 10 });
    t.take();
    expect(t.events(), 'the same mark').toEqual([]);
    t.inject({ flags: 'UPA', seq: 21, data: 10, urgent: 5 });
    t.take();
    expect(t.events(), 'further on').toEqual(['urgent']);
    t.inject({ flags: 'UPA', seq: 31, data: 10, urgent: 0 });
    t.take();
    expect(t.events(), 'a pointer does not recede').toEqual(['urgent']);
  });

  test('is counted down as the user takes bytes, and is in line (MUST-33)', async () => {
    const t = await accepted();
    t.option(OPTION_PAUSED, 1);
    expect(left(t)).toBe(0);
    t.inject({ flags: 'UPA', seq: 1, data: 10, urgent: 25 });
    expect(left(t)).toBe(25);
    expect(t.driver.calls.tcpReceive(t.handle, 4)).toBe(4);
    expect(left(t)).toBe(21);
    t.inject({ seq: 11, data: 30 });
    t.take();
    expect(left(t)).toBe(21);
    expect(t.driver.calls.tcpReceive(t.handle, 20)).toBe(20);
    expect(left(t)).toBe(1);
    expect(t.driver.calls.tcpReceive(t.handle, 100)).toBe(16);
    expect(left(t)).toBe(0);
  });

  test('with no byte left to take is no news: the mark of what has been taken', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 10 });
    t.receive();
    t.events();
    t.take();
    t.inject({ flags: 'UPA', seq: 1, data: 10, urgent: 10 });
    t.take();
    expect(t.events()).toEqual([]);
    expect(left(t)).toBe(0);
  });

  test('is told though the user does not want data, and though our window is shut (MUST-66)', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 2048 });
    t.expect({ ack: 2049, win: 0 });
    t.inject({ flags: 'UA', seq: 2049, urgent: 1 });
    expect(t.events(), 'an empty segment').toEqual(['urgent']);
    expect(left(t)).toBe(2049);
    t.inject({ flags: 'UA', seq: 2049, urgent: 100, data: 100 });
    t.expect({ ack: 2049, win: 0 });
    expect(t.events(), 'text that there is no room for').toEqual(['urgent']);
    expect(left(t)).toBe(2148);
  });

  test('may lie any number of segments ahead (MUST-31)', async () => {
    const t = await accepted();
    let end = 0;
    for (let seq = 1; seq <= 100_000; seq += 1000) {
      const urgent = Math.min(100_001 - seq, 65_535);
      end = Math.max(end, seq + urgent);
      t.inject({ flags: 'UA', seq, data: 1000, urgent });
      expect(left(t)).toBe(end - seq);
      expect(t.receive()).toBe(1000);
      t.take();
    }
    expect(left(t)).toBe(0);
  });

  test('out of order is told at once, ahead of the bytes', async () => {
    const t = await accepted();
    t.inject({ flags: 'UA', seq: 101, data: 100, urgent: 100 });
    t.take();
    expect(t.events()).toEqual(['urgent']);
    expect(left(t)).toBe(200);
  });

  test.each(['CloseWait', 'LastAck'])('after its FIN, in %s, is ignored (§3.10.7.4, sixth)', async (state) => {
    const t = await accepted();
    t.inject({ flags: 'FA', seq: 1 });
    if (state === 'LastAck') t.shutdown();
    t.take();
    t.events();
    t.inject({ flags: 'UA', seq: 2, urgent: 9 });
    t.take();
    expect(t.events()).toEqual([]);
    expect(left(t)).toBe(0);
  });

  test('before its FIN counts the bytes, not the FIN', async () => {
    const t = await accepted();
    t.option(OPTION_PAUSED, 1);
    t.inject({ flags: 'FUA', seq: 1, data: 10, urgent: 10 });
    t.take();
    expect(left(t)).toBe(10);
    expect(t.driver.calls.tcpReceive(t.handle, 10)).toBe(10);
    expect(left(t)).toBe(0);
  });

  test('means nothing to a user who discards what comes', async () => {
    const t = await accepted();
    t.option(OPTION_DISCARD, 1);
    t.inject({ flags: 'UA', seq: 1, data: 10, urgent: 10 });
    t.take();
    expect(t.events()).toEqual([]);
    expect(t.driver.bufferBytes).toBe(0);
  });

  test('without URG is no mark, whatever stands in the field', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 10, urgent: 5 });
    expect(t.events()).toEqual(['data']);
    expect(left(t)).toBe(0);
  });
});
