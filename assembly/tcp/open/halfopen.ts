// SYN-RECEIVED of a passive open, in 128 bytes: what the handshake's last ACK will need to make a control block of it, and
// no more, since anybody can send a SYN (RFC 9293 §3.10.7.2, §3.10.7.4; RFC 4987 §3.2). SYN-ACKs that are owed go out with
// tcp/open/records.ts. Not for: simultaneous opens, which have a control block (tcp/handshake.ts).

import { STATE_CLOSED, STATE_LISTEN, STATE_SYN_RECEIVED, TRACE_SEGMENT_IN, TRACE_STATE } from '../../abi/constants';
import { poolScan, poolTake, slotOf } from '../../memory/pool';
import { Micros, state } from '../../memory/state';
import { wheelArm, wheelCancel } from '../../memory/wheel';
import { isAcceptable } from '../arrives';
import { synWindow } from '../block/buffers';
import { armRetransmit } from '../block/deadlines';
import { Endpoint, endpointCopy, endpointName, HALF_OPEN, halfOpenPool } from '../block/endpoint';
import { traceSegment } from '../block/observe';
import { OWE_CHALLENGE_ACK, OWE_DUPLICATE_ACK, OWE_RESET, STOP } from '../block/owed';
import { inheritWishes, obey } from '../block/rare';
import { ecnNegotiate, ecnOffer } from '../congestion/ecn';
import { endpointAccept, endpointOpen, tcbAccept, tcbBegin } from '../handshake';
import { ACK, FIN, RST, SYN } from '../header';
import { largestSegment } from '../path/size';
import { rttSent } from '../recovery/rtt';
import { Segment } from '../segment';
import { seqLt } from '../seq';
import { tableInsert, tableRemove, tableReplace } from '../table';
import { connectionsInUse, ON_SEND_LIST, PASSIVE, Tcb, TIMESTAMPS_ON, tcbFree, tcbNew } from '../tcb';
import { acceptQueueFull } from './accept';
import { fastOpenGrant } from './fastopen';
import { keepAbove } from './isn';
import { Listener, listenerByHandle } from './listener';

@unmanaged
export class HalfOpen extends Endpoint {
  wnd: u16; // of the SYN
  acknowledged: u8; // 1: the last ACK came, but the user may not have the connection yet
  repeated: u8; // 1: the SYN-ACK went out again, for whatever reason
  openedAt: Micros; // when the SYN came
}

/** Remembers a SYN; null when there is no room. Text on the SYN is left to the peer's retransmission. */
export function halfOpenNew(listener: Listener, seg: Segment): HalfOpen | null {
  if (connectionsInUse() >= state.connectionLimit) return null;
  const record = changetype<HalfOpen | null>(poolTake(halfOpenPool, HALF_OPEN_LIMIT));
  if (record == null) return null;
  halfOpenFill(record, listener, seg);
  keepAbove(record, seg);
  fastOpenGrant(record, listener, seg);
  if (!tableInsert(record)) {
    drop(record);
    return null;
  }
  listener.halfOpen++;
  oweSynAck(record);
  wheelArm(record, state.now + <Micros>state.rtoInitial * 1_000);
  return record;
}

/** Both halves of the handshake, ours and that of the SYN, in a fresh record. */
export function halfOpenFill(record: HalfOpen, listener: Listener, seg: Segment): void {
  endpointName(record, seg);
  record.kind = HALF_OPEN;
  record.listener = listener.handle;
  record.set(PASSIVE);
  obey(record, listener.wishes);
  endpointOpen(record);
  ecnOffer(record, true);
  endpointAccept(record, seg);
  record.wnd = <u16>seg.wnd;
  record.openedAt = state.now;
  record.state = STATE_SYN_RECEIVED;
  traceSegment(record, TRACE_SEGMENT_IN, STATE_LISTEN, seg.flags, seg.seq, seg.ack, seg.length, seg.wnd);
}

