/** Where bytes go and which ACK they earn; the window we offer (RFC 9293 §3.8.6, §3.10.7.4, RFC 5681 §4.2). */
import { describe, expect, test } from 'vitest';
import { OPTION_DISCARD, OPTION_PAUSED, SETTING_RECEIVE_BUFFER } from '../../assembly/abi/constants.js';
import { accepted, connected } from '../kit/timeline.js';

describe('an ACK', () => {
  test('of one segment waits, but less than half a second (§3.8.6.3 MUST-40)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 100 });
    expect(t.receive()).toBe(100);
    t.expectNothing();
    t.driver.advance(500);
    const [ack, ...more] = t.take();
    expect(ack).toMatchObject({ flags: 'A', ack: 101 });
    expect(ack?.at).toBeLessThan(500);
    expect(more).toEqual([]);
  });

  test('goes out for at least every second full-sized segment (§3.8.6.3 SHLD-19)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 1000 });
    t.receive();
    t.take();
    t.inject({ seq: 1001, data: 1000 });
    t.receive();
    expect(t.take().at(-1)?.ack).toBe(2001);
  });

  test('of a batch is one (§3.10.7.4 MUST-58, MUST-59)', async () => {
    const t = await accepted();
    t.inject(...Array.from({ length: 20 }, (_, index) => ({ seq: 1 + index * 1000, data: 1000 })));
    t.expect({ ack: 20_001 });
    t.expectNothing();
  });

  test('goes out at once for each segment behind a gap, all alike (RFC 5681 §4.2)', async () => {
    const t = await accepted();
    t.inject({ seq: 1001, data: 1000 }, { seq: 2001, data: 1000 });
    const first = t.expect({ ack: 1 });
    const second = t.expect({ ack: 1 });
    expect(second.window).toBe(first.window);
  });

  test('goes out at once when a gap is filled (RFC 5681 §4.2)', async () => {
    const t = await accepted();
    t.inject({ seq: 101, data: 100 });
    t.expect({ ack: 1 });
    t.inject({ seq: 1, data: 100 });
    t.expect({ ack: 201 });
    t.inject({ seq: 401, data: 100 });
    t.expect({ ack: 201 });
    t.inject({ seq: 601, data: 100 });
    t.expect({ ack: 201 });
    t.inject({ seq: 201, data: 200 });
    t.expect({ ack: 501 });
    expect(t.receive()).toBe(500);
  });

  test('of an earlier moment does not take back the window that was offered (§3.8.6 SHLD-14)', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 8192 } });
    t.inject({ seq: 1001, data: 1000 }, { seq: 1, data: 1000 });
    const edges = t.take().map(({ ack, window }) => ack + window);
    expect(edges.length).toBeGreaterThan(1);
    for (const edge of edges) expect(edge).toBeGreaterThanOrEqual(8193);
  });
});

