/** RACK (RFC 8985 §6): when a segment counts as lost, and what goes again. A round trip takes 40 ms. */

import { describe, expect, test } from 'vitest';
import { OFFLOAD_CHECKSUM } from '../../assembly/abi/constants.js';
import { OFFLOAD_TSO } from '../kit/family.js';
import { established, RTT, retransmitted, sent, sequences } from '../kit/recovery.js';

describe('a segment that others overtake', () => {
  test('is lost a quarter of the least round trip later, not before (RFC 8985 §6.2 step 4)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 2001]] });
    t.pass(9);
    t.expectNothing();
    t.driver.advance(1);
    t.expect({ seq: 1, data: 1000 });
    t.expectNothing();
  });

  test('is lost at once when three segments are SACKed and no reordering was seen (RFC 8985 §6.2 step 4)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 3001]] });
    t.expectNothing();
    t.inject({ sack: [[1001, 4001]] });
    t.expect({ seq: 1, data: 1000 });
  });

  test('is not lost while nothing that was sent later has arrived (RFC 8985 §6.2 step 5)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 5001]] });
    expect(sequences(t), 'what lies behind is left alone').toEqual([1]);
    t.pass(RTT - 1);
    expect(retransmitted(t)).toBe(1);
  });

  test('within the window is not sent again (RFC 8985 §6.2 step 4)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 2001]] });
    t.pass(9);
    t.inject({ ack: 2001 });
    t.pass(40);
    t.expectNothing();
    expect(retransmitted(t)).toBe(0);
  });

  test('once, makes three SACKed segments wait for the window, too (RFC 8985 §6.2 step 3, step 4)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 2001]] });
    t.inject({ ack: 2001 });
    t.inject({ ack: 2001, sack: [[3001, 7001]] });
    t.pass(9);
    t.expectNothing();
    t.driver.advance(2);
    expect(sequences(t)).toEqual([2001]);
  });

  test('is not seen in blocks that stand newest first in one ACK (RFC 8985 §6.2 step 3, RFC 2018 §4)', async () => {
    const t = await sent(10_000);
    t.inject({
      sack: [
        [6001, 7001],
        [1001, 2001],
      ],
    });
    t.expectNothing();
    t.inject({ sack: [[9001, 10_001]] });
    expect(sequences(t)).toContain(1);
  });

  test('is not taken for lost because a queue has drained: the greatest round trip of late counts', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 2001]] });
    t.inject({ ack: 10_001 });
    t.send(3000);
    t.take();
    t.pass(17);
    t.send(1000);
    t.take();
    t.pass(41);
    // These took 58 ms, the next one 41 ms; the one between them may be just behind.
    t.inject({ ack: 12_001 });
    t.inject({ ack: 12_001, sack: [[13_001, 14_001]] });
    t.pass(10);
    t.expectNothing();
    t.driver.advance(1);
    expect(sequences(t)).toEqual([12_001]);
  });

  test('may be as late as others were before, and a quarter of a round trip more', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 2001]] });
    t.pass(9);
    t.inject({ ack: 10_001 });
    for (let seq = 10_001; seq < 14_001; seq += 1000) {
      t.send(1000);
      t.take();
      t.pass(RTT);
      t.inject({ ack: seq + 1000 });
    }
    t.send(2000);
    t.take();
    t.pass(RTT);
    t.inject({ ack: 14_001, sack: [[15_001, 16_001]] });
    t.pass(RTT / 4 + 9);
    t.expectNothing();
    t.driver.advance(1);
    expect(sequences(t)).toEqual([14_001]);
  });

  test('and is retransmitted brings no reordering when it arrives (RFC 8985 §6.2 step 3)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 4001]] });
    expect(sequences(t)).toEqual([1]);
    t.pass(RTT);
    t.inject({ ack: 10_001 });
    t.send(5000);
    t.take();
    t.pass(RTT);
    t.inject({ ack: 10_001, sack: [[11_001, 14_001]] });
    expect(sequences(t)).toEqual([10_001]);
  });

  test('takes no more time from the network when a lone segment follows it (RFC 8985 §3.1)', async () => {
    const t = await sent(2000);
    t.inject({ sack: [[1001, 2001]] });
    t.driver.advance(RTT / 4);
    expect(sequences(t)).toEqual([1]);
    t.inject({ ack: 2001 });
    t.settles();
  });
});

