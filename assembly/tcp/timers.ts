// What happens when a timer fires: one named reaction for each (RFC 9293 §3.10.8, RFC 6298 §5). A reaction decides and
// marks what is owed; sending follows. Not for: the wheel (memory/wheel.ts), arming (tcp/block/deadlines.ts).

import {
  ERROR_TIMED_OUT,
  EVENT_TIMEOUT,
  STATE_CLOSED,
  STATE_FIN_WAIT_2,
  STATE_SYN_RECEIVED,
  STATE_SYN_SENT,
  STATE_TIME_WAIT,
} from '../abi/constants';
import { NEVER, state } from '../memory/state';
import { wheelExpired } from '../memory/wheel';
import { armRetransmit, fileDeadlines, waitDeadline } from './block/deadlines';
import { Endpoint, HALF_OPEN, TIME_WAIT } from './block/endpoint';
import { abort, finish } from './block/finish';
import { traceState } from './block/observe';
import { synRetries, userTimeout } from './block/rare';
import { raise, softError } from './block/ready';
import { wantSend } from './block/sendlist';
import { TimeWait, timeWaitFree } from './block/timewait';
import { ecnFallBack } from './congestion/ecn';
import { flow } from './congestion/flow';
import { congestionIdle, congestionTimeout } from './congestion/window';
import { countTimeout } from './observe/statistics';
import { fastOpenLost } from './open/fastconnect';
import { HalfOpen, halfOpenExpired } from './open/halfopen';
import { searchTimeout } from './path/search';
import { forwardTimeout } from './recovery/frto';
import { recoveryTimeout } from './recovery/newreno';
import { armLossTimer, rackDetect, rackTimeout } from './recovery/rack';
import { probeInterval, rttExpired } from './recovery/rtt';
import {
  ECN_WAITS,
  HELD,
  OWES_ACK,
  OWES_KEEP_ALIVE,
  OWES_PROBE,
  OWES_SYN,
  OWES_TAIL_PROBE,
  PASSIVE,
  PERSIST,
  Tcb,
  TIMER_PROBE,
  TIMER_REORDER,
} from './tcb';

/** Runs the reactions of every deadline that has come. */
export function tcpTimersExpire(): void {
  for (let entry = wheelExpired(state.now); entry != 0; entry = wheelExpired(state.now)) {
    const kind = changetype<Endpoint>(entry).kind;
    if (kind == HALF_OPEN) halfOpenExpired(changetype<HalfOpen>(entry));
    else if (kind == TIME_WAIT) timeWaitFree(changetype<TimeWait>(entry));
    else connectionExpired(changetype<Tcb>(entry));
  }
}

function connectionExpired(tcb: Tcb): void {
  const before = tcb.state;
  react(tcb);
  traceState(tcb, before);
}

function react(tcb: Tcb): void {
  const now = state.now;
  if (tcb.ackAt <= now) sendDelayedAck(tcb);
  if (tcb.timeoutAt <= now) userTimer(tcb);
  if (tcb.keepAt <= now) probeKeepAlive(tcb);
  if (tcb.flow != 0 && flow(tcb).paceAt <= now) sendPaced(tcb);
  if (tcb.flow != 0 && flow(tcb).idleAt <= now) congestionIdle(tcb);
  if (waitDeadline(tcb) <= now) abortUnheard(tcb);
  // The reactions below may end the connection, those above too.
  if (tcb.state != STATE_CLOSED && tcb.retransmitAt <= now) {
    if (tcb.state == STATE_TIME_WAIT || tcb.state == STATE_FIN_WAIT_2) leaveTimeWait(tcb);
    else if (tcb.has(PERSIST)) probeWindow(tcb);
    else if (tcb.has(ECN_WAITS) && tcb.sndUna == tcb.sndNxt) endWait(tcb);
    else if (tcb.timer == TIMER_REORDER) reorderTimeout(tcb);
    else if (tcb.timer == TIMER_PROBE) probeTail(tcb);
    else retransmit(tcb);
  }
  if (tcb.state != STATE_CLOSED) fileDeadlines(tcb);
}

/** RFC 9293 §3.8.6.3 MUST-40 */
function sendDelayedAck(tcb: Tcb): void {
  tcb.ackAt = NEVER;
  tcb.set(OWES_ACK);
  wantSend(tcb);
}

/** The pace lets the next segment go. */
function sendPaced(tcb: Tcb): void {
  flow(tcb).paceAt = NEVER;
  wantSend(tcb);
}

/** The user's own timer. */
function userTimer(tcb: Tcb): void {
  tcb.timeoutAt = NEVER;
  raise(tcb, EVENT_TIMEOUT);
}

/** RFC 9293 §3.8.4 */
function probeKeepAlive(tcb: Tcb): void {
  const idleUntil = tcb.heardAt + <i64>tcb.keepIdle * 1_000;
  if (state.now < idleUntil) {
    tcb.keepAt = idleUntil;
  } else if (tcb.sndUna != tcb.sndNxt) {
    // What is outstanding is question enough (MUST-26); once it is answered the connection may be idle soon.
    tcb.keepAt = state.now + <i64>min(tcb.keepIdle, tcb.keepInterval) * 1_000;
  } else if (keepsQuiet(tcb)) {
    abort(tcb, silence(tcb));
  } else {
    tcb.keepProbes++;
    tcb.set(OWES_KEEP_ALIVE);
    wantSend(tcb);
    tcb.keepAt = state.now + <i64>tcb.keepInterval * 1_000;
    const patienceEnds = tcb.heardAt + <i64>userTimeout(tcb) * 1_000;
    if (patienceEnds > state.now) tcb.keepAt = min(tcb.keepAt, patienceEnds);
  }
}

