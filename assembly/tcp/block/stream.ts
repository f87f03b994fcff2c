// The byte stream as its user meets it, whoever that is: who holds a connection, whether it takes bytes, and what follows
// once bytes were put into the send ring or taken from what was received. The calls of users do it (tcp/calls.ts), and the
// record layer of TLS (assembly/tls/). Not for: where the bytes lie.

import { ERROR_NOT_CONNECTED, ERROR_PIPE, STATE_CLOSED, STATE_ESTABLISHED } from '../../abi/constants';
import { fastOpenRelease, sendsEarly } from '../open/fastconnect';
import { windowUpdateDue } from '../receive';
import { FIN_QUEUED, MORE_COMES, ORPHAN, OWES_ACK, Tcb, tcbFind, UNPUSHED } from '../tcb';
import { wantSend } from './sendlist';
import { urgentLeft } from './urgent';

/** The connection that the host knows by this handle: not one that it has released. */
export function held(handle: u32): Tcb | null {
  const tcb = tcbFind(handle);
  return tcb == null || tcb.has(ORPHAN) ? null : tcb;
}

/** Whether bytes may be put into the send ring, as far as it has room: 0, or the ERROR_* that forbids it. */
export function writable(tcb: Tcb): i32 {
  if (tcb.state == STATE_CLOSED) return ERROR_NOT_CONNECTED;
  if (tcb.has(FIN_QUEUED)) return ERROR_PIPE;
  if (tcb.state < STATE_ESTABLISHED && !sendsEarly(tcb)) return ERROR_NOT_CONNECTED;
  return 0;
}

/** `length` bytes have been put behind what the send ring held. */
export function written(tcb: Tcb, length: u32): void {
  tcb.sendRing.length += length;
  if (tcb.has(MORE_COMES)) tcb.set(UNPUSHED);
  else tcb.clear(UNPUSHED);
  if (length > 0) fastOpenRelease(tcb);
  wantSend(tcb);
}

/** The user has taken some of what was received: the peer may have to hear of the room. */
export function taken(tcb: Tcb): void {
  urgentLeft(tcb); // forgets the mark once it is passed
  windowMoved(tcb);
  wantSend(tcb); // also to give the ring's storage back
}

/** The receive buffer has more room, or another size: the peer is told if that is worth a segment. */
export function windowMoved(tcb: Tcb): void {
  if (tcb.state < STATE_ESTABLISHED || !windowUpdateDue(tcb)) return;
  tcb.set(OWES_ACK);
  wantSend(tcb);
}
