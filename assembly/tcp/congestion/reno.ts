// Reno (RFC 5681 §3.1): the window grows by one segment a round trip and is halved by a loss.
// Not for: slow start and timeouts, which all controllers share (window.ts).

import { payloadSize } from '../path/size';
import { Tcb } from '../tcb';
import { flow } from './flow';

/** What the window grows to in congestion avoidance: one segment for each window's worth (RFC 3465 §2.1). */
export function renoGrow(tcb: Tcb, acked: u32): u32 {
  const f = flow(tcb);
  f.ackedBytes += acked;
  if (f.ackedBytes < tcb.cwnd) return tcb.cwnd;
  f.ackedBytes -= tcb.cwnd;
  return tcb.cwnd + payloadSize(tcb);
}

/** ssthresh after a loss, before its lower bound (RFC 5681 equation 4). */
export function renoThreshold(used: u32): u32 {
  return used >> 1;
}