/** Whether another SYN must do without a record: its listener's SYN queue or that of the whole stack is full. */
export function synQueueFull(listener: Listener): bool {
  return listener.halfOpen >= listener.backlog || halfOpenPool.used >= HALF_OPEN_LIMIT;
}

/**
 * SEGMENT ARRIVES in SYN-RECEIVED (RFC 9293 §3.10.7.4). Answers what is owed; 0: the handshake is complete, and a control
 * block has to take the segment.
 */
export function halfOpenArrives(record: HalfOpen, seg: Segment): u32 {
  let owed = checkSequence(record, seg); // first
  if (owed == 0) owed = checkReset(record, seg); // second
  if (owed == 0) owed = checkSyn(record, seg); // fourth
  if (owed == 0) owed = checkAcknowledgment(record, seg); // fifth
  return owed;
}

/** The control block that a record becomes; null when there is no room: the peer will say its ACK again. */
export function halfOpenPromote(record: HalfOpen): Tcb | null {
  const listener = listenerByHandle(record.listener);
  const tcb = tcbNew(1);
  if (tcb == null) return null;
  if (listener != null && !inheritWishes(tcb, listener.wishes)) {
    tcbFree(tcb);
    return null;
  }
  endpointCopy(tcb, record);
  tcb.clear(ON_SEND_LIST);
  tableReplace(record, tcb);
  awaitAck(tcb, record.wnd, record.wheelDeadline);
  if (!record.repeated) {
    rttSent(tcb, tcb.sndNxt);
    tcb.rttAt = max<Micros>(record.openedAt, 1);
  }
  wheelCancel(record);
  drop(record);
  return tcb;
}

/** Makes a control block whose handshake needs but its last ACK, which has come. */
export function awaitAck(tcb: Tcb, window: u32, until: Micros): void {
  tcbBegin(tcb);
  tcbAccept(tcb, window);
  tcb.state = STATE_SYN_RECEIVED;
  tcb.sndNxt = tcb.iss + 1;
  tcb.sndResume = tcb.sndNxt;
  armRetransmit(tcb, until);
}

/** The SYN-ACK was not answered in time, or the wait for the peer's first data is over. */
export function halfOpenExpired(record: HalfOpen): void {
  const deferred = record.openedAt + deferral(record);
  if (record.acknowledged && state.now < deferred) {
    // The peer has nothing to say yet. One SYN-ACK afterwards asks for the ACK that we did not take.
    wheelArm(record, deferred + <Micros>state.rtoMinimum * 1_000);
    return;
  }
  if (record.retransmissions >= state.synAckRetries) {
    halfOpenForget(record);
    traceSegment(record, TRACE_STATE, STATE_SYN_RECEIVED, 0, record.iss + 1, record.rcvNxt, 0, record.wnd);
    return;
  }
  record.retransmissions++;
  repeatSynAck(record);
  const wait = (<Micros>state.rtoInitial * 1_000) << min<u32>(record.retransmissions, 20); // RFC 6298 §5.5
  wheelArm(record, state.now + min(wait, LONGEST_WAIT));
}

/** Back to LISTEN, which its listener never left. The peer hears of it when it sends something more. */
export function halfOpenForget(record: HalfOpen): void {
  const listener = listenerByHandle(record.listener);
  if (listener != null) listener.halfOpen--;
  tableRemove(record);
  wheelCancel(record);
  drop(record);
}

/** The listener closes. */
export function halfOpenForgetAll(listener: Listener): void {
  for (let address = poolScan(halfOpenPool, 0); address != 0 && listener.halfOpen > 0; ) {
    const record = changetype<HalfOpen>(address);
    address = poolScan(halfOpenPool, slotOf(record.handle) + 1);
    if (record.listener == listener.handle && record.state == STATE_SYN_RECEIVED) halfOpenForget(record);
  }
}

