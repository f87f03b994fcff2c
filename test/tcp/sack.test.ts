/** Selective acknowledgments: what we report (RFC 2018 §4, RFC 2883). */
import { describe, expect, test } from 'vitest';
import { accepted, connected, type Timeline, timeline } from '../kit/timeline.js';

const SYN = { mss: 1000, sackPermitted: true };
const STAMPED = { ...SYN, timestamps: [500, 0] as [number, number] };

/** A connection on which the peer's segments that begin at these numbers, a hundred bytes each, have arrived. */
async function received(...at: number[]): Promise<Timeline> {
  const t = await accepted({ syn: SYN });
  arrive(t, ...at);
  return t;
}

function arrive(t: Timeline, ...at: number[]): void {
  for (const seq of at) {
    t.inject({ seq, data: 100 });
    t.take();
  }
}

describe('SACK permitted', () => {
  test('stands on our SYN, and on our SYN-ACK when the peer offered it (RFC 2018 §2)', async () => {
    const active = await timeline();
    active.connect();
    expect(active.take()[0]?.options.sackPermitted).toBe(true);
    const passive = await timeline();
    passive.listen();
    passive.inject({ flags: 'S', seq: 0, options: SYN });
    expect(passive.take()[0]?.options.sackPermitted).toBe(true);
  });

  test('is not answered when the peer did not offer it, and no block follows (RFC 2018 §4)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0, options: { mss: 1000 } });
    expect(t.take()[0]?.options.sackPermitted).toBeUndefined();
    t.inject({});
    t.inject({ seq: 1001, data: 100 });
    t.expect({ ack: 1, sack: [] });
    t.inject({ seq: 1001, data: 100 });
    t.expect({ ack: 1, sack: [] });
  });

  test('that the peer’s SYN-ACK lacks is off, too (RFC 2018 §4)', async () => {
    const t = await connected({ syn: { mss: 1000 } });
    t.inject({ seq: 1001, data: 100 });
    t.expect({ ack: 1, sack: [] });
  });

  test('whose length is wrong is no offer (RFC 2018 §2)', async () => {
    const t = await timeline();
    t.listen();
    t.inject({ flags: 'S', seq: 0, options: { raw: [4, 3, 0, 1] } });
    expect(t.take()[0]?.options.sackPermitted).toBeUndefined();
  });
});

describe('what has arrived behind a gap', () => {
  test('is reported with each ACK until the gap closes (RFC 2018 §4)', async () => {
    const t = await accepted({ syn: SYN });
    t.inject({ seq: 101, data: 100 });
    t.expect({ ack: 1, sack: [[101, 201]] });
    t.inject({ seq: 1, data: 100 });
    t.expect({ ack: 201, sack: [] });
    expect(t.receive()).toBe(200);
  });

  test('begins with the block that holds the segment which caused the ACK (RFC 2018 §4)', async () => {
    const t = await accepted({ syn: SYN });
    t.inject({ seq: 301, data: 100 });
    t.expect({ sack: [[301, 401]] });
    t.inject({ seq: 101, data: 100 });
    t.expect({
      sack: [
        [101, 201],
        [301, 401],
      ],
    });
    t.inject({ seq: 401, data: 100 });
    t.expect({
      sack: [
        [301, 501],
        [101, 201],
      ],
    });
  });

  test('is repeated, newest first, four blocks at most (RFC 2018 §3, §4)', async () => {
    const t = await received(201, 401, 601, 801);
    t.inject({ seq: 1001, data: 100 });
    t.expect({
      sack: [
        [1001, 1101],
        [801, 901],
        [601, 701],
        [401, 501],
      ],
    });
  });

  test('is reported in three blocks beside timestamps (RFC 2018 §3)', async () => {
    const t = await accepted({ syn: STAMPED });
    arrive(t, 201, 401, 601);
    t.inject({ seq: 801, data: 100 });
    const { options } = t.expect({
      sack: [
        [801, 901],
        [601, 701],
        [401, 501],
      ],
    });
    expect(options.timestamps).toBeDefined();
  });

  test('stands on data, too, which takes so much less room (RFC 2018 §4)', async () => {
    const t = await received(201, 401);
    t.send(2500);
    const blocks = [
      [401, 501],
      [201, 301],
    ] as const;
    t.expect({ seq: 1, data: 980, sack: blocks });
    t.expect({ seq: 981, data: 980, sack: blocks });
    t.expect({ flags: 'PA', seq: 1961, data: 540, sack: blocks });
    t.inject({ seq: 1, ack: 1961, data: 200 });
    t.expect({ seq: 2501, ack: 301, sack: [[401, 501]] });
    t.inject({ seq: 301, ack: 2501, data: 100 });
    t.take();
    t.send(1);
    expect(t.take()[0]?.options.sack).toBeUndefined();
  });

  test('stands on data that comes twice, too, once (RFC 2883 §4)', async () => {
    const t = await received(1, 101);
    t.driver.core.send(t.handle, new Uint8Array(2000));
    t.driver.input([t.build({ seq: 1, data: 100 })]);
    t.driver.output();
    const sent = t.take();
    expect(sent.filter(({ options }) => options.sack !== undefined)).toHaveLength(1);
    expect(sent.reduce((sum, { data }) => sum + data.length, 0)).toBeGreaterThanOrEqual(1000);
  });

  test('is one block when segments touch (RFC 2018 §3: “contiguous and isolated”)', async () => {
    const t = await received(201, 401);
    t.inject({ seq: 301, data: 100 });
    t.expect({ sack: [[201, 501]] });
  });

  test('keeps what lies behind a second gap when the first one closes (RFC 2018 §4)', async () => {
    const t = await received(101, 301);
    t.inject({ seq: 1, data: 100 });
    t.expect({ ack: 201, sack: [[301, 401]] });
    t.inject({ seq: 201, data: 100 });
    t.expect({ ack: 401, sack: [] });
  });

  test('is kept: the peer need not send it again (RFC 2018 §8)', async () => {
    const t = await received(101, 301, 501);
    t.inject({ seq: 1, data: 100 }, { seq: 201, data: 100 }, { seq: 401, data: 100 });
    t.take();
    expect(t.receive()).toBe(600);
  });
});

