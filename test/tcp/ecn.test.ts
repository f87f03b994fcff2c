/** Explicit Congestion Notification (RFC 3168): who may mark, who echoes, who slows down. */

import { describe, expect, test } from 'vitest';
import {
  CONGESTION_RENO,
  OFFLOAD_CHECKSUM,
  OPTION_PAUSED,
  SETTING_ACK_DELAY,
  SETTING_CONGESTION,
  SETTING_ECN,
  SETTING_ECN_SYN_RETRIES,
  SETTING_INITIAL_WINDOW,
  SETTING_SEND_BUFFER,
  SETTING_SYN_COOKIES,
} from '../../assembly/abi/constants.js';
import { IP_HEADER, OFFLOAD_TSO } from '../kit/family.js';
import { retransmitted } from '../kit/recovery.js';
import { type Segment, type Timeline, type TimelineOptions, timeline } from '../kit/timeline.js';

const [NOT_ECT, ECT_0, CE] = [0, 2, 3];
const [NEVER, ASKS, ACCEPTS] = [0, 1, 2];
const MSS = 1000;
const RTT = 40;
const CHUNK = 1 << 26;
const SACK = { mss: MSS, sackPermitted: true };
const PLAIN = { mss: MSS };

function script(ecn: number, options: TimelineOptions = {}): Promise<Timeline> {
  const settings = { [SETTING_ECN]: ecn, [SETTING_CONGESTION]: CONGESTION_RENO, ...options.settings };
  return timeline({ ...options, settings });
}

/** A connection of ours on which both sides have agreed to ECN; its round trip of 40 ms is known. */
async function agreed(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await script(ASKS, { syn: SACK, ...options });
  t.connect();
  t.expect({ flags: 'SEW', seq: 0, tos: NOT_ECT });
  t.pass(RTT);
  t.inject({ flags: 'SAE', seq: 0, options: t.syn });
  t.expect({ tos: NOT_ECT });
  t.events();
  return t;
}

/** The same, opened by the peer. */
async function answered(options: TimelineOptions = {}): Promise<Timeline> {
  const t = await script(ACCEPTS, { syn: SACK, ...options });
  t.listen();
  t.inject({ flags: 'SEW', seq: 0, options: t.syn });
  t.expect({ flags: 'SAE', seq: 0, tos: NOT_ECT });
  t.inject({});
  expect(t.events()).toEqual(['open']);
  return t;
}

/** What was sent: where each segment begins, its flags beside A and P, and `ect` when it may be marked. */
function seen(t: Timeline): string[] {
  return t.take().map(({ seq, flags, tos }) => {
    const bits = flags.replace(/[AP]/g, '');
    return [String(seq), bits, tos === ECT_0 ? 'ect' : ''].filter((word) => word !== '').join(' ');
  });
}

