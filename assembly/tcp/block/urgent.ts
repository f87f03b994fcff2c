// Urgent data (RFC 9293 §3.8.5): a place in either stream up to which the sender asks the reader to hurry. The bytes stay
// in line; what is told is that place, behind the last urgent byte (MUST-62). Nothing here is kept for connections that
// never use it (block/rare.ts).

import {
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  EVENT_URGENT,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
} from '../../abi/constants';
import { URG } from '../header';
import { Segment } from '../segment';
import { seqGe, seqGt } from '../seq';
import { DISCARD, FIN_REACHED, FLUSH, OWES_ACK, Tcb, unread } from '../tcb';
import { Rare, rareTake } from './rare';
import { raise } from './ready';

/** SEND with the URGENT flag, once its bytes are queued: all up to them is urgent (§3.10.2: SND.UP). */
export function urgentSend(tcb: Tcb): i32 {
  const sndUp = tcb.sndUna + tcb.sendRing.length;
  if (!seqGt(sndUp, tcb.sndNxt)) return ERROR_INVALID; // "the user must also send at least one data octet"
  const rare = rareTake(tcb);
  if (rare == null) return ERROR_NO_BUFFERS;
  rare.sndUp = sndUp;
  rare.sendsUrgent = 1;
  // It goes at once; where the window has no room for it, a bare ACK says that it is there.
  tcb.set(FLUSH | OWES_ACK);
  return 0;
}

/** SND.UNA has moved. */
export function urgentAcknowledged(tcb: Tcb): void {
  if (tcb.rare == 0) return;
  const rare = changetype<Rare>(tcb.rare);
  if (seqGe(tcb.sndUna, rare.sndUp)) rare.sendsUrgent = 0;
}

/** Whether urgent data is queued or under way. */
export function sendsUrgent(tcb: Tcb): bool {
  return tcb.rare != 0 && changetype<Rare>(tcb.rare).sendsUrgent != 0;
}

/**
 * The urgent pointer of a segment of ours that begins at `firstSeq`; 0: it needs none. A place beyond 16 bits is told as far
 * as they reach, and segments to come tell more (MUST-31).
 */
export function urgentPointerAt(tcb: Tcb, firstSeq: u32): u32 {
  if (!sendsUrgent(tcb)) return 0;
  const rare = changetype<Rare>(tcb.rare);
  return seqGt(rare.sndUp, firstSeq) ? min<u32>(rare.sndUp - firstSeq, u16.MAX_VALUE) : 0;
}

/** Sixth check of SEGMENT ARRIVES: the user hears of each place further on than the last, while it is ahead (MUST-32). */
export function checkUrgent(tcb: Tcb, seg: Segment): void {
  if (!(seg.flags & URG) || tcb.has(DISCARD)) return;
  if (tcb.state != STATE_ESTABLISHED && tcb.state != STATE_FIN_WAIT_1 && tcb.state != STATE_FIN_WAIT_2) return;
  if (!seqGt(seg.up, taken(tcb))) return;
  if (urgentLeft(tcb) > 0 && !seqGt(seg.up, changetype<Rare>(tcb.rare).rcvUp)) return;
  const rare = rareTake(tcb);
  if (rare == null) return; // only a hint is lost
  rare.rcvUp = seg.up;
  rare.receivesUrgent = 1;
  raise(tcb, EVENT_URGENT);
}

/** How many bytes the user has to take until the urgent ones are behind it (MUST-33); they need not have arrived yet. */
export function urgentLeft(tcb: Tcb): u32 {
  if (tcb.rare == 0) return 0;
  const rare = changetype<Rare>(tcb.rare);
  if (!rare.receivesUrgent) return 0;
  const next = taken(tcb);
  if (seqGt(rare.rcvUp, next)) return rare.rcvUp - next;
  rare.receivesUrgent = 0;
  return 0;
}

/** The number of the first byte that the user has not taken. */
function taken(tcb: Tcb): u32 {
  return tcb.rcvNxt - unread(tcb) - (tcb.has(FIN_REACHED) ? 1 : 0);
}
