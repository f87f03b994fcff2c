// SEGMENT ARRIVES for a connection (RFC 9293 §3.10.7.4): the eight checks, in the RFC's order. Each answers what is
// owed; none sends.
//
//   tcpInput → segmentArrives → 1 checkSequence  2 checkReset  3 (security)  4 checkSyn
//                               5 checkAcknowledgment  6 checkUrgent  7 takeText  8 checkFin

import {
  ERROR_CONNECTION_RESET,
  STATE_ESTABLISHED,
  STATE_SYN_RECEIVED,
  STATE_SYN_SENT,
  STATE_TIME_WAIT,
} from '../abi/constants';
import { seconds, state } from '../memory/state';
import { checkAcknowledgment } from './acknowledge';
import { abort } from './block/finish';
import { OWE_CHALLENGE_ACK, OWE_DUPLICATE_ACK, OWE_OUTPUT, STOP } from './block/owed';
import { checkUrgent } from './block/urgent';
import { checkFin, checkReset, timeWaitArrives } from './close';
import { ecnArrives, ecnNegotiate } from './congestion/ecn';
import { synSentArrives } from './handshake';
import { ACK, CWR, ECE, FIN, PSH, RST, SYN } from './header';
import { noteDuplicate, takeText } from './receive';
import { Segment } from './segment';
import { seqGt, seqLe, seqLt, seqWithin } from './seq';
import { FIN_SEEN, OWES_SYN, PASSIVE, Tcb, TIMESTAMPS_ON } from './tcb';

/** Runs a segment through a connection that is not in CLOSED or LISTEN. Answers what is owed. */
export function segmentArrives(tcb: Tcb, seg: Segment): u32 {
  if (isExpected(tcb, seg)) return takeExpected(tcb, seg);
  if (tcb.state == STATE_SYN_SENT) return synSent(tcb, seg);
  if (tcb.state == STATE_TIME_WAIT) return timeWaitArrives(tcb, seg);
  passSimultaneousSyn(tcb, seg);
  const sequence = seg.seq;
  let owed = checkSequence(tcb, seg); // first
  if (!(owed & STOP)) owed |= checkReset(tcb, seg); // second
  // Third, security and compartment: IP security options are not supported.
  if (!(owed & STOP)) owed |= checkSyn(tcb, seg); // fourth
  if (!(owed & STOP)) owed |= checkAcknowledgment(tcb, seg); // fifth
  if (owed & STOP) return owed;
  noteHeard(tcb, seg, sequence);
  return takeRest(tcb, seg, owed);
}

/**
 * Header prediction (Van Jacobson, 1990): whether a segment is what comes next when nothing goes wrong. Then the first four
 * checks, the sixth and the eighth have nothing to find, and need not be asked one by one.
 */
function isExpected(tcb: Tcb, seg: Segment): bool {
  if (seg.seq != tcb.rcvNxt || (seg.flags & ~PSH) != ACK || tcb.state != STATE_ESTABLISHED) return false;
  if (seg.length > tcb.rcvAdv - tcb.rcvNxt || tcb.has(FIN_SEEN)) return false;
  return !tcb.has(TIMESTAMPS_ON) || (seg.hasTimestamps != 0 && !seqLt(seg.tsVal, tcb.tsRecent));
}

/** The checks that are left: the fifth and the seventh. */
function takeExpected(tcb: Tcb, seg: Segment): u32 {
  const owed = checkAcknowledgment(tcb, seg);
  if (owed & STOP) return owed;
  noteHeard(tcb, seg, seg.seq);
  return seg.length == 0 ? owed : owed | ecnArrives(tcb, seg) | takeText(tcb, seg);
}

/** What a segment carries. */
function takeRest(tcb: Tcb, seg: Segment, before: u32): u32 {
  checkUrgent(tcb, seg); // sixth
  const owed = before | ecnArrives(tcb, seg) | takeText(tcb, seg); // seventh
  return owed & STOP ? owed : owed | checkFin(tcb, seg); // eighth
}

