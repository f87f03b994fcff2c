// Seventh check of SEGMENT ARRIVES, the segment text (RFC 9293 §3.10.7.4): where bytes go, and which ACK they earn.
// Also the receive window. Not for: delivery to the user (tcp/calls.ts).

import {
  DIALECT_BSD,
  ERROR_CONNECTION_ABORTED,
  ERROR_NO_BUFFERS,
  STATE_CLOSED,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
  STATE_SYN_RECEIVED,
} from '../abi/constants';
import { ringEnsure, ringWrite } from '../memory/ring';
import { NEVER, state } from '../memory/state';
import { memoryScarce, receiveTune } from './block/buffers';
import { abort, finish, resetDue } from './block/finish';
import { OWE_ACK, OWE_ACK_NOW, OWE_DUPLICATE_ACK, OWE_RESET, STOP } from './block/owed';
import { pieceAppend, pieceAt, piecePossible, piecesDrop, piecesSettle } from './block/pieces';
import { raiseReceived } from './block/ready';
import { reassemblyAbsorb, reassemblyAdd, reassemblyHas, reassemblyTwice } from './block/reassembly';
import { quickText } from './open/quick';
import { Segment } from './segment';
import { seqGe, seqLe, seqLt, seqMax, seqMin } from './seq';
import { DISCARD, FAST_OPEN, FIN_SEEN, GRACE, PAUSED, REFUSE, RESET_WHEN_SENT, SACK_ON, Tcb, unread } from './tcb';

/** Takes the text of a segment that has been trimmed to the window. */
export function takeText(tcb: Tcb, seg: Segment): u32 {
  if (seg.length == 0) return 0;
  // After the peer's FIN there is no text: "this should not occur" (§3.10.7.4).
  if (!takes(tcb)) return 0;
  if (tcb.has(REFUSE) && !isFarewell(tcb, seg)) {
    tcb.set(RESET_WHEN_SENT);
    if (!resetDue(tcb)) return STOP;
    // At SEG.ACK: there the peer believes it, whatever of ours is on its way (RFC 5961 §3.2).
    finish(tcb, ERROR_CONNECTION_ABORTED);
    return OWE_RESET | STOP;
  }
  tcb.rcvMss = <u16>min(max<u32>(tcb.rcvMss, seg.length), tcb.mss);
  if (seg.seq != tcb.rcvNxt) return takeOutOfOrder(tcb, seg);
  receiveTune(tcb, seg);
  if (!keep(tcb, seg)) return STOP;
  const filled = tcb.reassembly != 0;
  const next = seg.seq + seg.length;
  if (filled) reassemblyTwice(tcb, seg.seq, next);
  tcb.rcvNxt = filled ? reassemblyAbsorb(tcb, next) : next;
  // What came before the FIN was known, and lies behind it, is nobody's.
  if (tcb.has(FIN_SEEN)) tcb.rcvNxt = seqMin(tcb.rcvNxt, tcb.rcvFin);
  if (filled && !tcb.has(DISCARD)) tcb.receiveRing.length += tcb.rcvNxt - next;
  raiseReceived(tcb);
  // RFC 5681 §4.2: at once when a gap closes.
  return quickText(tcb) || filled || isSecond(tcb) ? OWE_ACK_NOW : OWE_ACK;
}

/** Whether text that nobody reads is no more than a goodbye. */
function isFarewell(tcb: Tcb, seg: Segment): bool {
  return tcb.has(GRACE) && seqLe(seg.seq + seg.length, tcb.takenSeq + FAREWELL);
}

/** Whether an ACK is due for every second segment: full-sized ones (RFC 5681 §4.2); any, in BSD's ways. */
function isSecond(tcb: Tcb): bool {
  if (state.dialect == DIALECT_BSD && tcb.ackAt != NEVER) return true;
  return tcb.rcvNxt - tcb.lastAckSent >= 2 * <u32>tcb.rcvMss;
}

/** The states in which text counts; SYN-RECEIVED where the peer has opened fast (RFC 7413 §4.2.2). */
function takes(tcb: Tcb): bool {
  if (tcb.state == STATE_SYN_RECEIVED) return tcb.has(FAST_OPEN);
  return tcb.state == STATE_ESTABLISHED || tcb.state == STATE_FIN_WAIT_1 || tcb.state == STATE_FIN_WAIT_2;
}

/** Puts in-order text where the user will take it: left in its slot if possible, else in the ring. */
function keep(tcb: Tcb, seg: Segment): bool {
  if (tcb.has(DISCARD)) return true;
  if (!tcb.has(PAUSED) && piecePossible(tcb)) {
    pieceAppend(tcb, seg.data, seg.length);
    return true;
  }
  const ring = tcb.receiveRing;
  if (tcb.pieceBytes > 0 && !piecesSettle(tcb)) return false;
  if (!ringEnsure(ring, ring.length + seg.length)) return false;
  ringWrite(ring, ring.length, seg.data, seg.length);
  ring.length += seg.length;
  return true;
}

