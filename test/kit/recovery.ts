/**
 * Connections with SACK whose round trip is known: the ground for tests of loss recovery. A round trip takes 40 ms.
 * Not for: connections without SACK (`timeline.ts` alone).
 */
import { COUNTER_SEGMENTS_RETRANSMITTED } from '../../assembly/abi/constants.js';
import { type Timeline, type TimelineOptions, timeline } from './timeline.js';

export const RTT = 40;
export const SYN = { mss: 1000, sackPermitted: true };

/** A connection that has measured its round trip once, on the handshake: RTO 200 ms, PTO 82 ms. */
export async function established(rtt = RTT, options: TimelineOptions = {}): Promise<Timeline> {
  const syn = { ...SYN, ...options.syn };
  const t = await timeline({ ...options, syn });
  t.connect();
  t.take();
  t.pass(rtt);
  t.inject({ flags: 'SA', seq: 0, options: syn });
  t.take();
  t.events();
  return t;
}

/** `bytes` were sent, and a round trip has passed. */
export async function sent(bytes: number): Promise<Timeline> {
  const t = await established();
  t.send(bytes);
  t.take();
  t.pass(RTT);
  return t;
}

/** Where the segments begin that have been sent since the last look. */
export function sequences(t: Timeline): number[] {
  return t.take().map(({ seq }) => seq);
}

export function retransmitted(t: Timeline): number {
  return t.driver.calls.counter(COUNTER_SEGMENTS_RETRANSMITTED);
}
