/** What time does: retransmission (RFC 6298), zero-window probes, keep-alive, R2 (RFC 9293 §3.8), the user's own timer. */
import { describe, expect, test } from 'vitest';
import {
  ERROR_TIMED_OUT,
  OPTION_KEEP_ALIVE,
  OPTION_KEEP_COUNT,
  OPTION_KEEP_IDLE,
  OPTION_KEEP_INTERVAL,
  SETTING_CHALLENGE_LIMIT,
  SETTING_DATA_RETRIES,
  SETTING_RTO_SPREAD,
} from '../../assembly/abi/constants.js';
import { accepted, connected, type Segment, type Timeline, timeline } from '../kit/timeline.js';

/** An open connection whose handshake took `rtt` ms. */
async function openAfter(rtt: number, syn = {}): Promise<Timeline> {
  const t = await timeline({ syn: { mss: 1000, ...syn } });
  t.connect();
  t.expect({ flags: 'S', seq: 0 });
  t.pass(rtt);
  t.inject({ flags: 'SA', seq: 0, options: t.syn });
  t.expect({});
  t.events();
  return t;
}

/** The gaps between what is sent in the next `milliseconds`. */
function gaps(t: Timeline, milliseconds: number): number[] {
  const start = t.time;
  t.driver.advance(milliseconds);
  const times = [start, ...t.take().map(({ at }) => at)];
  return times.slice(1).map((time, index) => time - (times[index] as number));
}

describe('the retransmission timeout', () => {
  test('is one second before any measurement (RFC 6298 §2.1)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    expect(gaps(t, 1500)).toEqual([1000]);
  });

  test('after the first measurement R is R + 4 × R/2 (RFC 6298 §2.2)', async () => {
    const t = await openAfter(200);
    t.send(100);
    t.take();
    expect(gaps(t, 700)).toEqual([600]);
  });

  test('follows further measurements with alpha 1/8 and beta 1/4 (RFC 6298 §2.3)', async () => {
    const t = await openAfter(200);
    t.send(100);
    t.take();
    t.pass(280);
    t.inject({ ack: 101 });
    // SRTT = 210, RTTVAR = 3/4 × 100 + 1/4 × 80 = 95; RTO = 210 + 380.
    t.send(100);
    t.take();
    const [gap] = gaps(t, 1000);
    expect(gap).toBeCloseTo(590, 1);
  });

  test('is never below 200 ms (we deviate from RFC 6298 §2.4, as every stack of today)', async () => {
    const t = await openAfter(1);
    t.send(100);
    t.take();
    expect(gaps(t, 250)).toEqual([200]);
  });

  test('lies at least so far above the smoothed round trip as a setting says (RFC 6298 §2.2: G)', async () => {
    const t = await timeline({ settings: { [SETTING_RTO_SPREAD]: 200 } });
    t.connect();
    t.take();
    t.pass(40);
    t.inject({ flags: 'SA', seq: 0, options: { mss: 1000 } });
    t.take();
    t.send(10);
    t.expect({ flags: 'PA', data: 10 });
    t.pass(239);
    t.expectNothing();
    t.pass(1);
    t.expect({ flags: 'PA', data: 10 });
  });

  test('doubles with each expiration, up to a bound of at least 60 seconds (RFC 6298 §2.5, §5.5)', async () => {
    const t = await openAfter(200);
    t.send(100);
    t.take();
    const seen = gaps(t, 900_000);
    expect(seen.slice(0, 7)).toEqual([600, 1200, 2400, 4800, 9600, 19_200, 38_400]);
    expect(Math.max(...seen)).toBeGreaterThanOrEqual(60_000);
    expect(Math.max(...seen)).toBeLessThanOrEqual(120_000);
  });

  test('restarts at each ACK of new data (RFC 6298 §5.3)', async () => {
    const t = await openAfter(200);
    t.send(3000);
    t.take();
    t.pass(200);
    t.inject({ ack: 1001 });
    t.pass(399);
    t.inject({ ack: 2001 });
    t.pass(400);
    t.expectNothing();
    t.driver.advance(1000);
    expect(t.take()[0]?.seq).toBe(2001);
  });

  test('does not restart at a duplicate ACK (RFC 6298 §5.3)', async () => {
    const t = await openAfter(200);
    t.send(1000);
    t.take();
    t.pass(500);
    t.inject({});
    t.pass(100);
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
  });

  test('stops when all is acknowledged (RFC 6298 §5.2)', async () => {
    const t = await accepted();
    t.send(100);
    t.take();
    t.inject({ ack: 101 });
    t.settles();
  });

  test('is not learnt from a segment that was sent twice, and stays backed off until one is (RFC 6298 §3, §5)', async () => {
    const t = await openAfter(200);
    t.send(100);
    t.take();
    expect(gaps(t, 650)).toEqual([600]);
    t.pass(550);
    t.inject({ ack: 101 });
    t.send(100);
    t.take();
    expect(gaps(t, 1300), 'twice 600').toEqual([1200]);
  });

  test('is three seconds at least when the SYN had to be sent again (RFC 6298 §5.7)', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    t.pass(1100);
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'SA', seq: 0 });
    t.expect({});
    t.send(100);
    t.take();
    expect(gaps(t, 3500)).toEqual([3000]);
  });

  test('sends the earliest segment that is not acknowledged, alone (RFC 6298 §5.4)', async () => {
    const t = await openAfter(200);
    t.send(5000);
    expect(t.take()).toHaveLength(5);
    t.pass(650);
    t.expect({ flags: 'A', seq: 1, data: 1000 });
    t.expectNothing();
  });
});

