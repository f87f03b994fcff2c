// Fifth check of SEGMENT ARRIVES, the ACK field (RFC 9293 §3.10.7.4): what is acknowledged leaves the send ring, the
// window moves, duplicate ACKs count, states that wait for our FIN go on.
// Not for: ACKs that we send (tcp/receive.ts decides, tcp/emit.ts writes).

import {
  STATE_CLOSED,
  STATE_CLOSING,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
  STATE_LAST_ACK,
  STATE_SYN_RECEIVED,
} from '../abi/constants';
import { neighborConfirm } from '../link/cache/reach';
import { ringConsume } from '../memory/ring';
import { NEVER, state } from '../memory/state';
import { raiseDrain } from './block/buffers';
import { armRetransmit, waitProgresses } from './block/deadlines';
import { finish, resetIfSent } from './block/finish';
import { OWE_CHALLENGE_ACK, OWE_OUTPUT, OWE_RESET, STOP } from './block/owed';
import { recordsAcknowledged } from './block/queues';
import { urgentAcknowledged } from './block/urgent';
import { armOrphanFinWait, enterTimeWait } from './close';
import { ecnAcknowledgmentBegins, ecnAcknowledgmentEnds } from './congestion/ecn';
import { flow } from './congestion/flow';
import { validationAcknowledged } from './congestion/validation';
import { congestionRests } from './congestion/window';
import { establish } from './handshake';
import { ACK, CWR, ECE, FIN, SYN } from './header';
import { countDuplicate } from './observe/statistics';
import { announce } from './open/accept';
import { searchAcknowledged } from './path/search';
import { forwardAcknowledged } from './recovery/frto';
import { recoveryAcknowledged, recoveryDuplicate } from './recovery/newreno';
import { armLossTimer, probeAcknowledged, rackAcknowledged } from './recovery/rack';
import { rttAcknowledged, rttDelivered } from './recovery/rtt';
import { ackArrives, reportsDuplicate, sackArrives } from './recovery/sack';
import { inFlight, sackedBytes, sentAcknowledged } from './recovery/sent';
import { duplicateReported, undoAcknowledged } from './recovery/undo';
import { Segment } from './segment';
import { seqGe, seqGt, seqLe, seqLt, seqMax, seqWithin } from './seq';
import {
  ECN_REDUCES,
  ECN_WAITS,
  FAST_OPEN,
  FIN_SENT,
  HELD,
  OWES_PROBE,
  PASSIVE,
  PERSIST,
  RECOVERY,
  RESET_WHEN_SENT,
  SACK_ON,
  SEARCHES,
  Tcb,
} from './tcb';

export function checkAcknowledgment(tcb: Tcb, seg: Segment): u32 {
  if (!(seg.flags & ACK)) return STOP;
  if (tcb.state == STATE_SYN_RECEIVED) {
    if (!seqWithin(tcb.iss + 1, seg.ack, tcb.sndNxt)) return OWE_RESET | STOP;
    establish(tcb, seg);
    if (!tcb.has(FAST_OPEN) || !tcb.has(PASSIVE)) announce(tcb);
    takeWindow(tcb, seg);
    // Data may be out already (RFC 7413 §4.2.2). An ACK of the SYN is no duplicate of one.
    if (tcb.sndUna != tcb.sndNxt && seg.ack == tcb.sndUna) return OWE_OUTPUT;
  }
  if (isIdle(tcb) && seg.ack == tcb.sndUna && seg.sackCount == 0 && !(seg.flags & (ECE | CWR))) {
    if (isNewer(tcb, seg)) takeWindow(tcb, seg);
    return OWE_OUTPUT;
  }
  // RFC 5961 §5.2: what is too old or not yet sent is dropped and answered.
  if (seqGt(seg.ack, tcb.sndNxt)) return OWE_CHALLENGE_ACK | STOP;
  if (seqLt(seg.ack, tcb.sndUna - tcb.sndWndMax)) return OWE_CHALLENGE_ACK | STOP;

  const window = seg.wnd << tcb.sndShift;
  const before = tcb.sndUna;
  const flight = inFlight(tcb);
  ecnAcknowledgmentBegins(tcb, seg);
  if (tcb.has(SACK_ON)) selective(tcb, seg);
  else if (seqGt(seg.ack, tcb.sndUna)) cumulative(tcb, seg);
  else if (isRepeated(tcb, seg)) repeated(tcb, seg, window);
  if (isNewer(tcb, seg)) takeWindow(tcb, seg);
  ecnAcknowledgmentEnds(tcb, flight);
  if (tcb.sndUna != before && tcb.sndUna == tcb.sndNxt && tcb.sendRing.length == 0) congestionRests(tcb);
  resetIfSent(tcb);
  if (tcb.state == STATE_CLOSED) return STOP;
  return tcb.has(FIN_SENT) && tcb.sndUna == tcb.sndNxt ? finAcknowledged(tcb) : OWE_OUTPUT;
}

