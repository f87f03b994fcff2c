/** SEGMENT ARRIVES in the synchronized states: the eight checks in their order (RFC 9293 §3.10.7.4, RFC 5961). */
import { describe, expect, test } from 'vitest';
import {
  COUNTER_CHALLENGE_ACKS,
  ERROR_CONNECTION_RESET,
  OPTION_PAUSED,
  SETTING_CHALLENGE_LIMIT,
  SETTING_RECEIVE_BUFFER,
} from '../../assembly/abi/constants.js';
import { accepted, type Segment, type Timeline, timeline } from '../kit/timeline.js';

/** The window that the peer was offered ends here, relative. */
const WINDOW = 65535;

describe('first, the sequence number', () => {
  const unacceptable: [name: string, segment: Segment][] = [
    ['text before the window', { seq: -99, data: 100 }],
    ['an empty segment before the window', { seq: 0 }],
    ['an empty segment right behind the window', { seq: 1 + WINDOW }],
    ['text right behind the window', { seq: 1 + WINDOW, data: 10 }],
    ['a FIN behind the window', { flags: 'FA', seq: 1 + WINDOW }],
    ['text half a circle away', { seq: 0x8000_0000, data: 10 }],
    ['text before and behind the window at once', { seq: 101 - 0x8000_0000, data: 10 }],
  ];
  test.each(unacceptable)('%s is dropped and answered with an ACK (§3.4, §3.10.7.4)', async (_, segment) => {
    const t = await accepted();
    t.inject(segment);
    t.expect({ seq: 1, ack: 1 });
    expect(t.events()).toEqual([]);
    expect(t.state).toBe('Established');
  });

  test('text of which the first byte is the last one of the window is taken for that byte', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 4096 } });
    t.inject({ seq: 4096, data: 100 });
    t.expect({ ack: 1 });
    t.inject({ seq: 1, data: 4095 });
    t.expect({ ack: 4097 });
    expect(t.receive()).toBe(4096);
    t.take();
  });

  test('text that begins before the window loses what was received before (§3.10.7.4)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 100 });
    expect(t.receive()).toBe(100);
    t.inject({ seq: 51, data: 100 });
    t.expect({ ack: 151 });
    expect(t.receive()).toBe(50);
  });

  test('text longer than the window is cut at its end, and its FIN with it', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ flags: 'FPA', seq: 1, data: 3000 });
    t.expect({ ack: 2049, win: 0 });
    expect(t.state).toBe('Established');
    t.option(OPTION_PAUSED, 0);
    expect(t.events()).toEqual(['data']);
    expect(t.receive()).toBe(2048);
  });

  test('a segment that covers the whole window and more is taken for what fits', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.inject({ seq: 1, data: 1100 });
    t.take();
    t.receive();
    t.take();
    t.inject({ seq: 1, data: 20_000 });
    t.take();
    expect(t.receive()).toBe(2048);
  });

  test('with a closed window only an empty segment at RCV.NXT is acceptable, ACK and RST of others still count', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 2048 });
    t.expect({ ack: 2049, win: 0 });
    t.send(100);
    t.expect({ flags: 'PA', seq: 1, ack: 2049, data: 100 });
    t.inject({ seq: 2049, ack: 101, data: 1 });
    t.expect({ seq: 101, ack: 2049, win: 0 });
    t.settles();
    t.inject({ flags: 'R', seq: 2049 });
    expect(t.error).toBe(ERROR_CONNECTION_RESET);
  });
});

describe('second, the RST bit', () => {
  test('at exactly RCV.NXT ends the connection (RFC 5961 §3.2)', async () => {
    const t = await accepted();
    t.inject({ flags: 'R', seq: 1 });
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_CONNECTION_RESET);
    t.expectGone();
  });

  test.each([2, 100, WINDOW])('inside the window, at %i, earns a challenge ACK only (RFC 5961 §3.2)', async (seq) => {
    const t = await accepted();
    t.inject({ flags: 'R', seq });
    t.expect({ seq: 1, ack: 1 });
    expect(t.state).toBe('Established');
    expect(t.driver.calls.counter(COUNTER_CHALLENGE_ACKS)).toBe(1);
  });

  test.each([0, -1000, 1 + WINDOW])('outside the window, at %i, is dropped in silence (RFC 5961 §3.2)', async (seq) => {
    const t = await accepted();
    t.inject({ flags: 'R', seq });
    t.expectNothing();
    expect(t.state).toBe('Established');
  });

  test('keeps what has been received readable', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 100 }, { flags: 'R', seq: 101 });
    expect(t.events()).toEqual(['data', 'closed']);
    expect(t.receive()).toBe(100);
    t.expectGone();
  });
});

describe('fourth, the SYN bit', () => {
  test.each([0, 1, 500, 1 + WINDOW, -5000])(
    'at %i earns a challenge ACK, whatever its number (RFC 5961 §4.2)',
    async (seq) => {
      const t = await accepted();
      t.inject({ flags: 'S', seq });
      t.expect({ seq: 1, ack: 1 });
      expect(t.state).toBe('Established');
    },
  );

  test('on a SYN-ACK that comes again is answered with an ACK', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'SA', seq: 0, ack: 1 });
    t.expect({});
    t.inject({ flags: 'SA', seq: 0, ack: 1 });
    t.expect({});
  });
});