/** Puts a record on the list of those that owe a SYN-ACK. */
export function oweSynAck(record: HalfOpen): void {
  if (record.has(ON_SEND_LIST)) return;
  record.set(ON_SEND_LIST);
  record.sendNext = 0;
  if (state.synAckTail == 0) state.synAckHead = <u32>changetype<usize>(record);
  else changetype<HalfOpen>(<usize>state.synAckTail).sendNext = changetype<usize>(record);
  state.synAckTail = <u32>changetype<usize>(record);
}

/** First: as for any connection, but a SYN that comes again is owed our SYN-ACK: in SYN-SENT a plain ACK says nothing. */
function checkSequence(record: HalfOpen, seg: Segment): u32 {
  if (record.has(TIMESTAMPS_ON) && !(seg.flags & RST)) {
    if (!seg.hasTimestamps) return STOP; // RFC 7323 §3.2
    if (seqLt(seg.tsVal, record.tsRecent)) return unwanted(seg); // RFC 7323 §5.3 R1
  }
  // Also where it brings data, which reaches into the window.
  if ((seg.flags & (SYN | RST)) == SYN && seg.seq == record.rcvNxt - 1) {
    ecnNegotiate(record, seg);
    repeatSynAck(record);
    return STOP;
  }
  const edge = record.rcvNxt + synWindow(record, largestSegment(record));
  if (isAcceptable(seg, record.rcvNxt, edge)) return 0;
  return seg.flags & RST ? STOP : unwanted(seg);
}

/** Second: at exactly RCV.NXT a RST returns us to LISTEN; elsewhere in the window it may be forged (RFC 5961 §3.2). */
function checkReset(record: HalfOpen, seg: Segment): u32 {
  if (!(seg.flags & RST)) return 0;
  if (seg.seq != record.rcvNxt && state.strictReset != 0) return OWE_CHALLENGE_ACK | STOP;
  halfOpenForget(record);
  return STOP;
}

/** Fourth: a SYN inside the window is forged or from another life (RFC 5961 §4); without that defence it returns us to LISTEN. */
function checkSyn(record: HalfOpen, seg: Segment): u32 {
  if (!(seg.flags & SYN)) return 0;
  if (state.strictSyn != 0) return OWE_CHALLENGE_ACK | STOP;
  halfOpenForget(record);
  return STOP;
}

/** Fifth: only an ACK of our SYN completes the handshake, and only when the user has room for the connection and wants it. */
function checkAcknowledgment(record: HalfOpen, seg: Segment): u32 {
  if (!(seg.flags & ACK)) return STOP;
  if (seg.ack != record.iss + 1) return OWE_RESET | STOP;
  const listener = listenerByHandle(record.listener);
  const bare = seg.length == 0 && !(seg.flags & FIN);
  const early = bare && state.now < record.openedAt + deferral(record);
  if (!early && (listener == null || !acceptQueueFull(listener))) return 0;
  record.acknowledged = 1;
  return STOP;
}

/** How long the user does not want a connection that has no data. */
function deferral(record: HalfOpen): Micros {
  const listener = listenerByHandle(record.listener);
  return listener == null ? 0 : <Micros>listener.deferAccept * 1_000;
}

/** A segment from elsewhere or from long ago is answered; bare ACKs could answer each other for ever. */
function unwanted(seg: Segment): u32 {
  const text = seg.size > 0 && !(seg.flags & SYN);
  return (text ? OWE_DUPLICATE_ACK : OWE_CHALLENGE_ACK) | STOP;
}

function repeatSynAck(record: HalfOpen): void {
  record.repeated = 1;
  oweSynAck(record);
}

/** The record goes back with the next output, when no step of this call can refer to it. */
function drop(record: HalfOpen): void {
  record.state = STATE_CLOSED;
  oweSynAck(record);
}

/** Handshakes that are under way on the whole stack, 8 MiB. */
const HALF_OPEN_LIMIT: u32 = 1 << 16;
const LONGEST_WAIT: Micros = 120_000_000;