/** Nothing of ours is under way, and nothing is remembered of what was: an ACK can tell of nothing but the window. */
function isIdle(tcb: Tcb): bool {
  return tcb.sndUna == tcb.sndNxt && tcb.scoreboard == 0 && tcb.flow == 0 && !tcb.has(UNFINISHED);
}

/** An ACK on a connection without SACK. */
function cumulative(tcb: Tcb, seg: Segment): void {
  const acked = seg.ack - tcb.sndUna;
  advance(tcb, seg);
  const restart = recoveryAcknowledged(tcb, acked);
  undoAcknowledged(tcb, seg);
  forwardAcknowledged(tcb, seg, acked, false);
  // RFC 6298 §5.3; RFC 6582 §3.2 has only the first partial acknowledgment restart the timer.
  if (tcb.sndUna != tcb.sndNxt && (restart || tcb.retransmitAt == NEVER)) armRetransmit(tcb, state.now + tcb.rto);
}

/** A duplicate ACK on a connection without SACK. */
function repeated(tcb: Tcb, seg: Segment, window: u32): void {
  if (isDuplicate(tcb, window)) recoveryDuplicate(tcb);
  forwardAcknowledged(tcb, seg, 0, false);
}

/** An ACK on a connection with SACK: what has arrived, then what must be lost because of it. */
function selective(tcb: Tcb, seg: Segment): void {
  const before = tcb.sndUna;
  // The peer sends, and nothing of ours is remembered that could be acknowledged, lost or repaired.
  const nothing = tcb.scoreboard == 0 && tcb.flow == 0 && !tcb.has(RECOVERY | ECN_REDUCES);
  if (nothing && seg.ack == before && seg.sackCount == 0) return;
  const sacked = sackedBytes(tcb);
  ackArrives(tcb, seg);
  sackArrives(tcb, seg);
  rttDelivered(tcb);
  const acked = seqGt(seg.ack, before) ? seg.ack - before : 0;
  const duplicate = reportsDuplicate(seg);
  if (acked > 0) {
    advance(tcb, seg);
    sentAcknowledged(tcb, before);
  }
  probeAcknowledged(tcb, acked, duplicate);
  if (acked > 0 && tcb.sndUna != tcb.sndNxt) armLossTimer(tcb);
  if (duplicate) duplicateReported(tcb, seg);
  if (duplicate && tcb.statistics != 0) countDuplicate(tcb);
  rackAcknowledged(tcb, acked, acked + sackedBytes(tcb) - sacked);
  if (acked > 0) undoAcknowledged(tcb, seg);
  if (acked > 0 || seg.sackCount > 0) forwardAcknowledged(tcb, seg, acked, tcb.flow != 0 && flow(tcb).original != 0);
}

