/** What RFCs beside 9293 ask for, where no other timeline looks: RFC 7323, RFC 2018, RFC 5681. */
import { describe, expect, test } from 'vitest';
import { RTT, sent, sequences } from '../kit/recovery.js';
import { accepted, connected, type Segment, type Timeline, timeline } from '../kit/timeline.js';

const stamped = () => accepted({ syn: { mss: 1000, timestamps: [500, 0] } });

describe('timestamps', () => {
  test('have an offset of each pair of ends’ own, so that they tell no uptime (RFC 7323 §5.4, §7.1)', async () => {
    const t = await timeline();
    t.listen();
    const offsets = new Set<number>();
    for (const peerPort of [1, 2, 3, 4]) {
      t.inject({ flags: 'S', seq: 0, peerPort, options: { timestamps: [1, 0] } });
      offsets.add(t.take()[0]?.options.timestamps?.[0] ?? 0);
    }
    expect(offsets.size).toBe(4);
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeGreaterThan(60_000);
  });

  test('stand on a RST of a connection that uses them (RFC 7323 §3.2)', async () => {
    const t = await stamped();
    t.abort();
    expect(t.expect({ flags: 'RA', seq: 1 }).options.timestamps?.[1]).toBe(500);
    t.expectGone();
  });

  test('however old, keep no RST out (RFC 7323 §5.2)', async () => {
    const t = await stamped();
    t.inject({ flags: 'R', seq: 1, options: { timestamps: [1, 0] } });
    expect(t.state).toBe('Closed');
  });

  test('that are missing or old never end a connection (RFC 7323 §3.2, §5.3)', async () => {
    const t = await stamped();
    t.inject({ seq: 1, data: 10, options: {} });
    t.inject({ seq: 1, data: 10, options: { timestamps: [1, 0] } });
    t.take();
    expect(t.state).toBe('Established');
    t.inject({ seq: 1, data: 10 });
    expect(t.receive()).toBe(10);
  });
});

test('options of the handshake stand on SYNs only: MSS, window scale, SACK permitted (RFC 7323 §2.2, RFC 2018 §2)', async () => {
  const t = await connected({ syn: { mss: 1000, windowScale: 7, sackPermitted: true, timestamps: [500, 0] } });
  t.send(10);
  const sent = t.take();
  t.inject({ seq: 1001, ack: 11, data: 10 });
  t.shutdown();
  sent.push(...t.take());
  t.abort();
  sent.push(...t.take());
  expect(sent.length).toBeGreaterThanOrEqual(4);
  for (const { options } of sent) {
    expect([options.mss, options.windowScale, options.sackPermitted]).toEqual([undefined, undefined, undefined]);
  }
});

describe('ssthresh after timeouts (RFC 5681 §3.1)', () => {
  /** Ten segments go out, the timer expires `times` times, all is acknowledged: how the window grows from then on. */
  async function growth(times: number): Promise<number[]> {
    const t = await accepted();
    t.send(600_000);
    expect(t.take()).toHaveLength(10);
    for (let expired = 0; expired < times; ) {
      t.driver.advance(100);
      expired += t.take().filter(({ seq }) => seq === 1).length;
    }
    let acknowledged = 10_001;
    t.inject({ ack: acknowledged });
    return Array.from({ length: 5 }, () => {
      const sent = t.take();
      for (const { seq, data } of sent) {
        acknowledged = Math.max(acknowledged, seq + data.length);
        t.driver.input([t.build({ ack: acknowledged })]);
        t.driver.output();
      }
      return sent.length;
    });
  }

  test('is not lowered again when the same segment times out again', async () => {
    expect(await growth(3)).toEqual(await growth(1));
  });
});

describe('a recovery', () => {
  /** Three of ten segments overtake the first; how many go out once all of them have arrived, the first one twice or not. */
  async function wentOut(sack: Segment['sack']): Promise<number> {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 4001]] });
    expect(sequences(t)).toEqual([1]);
    t.pass(RTT);
    t.inject({ ack: 10_001, ...(sack === undefined ? {} : { sack }) });
    t.send(60_000);
    return t.take().length;
  }

  test('that repaired what was not lost, as D-SACK tells, gives the window back (RFC 2883 §5, RFC 3708 §2)', async () => {
    expect(await wentOut(undefined), 'a real loss').toBeLessThan(10);
    expect(await wentOut([[1, 1001]]), 'a duplicate').toBeGreaterThanOrEqual(10);
  });
});

describe('an ACK', () => {
  test('goes out at once for a segment that fills part of a gap only (RFC 5681 §4.2)', async () => {
    const t = await accepted();
    t.inject({ seq: 501, data: 100 });
    t.expect({ ack: 1 });
    t.inject({ seq: 1, data: 100 });
    t.expect({ ack: 101 });
  });

  test('is one for two full-sized segments in a row, whatever the application reads (RFC 5681 §4.2)', async () => {
    const t = await accepted();
    const acks = run(t, 20);
    expect(acks).toBeGreaterThanOrEqual(9);
  });
});

/** How many ACKs so many full-sized segments earn that come one by one. */
function run(t: Timeline, segments: number): number {
  let acks = 0;
  for (let index = 0; index < segments; index++) {
    t.inject({ seq: 1 + index * 1000, data: 1000 });
    t.receive();
    acks += t.take().length;
  }
  return acks;
}
