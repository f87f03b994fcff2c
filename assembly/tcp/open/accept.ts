// A connection is open: the host hears of it at once, or it waits on its listener's accept queue until the host asks.
// Not for: the handshake before it (tcp/handshake.ts).

import { ERROR_STALE_HANDLE, EVENT_OPEN } from '../../abi/constants';
import { raise, raiseOnce } from '../block/ready';
import { HELD, QUEUED, Tcb } from '../tcb';
import { Listener, listenerByHandle } from './listener';

/** Answers the handle of the connection that has waited longest, 0 when none waits. Whatever ended it meanwhile follows as an event. */
export function tcpAccept(handle: u32): i32 {
  const listener = listenerByHandle(handle);
  if (listener == null) return ERROR_STALE_HANDLE;
  const tcb = acceptTake(listener);
  if (tcb == null) return 0;
  tcb.set(HELD);
  tcb.events &= ~(<u8>EVENT_OPEN);
  if (tcb.events != 0) raise(tcb, tcb.events);
  return <i32>tcb.handle;
}

/** How many connections wait to be accepted. */
export function tcpAcceptable(handle: u32): i32 {
  const listener = listenerByHandle(handle);
  return listener == null ? ERROR_STALE_HANDLE : <i32>listener.acceptCount;
}

/** A connection has entered ESTABLISHED. */
export function announce(tcb: Tcb): void {
  const listener = listenerByHandle(tcb.listener);
  if (listener != null && listener.queues != 0) append(listener, tcb);
  raiseOnce(tcb, EVENT_OPEN);
}

/** Whether a listener has no room for another connection that the user has not taken. */
export function acceptQueueFull(listener: Listener): bool {
  return listener.queues != 0 && listener.acceptCount >= listener.backlog;
}

/** Takes the first connection off a listener's accept queue; null when none waits. */
export function acceptTake(listener: Listener): Tcb | null {
  const tcb = changetype<Tcb | null>(listener.acceptHead);
  if (tcb == null) return null;
  listener.acceptHead = tcb.readyNext;
  if (listener.acceptHead == 0) listener.acceptTail = 0;
  listener.acceptCount--;
  tcb.clear(QUEUED);
  return tcb;
}

function append(listener: Listener, tcb: Tcb): void {
  tcb.set(QUEUED);
  tcb.readyNext = 0;
  if (listener.acceptTail == 0) listener.acceptHead = changetype<usize>(tcb);
  else changetype<Tcb>(listener.acceptTail).readyNext = changetype<usize>(tcb);
  listener.acceptTail = changetype<usize>(tcb);
  listener.acceptCount++;
}