/** Text behind a gap waits in the ring at its place, and earns a duplicate ACK (RFC 5681 §4.2). */
function takeOutOfOrder(tcb: Tcb, seg: Segment): u32 {
  if (tcb.has(DISCARD)) return OWE_DUPLICATE_ACK | STOP;
  if (tcb.pieceBytes > 0 && !piecesSettle(tcb)) return OWE_DUPLICATE_ACK | STOP;
  if (reassemblyHas(tcb, seg.seq, seg.seq + seg.length)) {
    noteDuplicate(tcb, seg.seq, seg.length);
    return OWE_DUPLICATE_ACK;
  }
  if (memoryScarce()) return OWE_DUPLICATE_ACK | STOP;
  const ring = tcb.receiveRing;
  const offset = ring.length + (seg.seq - tcb.rcvNxt);
  if (!ringEnsure(ring, offset + seg.length)) return OWE_DUPLICATE_ACK | STOP;
  reassemblyTwice(tcb, seg.seq, seg.seq + seg.length);
  if (!reassemblyAdd(tcb, seg.seq, seg.seq + seg.length)) return OWE_DUPLICATE_ACK | STOP;
  ringWrite(ring, offset, seg.data, seg.length);
  return OWE_DUPLICATE_ACK;
}

/** Bytes have come twice: the next ACK reports them (RFC 2883 §4). */
export function noteDuplicate(tcb: Tcb, start: u32, length: u32): void {
  if (length == 0 || !tcb.has(SACK_ON)) return;
  tcb.duplicateStart = start;
  tcb.duplicateEnd = start + length;
}

/**
 * The window field of the next segment; its right edge is kept in RCV.ADV. The edge moves right only by what is worth
 * a segment (RFC 9293 §3.8.6.2.2 MUST-39) and never left (§3.8.6 SHLD-14): what scaling rounds off on the wire is
 * still accepted (RFC 7323 §2.4).
 */
export function advertiseWindow(tcb: Tcb): u32 {
  const edge = tcb.rcvNxt + room(tcb);
  const stays = seqLt(edge, tcb.rcvAdv) || edge - tcb.rcvAdv < worthSaying(tcb);
  const window = (stays ? tcb.rcvAdv : edge) - tcb.rcvNxt;
  const field = min(window >> tcb.rcvShift, <u32>u16.MAX_VALUE);
  // BSD takes what its buffer takes, also what 16 bits can't say.
  const accepted = state.dialect == DIALECT_BSD ? window : field << tcb.rcvShift;
  tcb.rcvAdv = seqMax(tcb.rcvAdv, tcb.rcvNxt + accepted);
  return field;
}

/** The window field of an ACK that repeats an earlier number: the right edge is where it was. */
export function advertisedWindow(tcb: Tcb, acknowledgment: u32): u32 {
  return min((tcb.rcvAdv - acknowledgment) >> tcb.rcvShift, <u32>u16.MAX_VALUE);
}

/** After the user has read: whether the window has opened enough to tell the peer without being asked. */
export function windowUpdateDue(tcb: Tcb): bool {
  const largest = min<u32>(tcb.receiveSize, (<u32>u16.MAX_VALUE) << tcb.rcvShift);
  if (state.dialect == DIALECT_BSD) return updateDueInBsd(tcb, largest);
  // A peer that still has half the window before it hears of it with the next ACK.
  if (tcb.rcvAdv - tcb.rcvNxt >= largest >> 1) return false;
  const edge = tcb.rcvNxt + min(room(tcb), largest);
  return seqGe(edge, tcb.rcvAdv) && edge - tcb.rcvAdv >= worthwhile(tcb);
}

/** BSD tells of two segments more, when they are a quarter of the buffer. */
function updateDueInBsd(tcb: Tcb, largest: u32): bool {
  const told = min(tcb.rcvAdv - tcb.rcvNxt, largest);
  const free = min(room(tcb), largest);
  return free >= told + max<u32>(2 * <u32>tcb.mss, tcb.receiveSize >> 2);
}

/**
 * Ends a batch: its slots are about to be filled again, so what was not taken moves to the rings. Acknowledged bytes must
 * not be lost: a connection whose bytes find no memory is reset.
 */
export function settleBatch(): void {
  for (let number: u32 = 1; number <= state.pieceCount; number++) {
    const owner = pieceAt(number).owner;
    if (owner == 0) continue;
    const tcb = changetype<Tcb>(owner);
    if (piecesSettle(tcb)) continue;
    piecesDrop(tcb);
    if (tcb.state != STATE_CLOSED) abort(tcb, ERROR_NO_BUFFERS);
  }
  state.pieceCount = 0;
}

/** Bytes that the receive buffer can still take. */
function room(tcb: Tcb): u32 {
  const used = unread(tcb);
  return used < tcb.receiveSize ? tcb.receiveSize - used : 0;
}

/**
 * By how much the right edge has to move, to move at all. In BSD's ways it moves whenever it can, and stays only when a
 * quarter of the buffer, and a segment, would not fit any more.
 */
function worthSaying(tcb: Tcb): u32 {
  if (state.dialect != DIALECT_BSD) return worthwhile(tcb);
  return room(tcb) < min<u32>(tcb.receiveSize >> 2, tcb.mss) ? u32.MAX_VALUE : 0;
}

/** Fr × RCV.BUFF with Fr = 1/2, or one segment (RFC 9293 §3.8.6.2.2); at least what scaling can say. */
function worthwhile(tcb: Tcb): u32 {
  return max(min<u32>(tcb.receiveSize >> 1, tcb.rcvMss), (<u32>1) << tcb.rcvShift);
}

/** Two tickets with a client's certificates in them, and an alert. */
const FAREWELL: u32 = 4096;