describe('out of order', () => {
  const orders: [name: string, order: number[]][] = [
    ['backwards', [4, 3, 2, 1, 0]],
    ['every second one first', [1, 3, 0, 2, 4]],
    ['the first one last', [1, 2, 3, 4, 0]],
    ['a gap behind what nobody has read yet', [0, 2, 1, 4, 3]],
    ['with repetitions', [2, 2, 4, 0, 4, 0, 1, 1, 3]],
  ];
  test.each(orders)('%s: every byte once, in order', async (_, order) => {
    const t = await accepted();
    let received = 0;
    for (const index of order) {
      t.inject({ seq: 1 + index * 100, data: 100 });
      received += t.receive();
      t.take();
    }
    expect(received).toBe(500);
    t.abort();
    t.take();
    t.expectGone();
  });

  test.each(orders)('%s in one batch: the same', async (_, order) => {
    const t = await accepted();
    t.inject(...order.map((index) => ({ seq: 1 + index * 100, data: 100 })));
    expect(t.receive()).toBe(500);
    expect(t.take().at(-1)?.ack).toBe(501);
  });

  const overlaps: [name: string, pieces: [seq: number, length: number][]][] = [
    [
      'one inside another',
      [
        [101, 300],
        [151, 100],
        [1, 100],
      ],
    ],
    [
      'one around others',
      [
        [151, 50],
        [251, 50],
        [101, 300],
        [1, 100],
      ],
    ],
    [
      'a chain of halves',
      [
        [301, 100],
        [251, 100],
        [201, 100],
        [151, 100],
        [101, 100],
        [51, 100],
        [1, 100],
      ],
    ],
    [
      'one that fills the gap and reaches beyond',
      [
        [201, 100],
        [1, 350],
        [351, 50],
      ],
    ],
    [
      'touching ranges',
      [
        [201, 100],
        [101, 100],
        [301, 100],
        [1, 100],
      ],
    ],
  ];
  test('the ACK that reports the gap is the one that was still owed, too (RFC 5681 §4.2)', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 100 });
    t.inject({ seq: 201, data: 100 });
    t.expect({ ack: 101 });
    t.driver.advance(500);
    t.expectNothing();
  });

  test.each(overlaps)('overlapping, %s: every byte once', async (_, pieces) => {
    const t = await accepted();
    let received = 0;
    for (const [seq, data] of pieces) {
      t.inject({ seq, data });
      t.take();
      received += t.receive();
      t.take();
    }
    expect(received).toBe(400);
  });

  test.each([
    ['2,000 gaps, which a queue that overflows leaves: nothing comes twice', 2000, 2000],
    ['more gaps than are kept: the rest comes again, nothing is lost or wrong', 9000, 8187],
  ])('%s', async (_, gaps, kept) => {
    const t = await accepted({ syn: { mss: 1000, windowScale: 0 } });
    const put = (index: number) => {
      t.inject({ seq: 1 + index * 10, data: 10 });
      t.take();
    };
    for (let index = 1; index < 2 * gaps; index += 2) put(index);
    let received = 0;
    for (let index = 0; index < 2 * gaps; index += 2) {
      if (index > 2 * kept) put(index - 1);
      put(index);
      received += t.receive();
    }
    put(2 * gaps - 1);
    received += t.receive();
    expect(received).toBe(20 * gaps);
    t.abort();
    t.take();
    t.expectGone();
  });
});

