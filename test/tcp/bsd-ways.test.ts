/** ACKs that do not wait at the beginning of a connection, and the ways of BSD (RFC 9293 §3.8.6, RFC 5681 §4.2). */
import { describe, expect, test } from 'vitest';
import {
  DIALECT_BSD,
  ERROR_CONNECTION_RESET,
  SETTING_DIALECT,
  SETTING_QUICK_ACKS,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
} from '../../assembly/abi/constants.js';
import { accepted, type Timeline } from '../kit/timeline.js';

describe('quick ACKs', () => {
  test('answer the first segments at once, the ones behind them within the delay', async () => {
    const t = await accepted({ settings: { [SETTING_QUICK_ACKS]: 2 } });
    for (const seq of [1, 11]) {
      arrives(t, seq);
      t.expect({ ack: seq + 10 });
    }
    arrives(t, 21);
    t.expectNothing();
    t.pass(40);
    t.expect({ ack: 31 });
  });

  test('come back after a pause longer than a timeout', async () => {
    const t = await accepted({ settings: { [SETTING_QUICK_ACKS]: 1 } });
    arrives(t, 1);
    t.expect({ ack: 11 });
    arrives(t, 11);
    t.pass(3_000);
    t.expect({ ack: 21 });
    arrives(t, 21);
    t.expect({ ack: 31 });
  });

  test('end when the user answers: ACKs wait for the answers then', async () => {
    const t = await accepted({ settings: { [SETTING_QUICK_ACKS]: 16 } });
    arrives(t, 1);
    t.expect({ ack: 11 });
    t.send(5);
    t.expect({ flags: 'PA', ack: 11, data: 5 });
    arrives(t, 11, 6);
    t.expectNothing();
  });

  test('go on while the user sends without being asked', async () => {
    const t = await accepted({ settings: { [SETTING_QUICK_ACKS]: 16 } });
    t.send(5);
    t.expect({ flags: 'PA', data: 5 });
    arrives(t, 1, 6);
    t.expect({ seq: 6, ack: 11 });
  });
});

describe("BSD's ways", () => {
  const settings = {
    [SETTING_DIALECT]: DIALECT_BSD,
    [SETTING_RECEIVE_BUFFER]: 1 << 20,
    [SETTING_RECEIVE_BUFFER_INITIAL]: 65_536,
  };

  test('every second segment has its ACK at once, however small', async () => {
    const t = await accepted({ settings });
    arrives(t, 1);
    t.expectNothing();
    arrives(t, 11);
    t.expect({ ack: 21 });
  });

  test('the receive buffer takes whole segments, and the window tells all of it', async () => {
    const t = await accepted({ settings, syn: { mss: 1460 } });
    t.inject({ seq: 1, data: 50 });
    t.inject({ seq: 51, data: 49 });
    t.expect({ ack: 100, win: 65_535 });
    t.inject({ seq: 100, data: 400 });
    t.inject({ seq: 500, data: 300 });
    expect(t.expect({ ack: 800 }).window).toBe(65_700 - 799);
  });
});

describe("BSD's ends", () => {
  const settings = { [SETTING_DIALECT]: DIALECT_BSD };

  test('a bare ACK repeats a FIN that is not acknowledged yet', async () => {
    const t = await accepted({ settings });
    t.shutdown();
    t.expect({ flags: 'FA' });
    t.inject({ flags: 'FA', seq: 1, ack: 1 });
    t.expect({ flags: 'FA', seq: 1, ack: 2 });
    expect(t.state).toBe('Closing');
  });

  test('a RST in CLOSING is told to the user', async () => {
    const t = await accepted({ settings });
    t.shutdown();
    t.take();
    t.inject({ flags: 'FA', seq: 1, ack: 1 });
    t.take();
    t.inject({ flags: 'R', seq: 2 });
    expect(t.error).toBe(ERROR_CONNECTION_RESET);
  });

  test('the window accepts all that the buffer takes, beyond what 16 bits can say', async () => {
    const t = await accepted({
      settings: { ...settings, [SETTING_RECEIVE_BUFFER]: 1 << 20, [SETTING_RECEIVE_BUFFER_INITIAL]: 65_536 },
      syn: { mss: 1460 },
    });
    t.inject({ flags: 'R', seq: 65_700 });
    t.expect({});
    t.inject({ flags: 'R', seq: 65_701 });
    t.expectNothing();
  });
});

test('in TIME-WAIT a FIN without an ACK is dropped (RFC 9293 §3.10.7.4, fifth)', async () => {
  const t = await accepted();
  t.shutdown();
  t.take();
  t.inject({ flags: 'FA', seq: 1, ack: 2 });
  t.take();
  expect(t.state).toBe('TimeWait');
  t.inject({ flags: 'F', seq: 2 });
  t.expectNothing();
});

function arrives(t: Timeline, seq: number, ack = 1): void {
  t.inject({ seq, ack, data: 10 });
  t.receive();
}
