// The ready list: connections with events for the host, each at most once, first in, first out. It cannot overflow,
// and nothing calls back into the host.

import {
  EVENT_CLOSED,
  EVENT_DATA,
  EVENT_END,
  EVENT_OPEN,
  EVENT_SOFT_ERROR,
  STATE_CLOSED,
  STATE_TIME_WAIT,
} from '../../abi/constants';
import { BATCH_LIMIT } from '../../abi/limits';
import { setResult } from '../../memory/map';
import { state } from '../../memory/state';
import { DISCARD, FIN_REACHED, HELD, ON_READY_LIST, ORPHAN, PAUSED, QUEUED, REPORTS, Tcb, unread } from '../tcb';

/**
 * Tells the host of an event. The host hears of a connection that it holds, or that has just opened for it to take;
 * what happens to one that waits to be accepted waits with it.
 */
export function raise(tcb: Tcb, event: u32): void {
  if (tcb.has(ORPHAN)) return;
  tcb.events |= <u8>event;
  if (tcb.has(ON_READY_LIST | QUEUED) || !(tcb.has(HELD) || (tcb.events & EVENT_OPEN) != 0)) return;
  tcb.set(ON_READY_LIST);
  tcb.readyNext = 0;
  if (state.readyTail == 0) state.readyHead = <u32>changetype<usize>(tcb);
  else changetype<Tcb>(<usize>state.readyTail).readyNext = changetype<usize>(tcb);
  state.readyTail = <u32>changetype<usize>(tcb);
}

/** Raises an event that a connection has once in its life. */
export function raiseOnce(tcb: Tcb, event: u32): void {
  if (tcb.raised & event) return;
  tcb.raised |= <u8>event;
  raise(tcb, event);
}

/**
 * Trouble that ends nothing (RFC 9293 §3.9.1.8 MUST-47): it is remembered for when the connection fails, and told to a
 * user who wants to hear of it (SHLD-20).
 */
export function softError(tcb: Tcb, error: i32): void {
  tcb.softError = <u8>-error;
  if (tcb.has(REPORTS)) raise(tcb, EVENT_SOFT_ERROR);
}

/**
 * Tells the host what the stream has for it, in the stream's order: bytes, the end of the peer's half, the end of it
 * all. A paused user hears of none of them, so that nothing overtakes the bytes; a failure is told elsewhere, at once.
 */
export function raiseReceived(tcb: Tcb): void {
  if (tcb.has(PAUSED) && !tcb.has(DISCARD)) return;
  if (unread(tcb) > 0) raise(tcb, EVENT_DATA);
  if (tcb.has(FIN_REACHED)) raiseOnce(tcb, EVENT_END);
  if (tcb.state == STATE_TIME_WAIT || tcb.state == STATE_CLOSED) raiseOnce(tcb, EVENT_CLOSED);
}

/** Puts the handles of the first connections on the list, which stay there, at result[0] and behind it. Answers how many. */
export function readyPeek(): u32 {
  let count: u32 = 0;
  for (let address = <usize>state.readyHead; address != 0 && count < BATCH_LIMIT; count++) {
    const tcb = changetype<Tcb>(address);
    setResult(count, tcb.handle);
    address = tcb.readyNext;
  }
  return count;
}

/** Takes the first connection off the list; null when there is none. */
export function readyTake(): Tcb | null {
  const tcb = changetype<Tcb | null>(<usize>state.readyHead);
  if (tcb == null) return null;
  state.readyHead = <u32>tcb.readyNext;
  if (state.readyHead == 0) state.readyTail = 0;
  tcb.clear(ON_READY_LIST);
  return tcb;
}