describe('giving up', () => {
  test('happens after R2 retransmissions, with a RST (§3.8.3 MUST-20)', async () => {
    const t = await openAfter(200);
    t.send(100);
    t.take();
    t.driver.advance(3_600_000);
    const sent = t.take();
    expect(sent.filter(({ data }) => data.length > 0)).toHaveLength(15);
    expect(sent.at(-1)?.flags).toBe('RA');
    expect(t.events()).toEqual(['closed']);
    expect(t.error).toBe(ERROR_TIMED_OUT);
    t.expectGone();
  });

  test('takes at least 100 seconds by default (§3.8.3 SHLD-11)', async () => {
    const t = await openAfter(1);
    t.send(100);
    t.driver.advance(100_000);
    t.take();
    expect(t.state).toBe('Established');
  });

  test('counts anew after each ACK of new data (§3.8.3: of the same segment)', async () => {
    const t = await accepted({ settings: { [SETTING_DATA_RETRIES]: 3 } });
    t.send(6000);
    t.take();
    for (let acknowledged = 1001; acknowledged <= 5001; acknowledged += 1000) {
      // Two expirations for each segment.
      for (let sent = 0, step = 0; sent < 2 && step < 600; step++) {
        t.driver.advance(100);
        sent += t.take().length;
      }
      t.driver.input([t.build({ ack: acknowledged })]);
      t.driver.output();
      t.take();
    }
    expect(t.state).toBe('Established');
  });

  test('can be set (§3.8.3 MUST-21)', async () => {
    const t = await accepted({ settings: { [SETTING_DATA_RETRIES]: 2 } });
    t.send(100);
    t.driver.advance(60_000);
    expect(t.take().filter(({ data }) => data.length > 0)).toHaveLength(3);
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });
});

describe('zero-window probes', () => {
  test('begin after an RTO, carry one byte and back off (§3.8.6.1 MUST-36, SHLD-29, SHLD-30)', async () => {
    const t = await openAfter(200);
    t.win = 0;
    t.inject({ win: 0 });
    t.send(1000);
    t.expectNothing();
    expect(gaps(t, 600)).toEqual([600]);
    t.inject({ win: 0 });
    t.take();
    const start = t.time;
    const times: number[] = [];
    while (times.length < 5) {
      t.driver.advance(100);
      for (const { at, seq, data } of t.take()) {
        expect([seq, data.length]).toEqual([1, 1]);
        times.push(at - start);
        t.inject({ win: 0 });
      }
    }
    expect(times).toEqual([1200, 3600, 8400, 18_000, 37_200]);
  });

  test('go on for ever while the peer answers (§3.8.6.1 MUST-37)', async () => {
    const t = await accepted({ win: 0 });
    t.send(1000);
    for (let minute = 0; minute < 24 * 60; minute++) {
      t.driver.advance(60_000);
      if (t.take().length > 0) t.inject({ win: 0 });
    }
    expect(t.state).toBe('Established');
    t.inject({ win: 1000 });
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
  });

  test('end the connection when nobody answers any more', async () => {
    const t = await accepted({ win: 0 });
    t.send(1000);
    t.driver.advance(3 * 3_600_000);
    t.take();
    expect(t.error).toBe(ERROR_TIMED_OUT);
    t.expectGone();
  });

  test('whose byte is taken move on by it', async () => {
    const t = await accepted({ win: 0 });
    t.send(1000);
    t.driver.advance(1500);
    expect(t.take()[0]?.data).toHaveLength(1);
    t.inject({ ack: 2, win: 0 });
    t.driver.advance(3000);
    expect(t.take()[0]).toMatchObject({ seq: 2 });
    t.inject({ ack: 2, win: 5000 });
    t.expect({ flags: 'PA', seq: 2, data: 999 });
  });

  test('ask for the FIN when nothing else is queued', async () => {
    const t = await accepted({ win: 0 });
    t.shutdown();
    t.expectNothing();
    t.driver.advance(1500);
    expect(t.take()[0]).toMatchObject({ flags: 'FA', seq: 1 });
    t.inject({ ack: 2, win: 0 });
    expect(t.state).toBe('FinWait2');
  });

  test('do not ask for a FIN that is acknowledged before they go out', async () => {
    const t = await accepted({ win: 0 });
    t.shutdown();
    t.driver.advance(1500);
    expect(t.take()[0]).toMatchObject({ flags: 'FA', seq: 1 });
    t.driver.now += 3000;
    t.driver.calls.timersExpire(t.driver.now);
    t.inject({ ack: 2, win: 0 });
    t.expectNothing();
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    expect(t.state).toBe('TimeWait');
  });
});