describe('D-SACK', () => {
  test('reports a whole duplicate below RCV.NXT, once (RFC 2883 §4.1.1)', async () => {
    const t = await received(1, 101);
    t.inject({ seq: 1, data: 100 });
    t.expect({ ack: 201, sack: [[1, 101]] });
    t.inject({ seq: 301, data: 100 });
    t.expect({ ack: 201, sack: [[301, 401]] });
  });

  test('reports the part of a segment that is below RCV.NXT (RFC 2883 §4.2.1)', async () => {
    const t = await received(1, 101);
    t.inject({ seq: 101, data: 200 });
    t.expect({ ack: 301, sack: [[101, 201]] });
  });

  test('stands before the blocks of what waits behind a gap (RFC 2883 §4.1.2)', async () => {
    const t = await received(1, 101, 301);
    t.inject({ seq: 1, data: 100 });
    t.expect({
      ack: 201,
      sack: [
        [1, 101],
        [301, 401],
      ],
    });
  });

  test('of a duplicate behind a gap is followed by the block it lies in (RFC 2883 §4 (5), §4.1.3)', async () => {
    const t = await received(201, 301, 601);
    t.inject({ seq: 301, data: 100 });
    t.expect({
      ack: 1,
      sack: [
        [301, 401],
        [201, 401],
        [601, 701],
      ],
    });
  });

  test('reports what a segment repeats of the blocks behind the gap, the first stretch (RFC 2883 §4.2.2)', async () => {
    const t = await received(201, 401);
    t.inject({ seq: 151, data: 100 });
    t.expect({
      ack: 1,
      sack: [
        [201, 251],
        [151, 301],
        [401, 501],
      ],
    });
    t.inject({ seq: 1, data: 250 });
    t.expect({
      ack: 301,
      sack: [
        [151, 251],
        [401, 501],
      ],
    });
  });

  test('of a segment that also closes a gap rides on its one ACK, and no block lies below that (RFC 2018 §3)', async () => {
    const t = await received(1, 201);
    t.inject({ seq: 51, data: 200 });
    t.expect({ ack: 301, sack: [[51, 101]] });
    t.expectNothing();
  });

  test('of a duplicate behind a gap is told once (RFC 2883 §4 (2))', async () => {
    const t = await received(201, 301);
    t.inject({ seq: 301, data: 100 });
    t.take();
    t.inject({ seq: 401, data: 100 });
    t.expect({ ack: 1, sack: [[201, 501]] });
  });

  test('takes the place of one block: four in all, three beside timestamps (RFC 2883 §4, RFC 2018 §3)', async () => {
    const plain = await received(201, 401, 601, 801);
    plain.inject({ seq: 801, data: 100 });
    expect(plain.take()[0]?.options.sack).toHaveLength(4);
    const t = await accepted({ syn: STAMPED });
    arrive(t, 201, 401, 601);
    t.inject({ seq: 601, data: 100 });
    t.expect({
      sack: [
        [601, 701],
        [601, 701],
        [401, 501],
      ],
    });
  });
});
