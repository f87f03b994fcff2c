/** What is sent again after a loss, and how fast sending goes (RFC 5681, RFC 6582, RFC 3042, RFC 6928). */
import { describe, expect, test } from 'vitest';
import { COUNTER_SEGMENTS_RETRANSMITTED, SETTING_DUPLICATE_THRESHOLD } from '../../assembly/abi/constants.js';
import { accepted, type Segment, type Timeline, timeline } from '../kit/timeline.js';

/** What is sent after ACKs of these numbers, one at a time. */
function acknowledge(t: Timeline, ...acks: number[]): number[][] {
  return acks.map((ack) => {
    t.inject({ ack });
    return t.take().map(({ seq }) => seq);
  });
}

describe('the initial window', () => {
  const cases: [mss: number, bytes: number][] = [
    [1000, 10_000],
    [1460, 14_600],
    [536, 5360],
  ];
  test.each(cases)('for an MSS of %i is %i bytes (RFC 6928 §2)', async (mss, bytes) => {
    const t = await accepted({ syn: { mss } });
    t.send(50_000);
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBe(bytes);
  });

  test('for large segments is two of them or 14,600 bytes (RFC 6928 §2)', async () => {
    const t = await accepted({ mtu: 9000, syn: { mss: 8960 } });
    t.send(50_000);
    expect(t.take().reduce((sum, { data }) => sum + data.length, 0)).toBe(2 * 8960);
  });

  test('is one segment when the SYN had to be sent again (RFC 5681 §3.1)', async () => {
    const t = await timeline();
    t.connect();
    t.take();
    t.driver.advance(1100);
    t.expect({ flags: 'S', seq: 0 });
    t.inject({ flags: 'SA', seq: 0, options: t.syn });
    t.take();
    t.send(50_000);
    expect(t.take()).toHaveLength(1);
  });
});

describe('slow start and congestion avoidance', () => {
  test('grow by what is acknowledged, at most two segments an ACK (RFC 5681 §3.1, RFC 3465 §2.2)', async () => {
    const t = await accepted();
    t.send(60_000);
    expect(t.take()).toHaveLength(10);
    expect(acknowledge(t, 1001)[0], 'one acknowledged, one more').toHaveLength(2);
    expect(acknowledge(t, 3001)[0], 'two acknowledged, two more').toHaveLength(4);
    expect(acknowledge(t, 8001)[0], 'five acknowledged, two more').toHaveLength(7);
  });

  test('beyond ssthresh grow by one segment for each window (RFC 5681 §3.1)', async () => {
    const t = await accepted();
    t.send(400_000);
    t.take();
    // A timeout: ssthresh becomes half the flight of ten, cwnd one segment.
    t.driver.advance(250);
    t.take();
    const perRound: number[] = [];
    let acknowledged = 10_001;
    t.inject({ ack: acknowledged });
    let sent = t.take();
    for (let round = 0; round < 12; round++) {
      perRound.push(sent.length);
      const next = [];
      for (const { data } of sent) {
        acknowledged += data.length;
        t.inject({ ack: acknowledged });
        next.push(...t.take());
      }
      sent = next;
    }
    const growth = perRound.slice(1).map((count, index) => count - (perRound[index] as number));
    expect(perRound[0]).toBeLessThanOrEqual(3);
    // Doubling ends at five segments; from there on each round is one larger, give or take the rounding of a round.
    expect(perRound[11]).toBeGreaterThanOrEqual(9);
    expect(perRound[11]).toBeLessThanOrEqual(16);
    expect(Math.max(...growth.slice(4))).toBeLessThanOrEqual(2);
  });

  test('after a pause longer than the RTO begin anew (RFC 5681 §4.1)', async () => {
    const t = await accepted();
    t.send(30_000);
    let acknowledged = 1;
    while (acknowledged < 30_001) {
      t.take();
      acknowledged += 1000;
      t.inject({ ack: acknowledged });
    }
    t.take();
    t.pass(10_000);
    t.send(60_000);
    expect(t.take()).toHaveLength(10);
  });
});

describe('limited transmit', () => {
  test('sends a new segment for each of the first two duplicate ACKs (RFC 3042 §2)', async () => {
    const t = await accepted();
    t.send(60_000);
    expect(t.take()).toHaveLength(10);
    expect(acknowledge(t, 1, 1)).toEqual([[10_001], [11_001]]);
  });
});

