/** Timestamps and PAWS (RFC 7323), and how options are read (RFC 9293 §3.2). */

import { describe, expect, test } from 'vitest';
import { DEFAULT_MSS } from '../kit/family.js';
import { accepted, type Timeline, timeline } from '../kit/timeline.js';

const stamped = () => accepted({ syn: { mss: 1000, timestamps: [500, 0] } });

/** The TSecr that the core answers with. */
function echo(t: Timeline): number | undefined {
  return t.take().at(-1)?.options.timestamps?.[1];
}

describe('timestamps', () => {
  test('stand on every segment once both sides offered them (RFC 7323 §3.2)', async () => {
    const t = await stamped();
    t.send(100);
    expect(t.take()[0]?.options.timestamps).toBeDefined();
    t.inject({ seq: 1, ack: 101, data: 2000 });
    expect(t.take()[0]?.options.timestamps).toBeDefined();
  });

  test('a SYN that lacks them is answered: a peer that has begun anew can but ask (RFC 5961 §4.2)', async () => {
    const t = await accepted({ syn: { mss: 1000, timestamps: [5000, 0] } });
    t.inject({ flags: 'S', seq: 12_345_678, options: { mss: 1000 } });
    t.expect({ seq: 1, ack: 1 });
    t.inject({ flags: 'R', seq: 1 });
    expect(t.state).toBe('Closed');
  });

  test('a segment that lacks them is dropped in silence (RFC 7323 §3.2)', async () => {
    const t = await stamped();
    t.inject({ seq: 1, data: 10, options: {} });
    t.pass(1000);
    t.expectNothing();
    expect(t.receive()).toBe(0);
  });

  test('a RST needs none (RFC 7323 §3.2)', async () => {
    const t = await stamped();
    t.inject({ flags: 'R', seq: 1 });
    expect(t.state).toBe('Closed');
  });

  test('tick once a millisecond (RFC 7323 §5.4)', async () => {
    const t = await stamped();
    t.send('a');
    const [first] = t.take();
    t.inject({ ack: 2 });
    t.pass(777);
    t.send('b');
    const [second] = t.take();
    const tick = (packet: typeof first) => packet?.options.timestamps?.[0] ?? 0;
    expect((tick(second) - tick(first)) >>> 0).toBe(777);
  });

  test('echo the one that arrived first of those an ACK covers (RFC 7323 §4.3)', async () => {
    const t = await stamped();
    t.tsVal = 1000;
    t.inject({ seq: 1, data: 100 });
    t.tsVal = 1001;
    t.inject({ seq: 101, data: 100 });
    t.receive();
    t.driver.advance(100);
    expect(echo(t)).toBe(1000);
  });

  test('behind a gap echo the last one in order (RFC 7323 §4.3, (B))', async () => {
    const t = await stamped();
    t.tsVal = 1000;
    t.inject({ seq: 1, data: 2000 });
    expect(echo(t)).toBe(1000);
    t.tsVal = 1005;
    t.inject({ seq: 3001, data: 1000 });
    expect(echo(t)).toBe(1000);
    t.tsVal = 1010;
    t.inject({ seq: 2001, data: 1000 });
    expect(echo(t), 'the segment that filled the gap').toBe(1010);
  });

  test('echo the segment that filled a gap also when the gap was seen before an ACK had come due (RFC 7323 §4.3, (C))', async () => {
    const t = await stamped();
    t.tsVal = 1000;
    t.inject({ seq: 1, data: 1000 });
    t.inject({ seq: 2001, data: 1000 });
    t.take();
    t.tsVal = 1010;
    t.inject({ seq: 1001, data: 1000 });
    expect(echo(t)).toBe(1010);
  });

  test('measure a round trip even when the segment was sent twice (RFC 7323 §4.1)', async () => {
    const t = await stamped();
    t.send(100);
    t.take();
    t.driver.advance(1000);
    t.take();
    t.inject({ ack: 101 });
    t.send(100);
    t.take();
    const start = t.time;
    t.driver.advance(5000);
    const [again] = t.take();
    expect((again?.at ?? 0) - start, 'no longer backed off').toBeLessThan(700);
  });
});

