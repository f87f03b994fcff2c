/** What we make of the peer's SACK blocks (RFC 2018 §5, §8): true, false and hostile ones. */
import { describe, expect, test } from 'vitest';
import { COUNTER_SEGMENTS_RETRANSMITTED } from '../../assembly/abi/constants.js';
import { accepted, type Segment, type Timeline, timeline } from '../kit/timeline.js';

const SYN = { mss: 1000, sackPermitted: true };

/** Ten segments of 1000 bytes are out; a round trip is 40 ms. */
async function sending(): Promise<Timeline> {
  const t = await timeline({ syn: SYN });
  t.connect();
  t.take();
  t.pass(40);
  t.inject({ flags: 'SA', seq: 0, options: SYN });
  t.take();
  t.events();
  t.send(10_000);
  expect(t.take()).toHaveLength(10);
  t.pass(40);
  return t;
}

function retransmitted(t: Timeline): number {
  return t.driver.calls.counter(COUNTER_SEGMENTS_RETRANSMITTED);
}

function sequences(t: Timeline): number[] {
  return t.take().map(({ seq }) => seq);
}

describe('blocks of the peer', () => {
  test('keep what they name from being sent again (RFC 2018 §5)', async () => {
    const t = await sending();
    t.inject({ sack: [[1001, 10_001]] });
    expect(sequences(t)).toEqual([1]);
    t.inject({ ack: 10_001 });
    expect(retransmitted(t)).toBe(1);
    t.settles();
  });

  test('are remembered when a later ACK does not repeat them (RFC 2018 §5)', async () => {
    const t = await sending();
    t.inject({ sack: [[1001, 3001]] }, { sack: [[4001, 8001]] }, { sack: [[9001, 10_001]] });
    expect(sequences(t)).toEqual(expect.arrayContaining([1]));
    t.inject({ ack: 3001 });
    t.inject({ ack: 8001 });
    expect(sequences(t).filter((seq) => seq !== 1 && seq !== 3001 && seq !== 8001)).toEqual([]);
    t.inject({ ack: 10_001 });
    expect(retransmitted(t)).toBe(3);
  });

  test('on a connection that did not negotiate them count for nothing (RFC 2018 §4)', async () => {
    const t = await accepted();
    t.send(10_000);
    t.take();
    t.inject({ sack: [[1001, 10_001]] });
    t.expectNothing();
  });

  const nonsense: [what: string, block: [number, number]][] = [
    ['reversed', [5001, 2001]],
    ['empty', [2001, 2001]],
    ['beyond SND.NXT', [9001, 12_001]],
    ['wholly beyond SND.NXT', [20_001, 30_001]],
    ['below SND.UNA', [-5000, -1000]],
    ['half the circle long', [2001, 2001 + 0x7fff_ffff]],
    ['more than half the circle long', [2001, 2001 + 0x9000_0000]],
    ['the whole circle but one', [1, 0]],
  ];
  test.each(nonsense)('that are %s do no harm (RFC 2018 §5)', async (_, block) => {
    const t = await sending();
    for (let count = 0; count < 4; count++) t.inject({ sack: [block, block] });
    t.expectNothing();
    expect(retransmitted(t)).toBe(0);
    t.inject({ ack: 10_001 });
    t.settles();
    t.send(1000);
    t.expect({ flags: 'PA', seq: 10_001, data: 1000 });
  });

  test('beside nonsense still count (RFC 2018 §5)', async () => {
    const t = await sending();
    t.inject({
      sack: [
        [5001, 2001],
        [1001, 10_001],
        [9001, 99_001],
      ],
    });
    expect(sequences(t)).toEqual([1]);
  });

  test('that begin below SND.UNA count from there on (RFC 2018 §5)', async () => {
    const t = await sending();
    t.inject({ ack: 2001, sack: [[1001, 2001]] });
    t.expectNothing();
    t.inject({ ack: 2001, sack: [[1001, 2001]] });
    t.inject({ ack: 2001, sack: [[1001, 2001]] });
    t.expectNothing();
  });

  test('in an option of a wrong length are passed over (RFC 2018 §3, RFC 9293 MUST-7)', async () => {
    const t = await sending();
    t.inject({ options: { raw: [5, 9, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1] } });
    t.inject({ options: { raw: [5, 2, 1, 1] } });
    t.expectNothing();
    t.inject({ ack: 10_001 });
    t.settles();
  });
});

