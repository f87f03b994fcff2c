/** CUBIC (RFC 9438) against its own formula: windows are measured as what is in flight, a round trip takes 100 ms. */
import { describe, expect, test } from 'vitest';
import {
  CONGESTION_CUBIC,
  CONGESTION_RENO,
  OPTION_CONGESTION,
  SETTING_CONGESTION,
  SETTING_SEND_BUFFER,
} from '../../assembly/abi/constants.js';
import { established } from '../kit/recovery.js';
import type { Timeline } from '../kit/timeline.js';

const MSS = 1000;
const ROUND = 100;
const C = 0.4;

type Sent = ReturnType<Timeline['take']>;

const connection = (controller: number) =>
  established(ROUND, {
    syn: { windowScale: 7 },
    settings: { [SETTING_CONGESTION]: controller, [SETTING_SEND_BUFFER]: 1 << 22 },
  });

const endOf = (packet: Sent[number]) => packet.seq + packet.data.length;

/** Keeps the send buffer full. */
function fill(t: Timeline): void {
  while (t.send(100_000) === 100_000) {}
}

/** A round trip without loss: every second segment is acknowledged. Answers what was sent in return: a window's worth. */
function round(t: Timeline, sent: Sent): Sent {
  const next: Sent = [];
  t.pass(ROUND);
  sent.forEach((packet, index) => {
    if (index % 2 === 0 && index < sent.length - 1) return;
    t.inject({ ack: endOf(packet) });
    next.push(...t.take());
  });
  fill(t);
  return [...next, ...t.take()];
}

/** A round trip in which the first segment is lost and repaired. */
function lossy(t: Timeline, sent: Sent): Sent {
  const first = sent[0] as Sent[number];
  const from = endOf(first);
  const later: Sent = [];
  t.pass(ROUND);
  for (const packet of sent.slice(1)) {
    t.inject({ ack: from - MSS, sack: [[from, endOf(packet)]] });
    later.push(...t.take());
  }
  t.pass(ROUND);
  const end = Math.max(...later.map((packet) => endOf(packet)));
  t.inject({ ack: end });
  fill(t);
  return t.take();
}

async function grown(controller: number, segments: number): Promise<{ t: Timeline; sent: Sent }> {
  const t = await connection(controller);
  fill(t);
  let sent = t.take();
  while (sent.length < segments) sent = round(t, sent);
  return { t, sent };
}

describe('CUBIC', () => {
  test('leaves seven tenths of the window after a loss, Reno half (RFC 9438 §4.6, RFC 5681 §3.1)', async () => {
    for (const [controller, share] of [
      [CONGESTION_CUBIC, 0.7],
      [CONGESTION_RENO, 0.5],
    ] as const) {
      const { t, sent } = await grown(controller, 60);
      const after = lossy(t, sent);
      expect(after.length / sent.length).toBeGreaterThan(share - 0.03);
      expect(after.length / sent.length).toBeLessThan(share + 0.03);
    }
  });

  test('follows W(t) = C (t - K)³ + W_max back to where the loss came, rests there, and goes on (RFC 9438 §4.2)', async () => {
    const { t, sent } = await grown(CONGESTION_CUBIC, 60);
    const most = sent.length;
    let flight = lossy(t, sent);
    const k = Math.cbrt((most - flight.length) / C);
    let reno = flight.length;
    for (let rounds = 1; rounds * (ROUND / 1000) < k + 3; rounds++) {
      flight = round(t, flight);
      reno += reno < most ? 9 / 17 : 1; // W_est (§4.3) overtakes the curve where that is flat
      const time = (rounds * ROUND) / 1000;
      const expected = Math.max(C * (time - k) ** 3 + most, reno);
      expect(flight.length, `after ${time} s`).toBeGreaterThan(expected * 0.97 - 1);
      expect(flight.length, `after ${time} s`).toBeLessThan(expected * 1.03 + 2);
    }
    expect(flight.length).toBeGreaterThan(most + 5);
  });

  test('is never slower than Reno would be (RFC 9438 §4.3)', async () => {
    const { t, sent } = await grown(CONGESTION_CUBIC, 12);
    let flight = lossy(t, sent);
    const start = flight.length;
    for (let rounds = 0; rounds < 8; rounds++) flight = round(t, flight);
    // With a window this small the curve is flat for long; Reno with β = 0.7 adds 9/17 of a segment a round.
    expect(flight.length).toBeGreaterThanOrEqual(start + Math.floor((8 * 9) / 17) - 1);
  });

  test('gives way when a loss comes below the last one: the curve rests lower (RFC 9438 §4.7)', async () => {
    // So large a window that Reno would be slower all the way.
    const { t, sent } = await grown(CONGESTION_CUBIC, 400);
    const second = lossy(t, sent);
    let flight = lossy(t, second);
    // W_max is not the window of the second loss but 0.85 of it.
    const most = second.length * 0.85;
    const k = Math.cbrt((most - flight.length) / C);
    for (let rounds = 0; rounds < Math.round(k * 10); rounds++) flight = round(t, flight);
    expect(flight.length).toBeGreaterThan(most * 0.97 - 1);
    expect(flight.length).toBeLessThan(most * 1.03 + 2);
  });

  test('can be chosen for one connection', async () => {
    const { t, sent } = await grown(CONGESTION_RENO, 60);
    expect(t.option(OPTION_CONGESTION, CONGESTION_CUBIC)).toBe(0);
    expect(lossy(t, sent).length / sent.length).toBeGreaterThan(0.65);
    expect(t.option(OPTION_CONGESTION, 7)).toBeLessThan(0);
  });
});