/** SND.UNA moves to SEG.ACK. */
function advance(tcb: Tcb, seg: Segment): void {
  const ring = tcb.sendRing;
  // The FIN takes a sequence number but no room in the ring.
  ringConsume(ring, min(seg.ack - tcb.sndUna, ring.length));
  // Without losses it would stay behind for ever, and be ahead after half a circle.
  if (seqGt(tcb.sndUna, tcb.recover)) tcb.recover = tcb.sndUna;
  tcb.sndUna = seg.ack;
  urgentAcknowledged(tcb);
  if (tcb.rare != 0) recordsAcknowledged(tcb);
  tcb.sndResume = seqMax(tcb.sndResume, seg.ack);
  rttAcknowledged(tcb, seg);
  tcb.retransmissions = 0;
  tcb.softError = 0;
  neighborConfirm(tcb.interface, tcb.remoteHigh, tcb.remoteLow); // RFC 4861 §7.3.1
  waitProgresses(tcb, tcb.sndUna == tcb.sndNxt);
  if (tcb.has(SEARCHES)) searchAcknowledged(tcb);
  if (tcb.flow != 0) validationAcknowledged(tcb);
  if (tcb.sndUna == tcb.sndNxt) {
    armRetransmit(tcb, NEVER); // RFC 6298 §5.2
    tcb.clear(OWES_PROBE | PERSIST); // a FIN, once acknowledged, is not asked for again
    tcb.rttAt = 0;
  }
  raiseDrain(tcb);
}

/** Nothing new is acknowledged, nothing carried, something is outstanding. */
function isRepeated(tcb: Tcb, seg: Segment): bool {
  return seg.ack == tcb.sndUna && tcb.sndUna != tcb.sndNxt && seg.length == 0 && !(seg.flags & (SYN | FIN));
}

/** RFC 5681 §2: a repeated ACK that changes nothing, and is not the echo of what is sent again after a timeout. */
function isDuplicate(tcb: Tcb, window: u32): bool {
  return tcb.sndResume == tcb.sndNxt && !tcb.has(PERSIST) && window == tcb.sndWnd;
}

/** RFC 9293 §3.10.7.4: only a segment that is not older than the last one may change the window. */
function isNewer(tcb: Tcb, seg: Segment): bool {
  return (
    seqGe(seg.ack, tcb.sndUna) && (seqLt(tcb.sndWl1, seg.seq) || (tcb.sndWl1 == seg.seq && seqLe(tcb.sndWl2, seg.ack)))
  );
}

function takeWindow(tcb: Tcb, seg: Segment): void {
  const before = tcb.sndWnd;
  tcb.sndWnd = seg.wnd << tcb.sndShift;
  tcb.sndWndMax = max(tcb.sndWndMax, tcb.sndWnd);
  tcb.sndWl1 = seg.seq;
  tcb.sndWl2 = seg.ack;
  // One that has not grown lets nothing more go: the override timeout runs on (§3.8.6.2.1).
  if (tcb.sndWnd <= before || !tcb.has(PERSIST)) return;
  // The window is open: what probes had carried goes out again with the rest.
  tcb.clear(PERSIST);
  waitProgresses(tcb, tcb.sndUna == tcb.sndNxt);
  tcb.retransmissions = 0;
  tcb.sndResume = tcb.sndUna;
  armRetransmit(tcb, NEVER);
}

/** Our FIN is acknowledged (RFC 9293 §3.10.7.4, FIN-WAIT-1, CLOSING, LAST-ACK). */
function finAcknowledged(tcb: Tcb): u32 {
  if (tcb.state == STATE_FIN_WAIT_1) {
    tcb.state = STATE_FIN_WAIT_2;
    tcb.clear(ECN_WAITS); // the timer is for orphans now
    if (tcb.has(HELD)) armRetransmit(tcb, NEVER);
    else armOrphanFinWait(tcb);
  } else if (tcb.state == STATE_CLOSING) {
    enterTimeWait(tcb);
    return STOP;
  } else if (tcb.state == STATE_LAST_ACK) {
    finish(tcb, 0);
    return STOP;
  }
  return OWE_OUTPUT;
}

/** What an ACK may end although it acknowledges nothing. */
const UNFINISHED: u64 = RECOVERY | ECN_REDUCES | ECN_WAITS | FIN_SENT | RESET_WHEN_SENT;