describe('fast retransmit', () => {
  test('comes with the third duplicate ACK, not before (RFC 5681 §3.2)', async () => {
    const t = await accepted();
    t.send(60_000);
    t.take();
    const [first, second, third] = acknowledge(t, 1, 1, 1);
    expect(first).not.toContain(1);
    expect(second).not.toContain(1);
    expect(third?.[0]).toBe(1);
    expect(t.driver.calls.counter(COUNTER_SEGMENTS_RETRANSMITTED)).toBe(1);
  });

  test('comes later where the setting says so: five duplicates, each of the first four with a new segment', async () => {
    const t = await accepted({ settings: { [SETTING_DUPLICATE_THRESHOLD]: 5 } });
    t.send(60_000);
    t.take();
    const answers = acknowledge(t, 1, 1, 1, 1, 1);
    expect(answers.slice(0, 4)).toEqual([[10_001], [11_001], [12_001], [13_001]]);
    expect(answers[4]?.[0]).toBe(1);
  });

  const notDuplicates: [name: string, first: Segment, then: Segment][] = [
    ['with data', { data: 10 }, { seq: 11 }],
    ['with another window', { win: 60_000 }, { win: 60_000 }],
    ['with a FIN', { flags: 'FA' }, { seq: 2 }],
  ];
  test.each(notDuplicates)('does not count an ACK %s as a duplicate (RFC 5681 §2)', async (_, first, then) => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    t.inject(first);
    t.take();
    t.inject(then);
    t.take();
    t.inject(then);
    expect(
      t.take().map(({ seq }) => seq),
      'two duplicates',
    ).not.toContain(1);
    t.inject(then);
    expect(
      t.take().map(({ seq }) => seq),
      'the third',
    ).toContain(1);
  });

  test('does not happen when nothing is outstanding (RFC 5681 §2)', async () => {
    const t = await accepted();
    t.inject({});
    t.inject({});
    t.inject({});
    t.expectNothing();
  });

  test('halves the window, and each further duplicate lets one segment go (RFC 5681 §3.2 steps 3 to 5)', async () => {
    const t = await accepted();
    t.send(60_000);
    expect(t.take()).toHaveLength(10);
    acknowledge(t, 1, 1, 1);
    // Twelve are outstanding by limited transmit. ssthresh = 6 segments (or 5, which leaves limited transmit out),
    // cwnd = ssthresh + 3: the window is shut until enough duplicates have inflated it again.
    const sent = acknowledge(t, 1, 1, 1, 1, 1, 1).flat();
    expect(sent.length).toBeGreaterThanOrEqual(2);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(sent[0]).toBe(12_001);
    // A full acknowledgment deflates: no burst of more than what was deflated to.
    const [burst] = acknowledge(t, 12_001 + sent.length * 1000);
    expect(burst?.length).toBeLessThanOrEqual(6);
    expect(burst?.length).toBeGreaterThanOrEqual(1);
  });
});

describe('NewReno', () => {
  test('sends the next missing segment at each partial ACK, until all is there (RFC 6582 §3.2 step 3)', async () => {
    const t = await accepted();
    t.send(10_000);
    expect(t.take()).toHaveLength(10);
    // Segments 1, 3 and 5 of ten are lost.
    expect(acknowledge(t, 1, 1, 1)[2]?.[0]).toBe(1);
    expect(acknowledge(t, 2001)[0]?.[0]).toBe(2001);
    expect(acknowledge(t, 4001)[0]?.[0]).toBe(4001);
    expect(acknowledge(t, 10_001)[0]).toEqual([]);
    expect(t.driver.calls.counter(COUNTER_SEGMENTS_RETRANSMITTED)).toBe(3);
    t.settles();
  });

  test('deflates at a partial ACK by what it acknowledges: no burst (RFC 6582 §3.2 step 3)', async () => {
    const t = await accepted();
    t.send(60_000);
    expect(t.take()).toHaveLength(10);
    // Segments 1 and 5 are lost.
    acknowledge(t, ...Array.from({ length: 10 }, () => 1));
    const [partial] = acknowledge(t, 4001);
    expect(partial?.[0]).toBe(4001);
    expect(partial?.length).toBeLessThanOrEqual(2);
  });

  test('does not retransmit twice for the duplicates of one loss (RFC 6582 §3.2 step 2)', async () => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    acknowledge(t, 1, 1, 1);
    const again = acknowledge(t, 1, 1, 1, 1, 1).flat();
    expect(again).toEqual([]);
  });

  test('resets the timer at the first partial ACK only (RFC 6582 §3.2 step 3, Impatient)', async () => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    acknowledge(t, 1, 1, 1);
    t.pass(100);
    acknowledge(t, 1001);
    t.pass(150);
    t.expectNothing();
    acknowledge(t, 2001);
    t.driver.advance(60);
    expect(t.take()[0]?.seq, 'the RTO of the first partial ACK').toBe(2001);
  });
});

describe('after a timeout', () => {
  test('everything outstanding goes again, from one segment on, one more for each ACK (RFC 5681 §3.1, RFC 3465 §2.3)', async () => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    t.driver.advance(250);
    expect(t.take().map(({ seq }) => seq)).toEqual([1]);
    expect(acknowledge(t, 1001)[0]).toEqual([1001, 2001]);
    expect(acknowledge(t, 3001)[0]).toEqual([3001, 4001, 5001]);
  });

  test('what the peer has is skipped', async () => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    t.driver.advance(250);
    t.take();
    expect(acknowledge(t, 10_001)[0]).toEqual([]);
    t.settles();
  });

  test('duplicate ACKs of what went before start no fast retransmit (RFC 6582 §3.2 step 2, §4.1)', async () => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    t.driver.advance(250);
    t.take();
    acknowledge(t, 1001, 3001);
    expect(acknowledge(t, 7001)[0], 'all of it has gone again').toEqual([7001, 8001, 9001]);
    expect(acknowledge(t, 7001, 7001, 7001, 7001).flat()).toEqual([]);
  });
});