describe('challenge ACKs', () => {
  /** How many of so many forged RSTs are answered at once. */
  function answers(t: Timeline, forged: number): number {
    let answered = 0;
    for (let left = forged; left > 0; left -= 50) {
      t.inject(...Array.from({ length: Math.min(left, 50) }, () => ({ flags: 'R', seq: 100 })));
      answered += t.take().length;
    }
    return answered;
  }

  test('are limited for the whole stack and allowed again a second later (RFC 5961 §7)', async () => {
    const t = await accepted();
    expect(answers(t, 2500)).toBeLessThanOrEqual(1000);
    t.inject({ flags: 'R', seq: 100 });
    t.expectNothing();
    t.pass(1001);
    t.inject({ flags: 'R', seq: 100 });
    t.expect({});
  });

  test('are limited to a number that nobody can know: it differs each second, and between stacks', async () => {
    const settings = { [SETTING_CHALLENGE_LIMIT]: 100 };
    const seen: number[] = [];
    for (const seed of [1, 2]) {
      const t = await accepted({ settings, seed });
      for (let second = 0; second < 20; second++) {
        seen.push(answers(t, 150));
        t.pass(1000);
      }
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...seen)).toBeLessThanOrEqual(100);
    expect(new Set(seen).size).toBeGreaterThan(15);
    expect(seen.slice(0, 20)).not.toEqual(seen.slice(20));
  });
});

describe('fifth, the ACK field', () => {
  test('absent: the segment is dropped', async () => {
    const t = await accepted();
    t.inject({ flags: 'P', seq: 1, data: 10 });
    t.expectNothing();
    expect(t.receive()).toBe(0);
  });

  test('of what was never sent: dropped with its text and answered (§3.10.7.4)', async () => {
    const t = await accepted();
    t.inject({ flags: 'PA', seq: 1, ack: 2, data: 10 });
    t.expect({ seq: 1, ack: 1 });
    expect(t.receive()).toBe(0);
  });

  test('older than MAX.SND.WND: dropped with its text and answered (RFC 5961 §5.2)', async () => {
    const t = await accepted();
    t.inject({ flags: 'PA', seq: 1, ack: 1 - 65535 - 1, data: 10 });
    t.expect({ seq: 1, ack: 1 });
    expect(t.receive()).toBe(0);
  });

  test('old, but within MAX.SND.WND: the text is taken (RFC 5961 §5.2)', async () => {
    const t = await accepted();
    t.inject({ flags: 'PA', seq: 1, ack: 1 - 65535, data: 10 });
    expect(t.receive()).toBe(10);
  });
});

describe('sixth, the URG bit', () => {
  test('tells the user, and leaves the bytes in line (§3.8.5)', async () => {
    const t = await accepted();
    t.inject({ flags: 'UPA', seq: 1, data: 10, urgent: 5 });
    expect(t.events()).toEqual(['data', 'urgent']);
    expect(t.receive()).toBe(10);
  });
});

describe('seventh, the text', () => {
  test('of several segments of a batch is delivered once, in order', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 100 }, { seq: 101, data: 200 }, { seq: 301, data: 5 });
    expect(t.events()).toEqual(['data']);
    expect(t.receive()).toBe(305);
  });

  test('after the peer said FIN is ignored (§3.10.7.4)', async () => {
    const t = await accepted();
    t.inject({ flags: 'FA', seq: 1 });
    t.expect({ ack: 2 });
    t.inject({ flags: 'PA', seq: 2, data: 10 });
    t.take();
    expect(t.receive()).toBe(0);
    expect(t.state).toBe('CloseWait');
  });
});

describe('eighth, the FIN bit', () => {
  test('is acknowledged at once and ends the stream behind its text', async () => {
    const t = await accepted();
    t.inject({ flags: 'FPA', seq: 1, data: 10 });
    t.expect({ ack: 12 });
    expect(t.events()).toEqual(['data', 'end']);
    expect(t.receive()).toBe(10);
    expect(t.state).toBe('CloseWait');
  });

  test('out of order waits for what is missing', async () => {
    const t = await accepted();
    t.inject({ flags: 'FPA', seq: 11, data: 10 });
    t.expect({ ack: 1 });
    expect(t.state).toBe('Established');
    t.inject({ seq: 1, data: 10 });
    t.expect({ ack: 22 });
    expect(t.events()).toEqual(['data', 'end']);
    expect(t.receive()).toBe(20);
  });

  test('stands where it stood first: text that came for behind it is nobody’s, and hides no end', async () => {
    const t = await accepted();
    t.inject({ seq: 11, data: 20 }, { seq: 1001, data: 1000 }, { flags: 'FA', seq: 21 }, { seq: 21, data: 1000 });
    t.take();
    t.inject({ seq: 1, data: 10 });
    t.expect({ ack: 22 });
    expect(t.events()).toEqual(['data', 'end']);
    expect(t.receive()).toBe(20);
    t.take();
    expect(t.state).toBe('CloseWait');
    t.shutdown();
    t.expect({ flags: 'FA', ack: 22 });
    t.inject({ seq: 22, ack: 2 });
    t.expectGone();
  });

  test('alone and out of order waits too', async () => {
    const t = await accepted();
    t.inject({ flags: 'FA', seq: 11 });
    t.expect({ ack: 1 });
    t.inject({ seq: 1, data: 10 });
    t.expect({ ack: 12 });
    expect(t.state).toBe('CloseWait');
  });

  test('that comes again is acknowledged again', async () => {
    const t = await accepted();
    t.inject({ flags: 'FA', seq: 1 });
    t.expect({ ack: 2 });
    t.inject({ flags: 'FA', seq: 1 });
    t.expect({ ack: 2 });
    expect(t.events()).toEqual(['end']);
  });

  test('at the very end of a full window leaves the window closed, not huge', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ flags: 'FPA', seq: 1, data: 2048 });
    const { window } = t.expect({ ack: t.state === 'CloseWait' ? 2050 : 2049 });
    expect(window).toBe(0);
  });
});