describe('a peer that splinters what we send', () => {
  /** Every other byte of [from, to) in blocks of one byte, four to an ACK. */
  function splinter(t: Timeline, from: number, to: number): void {
    for (let at = from; at < to; at += 64 * 8) {
      const batch: Segment[] = [];
      for (let seq = at; seq < Math.min(at + 64 * 8, to); seq += 8) {
        batch.push({ sack: [0, 2, 4, 6].map((offset) => [seq + offset, seq + offset + 1] as const) });
      }
      t.inject(...batch);
      t.take();
    }
  }

  test('with blocks of one byte costs no more than 128 KiB, and the stream goes on (RFC 2018 §5)', async () => {
    const t = await accepted({ syn: SYN });
    t.send(10_000);
    t.take();
    const ring = t.driver.bufferBytes;
    t.inject({ sack: [[9001, 10_001]] });
    t.take();
    splinter(t, 11, 9001);
    expect(t.driver.bufferBytes - ring).toBeLessThanOrEqual(128 * 1024);
    finish(t);
  });

  test('and has the last byte still gets what is sent behind it, counted once (RFC 6675 §4: pipe)', async () => {
    const t = await accepted({ syn: SYN });
    t.send(10_000);
    t.take();
    t.inject({ sack: [[9001, 10_001]] });
    t.take();
    splinter(t, 11, 9001);
    t.send(40_000);
    // The last record of a full scoreboard now holds bytes that have arrived, and bytes that have not.
    let [acknowledged, highest] = [1, 10_001];
    while (acknowledged < highest) {
      acknowledged = Math.min(acknowledged + 1000, highest);
      highest = t.take().reduce((most, { seq, data }) => Math.max(most, seq + data.length), highest);
      t.inject({ ack: acknowledged });
      highest = t.take().reduce((most, { seq, data }) => Math.max(most, seq + data.length), highest);
    }
    expect(acknowledged, 'without a timeout').toBe(50_001);
    t.settles();
    expect(t.driver.bufferBytes).toBe(0);
  });

  /** Acknowledges what comes until all is sent. */
  function finish(t: Timeline): void {
    let end = 0;
    for (let round = 0; round < 2000 && t.driver.deadline !== Number.POSITIVE_INFINITY; round++) {
      for (const { seq, data } of t.take()) end = Math.max(end, seq + data.length);
      if (end > 0) t.inject({ ack: end });
      if (t.driver.emitted.length === 0) t.driver.advance(50);
    }
    t.take();
    t.settles();
  }
});

describe('a peer that throws away what it had SACKed', () => {
  test('is sent it again after a timeout (RFC 2018 §8)', async () => {
    const t = await sending();
    t.inject({ sack: [[1001, 10_001]] });
    expect(sequences(t)).toEqual([1]);
    // It has 1 … 1000 now, and nothing else any more.
    t.inject({ ack: 1001 });
    t.expectNothing();
    t.driver.advance(300);
    expect(sequences(t), 'the left edge, SACKed or not').toContain(1001);
    for (let acknowledged = 2001; acknowledged <= 10_001; acknowledged += 1000) {
      t.inject({ ack: acknowledged });
      t.take();
    }
    t.settles();
  });

  test('of a stretch in the middle is sent that, too (RFC 2018 §8)', async () => {
    const t = await sending();
    t.inject({ sack: [[1001, 10_001]] });
    t.take();
    t.inject({ ack: 4001 });
    t.driver.advance(300);
    expect(sequences(t)).toContain(4001);
  });

  test('is not suspected at a timeout while the left edge was never SACKed (RFC 2018 §8)', async () => {
    const t = await sending();
    t.inject({ sack: [[1001, 10_001]] });
    expect(sequences(t)).toEqual([1]);
    t.driver.advance(300);
    expect(sequences(t), 'the left edge and nothing else').toEqual([1]);
    t.inject({ ack: 10_001 });
    t.settles();
  });
});
