/** Tail loss probes (RFC 8985 §7): what finds out that the last segments, or the FIN, were lost. A round trip takes 40 ms. */
import { describe, expect, test } from 'vitest';
import { established, RTT, retransmitted, SYN, sent, sequences } from '../kit/recovery.js';
import { type Timeline, timeline } from '../kit/timeline.js';

/** Acknowledges all that has been sent, and counts what the congestion window lets go then. */
function window(t: Timeline, acknowledged: number): number {
  t.inject({ ack: acknowledged });
  t.take();
  t.send(200_000);
  return t.take().length;
}

describe('a lost tail', () => {
  test('is probed for with its last segment after two round trips and 2 ms (RFC 8985 §7.2, §7.3)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.pass(81);
    t.expectNothing();
    t.driver.advance(1);
    t.expect({ flags: 'PA', seq: 4001, data: 1000 });
    t.expectNothing();
  });

  test('is repaired when the probe’s SACK has come, before any timeout (RFC 8985 §7.4, §3.3)', async () => {
    const t = await sent(5000);
    t.inject({ ack: 3001 });
    t.driver.advance(82);
    t.expect({ flags: 'PA', seq: 4001, data: 1000 });
    t.pass(RTT);
    t.inject({ ack: 3001, sack: [[4001, 5001]] });
    t.expect({ seq: 3001, data: 1000 });
    t.inject({ ack: 5001 });
    t.settles();
    expect(retransmitted(t)).toBe(2);
  });

  test('is repaired though the probe’s SACK echoes the time of what came before the gap (RFC 7323 §4.3)', async () => {
    const t = await established(RTT, { syn: { timestamps: [1000, 0] } });
    t.send(3 * 988);
    t.take();
    t.pass(RTT);
    t.inject({ ack: 989 });
    const echo = t.tsEcr;
    t.driver.advance(82);
    t.expect({ flags: 'PA', seq: 1977, data: 988 });
    t.pass(RTT);
    t.tsEcr = echo;
    t.inject({ ack: 989, options: { timestamps: [1000, echo], sack: [[t.iss + 1977, t.iss + 2965]] } });
    t.expect({ seq: 989, data: 988 });
  });

  test('is repaired when the probe took no longer than the fastest segment of a flight (RFC 8985 §6.2 step 2)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.pass(RTT);
    t.inject({ ack: 1001 });
    t.pass(5);
    t.inject({ ack: 5001 });
    t.send(2000);
    t.take();
    t.driver.advance(82);
    t.expect({ flags: 'PA', seq: 6001, data: 1000 });
    t.pass(RTT);
    t.inject({ ack: 5001, sack: [[6001, 7001]] });
    t.expect({ seq: 5001, data: 1000 });
  });

  test('of one segment is given the time of a delayed ACK (RFC 8985 §7.2)', async () => {
    // 2 × 300 + 200 ms is before the RTO of 300 + 4 × 150 ms.
    const t = await established(300);
    t.send(1000);
    t.take();
    t.pass(799);
    t.expectNothing();
    t.driver.advance(1);
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
  });

  test('of one segment is probed for in place of the timeout that would come before (RFC 8985 §7.2)', async () => {
    // 2 × 40 + 200 ms would be after the RTO of 200 ms.
    const t = await established();
    t.send(1000);
    t.take();
    t.pass(199);
    t.expectNothing();
    t.driver.advance(1);
    t.expect({ flags: 'PA', seq: 1, data: 1000 });
    expect(window(t, 1001), 'a timeout would have left one segment, and two when it is acknowledged').toBe(10);
  });

  test('is probed for when the timeout is due at the latest, though new data follows (RFC 8985 §7.2)', async () => {
    const t = await established();
    t.send(2000);
    t.take();
    for (const seq of [2001, 3001, 4001, 5001]) {
      t.pass(45);
      t.send(1000);
      t.expect({ flags: 'PA', seq, data: 1000 });
    }
    t.pass(19);
    t.expectNothing();
    t.driver.advance(1);
    t.expect({ flags: 'PA', seq: 5001, data: 1000 });
  });

  test('is probed for with new data if there is any, though the window is full (RFC 8985 §7.3)', async () => {
    const t = await established();
    t.send(15_000);
    expect(t.take()).toHaveLength(10);
    t.driver.advance(82);
    t.expect({ seq: 10_001, data: 1000 });
    t.expectNothing();
  });

  test('is not probed for with new data that the peer’s window has no room for (RFC 8985 §7.3)', async () => {
    const t = await established(RTT, { win: 5000 });
    t.send(15_000);
    expect(t.take()).toHaveLength(5);
    t.driver.advance(82);
    t.expect({ seq: 4001, data: 1000 });
  });

  test('is probed for once: then the RTO runs, from the probe on (RFC 8985 §7.3)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.driver.advance(82);
    expect(sequences(t)).toEqual([4001]);
    t.pass(199);
    t.expectNothing();
    t.driver.advance(1);
    expect(sequences(t)[0], 'the timeout').toBe(1);
  });

  test('is probed for from the last transmission or acknowledgment on (RFC 8985 §7.2)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.pass(30);
    t.send(1000);
    t.take();
    t.pass(30);
    t.inject({ ack: 2001 });
    // The first segment's 60 ms have made SRTT 42.5 ms.
    t.pass(86);
    t.expectNothing();
    t.driver.advance(1);
    expect(sequences(t)).toEqual([5001]);
  });

  test('is not probed for before there is a round-trip time (RFC 8985 §7.2)', async () => {
    const t = await timeline({ syn: SYN });
    t.connect();
    t.take();
    t.driver.advance(1100);
    t.take();
    t.inject({ flags: 'SA', seq: 0, options: SYN });
    t.take();
    t.send(1000);
    t.take();
    t.pass(2999);
    t.expectNothing();
  });

  test('is not probed for during recovery (RFC 8985 §7.2)', async () => {
    const t = await sent(10_000);
    t.inject({ sack: [[1001, 4001]] });
    expect(sequences(t)).toEqual([1]);
    // The probe that was due 82 ms after the last transmission, and 100 ms more.
    t.pass(150);
    t.expectNothing();
  });

  test('is not probed for without SACK (RFC 8985 §7.2)', async () => {
    const t = await timeline();
    t.connect();
    t.take();
    t.pass(RTT);
    t.inject({ flags: 'SA', seq: 0, options: { mss: 1000 } });
    t.take();
    t.send(5000);
    t.take();
    t.pass(199);
    t.expectNothing();
  });

  test('that was not lost after all, as D-SACK tells, costs no window (RFC 8985 §7.4.2)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.driver.advance(82);
    expect(sequences(t)).toEqual([4001]);
    t.send(3000);
    t.take();
    t.inject({ ack: 5001, sack: [[4001, 5001]] });
    t.inject({ ack: 7001 });
    expect(window(t, 8001)).toBeGreaterThanOrEqual(12);
  });

  test('that the probe has repaired costs half the window (RFC 8985 §7.4.2)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.driver.advance(82);
    expect(sequences(t)).toEqual([4001]);
    t.send(3000);
    t.take();
    t.inject({ ack: 5001 });
    t.inject({ ack: 7001 });
    expect(window(t, 8001)).toBeLessThanOrEqual(5);
  });

  test('that new data has probed for costs nothing (RFC 8985 §7.4.2)', async () => {
    const t = await established();
    t.send(11_000);
    expect(t.take()).toHaveLength(10);
    t.driver.advance(82);
    t.expect({ flags: 'PA', seq: 10_001, data: 1000 });
    expect(window(t, 11_001)).toBeGreaterThanOrEqual(12);
  });
});

