// The end of a connection: deletion of the TCB (RFC 9293 §3.10) in steps, since lists and the host may still refer to
// it. A control block goes back to its pool when the protocol is done with it, it is on no list and nobody holds it.

import {
  ERROR_CONNECTION_ABORTED,
  EVENT_CLOSED,
  STATE_CLOSED,
  STATE_SYN_RECEIVED,
  STATE_TIME_WAIT,
} from '../../abi/constants';
import { ringFree } from '../../memory/ring';
import { flowFree } from '../congestion/flow';
import { statisticsFree } from '../observe/statistics';
import { leaveHalfOpen } from '../open/listener';
import { sentFree } from '../recovery/sent';
import { tableRemove } from '../table';
import {
  FIN_QUEUED,
  HELD,
  ON_MEMORY_LIST,
  ON_READY_LIST,
  ON_SEND_LIST,
  ORPHAN,
  OWES_RESET,
  QUEUED,
  RESET_WHEN_SENT,
  Tcb,
  tcbFree,
} from '../tcb';
import { noDeadlines } from './deadlines';
import { piecesDrop } from './pieces';
import { rareFree } from './rare';
import { raiseOnce, raiseReceived } from './ready';
import { reassemblyFree } from './reassembly';
import { wantSend } from './sendlist';
import { timeWaitFold } from './timewait';

/**
 * Enters CLOSED. `error` is one of ERROR_*, 0 after an orderly close. What has been received stays readable for whoever
 * holds the connection. The control block goes back with the next output, when no step of this call can refer to it.
 */
export function finish(tcb: Tcb, error: i32): void {
  if (tcb.state == STATE_SYN_RECEIVED) leaveHalfOpen(tcb);
  tcb.state = STATE_CLOSED;
  tcb.error = <i8>error;
  noDeadlines(tcb);
  tableRemove(tcb);
  ringFree(tcb.sendRing);
  reassemblyFree(tcb);
  sentFree(tcb);
  flowFree(tcb);
  if (error != 0) raiseOnce(tcb, EVENT_CLOSED);
  else raiseReceived(tcb);
  wantSend(tcb);
}

/** Ends a connection with a RST to the peer (RFC 9293 §3.10.5). */
export function abort(tcb: Tcb, error: i32): void {
  tcb.set(OWES_RESET);
  finish(tcb, error);
}

/**
 * Tells the peer with a RST that its bytes were lost (RFC 9293 §3.6.1, SHLD-3), but not before it has ours: a RST would
 * overtake them.
 */
export function resetIfSent(tcb: Tcb): void {
  if (resetDue(tcb)) abort(tcb, ERROR_CONNECTION_ABORTED);
}

/** Whether the time has come for that RST. */
export function resetDue(tcb: Tcb): bool {
  return tcb.has(RESET_WHEN_SENT) && tcb.has(FIN_QUEUED) && tcb.sendRing.length == 0;
}

/**
 * Gives the control block back when nothing needs it any more: a record waits out TIME-WAIT. Once the user has let go all that it
 * holds goes at once, whatever list it is on: others may wait for just that.
 */
export function freeIfDone(tcb: Tcb): void {
  if (tcb.has(tcb.has(ORPHAN) ? ON_SEND_LIST : HELD | QUEUED | ON_READY_LIST | ON_SEND_LIST)) return;
  if (tcb.state == STATE_TIME_WAIT) timeWaitFold(tcb);
  else if (tcb.state != STATE_CLOSED) return;
  tcb.state = STATE_CLOSED;
  noDeadlines(tcb);
  piecesDrop(tcb);
  ringFree(tcb.receiveRing);
  reassemblyFree(tcb);
  rareFree(tcb);
  statisticsFree(tcb);
  if (!tcb.has(ON_READY_LIST | ON_MEMORY_LIST)) tcbFree(tcb);
}
