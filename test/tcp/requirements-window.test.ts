/** The window, as a number and over time (RFC 9293 §3.1, §3.8.6): what other timelines take for granted. */
import { describe, expect, test } from 'vitest';
import { OPTION_PAUSED, SETTING_INITIAL_WINDOW, SETTING_RECEIVE_BUFFER } from '../../assembly/abi/constants.js';
import { accepted, type Timeline } from '../kit/timeline.js';

/** How many bytes go out before the peer says anything. */
function sent(t: Timeline, bytes: number): number {
  t.send(bytes);
  return t.take().reduce((sum, { data }) => sum + data.length, 0);
}

describe('the window field', () => {
  test('with its highest bit set is a large window, not a negative one (MUST-1)', async () => {
    const t = await accepted({ win: 0x8000 + 7000, settings: { [SETTING_INITIAL_WINDOW]: 60 } });
    // 39,768 bytes; the last 768 are cut short by the window and wait for more (§3.8.6.2.1).
    expect(sent(t, 60_000)).toBe(39_000);
  });

  test('scaled by 14 is more than 16 bits can say: windows are 32 bits wide (REC-1)', async () => {
    const t = await accepted({
      syn: { mss: 1000, windowScale: 14 },
      win: 65_535,
      settings: { [SETTING_INITIAL_WINDOW]: 1000 },
    });
    // The SYN's own window was not scaled; that of the ACK is.
    expect(sent(t, 1_000_000)).toBe(1_000_000);
  });

  test('of ours says 64 MiB where the buffer has so much (REC-1)', async () => {
    const t = await accepted({
      syn: { mss: 1000, windowScale: 0 },
      settings: { [SETTING_RECEIVE_BUFFER]: 1 << 26 },
    });
    t.inject({ seq: 1, data: 1000 }, { seq: 1001, data: 1000 });
    t.receive();
    const field = t.take().at(-1)?.window ?? 0;
    expect(field * 2 ** 11).toBeGreaterThan(2 ** 26 - 4096);
    expect(field * 2 ** 11).toBeLessThanOrEqual(2 ** 26);
  });
});

describe('a window that the peer shrinks', () => {
  test('leaves what lies inside it to be sent again, and what lies beyond alone (SHLD-16, MAY-7)', async () => {
    const t = await accepted({ win: 5000 });
    expect(sent(t, 5000)).toBe(5000);
    t.inject({ ack: 1001, win: 1500 });
    t.expectNothing();
    t.driver.advance(250);
    const again = t.take().map(({ seq, data }) => [seq, data.length]);
    expect(again).toEqual([[1001, 1000]]);
    t.inject({ ack: 2001, win: 500 });
    expect(t.take().map(({ seq, data }) => [seq, data.length])).toEqual([[2001, 500]]);
  });

  test('does not end the connection for what lies beyond it, as long as the peer answers (SHLD-17)', async () => {
    const t = await accepted({ win: 5000 });
    expect(sent(t, 5000)).toBe(5000);
    t.inject({ ack: 1001, win: 0 });
    for (let minute = 0; minute < 24 * 60; minute++) {
      t.driver.advance(60_000);
      if (t.take().length > 0) t.inject({ ack: 1001, win: 0 });
      t.take();
    }
    expect(t.state).toBe('Established');
    t.inject({ ack: 1001, win: 5000 });
    expect(t.take()[0]?.seq).toBe(1001);
  });
});

describe('a window that ends with the last byte', () => {
  test('has no room for the FIN behind it, also when that byte goes again (§3.8.6)', async () => {
    const t = await accepted({ win: 1000 });
    t.send(1000);
    t.shutdown();
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
    t.pass(250);
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
    t.inject({ ack: 1001 });
    t.expect({ flags: 'FA', seq: 1001 });
    t.inject({ ack: 1002 });
    expect(t.state).toBe('FinWait2');
  });

  test('nor when it opens behind a probe (§3.8.6.1)', async () => {
    const t = await accepted({ win: 0 });
    t.send(500);
    t.shutdown();
    t.driver.advance(1500);
    for (const { flags, seq, data } of t.take()) expect([flags, seq, data.length]).toEqual(['A', 1, 1]);
    t.inject({ win: 500 });
    t.expect({ flags: 'PA', seq: 1, data: 500 });
    t.inject({ ack: 501, win: 500 });
    t.expect({ flags: 'FA', seq: 501 });
  });
});

describe('a window of ours that is shut', () => {
  /** A paused reader whose buffer is full. */
  async function shut(): Promise<Timeline> {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 2048 });
    t.expect({ ack: 2049, win: 0 });
    return t;
  }

  test('may stay so for ever, each probe answered (MAY-8)', async () => {
    const t = await shut();
    for (let hour = 0; hour < 100; hour++) {
      t.pass(3_600_000);
      t.inject({ seq: 2049, data: 1 });
      t.expect({ ack: 2049, win: 0 });
    }
    expect(t.state).toBe('Established');
  });

  test('still takes an ACK with the text it cannot take, and a RST (MUST-66)', async () => {
    const t = await shut();
    t.send(100);
    t.expect({ flags: 'PA', seq: 1, ack: 2049, data: 100 });
    t.inject({ seq: 2049, ack: 101, data: 1 });
    t.expect({ seq: 101, ack: 2049, win: 0 });
    t.settles();
    t.inject({ flags: 'R', seq: 2049 });
    expect(t.state).toBe('Closed');
  });
});