describe('a lost FIN', () => {
  test('alone is probed for (RFC 8985 §7.3)', async () => {
    const t = await established(300);
    t.shutdown();
    t.expect({ flags: 'FA', seq: 1 });
    t.driver.advance(800);
    t.expect({ flags: 'FA', seq: 1 });
    t.inject({ ack: 2 });
    expect(t.state).toBe('FinWait2');
  });

  test('goes again with the last segment, which the probe repeats (RFC 8985 §7.3)', async () => {
    const t = await established();
    t.send(3000);
    t.shutdown();
    t.take();
    t.driver.advance(82);
    const [probe] = t.take();
    expect([probe?.flags, (probe?.seq ?? 0) + (probe?.data.length ?? 0)]).toEqual([expect.stringContaining('F'), 3001]);
    t.inject({ ack: 3002 });
    expect(t.state).toBe('FinWait2');
  });

  test('behind a hole goes again at the timeout, and the hole before (RFC 8985 §6.2)', async () => {
    const t = await established();
    t.send(3000);
    t.shutdown();
    t.take();
    t.pass(RTT);
    t.inject({ sack: [[1001, 3001]] });
    t.driver.advance(10);
    t.expect({ seq: 1, data: 1000 });
    t.inject({ ack: 3001 });
    t.driver.advance(300);
    expect(t.take()[0]).toMatchObject({ flags: 'FA', seq: 3001 });
    t.inject({ ack: 3002 });
    expect(t.state).toBe('FinWait2');
  });
});

describe('a timeout', () => {
  test('that follows a probe ends the probe (RFC 8985 §7.3)', async () => {
    const t = await established();
    t.send(5000);
    t.take();
    t.driver.advance(82);
    t.take();
    t.driver.advance(200);
    expect(sequences(t)).toEqual([1]);
    t.inject({ ack: 5001 });
    t.settles();
  });
});

test('a probe is not sent until a round trip was measured since the last one (RFC 8985 §7.3)', async () => {
  const t = await established();
  t.send(5000);
  t.take();
  t.driver.advance(82);
  expect(sequences(t)).toEqual([4001]);
  // Of what was sent twice nobody knows the round-trip time.
  t.inject({ ack: 5001 });
  t.send(5000);
  t.take();
  t.pass(199);
  t.expectNothing();
  t.inject({ ack: 7001 });
  t.driver.advance(2 * 60 + 20);
  expect(sequences(t), 'now one was').toEqual([9001]);
});
