// The congestion window (RFC 5681 §3.1, §4.1), in bytes: what all controllers share, and the door to the one that a
// connection uses. A controller answers two questions: how the window grows in congestion avoidance, and what is left of
// it after a loss. Not for: which segment is sent again (tcp/recovery/).

import { CONGESTION_CUBIC } from '../../abi/constants';
import { state } from '../../memory/state';
import { Tcb } from '../tcb';
import { cubicForget, cubicGrow, cubicThreshold } from './cubic';
import { renoGrow, renoThreshold } from './reno';

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
  const grown = tcb.congestion == CONGESTION_CUBIC ? cubicGrow(tcb, acked) : renoGrow(tcb, acked);
  tcb.cwnd = min(grown, WINDOW_MAXIMUM);
}

/** ssthresh after a loss. */
export function congestionLoss(tcb: Tcb): void {
  const flight = tcb.sndNxt - tcb.sndUna;
  const left = tcb.congestion == CONGESTION_CUBIC ? cubicThreshold(tcb, flight) : renoThreshold(flight);
  tcb.ssthresh = max(left, 2 * <u32>tcb.mss);
  tcb.ackedBytes = 0;
}

/** The retransmission timer expired: the loss window is one segment (RFC 5681 §3.1). */
export function congestionTimeout(tcb: Tcb): void {
  // Only the first expiration for a segment says anything new about the path (RFC 5681 §3.1).
  if (tcb.retransmissions == 1) congestionLoss(tcb);
  cubicForget(tcb);
  tcb.cwnd = tcb.mss;
}

/** Something is sent after a pause longer than the RTO: start over from the restart window (RFC 5681 §4.1). */
export function congestionRestart(tcb: Tcb): void {
  if (state.idleRestart == 0 || tcb.sndUna != tcb.sndNxt || state.now - tcb.sentAt <= <i64>tcb.rto) return;
  cubicForget(tcb);
  tcb.cwnd = min(tcb.cwnd, initialWindow(tcb.mss));
}

/** RFC 6928 §2 */
function initialWindow(mss: u32): u32 {
  if (state.initialWindow > 0) return state.initialWindow * mss;
  return min(10 * mss, max<u32>(2 * mss, 14600));
}

/** The largest window that scaling can advertise (RFC 7323 §2.3). */
const WINDOW_MAXIMUM: u32 = 1 << 30;
