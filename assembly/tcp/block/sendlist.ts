// The want-to-send list: connections that owe the network something, each at most once, in the order of service.
// Not for: what they owe (tcp/send.ts).

import { state } from '../../memory/state';
import { ON_SEND_LIST, Tcb } from '../tcb';

/** Puts a connection at the end of the list, unless it is on it. */
export function wantSend(tcb: Tcb): void {
  if (tcb.has(ON_SEND_LIST)) return;
  tcb.set(ON_SEND_LIST);
  tcb.sendNext = 0;
  if (state.sendTail == 0) state.sendHead = <u32>changetype<usize>(tcb);
  else changetype<Tcb>(<usize>state.sendTail).sendNext = changetype<usize>(tcb);
  state.sendTail = <u32>changetype<usize>(tcb);
}

/** Puts a connection aside for the rest of the round: the queue of its interface is full. */
export function sendHold(tcb: Tcb): void {
  tcb.set(ON_SEND_LIST);
  tcb.sendNext = 0;
  if (state.sendHeldHead == 0) state.sendHeldHead = <u32>changetype<usize>(tcb);
  else changetype<Tcb>(<usize>state.sendHeldTail).sendNext = changetype<usize>(tcb);
  state.sendHeldTail = <u32>changetype<usize>(tcb);
}

/** Those put aside are the first of the next round, in their order: it was their turn. */
export function sendHeldFirst(): void {
  if (state.sendHeldHead == 0) return;
  changetype<Tcb>(<usize>state.sendHeldTail).sendNext = <usize>state.sendHead;
  if (state.sendTail == 0) state.sendTail = state.sendHeldTail;
  state.sendHead = state.sendHeldHead;
  state.sendHeldHead = 0;
}

/** Takes the first connection off the list; null when there is none. */
export function sendTake(): Tcb | null {
  const tcb = changetype<Tcb | null>(<usize>state.sendHead);
  if (tcb == null) return null;
  state.sendHead = <u32>tcb.sendNext;
  if (state.sendHead == 0) state.sendTail = 0;
  tcb.clear(ON_SEND_LIST);
  return tcb;
}