describe('keep-alive', () => {
  test('of the peer is answered whatever forged segments have used of the limit of challenge ACKs', async () => {
    const t = await accepted({ settings: { [SETTING_CHALLENGE_LIMIT]: 1 } });
    t.inject({ flags: 'S', seq: 5 });
    t.expect({});
    t.inject({ flags: 'S', seq: 5 });
    t.expectNothing();
    t.inject({ seq: 0 });
    t.expect({});
  });

  async function kept(): Promise<Timeline> {
    const t = await connected();
    t.option(OPTION_KEEP_IDLE, 10_000);
    t.option(OPTION_KEEP_INTERVAL, 1000);
    t.option(OPTION_KEEP_COUNT, 3);
    t.option(OPTION_KEEP_ALIVE, 1);
    return t;
  }

  test('is off by default (§3.8.4 MUST-25)', async () => {
    const t = await accepted();
    t.settles();
  });

  test('waits two hours at least unless told otherwise (§3.8.4 MUST-28)', async () => {
    const t = await accepted();
    t.option(OPTION_KEEP_ALIVE, 1);
    t.pass(7_199_000);
    t.expectNothing();
    t.pass(2000);
    t.expect({ seq: 0 });
  });

  test('asks with the number before SND.NXT and no data (§3.8.4)', async () => {
    const t = await kept();
    t.pass(9999);
    t.expectNothing();
    t.pass(2);
    t.expect({ flags: 'A', seq: 0, ack: 1 });
  });

  test('starts over whenever the peer is heard', async () => {
    const t = await kept();
    t.pass(9000);
    t.inject({ seq: 1, data: 1 });
    t.receive();
    t.driver.advance(9000);
    expect(t.take().filter(({ seq }) => seq === 0)).toEqual([]);
    t.driver.advance(1001);
    t.expect({ seq: 0, ack: 2 });
    t.inject({ seq: 2 });
    t.pass(9999);
    t.expectNothing();
  });

  test('gives up after so many questions, not after one (§3.8.4 MUST-29)', async () => {
    const t = await kept();
    t.driver.advance(60_000);
    expect(t.take().map(({ flags, seq }) => flags + seq)).toEqual(['A0', 'A0', 'A0', 'RA1']);
    expect(t.error).toBe(ERROR_TIMED_OUT);
    t.expectGone();
  });

  test('counts from the SYN-ACK, which the peer has sent', async () => {
    const t = await openAfter(900);
    t.option(OPTION_KEEP_IDLE, 10_000);
    t.option(OPTION_KEEP_ALIVE, 1);
    t.pass(9999);
    t.expectNothing();
    t.pass(2);
    t.expect({ seq: 0 });
  });

  test.each<[string, Segment]>([
    ['text from outside the window', { seq: 0x4000_0000, data: 10 }],
    ['a RST elsewhere in the window', { flags: 'R', seq: 100 }],
    ['a SYN', { flags: 'S', seq: 100 }],
    ['an ACK of what was never sent', { seq: 1, ack: 0x1000_0000 }],
    ['an ACK from long ago', { seq: 1, ack: -0x1000_0000 }],
    ['text without an ACK', { flags: '', seq: 1, data: 10 }],
  ])('is not put off by %s: anybody could have sent it (§3.8.4)', async (_, forged) => {
    const t = await kept();
    for (let second = 0; second < 20 && t.state === 'Established'; second++) {
      t.driver.advance(1000);
      t.take();
      t.inject(forged);
      t.take();
    }
    expect(t.error).toBe(ERROR_TIMED_OUT);
  });

  test('asks nothing while text is outstanding (§3.8.4 MUST-26)', async () => {
    const t = await kept();
    t.send(100);
    t.driver.advance(15_000);
    const sent = t.take();
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.filter(({ data }) => data.length === 0)).toEqual([]);
  });

  test('can be switched off again', async () => {
    const t = await kept();
    t.option(OPTION_KEEP_ALIVE, 0);
    t.pass(100_000);
    t.expectNothing();
    t.settles();
  });

  test('is answered with an ACK when the peer asks (§3.8.4)', async () => {
    const t = await accepted();
    t.inject({ seq: 0 });
    t.expect({ seq: 1, ack: 1 });
  });
});

describe("the user's timer", () => {
  test('fires once, at its moment, and changes nothing else', async () => {
    const t = await accepted();
    t.driver.calls.tcpSetTimeout(t.handle, 1234.5);
    t.pass(1234.4);
    expect(t.events()).toEqual([]);
    t.pass(0.2);
    expect(t.events()).toEqual(['timeout']);
    t.pass(100_000);
    expect(t.events()).toEqual([]);
    expect(t.state).toBe('Established');
  });

  test('can be moved and cancelled', async () => {
    const t = await accepted();
    t.driver.calls.tcpSetTimeout(t.handle, 100);
    t.driver.calls.tcpSetTimeout(t.handle, 1000);
    t.pass(999);
    expect(t.events()).toEqual([]);
    t.driver.calls.tcpSetTimeout(t.handle, 0);
    t.pass(10_000);
    expect(t.events()).toEqual([]);
    t.settles();
  });
});