/** Text and a FIN on the SYN-ACK count (§3.10.7.3: "continue processing at the sixth step"). */
function synSent(tcb: Tcb, seg: Segment): u32 {
  const owed = synSentArrives(tcb, seg);
  if (owed & STOP || (seg.length == 0 && !(seg.flags & FIN))) return owed;
  seg.flags &= ~(SYN | ECE | CWR);
  seg.seq++;
  return takeRest(tcb, seg, owed | trim(tcb, seg));
}

/** The four cases of RFC 9293 §3.4 table 6, for a window from `next` to `edge`. */
export function isAcceptable(seg: Segment, next: u32, edge: u32): bool {
  const size = seg.size;
  if (edge == next) return size == 0 && seg.seq == next;
  const begins = seqLe(next, seg.seq) && seqLt(seg.seq, edge);
  // Or RCV.NXT lies inside the segment, which begins before the window and ends in it or behind it. Measured from SEG.SEQ: a
  // segment half a circle away is before and behind the window at once.
  return begins || (size > 0 && seqWithin(seg.seq, next, seg.end - 1));
}

/** In a simultaneous open the peer's SYN-ACK repeats a SYN we have: the ACK is what counts (RFC 9293 §3.5 figure 8). */
function passSimultaneousSyn(tcb: Tcb, seg: Segment): void {
  const repeats = tcb.state == STATE_SYN_RECEIVED && (seg.flags & (SYN | ACK | RST)) == (SYN | ACK);
  if (!repeats || seg.seq != tcb.irs) return;
  ecnNegotiate(tcb, seg);
  seg.flags &= ~(SYN | ECE | CWR);
  seg.seq++;
  seg.wnd >>= tcb.sndShift; // the window of a SYN is not scaled (RFC 7323 §2.2)
}

/** First: does the segment belong to the window? (§3.10.7.4, RFC 7323 §5.3) */
function checkSequence(tcb: Tcb, seg: Segment): u32 {
  if (tcb.has(TIMESTAMPS_ON) && !(seg.flags & RST)) {
    // RFC 7323 §3.2: a segment that lacks the negotiated option is dropped in silence; a SYN negotiates anew (RFC 5961 §4.2).
    if (!seg.hasTimestamps && !(seg.flags & SYN)) return STOP;
    if (isOld(tcb, seg)) return unwanted(tcb, seg);
  }
  if (!isAcceptable(seg, tcb.rcvNxt, tcb.rcvAdv)) return unacceptable(tcb, seg);
  return seg.flags & RST ? 0 : trim(tcb, seg);
}

/**
 * The peer is there (§3.8.4), and so is the timestamp of the segment that an ACK will answer (RFC 7323 §4.3 (2)); `sequence`:
 * SEG.SEQ before anything was cut off. Only a segment whose ACK is good says so: else anybody could keep a dead connection
 * alive, and one guess inside the window would make PAWS drop what the peer sends.
 */
function noteHeard(tcb: Tcb, seg: Segment, sequence: u32): void {
  tcb.heardAt = state.now;
  tcb.keepProbes = 0;
  if (!tcb.has(TIMESTAMPS_ON) || seqGt(sequence, tcb.lastAckSent)) return;
  tcb.tsRecent = seg.tsVal;
  tcb.tsRecentAt = seconds();
}

/** PAWS (RFC 7323 §5.3 R1), unless TS.Recent is older than half the timestamp clock's circle (§5.5). */
function isOld(tcb: Tcb, seg: Segment): bool {
  return seqLt(seg.tsVal, tcb.tsRecent) && seconds() - tcb.tsRecentAt < TIMESTAMP_LIFE;
}

