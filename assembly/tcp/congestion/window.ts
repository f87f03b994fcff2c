// The congestion window (RFC 5681 §3.1, §4.1), in bytes: what all controllers share, and the door to the one that a
// connection uses. A controller answers two questions: how the window grows in congestion avoidance, and what is left of
// it after a loss. Not for: which segment is sent again (tcp/recovery/).

import { CONGESTION_CUBIC } from '../../abi/constants';
import { state } from '../../memory/state';
import { armIdle } from '../block/deadlines';
import { payloadSize } from '../path/size';
import { seqLt } from '../seq';
import { ECN_MARKED, ECN_ON, ECN_REDUCES, OWES_CWR, Tcb } from '../tcb';
import { cubicForget, cubicGrow, cubicPause, cubicThreshold } from './cubic';
import { flow, flowFree, flowTells } from './flow';
import { hystartAcknowledged, hystartShare } from './hystart';
import { initialWindow } from './initial';
import { renoGrow, renoThreshold } from './reno';
import { mayGrow, validationRestart } from './validation';

/** Once the segment size is known. `synLost`: one segment (RFC 5681 §3.1). */
export function congestionInitialize(tcb: Tcb, synLost: bool): void {
  tcb.cwnd = synLost ? payloadSize(tcb) : initialWindow(payloadSize(tcb));
  tcb.ssthresh = u32.MAX_VALUE;
}

/** `acked` bytes were acknowledged outside recovery. `rtt`: of the newest among them, microseconds; 0: not known. */
export function congestionAcknowledged(tcb: Tcb, acked: u32, rtt: u32): void {
  if (tcb.flow == 0 || tcb.has(ECN_MARKED | ECN_REDUCES)) return; // RFC 3168 §6.1.2: an echo makes nothing grow
  if (tcb.cwnd < tcb.ssthresh) {
    hystartAcknowledged(tcb, rtt);
    if (mayGrow(tcb)) tcb.cwnd = min(tcb.cwnd + hystartShare(tcb, min(acked, growthLimit(tcb))), WINDOW_MAXIMUM);
    return;
  }
  if (!mayGrow(tcb)) return;
  const grown = tcb.congestion == CONGESTION_CUBIC ? cubicGrow(tcb, acked) : renoGrow(tcb, acked);
  tcb.cwnd = min(grown, WINDOW_MAXIMUM);
}

/** ssthresh after a loss. */
export function congestionLoss(tcb: Tcb): void {
  congestionReduce(tcb, tcb.sndNxt - tcb.sndUna);
}

/** ssthresh after a sign of congestion, when `outstanding` bytes were in flight. The peer is told (RFC 3168 §6.1.2). */
export function congestionReduce(tcb: Tcb, outstanding: u32): void {
  // Limited transmit has sent more than the window holds; that does not count (RFC 3042 §2).
  const flight = min(outstanding, tcb.cwnd);
  const left = tcb.congestion == CONGESTION_CUBIC && tcb.flow != 0 ? cubicThreshold(tcb) : renoThreshold(flight);
  tcb.ssthresh = max(left, 2 * payloadSize(tcb));
  if (tcb.flow != 0) flow(tcb).ackedBytes = 0;
  if (tcb.has(ECN_ON)) tcb.set(OWES_CWR);
}

/** The retransmission timer expired: the loss window is one segment (RFC 5681 §3.1). */
export function congestionTimeout(tcb: Tcb): void {
  // Only the first expiration for a segment says anything new about the path (RFC 5681 §3.1).
  if (tcb.retransmissions == 1) congestionLoss(tcb);
  if (tcb.flow != 0) cubicForget(tcb);
  tcb.cwnd = payloadSize(tcb);
}

/** Something is sent when nothing was in flight. After a pause longer than the RTO the window starts over (RFC 5681 §4.1). */
export function congestionRestart(tcb: Tcb): void {
  if (tcb.flow == 0 || tcb.sndUna != tcb.sndNxt) return;
  const f = flow(tcb);
  const idle = state.now - f.sentAt;
  if (f.sentAt == 0 || idle <= <i64>tcb.rto) return;
  if (state.idleRestart != 0) startOver(tcb);
  else {
    cubicPause(tcb, idle);
    validationRestart(tcb, idle);
  }
}

/** Nothing is in flight and nothing waits. What was learnt of the path holds for an RTO; where nothing was, its place is free. */
export function congestionRests(tcb: Tcb): void {
  if (tcb.flow == 0) return;
  const learnt = tcb.ssthresh != u32.MAX_VALUE || tcb.cwnd > initialWindow(payloadSize(tcb)) || flowTells(tcb);
  if (learnt) armIdle(tcb);
  else flowFree(tcb);
}

/** The connection has been idle for an RTO: what was learnt of the path is old, and its place is given back. */
export function congestionIdle(tcb: Tcb): void {
  startOver(tcb);
  flowFree(tcb);
}

/** What follows a timeout gets less: the ACKs may be of segments that were not lost (RFC 3465 §2.3). */
function growthLimit(tcb: Tcb): u32 {
  if (state.growthLimit == 0) return u32.MAX_VALUE;
  return (seqLt(tcb.sndUna, tcb.recover) ? 1 : state.growthLimit) * payloadSize(tcb);
}

function startOver(tcb: Tcb): void {
  cubicForget(tcb);
  tcb.cwnd = min(tcb.cwnd, initialWindow(payloadSize(tcb)));
}

/** The largest window that scaling can advertise (RFC 7323 §2.3). */
const WINDOW_MAXIMUM: u32 = 1 << 30;
