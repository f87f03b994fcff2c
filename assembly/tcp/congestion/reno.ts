// Reno congestion control (RFC 5681 §3.1, §4.1): how large the congestion window is. Bytes throughout.
// Not for: which segment is sent again (tcp/recovery/newreno.ts).

import { state } from '../../memory/state';
import { Tcb } from '../tcb';

/** Once the segment size is known. `synLost`: one segment (RFC 5681 §3.1). */
export function congestionInitialize(tcb: Tcb, synLost: bool): void {
  tcb.cwnd = synLost ? tcb.mss : initialWindow(tcb.mss);
  tcb.ssthresh = u32.MAX_VALUE;
}

/** `acked` bytes were acknowledged outside recovery. */
export function congestionAcknowledged(tcb: Tcb, acked: u32): void {
  const mss = <u32>tcb.mss;
  if (tcb.cwnd < tcb.ssthresh) {
    // Slow start. A receiver that acknowledges whole batches would starve the window at one segment an ACK, so bytes
    // are counted, at most two segments' worth (RFC 3465 §2.2, L = 2).
    tcb.cwnd = min(tcb.cwnd + min(acked, 2 * mss), WINDOW_MAXIMUM);
    return;
  }
  // Congestion avoidance: one segment for each window's worth (RFC 5681 §3.1, RFC 3465 §2.1).
  tcb.ackedBytes += acked;
  if (tcb.ackedBytes < tcb.cwnd) return;
  tcb.ackedBytes -= tcb.cwnd;
  tcb.cwnd = min(tcb.cwnd + mss, WINDOW_MAXIMUM);
}

/** ssthresh after a loss (RFC 5681 equation 4). */
export function congestionLoss(tcb: Tcb): void {
  tcb.ssthresh = max((tcb.sndNxt - tcb.sndUna) >> 1, 2 * <u32>tcb.mss);
  tcb.ackedBytes = 0;
}

/** The retransmission timer expired: the loss window is one segment (RFC 5681 §3.1). */
export function congestionTimeout(tcb: Tcb): void {
  // Only the first expiration for a segment says anything new about the path (RFC 5681 §3.1).
  if (tcb.retransmissions == 1) congestionLoss(tcb);
  tcb.cwnd = tcb.mss;
}

/** Something is sent after a pause longer than the RTO: start over from the restart window (RFC 5681 §4.1). */
export function congestionRestart(tcb: Tcb): void {
  if (tcb.sndUna != tcb.sndNxt || state.now - tcb.sentAt <= <i64>tcb.rto) return;
  tcb.cwnd = min(tcb.cwnd, initialWindow(tcb.mss));
}

/** RFC 6928 §2 */
function initialWindow(mss: u32): u32 {
  return min(10 * mss, max<u32>(2 * mss, 14600));
}

/** The largest window that scaling can advertise (RFC 7323 §2.3). */
const WINDOW_MAXIMUM: u32 = 1 << 30;