function unacceptable(tcb: Tcb, seg: Segment): u32 {
  if (seg.flags & RST) return STOP;
  if (tcb.state == STATE_SYN_RECEIVED && seg.flags & SYN && seg.seq == tcb.irs && tcb.has(PASSIVE)) {
    // Our SYN-ACK was lost: the peer, in SYN-SENT, could do nothing with a plain ACK.
    ecnNegotiate(tcb, seg);
    tcb.set(OWES_SYN);
    return OWE_OUTPUT | STOP;
  }
  const shut = tcb.rcvAdv == tcb.rcvNxt;
  // An ACK from behind the byte that probes our closed window is good all the same (§3.10.7.4).
  if (shut && seg.seq == tcb.rcvNxt + 1 && seg.size == 0) return 0;
  if (shut && seg.seq == tcb.rcvNxt && !(seg.flags & SYN)) {
    // A probe of our closed window: its ACK field is good all the same (§3.10.7.4, MUST-66), and a mark on it (RFC 3168 §6.1.6).
    const marked = ecnArrives(tcb, seg);
    seg.length = 0;
    seg.flags &= ~FIN;
    return OWE_DUPLICATE_ACK | marked;
  }
  if (seqLt(seg.seq, tcb.rcvNxt)) noteDuplicate(tcb, seg.seq, min(seg.length, tcb.rcvNxt - seg.seq));
  return unwanted(tcb, seg);
}

/**
 * A segment from elsewhere or from long ago is answered. Bare ACKs could answer each other for ever, and those that the
 * network has reordered look just as old: they get one answer in a while.
 */
function unwanted(tcb: Tcb, seg: Segment): u32 {
  if (seg.flags & SYN) return OWE_CHALLENGE_ACK | STOP; // RFC 5961 §4.2: irrespective of its number
  if (seg.size > 0) return OWE_DUPLICATE_ACK | STOP;
  const now = <u32>(state.now / 1_000);
  if (tcb.answeredAt != 0 && now - tcb.answeredAt < ANSWER_INTERVAL) return STOP;
  tcb.answeredAt = max<u32>(now, 1);
  return OWE_DUPLICATE_ACK | STOP;
}

/** Cuts off what lies outside the window (§3.10.7.4: "segments with higher beginning sequence numbers …"). */
function trim(tcb: Tcb, seg: Segment): u32 {
  let owed: u32 = 0;
  if (seqLt(seg.seq, tcb.rcvNxt) && !(seg.flags & SYN)) {
    const old = min(tcb.rcvNxt - seg.seq, seg.length);
    seg.seq += old;
    seg.data += old;
    seg.length -= old;
    if (old > 0) owed = OWE_DUPLICATE_ACK;
    noteDuplicate(tcb, seg.seq - old, old);
  }
  if (seqGt(seg.seq + seg.length, tcb.rcvAdv)) {
    seg.length = tcb.rcvAdv - seg.seq;
    seg.flags &= ~FIN;
  }
  // Nothing comes behind a FIN, whatever the peer says by now.
  if (tcb.has(FIN_SEEN) && seqGt(seg.seq + seg.length, tcb.rcvFin)) {
    seg.length = seqGt(tcb.rcvFin, seg.seq) ? tcb.rcvFin - seg.seq : 0;
  }
  return owed;
}

/**
 * Fourth: a SYN inside the window is forged or from an earlier life; the peer's answer will tell (RFC 5961 §4). Without
 * that defence it ends the connection (RFC 793 p. 71).
 */
function checkSyn(tcb: Tcb, seg: Segment): u32 {
  if (!(seg.flags & SYN)) return 0;
  if (state.strictSyn != 0) return OWE_CHALLENGE_ACK | STOP;
  abort(tcb, ERROR_CONNECTION_RESET);
  return STOP;
}

/** Linux's tcp_invalid_ratelimit, in milliseconds. */
const ANSWER_INTERVAL: u32 = 500;
/** 24 days, in seconds (RFC 7323 §5.5). */
const TIMESTAMP_LIFE: u32 = 24 * 24 * 3600;
