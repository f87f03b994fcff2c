// Explicit Congestion Notification (RFC 3168): routers mark packets instead of dropping them, the receiver echoes the mark,
// the sender reduces its window as after a loss and says so. Who does what is agreed on by the SYNs.
//
//   sender ── ECT(0) ──▶ router ── CE ──▶ receiver
//     ▲                                      │
//     └────── ACK with ECE, again and again ─┘   until data with CWR has come
//
// Not for: how much is left of the window (window.ts), how it gets there (tcp/recovery/prr.ts).

import { NEVER, state } from '../../memory/state';
import { armRetransmit } from '../block/deadlines';
import { Endpoint } from '../block/endpoint';
import { OWE_ACK_NOW } from '../block/owed';
import { ACK, CWR, ECE } from '../header';
import { payloadSize } from '../path/size';
import { prrAcknowledged, prrReset } from '../recovery/prr';
import { inFlight } from '../recovery/sent';
import { undoForbid } from '../recovery/undo';
import { Segment } from '../segment';
import { seqGt, seqLt } from '../seq';
import {
  ECN_ECHO,
  ECN_ECHOES,
  ECN_MARKED,
  ECN_ON,
  ECN_REDUCES,
  ECN_SEEN,
  ECN_WAITS,
  FIN_SENT,
  OWES_CWR,
  OWES_PROBE,
  RECOVERY,
  SACK_ON,
  Tcb,
} from '../tcb';
import { congestionReduce } from './window';

// The handshake (§6.1.1).

/** Before our SYN: whether it is to ask for ECN, or to answer a SYN that does. */
export function ecnOffer(end: Endpoint, passive: bool): void {
  if (state.ecn == ALWAYS || (passive && state.ecn == ACCEPT)) end.set(ECN_ON | ECN_ECHOES);
}

/**
 * The peer's SYN or SYN-ACK has come. A SYN asks with both bits, a SYN-ACK agrees with ECE alone: who only reflects what we
 * asked does not know what it means (§6.1.1.2).
 */
export function ecnNegotiate(end: Endpoint, seg: Segment): void {
  const setup = seg.flags & ACK ? ECE : ECE | CWR;
  if ((seg.flags & (ECE | CWR)) != setup) end.clear(ECN_ON | ECN_ECHOES);
}

/**
 * A SYN went unanswered: perhaps because of its two bits, so sooner or later it goes without (§6.1.1.1). What we say then
 * binds us not to mark our data, but what we said before, to echo the marks of the peer's.
 */
export function ecnFallBack(tcb: Tcb): void {
  if (tcb.retransmissions > state.ecnSynRetries) tcb.clear(ECN_ON);
}

// The receiver (§6.1.3).

/**
 * A segment brings data that lies in the window; what lies outside may be forged, and does not count (§6.1.5). Answers
 * what is owed: the sender may have so small a window that it waits for this ACK.
 */
export function ecnArrives(tcb: Tcb, seg: Segment): u32 {
  if (!tcb.has(ECN_ECHOES) || seg.length == 0) return 0;
  const before = tcb.has(ECN_ECHO);
  // CWR answers the marks on what was sent before it, not one on the segment itself.
  if (seg.flags & CWR) tcb.clear(ECN_ECHO);
  if (seg.ecn != NOT_ECT) tcb.set(ECN_SEEN);
  if (seg.ecn == CE) tcb.set(ECN_ECHO);
  return before != tcb.has(ECN_ECHO) || seg.flags & CWR ? OWE_ACK_NOW : 0;
}

// What goes out.

/** The bits of our SYN, or of our SYN-ACK when `acknowledges`. */
export function ecnSynControl(end: Endpoint, acknowledges: bool): u32 {
  if (!end.has(ECN_ON)) return 0;
  return acknowledges ? ECE : ECE | CWR;
}

/**
 * Whether a segment may be marked: it carries data, for the first time (§6.1.4, §6.1.5), and is no window probe, whose loss
 * nobody would notice (§6.1.6).
 */
export function ecnCapable(tcb: Tcb, sequence: u32, length: u32): bool {
  return length > 0 && tcb.has(ECN_ON) && !seqLt(sequence, tcb.sndNxt) && !tcb.has(OWES_PROBE);
}

/** The bits of a segment; one that is `capable` says, once, that the window was reduced (§6.1.2). */
export function ecnControl(tcb: Tcb, capable: bool): u32 {
  const echo = tcb.has(ECN_ECHO) ? ECE : 0;
  if (!capable || !tcb.has(OWES_CWR)) return echo;
  tcb.clear(OWES_CWR);
  return echo | CWR;
}

// The sender (§6.1.2). An ACK is taken between these two.

/**
 * An ACK has arrived. Does it echo a mark that the window has not been reduced for? Something must be in flight, and what
 * is acknowledged must lie behind "recover": up to there the peer could not hear of the last reduction. Such an ACK does
 * not make the window grow. We deviate after a timeout: the echo that it leaves over, answered with CWR only when all is
 * repaired, would hold repair down to a segment a round trip.
 */
export function ecnAcknowledgmentBegins(tcb: Tcb, seg: Segment): void {
  if (!tcb.has(ECN_ON) || tcb.sndUna == tcb.sndNxt) return;
  if (seg.flags & ECE && !seqLt(seg.ack, tcb.sndUna)) {
    undoForbid(tcb); // there is congestion, whatever becomes of what seemed lost
    if (seqGt(seg.ack, tcb.recover)) tcb.set(ECN_MARKED);
  } else if (seqGt(seg.ack, tcb.sndUna)) tcb.clear(ECN_WAITS);
}

/** The ACK has been taken. `flight`: bytes that were in flight before it. */
export function ecnAcknowledgmentEnds(tcb: Tcb, flight: u32): void {
  if (tcb.has(ECN_MARKED)) {
    tcb.clear(ECN_MARKED);
    // A loss that the same ACK has shown is the same congestion.
    if (!tcb.has(RECOVERY)) congestionExperienced(tcb, flight);
  }
  if (tcb.has(ECN_WAITS) && tcb.retransmitAt == NEVER) armRetransmit(tcb, state.now + tcb.rto);
}

/** The window is reduced as by a loss, with nothing to be sent again. */
function congestionExperienced(tcb: Tcb, flight: u32): void {
  congestionReduce(tcb, flight);
  tcb.recover = tcb.sndNxt;
  if (tcb.cwnd < 2 * payloadSize(tcb)) {
    // It can't get smaller, so the next segment waits until the retransmission timer expires.
    if (!tcb.has(FIN_SENT)) tcb.set(ECN_WAITS);
    armRetransmit(tcb, state.now + tcb.rto);
    return;
  }
  if (tcb.scoreboard == 0) {
    tcb.cwnd = min(tcb.cwnd, tcb.ssthresh);
    if (tcb.sndUna != tcb.sndNxt && !tcb.has(SACK_ON)) tcb.set(ECN_REDUCES);
    return;
  }
  tcb.set(ECN_REDUCES);
  const left = inFlight(tcb);
  tcb.cwnd = left;
  prrReset(tcb, flight);
  prrAcknowledged(tcb, flight - min(left, flight), true);
}

/** The ECN field of the IP header (§5). */
export const NOT_ECT: u32 = 0;
export const ECT_0: u32 = 2;
export const CE: u32 = 3;

// SETTING_ECN
const ALWAYS: u32 = 1;
const ACCEPT: u32 = 2;