describe('holes', () => {
  test('in one window are each filled once (RFC 8985 §6.2 step 5)', async () => {
    const t = await sent(10_000);
    const again: number[] = [];
    for (const seq of [1001, 3001, 5001, 7001, 9001]) {
      t.inject({ sack: [[seq, seq + 1000]] });
      again.push(...sequences(t));
    }
    t.pass(RTT);
    for (const ack of [2001, 4001, 6001, 8001, 10_001]) {
      t.inject({ ack });
      again.push(...sequences(t));
    }
    expect(again).toEqual([1, 2001, 4001, 6001, 8001]);
    t.settles();
    t.expectNothing();
  });

  test('whose retransmission is lost, too, are found again without a timeout (RFC 8985 §3.4)', async () => {
    const t = await sent(10_000);
    t.send(50_000);
    t.take();
    t.inject({ sack: [[1001, 4001]] });
    expect(sequences(t)[0]).toBe(1);
    const fresh: number[] = [];
    for (const end of [5001, 6001, 7001, 8001, 9001, 10_001]) {
      t.pass(1);
      t.inject({ sack: [[1001, end]] });
      fresh.push(...sequences(t));
    }
    const first = fresh[0] as number;
    expect(first, 'new data was sent behind the retransmission').toBeGreaterThan(10_000);
    expect(fresh).not.toContain(1);
    const before = t.time;
    t.pass(RTT);
    t.inject({
      sack: [
        [first, first + 1000],
        [1001, 10_001],
      ],
    });
    expect(sequences(t)).toContain(1);
    expect(t.time - before).toBeLessThan(200);
    expect(retransmitted(t)).toBe(2);
  });

  test('whose retransmission is acknowledged too soon say nothing of it (RFC 8985 §6.2 step 2)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 4001]] });
    expect(sequences(t)).toEqual([1]);
    t.pass(5);
    // The original was late, not lost: 40 ms cannot have passed since the retransmission.
    t.inject({ ack: 4001 });
    t.pass(10);
    t.expectNothing();
    expect(retransmitted(t)).toBe(1);
  });

  test('in what a device cuts up are filled segment by segment (RFC 8985 §6.1)', async () => {
    const t = await established(RTT, { offloads: OFFLOAD_CHECKSUM | OFFLOAD_TSO });
    t.send(10_000);
    t.expect({ flags: 'PA', seq: 1, data: 10_000 });
    t.pass(RTT);
    t.inject({ sack: [[2501, 6001]] });
    const again = t.take();
    t.pass(RTT);
    t.inject({ ack: 1001, sack: [[2501, 10_001]] });
    again.push(...t.take());
    t.inject({ ack: 2001, sack: [[2501, 10_001]] });
    again.push(...t.take());
    expect(again.map(({ seq, data }) => [seq, data.length])).toEqual([
      [1, 1000],
      [1001, 1000],
      [2001, 500],
    ]);
    t.inject({ ack: 10_001 });
    t.settles();
  });
});

describe('a timeout', () => {
  test('sends one segment, then all that the peer lacks, and none that it has (RFC 8985 §6.3)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[5001, 10_001]] });
    expect(sequences(t)[0]).toBe(1);
    t.driver.advance(400);
    const again = sequences(t);
    for (const ack of [1001, 2001, 3001, 4001]) {
      t.inject({ ack });
      again.push(...sequences(t));
    }
    expect(again.every((seq) => seq < 5001)).toBe(true);
    t.inject({ ack: 10_001 });
    t.settles();
  });
});
