// Fast retransmit and fast recovery without SACK: NewReno (RFC 6582), with limited transmit (RFC 3042).
// Not for: recovery by timeout (tcp/timers.ts).

import { state } from '../../memory/state';
import { congestionAcknowledged, congestionLoss } from '../congestion/window';
import { payloadSize } from '../path/size';
import { seqGe, seqGt } from '../seq';
import { ECN_REDUCES, ECN_WAITS, OWES_RETRANSMIT, RECOVERY, Tcb } from '../tcb';
import { undoBegin } from './undo';

/** Before anything is sent: "recover" is the initial send sequence number (RFC 6582 §3.2 step 1). */
export function recoveryInitialize(tcb: Tcb): void {
  tcb.recover = tcb.iss;
}

/** A duplicate ACK has arrived, as RFC 5681 §2 defines it. */
export function recoveryDuplicate(tcb: Tcb): void {
  if (tcb.duplicateAcks < u8.MAX_VALUE) tcb.duplicateAcks++;
  if (tcb.has(RECOVERY)) {
    // Each one says that a segment has left the network (RFC 5681 §3.2 step 4).
    tcb.cwnd += payloadSize(tcb);
    return;
  }
  // After a timeout what follows is its own echo, until "recover" is passed (RFC 6582 §3.2 step 2, §4).
  // A window that was marked has been reduced already, but is repaired (RFC 3168 §6.1.2).
  const reduced = tcb.has(ECN_REDUCES);
  if (tcb.duplicateAcks != state.duplicateThreshold || (!reduced && !seqGt(tcb.sndUna, tcb.recover))) return;
  if (!reduced) {
    if (tcb.flow != 0) undoBegin(tcb);
    congestionLoss(tcb);
  }
  tcb.clear(ECN_REDUCES);
  tcb.recover = tcb.sndNxt;
  tcb.cwnd = tcb.ssthresh + state.duplicateThreshold * payloadSize(tcb);
  tcb.set(RECOVERY | OWES_RETRANSMIT);
}

/** SND.UNA has moved by `acked` bytes. Answers whether the retransmission timer is to be started anew. */
export function recoveryAcknowledged(tcb: Tcb, acked: u32): bool {
  const first = tcb.duplicateAcks > 0;
  // Each duplicate ACK told of a segment that had arrived, and let a new one go (RFC 3042): it makes the window grow no more.
  const told = min(acked, <u32>tcb.duplicateAcks * payloadSize(tcb));
  tcb.duplicateAcks = 0;
  if (!tcb.has(RECOVERY)) {
    congestionAcknowledged(tcb, acked - told, 0);
    if (seqGe(tcb.sndUna, tcb.recover)) tcb.clear(ECN_REDUCES);
    return true;
  }
  const mss = payloadSize(tcb);
  if (seqGe(tcb.sndUna, tcb.recover)) {
    // Full acknowledgment (RFC 6582 §3.2 step 3, the first choice): no burst follows.
    tcb.cwnd = min(tcb.ssthresh, max(tcb.sndNxt - tcb.sndUna, mss) + mss);
    tcb.clear(RECOVERY);
    return true;
  }
  // Partial acknowledgment: the next segment was lost too.
  tcb.set(OWES_RETRANSMIT);
  tcb.cwnd = max(tcb.cwnd - min(acked, tcb.cwnd), mss);
  if (acked >= mss) tcb.cwnd += mss;
  return first;
}

/** The retransmission timer expired (RFC 6582 §4). */
export function recoveryTimeout(tcb: Tcb): void {
  tcb.recover = tcb.sndNxt;
  tcb.duplicateAcks = 0;
  tcb.clear(RECOVERY | ECN_REDUCES | ECN_WAITS | OWES_RETRANSMIT);
}

/**
 * What limited transmit allows beyond cwnd: a segment for each of the first two duplicate ACKs, of data that was never sent
 * (RFC 3042 §2); what a timeout repeats keeps to the window.
 */
export function limitedTransmit(tcb: Tcb): u32 {
  return tcb.has(RECOVERY) || tcb.sndResume != tcb.sndNxt
    ? 0
    : min<u32>(tcb.duplicateAcks, state.duplicateThreshold - 1) * payloadSize(tcb);
}