/** Enough probes went unanswered; or, with a user timeout, one did and the peer has been silent for so long. */
function keepsQuiet(tcb: Tcb): bool {
  const patience = <i64>userTimeout(tcb) * 1_000;
  if (patience == 0) return tcb.keepProbes >= tcb.keepCount;
  return tcb.keepProbes > 0 && state.now - tcb.heardAt >= patience;
}

/** The wait is over that a mark asked for when the window was one segment (RFC 3168 §6.1.2). */
function endWait(tcb: Tcb): void {
  tcb.clear(ECN_WAITS);
  armRetransmit(tcb, NEVER);
  wantSend(tcb);
}

/** 2 MSL are over, or the wait of an orphan in FIN-WAIT-2. */
function leaveTimeWait(tcb: Tcb): void {
  finish(tcb, 0);
}

/** The retransmission timer (RFC 6298 §5.4 to §5.7). */
function retransmit(tcb: Tcb): void {
  if (givesUp(tcb)) {
    abortUnheard(tcb);
    return;
  }
  if (tcb.sndWnd == 0 && tcb.state > STATE_SYN_RECEIVED) {
    // The peer took its window back: what is outstanding may not go out again, but must be asked for (§3.8.6 MUST-35).
    tcb.set(PERSIST);
    probeWindow(tcb);
    return;
  }
  if (tcb.retransmissions < u8.MAX_VALUE) tcb.retransmissions++;
  if (tcb.statistics != 0) countTimeout(tcb);
  if (tcb.retransmissions == R1) softError(tcb, silence(tcb)); // SHLD-9
  rttExpired(tcb);
  if (tcb.state == STATE_SYN_SENT || tcb.state == STATE_SYN_RECEIVED) {
    tcb.set(OWES_SYN);
    if (tcb.state == STATE_SYN_SENT) ecnFallBack(tcb);
    if (tcb.state == STATE_SYN_SENT && tcb.retransmissions == 1) fastOpenLost(tcb);
  } else {
    if (tcb.retransmissions == 1) forwardTimeout(tcb);
    searchTimeout(tcb);
    congestionTimeout(tcb);
    recoveryTimeout(tcb);
    // Everything outstanding counts as lost; sending goes on from the oldest byte, one segment at first.
    if (tcb.scoreboard == 0) tcb.sndResume = tcb.sndUna;
    else rackTimeout(tcb);
  }
  tcb.retransmitAt = state.now + tcb.rto;
  wantSend(tcb);
}

/** What was given time to arrive out of order has not (RFC 8985 §6.2). */
function reorderTimeout(tcb: Tcb): void {
  armLossTimer(tcb);
  rackDetect(tcb, 0);
  wantSend(tcb);
}

/** Two round trips without an ACK: the last segments may be lost, and no other will tell (RFC 8985 §7.3). */
function probeTail(tcb: Tcb): void {
  tcb.set(OWES_TAIL_PROBE);
  armRetransmit(tcb, state.now + tcb.rto);
  wantSend(tcb);
}

/** The window has been shut for an RTO: ask whether it still is (RFC 9293 §3.8.6.1 MUST-36, SHLD-29, SHLD-30). */
function probeWindow(tcb: Tcb): void {
  if (givesUp(tcb)) {
    abort(tcb, silence(tcb));
    return;
  }
  if (tcb.retransmissions < u8.MAX_VALUE) tcb.retransmissions++;
  tcb.set(OWES_PROBE);
  tcb.retransmitAt = state.now + probeInterval(tcb);
  wantSend(tcb);
}

/**
 * R2 (RFC 9293 §3.8.3): too many in a row, unless the peer answers and merely keeps its window shut (MUST-37), or the user
 * has set a time instead.
 */
function givesUp(tcb: Tcb): bool {
  if (tcb.retransmissions < limitFor(tcb)) return false;
  if (userTimeout(tcb) != 0 && tcb.state > STATE_SYN_RECEIVED) return false;
  const answers = state.now - tcb.heardAt < 2 * max<i64>(probeInterval(tcb), tcb.rto);
  const shut = tcb.sndWnd == 0 && tcb.state > STATE_SYN_RECEIVED;
  return !(shut && answers && tcb.has(HELD));
}

function limitFor(tcb: Tcb): u32 {
  if (tcb.state == STATE_SYN_SENT) return synRetries(tcb);
  if (tcb.state == STATE_SYN_RECEIVED) return state.synAckRetries;
  return tcb.has(HELD) ? state.dataRetries : min(state.orphanRetries, state.dataRetries);
}

/** A SYN that nobody answers needs no RST; anything else may still be heard. */
function abortUnheard(tcb: Tcb): void {
  if (tcb.state == STATE_SYN_SENT || (tcb.state == STATE_SYN_RECEIVED && tcb.has(PASSIVE))) finish(tcb, silence(tcb));
  else abort(tcb, silence(tcb));
}

/** Why nobody answers: what routers have said, if they have (RFC 9293 §3.9.2.2 SHLD-25). */
function silence(tcb: Tcb): i32 {
  return tcb.softError == 0 ? ERROR_TIMED_OUT : -(<i32>tcb.softError);
}

/** RFC 9293 §3.8.3 SHLD-10: so many retransmissions of the same segment are trouble worth telling of. */
const R1: u8 = 3;
