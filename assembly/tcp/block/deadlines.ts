// The deadlines of a connection and its one entry on the timer wheel. A deadline that moves later leaves the entry
// where it is: it expires early, finds nothing due and is filed again. One of them is the user's patience: the user timeout
// (RFC 9293 §3.9.1, §3.10.8; RFC 5482, whose option we do not exchange). Without it R2 says when to give up.
// Not for: what happens at a deadline (tcp/timers.ts).

import { Micros, NEVER, state } from '../../memory/state';
import { wheelArm, wheelCancel } from '../../memory/wheel';
import { flow } from '../congestion/flow';
import { Tcb, TIMER_RETRANSMIT } from '../tcb';
import { userTimeout } from './rare';

export function armRetransmit(tcb: Tcb, at: Micros): void {
  tcb.retransmitAt = at;
  tcb.timer = TIMER_RETRANSMIT;
  fileDeadlines(tcb);
}

export function armDelayedAck(tcb: Tcb, at: Micros): void {
  tcb.ackAt = at;
  fileDeadlines(tcb);
}

export function armKeepAlive(tcb: Tcb, at: Micros): void {
  tcb.keepAt = at;
  fileDeadlines(tcb);
}

export function armTimeout(tcb: Tcb, at: Micros): void {
  tcb.timeoutAt = at;
  fileDeadlines(tcb);
}

/** Nothing is in flight any more: an RTO from now the connection counts as idle, unless it sends (RFC 5681 §4.1). */
export function armIdle(tcb: Tcb): void {
  if (state.idleRestart == 0) return;
  flow(tcb).idleAt = state.now + tcb.rto;
  fileDeadlines(tcb);
}

export function noDeadlines(tcb: Tcb): void {
  tcb.retransmitAt = NEVER;
  tcb.ackAt = NEVER;
  tcb.keepAt = NEVER;
  tcb.timeoutAt = NEVER;
  tcb.waitsSince = 0;
  wheelCancel(tcb);
}

/** Files the connection under its earliest deadline, unless it is filed under an earlier moment. */
export function fileDeadlines(tcb: Tcb): void {
  let earliest = min(min(tcb.retransmitAt, tcb.ackAt), min(tcb.keepAt, tcb.timeoutAt));
  if (tcb.flow != 0) earliest = min(earliest, min(flow(tcb).idleAt, flow(tcb).paceAt));
  earliest = min(earliest, waitDeadline(tcb));
  if (earliest == NEVER) wheelCancel(tcb);
  else if (tcb.wheelSlot == 0 || earliest < tcb.wheelDeadline) wheelArm(tcb, earliest);
}

/** From now on something is outstanding, or the window is shut before something; unless that is so already. */
export function waitBegins(tcb: Tcb): void {
  if (tcb.waitsSince == 0) tcb.waitsSince = max<Micros>(state.now, 1);
}

/** The peer has taken something; `all`: it waits for nothing more. */
export function waitProgresses(tcb: Tcb, all: bool): void {
  tcb.waitsSince = all ? 0 : max<Micros>(state.now, 1);
}

/** When the user's patience ends; NEVER: the user has set no bound, or nothing is waited for. */
export function waitDeadline(tcb: Tcb): Micros {
  const patience = userTimeout(tcb);
  return patience == 0 || tcb.waitsSince == 0 ? NEVER : tcb.waitsSince + <Micros>patience * 1_000;
}