/** The same for so many segments from `seq` on, which are new and unremarkable. */
function fresh(seq: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${seq + index * MSS} ect`);
}

describe('the handshake (RFC 3168 §6.1.1)', () => {
  test('asks with ECE and CWR, and marks data when the SYN-ACK has ECE alone', async () => {
    const t = await agreed();
    t.send(MSS);
    t.expect({ flags: 'AP', data: MSS, tos: ECT_0 });
  });

  test.each(['SA', 'SAW', 'SAEW'])('takes a SYN-ACK with %s for a no (§6.1.1.2)', async (flags) => {
    const t = await script(ASKS);
    t.connect();
    t.expect({ flags: 'SEW', seq: 0 });
    t.inject({ flags, seq: 0, options: PLAIN });
    t.expect({ flags: 'A' });
    t.send(MSS);
    t.expect({ flags: 'AP', data: MSS, tos: NOT_ECT });
    t.inject({ ack: 1001, data: 500, tos: CE });
    t.pass(40);
    t.expect({ flags: 'A', seq: 1001, ack: 501 });
  });

  test('answers an ECN-setup SYN, and marks its data', async () => {
    const t = await answered();
    t.send(MSS);
    t.expect({ flags: 'AP', data: MSS, tos: ECT_0 });
  });

  test.each(['S', 'SE', 'SW'])('answers a SYN with %s as if ECN did not exist', async (flags) => {
    const t = await script(ACCEPTS);
    t.listen();
    t.inject({ flags, seq: 0, options: PLAIN });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    t.events();
    t.send(MSS);
    t.expect({ flags: 'AP', data: MSS, tos: NOT_ECT });
  });

  test('does not ask when it is only to accept, which is the default', async () => {
    const t = await timeline();
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    const other = await timeline();
    other.listen();
    other.inject({ flags: 'SEW', seq: 0, options: PLAIN });
    other.expect({ flags: 'SAE', seq: 0 });
  });

  test('neither asks nor accepts when it is off', async () => {
    const t = await script(NEVER);
    t.connect();
    t.expect({ flags: 'S', seq: 0 });
    const other = await script(NEVER);
    other.listen();
    other.inject({ flags: 'SEW', seq: 0, options: PLAIN });
    other.expect({ flags: 'SA', seq: 0 });
  });

  test('asks again without the bits when nobody answers; then it marks nothing, but echoes (§6.1.1.1, §6.1.1)', async () => {
    const t = await script(ASKS);
    t.connect();
    t.expect({ flags: 'SEW', seq: 0 });
    t.at(1000);
    t.expect({ flags: 'S', seq: 0 });
    // The answer to the first SYN was late.
    t.inject({ flags: 'SAE', seq: 0, options: PLAIN });
    t.expect({ flags: 'A' });
    t.send(500);
    t.expect({ flags: 'AP', data: 500, tos: NOT_ECT });
    t.inject({ ack: 501, data: 500, tos: CE });
    t.expect({ flags: 'AE', seq: 501, ack: 501 });
  });

  test.each([
    ['which its timestamp remembers', { ...SACK, timestamps: [7, 0] as const }, 'SAE', ECT_0],
    ['unless no timestamp can remember it', SACK, 'SA', NOT_ECT],
  ])('agrees with a SYN cookie, %s (RFC 4987 §3.6)', async (_, syn, flags, tos) => {
    const t = await script(ACCEPTS, { syn, settings: { [SETTING_SYN_COOKIES]: 2 } });
    t.listen();
    t.inject({ flags: 'SEW', seq: 0, options: syn });
    t.expect({ flags, seq: 0 });
    t.inject({});
    expect(t.events()).toEqual(['open']);
    t.send(500);
    t.expect({ flags: 'AP', data: 500, tos });
  });

  test('asks for ECN as often as it is told, before it asks without', async () => {
    const t = await script(ASKS, { settings: { [SETTING_ECN_SYN_RETRIES]: 1 } });
    t.connect();
    t.expect({ flags: 'SEW', seq: 0 });
    t.at(1000);
    t.expect({ flags: 'SEW', seq: 0 });
    t.at(3000);
    t.expect({ flags: 'S', seq: 0 });
  });

  test('says no to a peer that has asked and then asks again without the bits', async () => {
    const t = await script(ACCEPTS);
    t.listen();
    t.inject({ flags: 'SEW', seq: 0, options: PLAIN });
    t.expect({ flags: 'SAE', seq: 0 });
    t.inject({ flags: 'S', seq: 0, options: PLAIN });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    t.events();
    t.send(MSS);
    t.expect({ flags: 'AP', data: MSS, tos: NOT_ECT });
  });

  test('answers in the same way when the SYN-ACK has to be repeated', async () => {
    const t = await script(ACCEPTS);
    t.listen();
    t.inject({ flags: 'SEW', seq: 0, options: PLAIN });
    t.expect({ flags: 'SAE', seq: 0 });
    t.at(1000);
    t.expect({ flags: 'SAE', seq: 0, tos: NOT_ECT });
  });

  test.each([
    ['SEW', 'SAE', ECT_0],
    ['S', 'SA', NOT_ECT],
  ])('of two SYNs that cross, the other being %s, goes on with %s', async (flags, answer, tos) => {
    const t = await script(ASKS);
    t.connect();
    t.expect({ flags: 'SEW', seq: 0 });
    t.inject({ flags, seq: 0, options: PLAIN });
    t.expect({ flags: answer, seq: 0 });
    t.inject({ flags: answer, seq: 0, options: PLAIN });
    t.take();
    expect(t.state).toBe('Established');
    t.send(MSS);
    t.expect({ flags: 'AP', data: MSS, tos });
  });
});

describe('ECT(0) stands', () => {
  test('on new data, not on what is sent again (RFC 3168 §6.1.5)', async () => {
    const t = await agreed();
    t.send(5 * MSS);
    expect(seen(t)).toEqual(fresh(1, 5));
    t.pass(RTT);
    t.inject({ sack: [[1001, 5001]] });
    expect(seen(t)).toEqual(['1']);
  });

  test('not on what a timeout sends again, with SACK or without (§6.1.5)', async () => {
    for (const syn of [SACK, PLAIN]) {
      const t = await agreed({ syn });
      t.send(2 * MSS);
      t.take();
      t.driver.advance(1000);
      expect(t.take().every(({ tos, seq }) => tos === NOT_ECT && seq < 2001)).toBe(true);
    }
  });

  test('not on pure ACKs (§6.1.4), nor on a FIN that carries nothing', async () => {
    const t = await agreed();
    t.inject({ data: 500 }, { seq: 501, data: 500 }, { seq: 1001, data: 1000 });
    t.expect({ ack: 2001, tos: NOT_ECT });
    t.shutdown();
    t.expect({ flags: 'FA', ack: 2001, tos: NOT_ECT });
  });

  test('not on keep-alive segments and window probes, nor does CWR (§6.1.6)', async () => {
    const t = await agreed();
    t.send(10 * MSS);
    t.take();
    t.pass(RTT);
    // The window is reduced and shut: CWR is owed, and a probe does not carry it.
    t.inject({ flags: 'AE', ack: 10_001, win: 0 });
    t.send(5 * MSS);
    t.expectNothing();
    t.pass(300);
    t.expect({ seq: 10_001, data: 1, tos: NOT_ECT });
    t.inject({ ack: 10_002 });
    expect(seen(t)[0]).toBe('10002 W ect');
  });
});

describe('the receiver (RFC 3168 §6.1.3)', () => {
  test('echoes a mark on every ACK until data with CWR has come', async () => {
    const t = await answered();
    t.inject({ data: MSS, tos: CE });
    t.expect({ flags: 'AE', ack: 1001 });
    t.inject({ seq: 1001, data: MSS, tos: ECT_0 }, { seq: 2001, data: MSS, tos: ECT_0 });
    t.expect({ flags: 'AE', ack: 3001 });
    t.send(500);
    t.expect({ flags: 'APE', ack: 3001, data: 500, tos: ECT_0 });
    // CWR without data does not count: only data is delivered reliably.
    t.inject({ flags: 'AW', seq: 3001, ack: 501 });
    t.inject({ seq: 3001, ack: 501, data: MSS, tos: ECT_0 }, { seq: 4001, ack: 501, data: MSS, tos: ECT_0 });
    t.expect({ flags: 'AE', seq: 501, ack: 5001 });
    t.inject({ flags: 'AW', seq: 5001, ack: 501, data: MSS, tos: ECT_0 });
    t.expect({ flags: 'A', seq: 501, ack: 6001 });
  });

  test('goes on when the very segment with CWR is marked', async () => {
    const t = await answered();
    t.inject({ data: MSS, tos: CE });
    t.expect({ flags: 'AE', ack: 1001 });
    t.inject({ flags: 'AW', seq: 1001, data: MSS, tos: CE });
    t.expect({ flags: 'AE', ack: 2001 });
  });

  test('acknowledges at once what begins or ends the echo: the peer may have a window of one segment', async () => {
    const t = await answered({ settings: { [SETTING_ACK_DELAY]: 200 } });
    const before = t.time;
    t.inject({ data: 10, tos: CE });
    t.expect({ flags: 'AE', ack: 11, at: before });
    t.inject({ flags: 'AW', seq: 11, data: 10 });
    t.expect({ flags: 'A', ack: 21, at: before });
  });

  test('echoes a mark on data that came out of order, on the duplicate ACK', async () => {
    const t = await answered();
    t.inject({ seq: 1001, data: MSS, tos: CE });
    t.expect({ flags: 'AE', ack: 1, sack: [[1001, 2001]] });
  });

  test('echoes a mark on a window probe (§6.1.6)', async () => {
    const t = await answered({ settings: {} });
    t.option(OPTION_PAUSED, 1);
    let seq = 1;
    for (let window = MSS; window > 0; ) {
      t.inject({ seq, data: MSS });
      const { ack, window: left } = t.take().at(-1) ?? { ack: seq + MSS, window };
      [seq, window] = [ack, left];
    }
    t.inject({ seq, data: 1, tos: CE });
    expect(t.take().at(-1)?.flags).toBe('AE');
  });

  test('ignores marks on data outside its window, as anybody could forge them (§6.1.5)', async () => {
    const t = await answered();
    t.inject({ data: MSS }, { seq: 1001, data: MSS });
    t.expect({ ack: 2001 });
    const forged: Segment[] = [
      { seq: -50_000, data: MSS },
      { seq: 1, data: MSS }, // an old duplicate
      { seq: 5_000_000, data: MSS },
      { seq: 0x7fff_0000, data: MSS },
    ];
    for (const segment of forged) {
      t.inject({ ...segment, tos: CE });
      expect(t.take().map(({ flags }) => flags)).toEqual(['A']);
    }
  });

  test('ignores marks on segments without data, and on those that acknowledge what was never sent (§6.1.4)', async () => {
    const t = await answered();
    t.inject({ tos: CE });
    t.inject({ seq: 0, tos: CE }); // keep-alive
    t.expect({ flags: 'A' });
    t.inject({ ack: 70_000, data: 10, tos: CE });
    expect(t.take().map(({ flags }) => flags)).toEqual(['A']);
    t.inject({ data: 10 });
    t.pass(100);
    expect(t.take().map(({ flags }) => flags)).toEqual(['A']);
  });
});

describe('an echo', () => {
  test('halves the window once for all marks of a window, and repeats nothing (RFC 3168 §6.1.2)', async () => {
    const t = await agreed();
    t.send(60 * MSS);
    expect(seen(t)).toEqual(fresh(1, 10));
    t.pass(RTT);
    const sent: string[] = [];
    for (let ack = 1001; ack <= 10_001; ack += MSS) {
      t.inject({ flags: 'AE', ack });
      sent.push(...seen(t));
    }
    // One goes for each two that arrive; then the window is five.
    expect(sent).toEqual(['10001 W ect', ...fresh(11_001, 4)]);
    // The next window is not marked, and grows by one segment: slow start is over.
    t.pass(RTT);
    for (let ack = 11_001; ack <= 15_001; ack += MSS) {
      t.inject({ ack });
      sent.push(...seen(t));
    }
    expect(sent.slice(5)).toEqual(fresh(15_001, 6));
    expect(retransmitted(t)).toBe(0);
  });

  test('that comes behind the reduction halves the window again (§6.1.2)', async () => {
    const t = await agreed();
    t.send(60 * MSS);
    t.take();
    t.pass(RTT);
    t.inject({ flags: 'AE', ack: 10_001 });
    expect(seen(t)).toEqual(['10001 W ect', ...fresh(11_001, 4)]);
    t.pass(RTT);
    t.inject({ flags: 'AE', ack: 15_001 });
    // Half of five, rounded up by the floor of what is sent whole.
    expect(seen(t)).toEqual(['15001 W ect', ...fresh(16_001, 1)]);
    t.pass(RTT);
    t.inject({ flags: 'AE', ack: 17_001 });
    expect(seen(t), 'never below two').toEqual(['17001 W ect', ...fresh(18_001, 1)]);
  });

  test('does the same on a connection without SACK', async () => {
    const t = await agreed({ syn: PLAIN });
    t.send(60 * MSS);
    t.take();
    t.pass(RTT);
    const sent: string[] = [];
    for (let ack = 1001; ack <= 10_001; ack += MSS) {
      t.inject({ flags: 'AE', ack });
      sent.push(...seen(t));
    }
    expect(sent).toEqual(['10001 W ect', ...fresh(11_001, 4)]);
    expect(retransmitted(t)).toBe(0);
  });

  test('counts after more than half of the sequence numbers have gone by without one', async () => {
    const offloads = OFFLOAD_CHECKSUM | OFFLOAD_TSO;
    const syn = { mss: 1460, sackPermitted: true, windowScale: 10 };
    const t = await agreed({ offloads, syn, settings: { [SETTING_SEND_BUFFER]: CHUNK } });
    const chunk = new Uint8Array(CHUNK);
    let ack = 1;
    for (let sent = 0; sent < 2 ** 31; sent += CHUNK) {
      t.driver.core.send(t.handle, chunk);
      for (const end = ack + CHUNK; ack < end; ) {
        t.driver.output();
        const bytes = t.driver.emitted.splice(0).reduce((sum, packet) => sum + packet.bytes.length - IP_HEADER - 20, 0);
        t.pass(1);
        ack += bytes;
        t.driver.input([t.build({ ack })]);
      }
    }
    t.send(10 * 1460);
    expect(t.take().map(({ flags }) => flags)).toEqual(['PA']);
    t.inject({ flags: 'AE', ack: ack + 10 * 1460 });
    t.send(1460);
    expect(t.take().map(({ flags }) => flags)).toEqual(['PAW']);
  }, 30_000);

  test('does not count on an old ACK, nor on one for what was never sent', async () => {
    const t = await agreed();
    t.send(60 * MSS);
    t.take();
    t.pass(RTT);
    t.inject({ ack: 10_001 });
    expect(t.take()).toHaveLength(12);
    t.inject({ flags: 'AE', ack: 5001 });
    t.inject({ flags: 'AE', ack: 90_001 });
    t.take();
    t.pass(RTT);
    t.inject({ ack: 22_001 });
    expect(seen(t)).toEqual(fresh(22_001, 14));
  });

  test('on a connection without ECN means nothing', async () => {
    const t = await script(NEVER, { syn: SACK });
    t.connect();
    t.take();
    t.pass(RTT);
    t.inject({ flags: 'SA', seq: 0, options: SACK });
    t.take();
    t.send(60 * MSS);
    t.take();
    t.pass(RTT);
    t.inject({ flags: 'AE', ack: 10_001 });
    const sent = t.take();
    expect(sent).toHaveLength(12);
    expect(sent.every(({ flags, tos }) => !/[EW]/.test(flags) && tos === NOT_ECT)).toBe(true);
  });

  test.each([SACK, PLAIN])(
    'and a loss in one window reduce it once, and what is lost goes out again %#',
    async (syn) => {
      const t = await agreed({ syn });
      t.send(60 * MSS);
      t.take();
      t.pass(RTT);
      // The second of ten is lost, the first was marked.
      t.inject({ flags: 'AE', ack: 1001 });
      const sent = seen(t);
      for (let arrived = 3001; arrived <= 10_001; arrived += MSS) {
        t.inject({ flags: 'AE', ack: 1001, ...(syn === SACK ? { sack: [[2001, arrived]] } : {}) });
        sent.push(...seen(t));
      }
      expect(sent.filter((segment) => segment.startsWith('1001'))).toEqual(['1001']);
      expect(sent.filter((segment) => segment.includes('W'))).toEqual(['10001 W ect']);
      t.pass(RTT);
      const end = 10_001 + (sent.length - 1) * MSS;
      t.inject({ ack: end });
      // Half of ten, within what one ACK of everything lets go.
      expect(seen(t).length).toBeGreaterThanOrEqual(2);
      t.pass(RTT);
      expect(retransmitted(t)).toBe(1);
    },
  );

  test('that is older than a timeout does not hold the repair down to one segment a round trip', async () => {
    for (const syn of [SACK, PLAIN]) {
      const t = await agreed({ syn });
      t.send(60 * MSS);
      t.take();
      t.pass(RTT);
      // The mark is answered, but CWR is lost with all the rest.
      t.inject({ flags: 'AE', ack: 1001 });
      t.take();
      while (retransmitted(t) === 0) t.driver.advance(50);
      t.take();
      const sent: number[] = [];
      for (let ack = 2001; ack <= 4001; ack += MSS) {
        t.inject({ flags: 'AE', ack });
        sent.push(t.take().length);
      }
      expect(Math.max(...sent)).toBe(2);
    }
  });

  test('that meets a window of one segment holds the next one back until the timer expires (§6.1.2)', async () => {
    for (const syn of [SACK, PLAIN]) {
      const t = await agreed({ syn, settings: { [SETTING_INITIAL_WINDOW]: 1 } });
      t.send(5 * MSS);
      expect(seen(t)).toEqual(fresh(1, 1));
      t.pass(RTT);
      const then = t.time;
      t.inject({ flags: 'AE', ack: 1001 });
      t.expectNothing();
      // RTO: 200 ms at least.
      t.at(then + 199);
      t.expectNothing();
      t.at(then + 201);
      expect(seen(t)).toEqual(['1001 W ect']);
      t.pass(RTT);
      t.inject({ ack: 2001 });
      expect(seen(t)).toEqual(fresh(2001, 2));
      expect(retransmitted(t)).toBe(0);
    }
  });
});

describe('CWR', () => {
  test('tells of a loss too, on the first new segment and on none that is repeated (RFC 3168 §6.1.2)', async () => {
    const t = await agreed();
    t.send(60 * MSS);
    t.take();
    t.pass(RTT);
    t.inject({ sack: [[1001, 10_001]] });
    const sent = seen(t);
    t.pass(RTT);
    t.inject({ ack: 10_001 });
    sent.push(...seen(t));
    expect(sent[0]).toBe('1');
    expect(sent.filter((segment) => segment.includes('W'))).toEqual(['10001 W ect']);
  });

  test('tells of a timeout', async () => {
    const t = await agreed();
    t.send(MSS);
    t.take();
    t.driver.advance(500);
    expect(t.take().every(({ flags }) => !flags.includes('W'))).toBe(true);
    t.inject({ ack: 1001 });
    t.send(2 * MSS);
    expect(seen(t)[0]).toBe('1001 W ect');
  });

  test('stands on a packet of one segment, where others hold many (TSO)', async () => {
    const t = await agreed({ offloads: OFFLOAD_CHECKSUM | OFFLOAD_TSO });
    t.send(60 * MSS);
    t.expect({ flags: 'A', data: 10 * MSS, tos: ECT_0 });
    t.pass(RTT);
    t.inject({ flags: 'AE', ack: 10_001 });
    t.expect({ flags: 'AW', seq: 10_001, data: MSS, tos: ECT_0 });
    t.expect({ flags: 'A', seq: 11_001, data: 4 * MSS, tos: ECT_0 });
  });

  test('leaves a connection half open whose FIN the marked ACK takes, too, when the window is one segment', async () => {
    const t = await script(ACCEPTS, { syn: SACK });
    t.listen();
    t.inject({ flags: 'SEW', seq: 0, options: t.syn });
    t.expect({ flags: 'SAE', seq: 0 });
    t.driver.advance(1000);
    t.expect({ flags: 'SAE', seq: 0 });
    t.inject({});
    t.events();
    t.send(500);
    t.shutdown();
    t.take();
    t.inject({ ack: 502, flags: 'AE' });
    t.driver.advance(60_000);
    expect(t.state).toBe('FinWait2');
  });
});