describe('the window we offer', () => {
  test('closes while the user does not read, and its right edge never moves left (§3.8.6 SHLD-14)', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 16_384 } });
    t.option(OPTION_PAUSED, 1);
    let edge = 1 + 16_384;
    let next = 1;
    while (next < edge) {
      const data = Math.min(700, edge - next);
      t.inject({ seq: next, data });
      next += data;
      t.pass(100);
      const ack = t.take().at(-1);
      if (ack === undefined) continue;
      expect(ack.ack).toBe(next);
      expect(ack.ack + ack.window).toBeGreaterThanOrEqual(edge);
      edge = ack.ack + ack.window;
    }
    expect(edge).toBe(1 + 16_384);
    t.option(OPTION_PAUSED, 0);
    expect(t.receive()).toBe(16_384);
    const update = t.expect({ ack: next });
    expect(update.window, 'the update that opens it again').toBe(16_384);
  });

  test('scaled, never promises more than it keeps, and rounding moves no edge left (RFC 7323 §2.4)', async () => {
    const t = await connected({ syn: { mss: 1000, windowScale: 0 } });
    t.option(OPTION_PAUSED, 1);
    let edge = 0;
    for (let next = 1; next < 40_000; next += 777) {
      t.inject({ seq: next, data: 777 });
      t.pass(100);
      for (const { ack, window } of t.take()) {
        expect(ack + window * 32 + 31, 'an edge that moved left').toBeGreaterThanOrEqual(edge);
        edge = Math.max(edge, ack + window * 32);
        expect(edge).toBeLessThanOrEqual(1 + (1 << 20));
      }
    }
  });

  test('opens only by what is worth a segment (§3.8.6.2.2 MUST-39)', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 4096 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 1000 }, { seq: 1001, data: 1000 }, { seq: 2001, data: 1000 }, { seq: 3001, data: 1000 });
    t.expect({ ack: 4001, win: 96 });
    t.option(OPTION_PAUSED, 0);
    t.receive();
    expect(t.take().at(-1)).toMatchObject({ ack: 4001, window: 4096 });
  });

  test('stays closed while the user reads crumbs, until they make a segment (§3.8.6.2.2 MUST-39)', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 4096 } });
    t.option(OPTION_PAUSED, 1);
    t.inject(...[1, 1025, 2049, 3073].map((seq) => ({ seq, data: 1024 })));
    t.expect({ ack: 4097, win: 0 });
    t.option(OPTION_PAUSED, 0);
    const windows: number[] = [];
    for (let read = 100; read <= 1100; read += 100) {
      expect(t.driver.calls.tcpReceive(t.handle, 100)).toBe(100);
      t.driver.output();
      t.driver.input([t.build({ seq: 4097, data: 1 })]);
      t.driver.output();
      windows.push(t.take().at(-1)?.window ?? -1);
    }
    expect(windows.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(windows.at(-1)).toBeGreaterThanOrEqual(999);
  });

  test('holds against a peer that ignores it: no byte and no memory beyond', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 4096 } });
    t.option(OPTION_PAUSED, 1);
    for (let next = 1; next < 20_000; next++) {
      t.driver.input([t.build({ seq: next, data: 1 })]);
      if (next % 64 === 0) t.driver.output();
    }
    t.driver.output();
    t.take();
    expect(t.driver.bufferBytes).toBeLessThanOrEqual(8192);
    t.option(OPTION_PAUSED, 0);
    expect(t.receive()).toBe(4096);
  });

  test('answers a probe of the closed window with its number and zero (§3.8.6.1 MUST-66)', async () => {
    const t = await accepted({ settings: { [SETTING_RECEIVE_BUFFER]: 2048 } });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 2048 });
    t.expect({ ack: 2049, win: 0 });
    for (let probe = 0; probe < 3; probe++) {
      t.inject({ seq: 2049, data: 1 });
      t.expect({ ack: 2049, win: 0 });
    }
  });
});

describe('delivery', () => {
  test('waits while paused, is whole afterwards, even when the slots were filled again', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 500 });
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 501, data: 500 });
    t.take();
    t.inject({ flags: 'S', seq: 7, peerPort: 9, localPort: 9, data: 900 });
    t.take();
    t.option(OPTION_PAUSED, 0);
    expect(t.receive()).toBe(1000);
  });

  test('leaves for the next time what came since', async () => {
    const t = await accepted();
    t.inject({ seq: 1, data: 500 });
    t.inject({ seq: 501, data: 500 });
    t.take();
    t.inject({ seq: 1001, data: 10 });
    expect(t.receive()).toBe(1010);
    expect(t.receive()).toBe(0);
  });

  test('discards on request, in order or not, and holds no memory', async () => {
    const t = await accepted();
    t.option(OPTION_DISCARD, 1);
    t.inject({ seq: 1, data: 1000 }, { seq: 2001, data: 1000 }, { seq: 1001, data: 1000 });
    expect(t.take().at(-1)?.ack).toBe(2001);
    t.inject({ seq: 2001, data: 1000 });
    t.pass(50);
    expect(t.take().at(-1)?.ack).toBe(3001);
    expect(t.events()).toEqual([]);
    expect(t.driver.bufferBytes).toBe(0);
  });

  test('gives the storage back when everything is taken', async () => {
    const t = await accepted();
    t.option(OPTION_PAUSED, 1);
    t.inject({ seq: 1, data: 1000 }, { seq: 3001, data: 1000 });
    t.take();
    t.inject({ seq: 1001, data: 2000 });
    t.take();
    t.option(OPTION_PAUSED, 0);
    expect(t.receive()).toBe(4000);
    t.take();
    expect(t.driver.bufferBytes).toBe(0);
  });
});
