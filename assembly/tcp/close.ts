// How connections end: the RST check (second), the FIN check (eighth), TIME-WAIT (RFC 9293 §3.6, §3.10.7.4).
// Not for: the deletion of a control block (tcp/block/finish.ts).

import {
  DIALECT_BSD,
  ERROR_CONNECTION_REFUSED,
  ERROR_CONNECTION_RESET,
  STATE_CLOSE_WAIT,
  STATE_CLOSING,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
  STATE_LAST_ACK,
  STATE_SYN_RECEIVED,
  STATE_TIME_WAIT,
} from '../abi/constants';
import { ringFree } from '../memory/ring';
import { Micros, state } from '../memory/state';
import { wheelArm } from '../memory/wheel';
import { armRetransmit, noDeadlines } from './block/deadlines';
import { Endpoint } from './block/endpoint';
import { finish } from './block/finish';
import { OWE_ACK_NOW, OWE_CHALLENGE_ACK, OWE_DUPLICATE_ACK, STOP } from './block/owed';
import { finWait2 } from './block/rare';
import { raiseReceived } from './block/ready';
import { wantSend } from './block/sendlist';
import { TimeWait } from './block/timewait';
import { flowFree } from './congestion/flow';
import { ACK, FIN, RST, SYN } from './header';
import { noteFastReset } from './open/listener';
import { sentFree } from './recovery/sent';
import { Segment } from './segment';
import { seqMax } from './seq';
import { FIN_REACHED, FIN_SEEN, OWES_SYN, PASSIVE, Tcb } from './tcb';

/** Second: a RST counts only at exactly RCV.NXT; elsewhere in the window it may be forged (RFC 5961 §3.2). */
export function checkReset(tcb: Tcb, seg: Segment): u32 {
  if (!(seg.flags & RST)) return 0;
  if (seg.seq != tcb.rcvNxt && state.strictReset != 0) return OWE_CHALLENGE_ACK | STOP;
  if (tcb.state == STATE_SYN_RECEIVED) {
    noteFastReset(tcb);
    // A passive open returns to LISTEN, which its listener never left; an active one was refused.
    finish(tcb, tcb.has(PASSIVE) ? ERROR_CONNECTION_RESET : ERROR_CONNECTION_REFUSED);
  } else if ((tcb.state == STATE_CLOSING || tcb.state == STATE_LAST_ACK) && state.dialect != DIALECT_BSD) {
    finish(tcb, 0);
  } else {
    finish(tcb, ERROR_CONNECTION_RESET);
  }
  return STOP;
}

/** Eighth: the FIN, once everything before it has arrived. */
export function checkFin(tcb: Tcb, seg: Segment): u32 {
  if (seg.flags & FIN && !tcb.has(FIN_SEEN)) {
    tcb.set(FIN_SEEN);
    tcb.rcvFin = seg.seq + seg.length;
  }
  if (!tcb.has(FIN_SEEN) || tcb.has(FIN_REACHED) || tcb.rcvNxt != tcb.rcvFin) {
    // A FIN behind a gap is a segment out of order like any other.
    return seg.flags & FIN && seg.length == 0 && seg.seq != tcb.rcvNxt ? OWE_DUPLICATE_ACK : 0;
  }
  tcb.rcvNxt++;
  tcb.rcvAdv = seqMax(tcb.rcvAdv, tcb.rcvNxt); // a FIN may stand right behind the window
  tcb.set(FIN_REACHED);
  if (tcb.state == STATE_ESTABLISHED) tcb.state = STATE_CLOSE_WAIT;
  else if (tcb.state == STATE_FIN_WAIT_1)
    tcb.state = STATE_CLOSING; // our FIN's ACK would have led on already
  else if (tcb.state == STATE_FIN_WAIT_2) enterTimeWait(tcb);
  raiseReceived(tcb);
  return OWE_ACK_NOW;
}

/** Waits for 2 MSL, so that our last ACK can be repeated and old segments die (RFC 9293 §3.6.1 MUST-13). */
export function enterTimeWait(tcb: Tcb): void {
  noDeadlines(tcb);
  tcb.state = STATE_TIME_WAIT;
  tcb.clear(OWES_SYN);
  ringFree(tcb.sendRing);
  sentFree(tcb);
  flowFree(tcb);
  armRetransmit(tcb, state.now + timeWaitTime());
  raiseReceived(tcb);
  wantSend(tcb); // when nobody holds it, output leaves a record of it
}

/** A segment in TIME-WAIT that a user still holds. */
export function timeWaitArrives(tcb: Tcb, seg: Segment): u32 {
  if (repeatsFin(tcb, seg)) armRetransmit(tcb, state.now + timeWaitTime());
  return timeWaitOwes(tcb, tcb.sndNxt, seg);
}

/** The same where a record is left. */
export function timeWaitRecordArrives(record: TimeWait, seg: Segment): u32 {
  if (repeatsFin(record, seg)) wheelArm(record, state.now + timeWaitTime());
  return timeWaitOwes(record, record.sndNxt, seg);
}

/** FIN-WAIT-2 of a connection that no user holds: nobody else is left to end it. */
export function armOrphanFinWait(tcb: Tcb): void {
  armRetransmit(tcb, state.now + <Micros>finWait2(tcb) * 1_000);
}

/** The peer's FIN again: the wait starts anew (§3.10.7.4, eighth). */
function repeatsFin(end: Endpoint, seg: Segment): bool {
  return (seg.flags & (RST | FIN)) == FIN && seg.end == end.rcvNxt;
}

/** The FIN again, or nonsense that deserves the same ACK. */
function timeWaitOwes(end: Endpoint, sndNxt: u32, seg: Segment): u32 {
  // RFC 1337: a RST must not end the wait.
  if (seg.flags & RST) return STOP;
  // Fifth: what carries no ACK is dropped (§3.10.7.4); BSD does so before it looks at the number, and at the SYN bit.
  if (!(seg.flags & ACK)) {
    if (state.dialect == DIALECT_BSD || (!(seg.flags & SYN) && seg.seq == end.rcvNxt)) return STOP;
  }
  if (repeatsFin(end, seg)) return OWE_DUPLICATE_ACK | STOP;
  const expected = seg.seq == end.rcvNxt && seg.size == 0 && (seg.flags & (ACK | SYN)) == ACK && seg.ack == sndNxt;
  return expected ? STOP : OWE_CHALLENGE_ACK | STOP;
}

function timeWaitTime(): Micros {
  return <Micros>state.msl * 2_000;
}