describe('PAWS', () => {
  test('is not turned against the peer by a forged timestamp whose ACK is bad', async () => {
    const t = await accepted({ syn: { mss: 1000, timestamps: [100, 0] } });
    for (const ack of [9999, -100_000]) {
      t.inject({ flags: 'PA', seq: 1, ack, data: 10, options: { timestamps: [0x4000_0000, 0] } });
      t.take();
    }
    t.tsVal = 101;
    t.inject({ flags: 'PA', seq: 1, data: 10 });
    t.pass(40);
    expect(t.expect({ ack: 11 }).options.timestamps?.[1]).toBe(101);
    expect(t.receive()).toBe(10);
  });

  test('drops a segment with an old timestamp and answers it (RFC 7323 §5.3 R1)', async () => {
    const t = await stamped();
    t.tsVal = 2000;
    t.inject({ seq: 1, data: 100 });
    t.receive();
    t.take();
    t.tsVal = 1999;
    t.inject({ seq: 101, data: 100 });
    t.expect({ ack: 101 });
    expect(t.receive()).toBe(0);
    t.tsVal = 2000;
    t.inject({ seq: 101, data: 100 });
    expect(t.receive()).toBe(100);
  });

  test('compares on the circle (RFC 7323 §5.2)', async () => {
    const t = await accepted({ syn: { mss: 1000, timestamps: [0xffff_fff0, 0] } });
    t.tsVal = 5;
    t.inject({ seq: 1, data: 100 });
    expect(t.receive()).toBe(100);
    t.tsVal = 0xffff_fff8;
    t.inject({ seq: 101, data: 100 });
    expect(t.receive()).toBe(0);
  });

  test('forgets after 24 days of silence (RFC 7323 §5.5)', async () => {
    const t = await stamped();
    t.tsVal = 2000;
    t.inject({ seq: 1, data: 100 });
    t.receive();
    t.driver.advance(25 * 24 * 3600 * 1000);
    t.take();
    t.tsVal = 1000;
    t.inject({ seq: 101, data: 100 });
    expect(t.receive()).toBe(100);
  });

  test('lets a new SYN into TIME-WAIT by its timestamp, though its number is lower (RFC 6191 §2)', async () => {
    const t = await stamped();
    t.shutdown();
    t.take();
    t.inject({ flags: 'FA', seq: 1, ack: 2 });
    t.take();
    t.listen();
    t.inject({ flags: 'S', seq: -5000, options: { timestamps: [t.tsVal, 0] } });
    t.expect({ flags: 'A', seq: 2, ack: 2 });
    t.inject({ flags: 'S', seq: -5000, options: { timestamps: [t.tsVal + 1, 0] } });
    t.expect({ flags: 'SA', seq: 0, ack: -4999 });
  });
});

describe('reading options', () => {
  const raws: [name: string, raw: number[], mss: number][] = [
    ['after padding', [1, 1, 1, 1, 2, 4, 3, 232], 1000],
    ['after unknown ones (MUST-6)', [254, 6, 1, 2, 3, 4, 2, 4, 3, 232], 1000],
    ['not after the end of the list', [0, 0, 0, 0, 2, 4, 3, 232], DEFAULT_MSS],
    ['not after a length of 0 (MUST-7)', [254, 0, 2, 4, 3, 232], DEFAULT_MSS],
    ['not after a length of 1 (MUST-7)', [254, 1, 2, 4, 3, 232], DEFAULT_MSS],
    ['not after a length beyond the header (MUST-7)', [254, 40, 2, 4, 3, 232], DEFAULT_MSS],
    ['not with a wrong length of its own', [2, 3, 3, 1], DEFAULT_MSS],
    ['not when it is cut off', [1, 1, 1, 2], DEFAULT_MSS],
    ['before a bad one', [2, 4, 3, 232, 254, 0], 1000],
    ['up to 64 bytes at the least, so that a peer cannot make us send crumbs', [2, 4, 0, 1], 64],
  ];
  test.each(raws)('finds the MSS %s (RFC 9293 §3.2)', async (_, raw, mss) => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0, options: { raw } });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    t.events();
    t.send(5000);
    expect(t.take()[0]?.data).toHaveLength(mss);
  });

  test('does not take an option from the text behind the header (MUST-7)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0, options: { raw: [1, 1, 2, 4] }, data: '\x03\xe8' });
    t.expect({ flags: 'SA', seq: 0 });
    t.inject({});
    t.events();
    t.send(5000);
    expect(t.take()[0]?.data).toHaveLength(DEFAULT_MSS);
  });

  test('takes none from segments without SYN but timestamps', async () => {
    const t = await accepted();
    t.inject({ seq: 1, options: { mss: 100, windowScale: 14 }, win: 5000 });
    t.send(10_000);
    const sent = t.take();
    expect(sent[0]?.data).toHaveLength(1000);
    expect(sent.length).toBe(5);
  });
});
