// Quick acknowledgments: a connection begins, and goes on after a pause, with segments whose ACKs do not wait, so that the
// peer's congestion window opens sooner (RFC 9293 §3.8.6.3 bounds the delay of ACKs, it does not ask for one). A user who
// answers what it gets needs none: its answers carry the ACKs.
// Not for: ACKs that RFC 5681 §4.2 wants at once (tcp/receive.ts), and the delay (tcp/input.ts).

import { state } from '../../memory/state';
import { ANSWERS, OWES_ACK, Tcb } from '../tcb';

/** The first SETTING_QUICK_ACKS segments have their ACKs at once. */
export function quickStart(tcb: Tcb): void {
  tcb.quickAcks = <u8>min<u32>(state.quickAcks, u8.MAX_VALUE);
  tcb.textAt = now();
}

/** Text has come. @returns whether its ACK goes out at once */
export function quickText(tcb: Tcb): bool {
  if (state.quickAcks == 0) return false;
  // A pause of more than a timeout: the peer may have begun with a small window again (RFC 5681 §4.1).
  if (<u32>(now() - tcb.textAt) > tcb.rto / 1_000) tcb.quickAcks = <u8>min<u32>(state.quickAcks, u8.MAX_VALUE);
  tcb.textAt = now();
  if (tcb.quickAcks == 0 || tcb.has(ANSWERS)) return false;
  tcb.quickAcks--;
  return true;
}

/**
 * Text has been sent: an answer, when text has come within the delay of an ACK, or when the peer took the text of our SYN and
 * this is more of it.
 */
export function quickSent(tcb: Tcb): void {
  const nothingYet = tcb.rcvNxt == tcb.irs + 1;
  const accepted = tcb.has(OWES_ACK) && tcb.sndUna != tcb.iss + 1;
  if (nothingYet ? accepted : <u32>(now() - tcb.textAt) < state.ackDelay) tcb.set(ANSWERS);
}

/** Milliseconds, around every 65 seconds: a pause is told by its remainder at worst. */
function now(): u16 {
  return <u16>(state.now / 1_000);
}
