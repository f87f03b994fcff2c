// TCP input: a packet's segment is checked, parsed into `segment` and given to its connection, its listener or nobody
// (RFC 9293 §3.10.7). What is owed in answer is noted here and sent by output.

import {
  COUNTER_CHALLENGE_ACKS,
  COUNTER_SEGMENTS_IN,
  STATE_CLOSED,
  STATE_SYN_RECEIVED,
  STATE_TIME_WAIT,
  TRACE_SEGMENT_IN,
} from '../abi/constants';
import { randomBelow } from '../crypto/random';
import { fold, pseudoRest, sum } from '../ip/checksum';
import { PROTOCOL_TCP } from '../ip/header4';
import { INCOMING_CHECKSUM_KNOWN, INCOMING_REASSEMBLED, incoming } from '../ip/incoming';
import { count } from '../memory/counters';
import { endsCopy } from '../memory/ends';
import { REPLY_ACK, REPLY_RECORD_ACK, REPLY_RESET, REPLY_STAMPS, replyNew } from '../memory/replies';
import { isShared } from '../memory/share';
import { Micros, state } from '../memory/state';
import { segmentArrives } from './arrives';
import { synWindow } from './block/buffers';
import { armDelayedAck } from './block/deadlines';
import { Endpoint, HALF_OPEN, TIME_WAIT } from './block/endpoint';
import { finish } from './block/finish';
import { traceSegment } from './block/observe';
import { OWE_ACK, OWE_ACK_NOW, OWE_CHALLENGE_ACK, OWE_DUPLICATE_ACK, OWE_OUTPUT, OWE_RESET } from './block/owed';
import { wantSend } from './block/sendlist';
import { TimeWait, timeWaitFree } from './block/timewait';
import { timeWaitRecordArrives } from './close';
import {
  ACK,
  acknowledgmentNumber,
  controlBits,
  dataOffset,
  destinationPort,
  FIN,
  RST,
  SYN,
  sequenceNumber,
  sourcePort,
  TCP_HEADER,
  urgentPointer,
  windowField,
} from './header';
import { countArrived, countArriving } from './observe/statistics';
import { acceptQueueFull } from './open/accept';
import { HalfOpen, halfOpenArrives, halfOpenPromote, synQueueFull } from './open/halfopen';
import { listenerArrives } from './open/listen';
import { listenerFor } from './open/listener';
import { cookieOpen, cookieReturns } from './open/syncookie';
import { parseOptions } from './options';
import { largestSegment } from './path/size';
import { timestampNow } from './recovery/rtt';
import { Segment, segment } from './segment';
import { seqGt } from './seq';
import { tableFind } from './table';
import { OWES_ACK, Tcb, TIMESTAMPS_ON } from './tcb';

/** Takes the segment of `incoming`. False: malformed. */
export function tcpInput(): bool {
  const tcp = incoming.payload;
  const size = incoming.size;
  if (size < TCP_HEADER || dataOffset(tcp) < TCP_HEADER || dataOffset(tcp) > size) return false;
  if (!incoming.has(INCOMING_CHECKSUM_KNOWN) && !checksumRight(tcp, size)) return false; // MUST-3
  count(COUNTER_SEGMENTS_IN);
  parse(segment, tcp, size);
  dispatch(segment);
  return true;
}

/** The addresses are those of the train: a segment for many hosts does not come so far. */
function checksumRight(tcp: usize, size: u32): bool {
  const pseudo = pseudoRest(incoming.trainSum, PROTOCOL_TCP, size);
  return fold(pseudo + fold(sum(tcp, size))) == 0xffff;
}

function parse(seg: Segment, tcp: usize, size: u32): void {
  seg.localHigh = incoming.toHigh;
  seg.localLow = incoming.toLow;
  seg.remoteHigh = incoming.fromHigh;
  seg.remoteLow = incoming.fromLow;
  seg.localPort = destinationPort(tcp);
  seg.remotePort = sourcePort(tcp);
  seg.interface = incoming.interface;
  seg.seq = sequenceNumber(tcp);
  seg.ack = acknowledgmentNumber(tcp);
  seg.wnd = windowField(tcp);
  seg.flags = controlBits(tcp);
  seg.up = seg.seq + urgentPointer(tcp);
  seg.ecn = incoming.service & ECN_FIELD;
  seg.hasFloor = 0;
  seg.data = tcp + dataOffset(tcp);
  seg.length = size - dataOffset(tcp);
  parseOptions(seg, tcp + TCP_HEADER, dataOffset(tcp) - TCP_HEADER);
}

/** To the connection with the segment's four-tuple, else to a listener, else to CLOSED. */
function dispatch(seg: Segment): void {
  const end = tableFind(seg.ends, seg.localPort, seg.remotePort);
  if (end == null) toListener(seg);
  else if (end.kind == HALF_OPEN) toHalfOpen(changetype<HalfOpen>(end), seg);
  else if (end.kind == TIME_WAIT) toTimeWait(changetype<TimeWait>(end), seg);
  else toConnection(changetype<Tcb>(end), seg);
}

function toListener(seg: Segment): void {
  // Fragments come to every stack that shares the address, since nobody knows whose connection they are of: not to answer is
  // right for all but one, and that one has found it.
  if (incoming.has(INCOMING_REASSEMBLED) && isShared()) return;
  const listener = listenerFor(seg.localHigh, seg.localLow, seg.localPort);
  if (listener == null) {
    resetStranger(seg);
  } else if (!cookieReturns(listener, seg)) {
    if (listenerArrives(listener, seg) & OWE_RESET) resetStranger(seg);
  } else if (!acceptQueueFull(listener)) {
    // Where the user has no room for it the ACK is dropped, as any other would be: the peer says it again.
    const tcb = cookieOpen(listener, seg);
    if (tcb != null) deliver(tcb, seg);
  }
}

function toConnection(tcb: Tcb, seg: Segment): void {
  if (tcb.state != STATE_TIME_WAIT || !reopens(tcb, seg)) {
    deliver(tcb, seg);
    return;
  }
  setFloor(seg, tcb.sndNxt);
  finish(tcb, 0);
  toListener(seg);
}

function toTimeWait(record: TimeWait, seg: Segment): void {
  if (reopens(record, seg)) {
    setFloor(seg, record.sndNxt);
    timeWaitFree(record);
    toListener(seg);
    return;
  }
  const owed = timeWaitRecordArrives(record, seg);
  traceArrival(record, STATE_TIME_WAIT, seg);
  noteRecord(record, owed, record.sndNxt, record.window >> record.rcvShift);
}

function toHalfOpen(record: HalfOpen, seg: Segment): void {
  const owed = halfOpenArrives(record, seg);
  if (owed == 0) {
    const tcb = halfOpenPromote(record);
    if (tcb != null) deliver(tcb, seg);
    return;
  }
  traceArrival(record, STATE_SYN_RECEIVED, seg);
  if (owed & OWE_RESET) resetStranger(seg);
  noteRecord(record, owed, record.iss + 1, synWindow(record, largestSegment(record)) >> record.rcvShift);
}

function traceArrival(end: Endpoint, before: i32, seg: Segment): void {
  const window = seg.flags & SYN ? seg.wnd : seg.wnd << end.sndShift;
  traceSegment(end, TRACE_SEGMENT_IN, before, seg.flags, seg.seq, seg.ack, seg.length, window);
}

function deliver(tcb: Tcb, seg: Segment): void {
  const before = tcb.state;
  const control = seg.flags;
  const sequence = seg.seq;
  const length = seg.length;
  if (tcb.statistics != 0) countArriving(tcb, seg);
  const owed = segmentArrives(tcb, seg);
  if (tcb.statistics != 0) countArrived(tcb, seg);
  const window = control & SYN ? seg.wnd : seg.wnd << tcb.sndShift;
  traceSegment(tcb, TRACE_SEGMENT_IN, before, control, sequence, seg.ack, length, window);
  if (owed & OWE_RESET) resetStranger(seg);
  if (tcb.state != STATE_CLOSED) note(tcb, owed);
}

/** Notes what a connection owes: at once and by itself, with the batch, or within the ACK delay. */
function note(tcb: Tcb, owed: u32): void {
  if (answersNow(owed)) {
    const reply = replyNew(REPLY_ACK);
    if (reply != null) {
      reply.handle = tcb.handle;
      reply.acknowledgment = tcb.rcvNxt;
    }
  }
  if (owed & OWE_ACK_NOW) tcb.set(OWES_ACK);
  else if (owed & OWE_ACK && !tcb.has(OWES_ACK)) {
    const at = state.now + <i64>state.ackDelay * 1_000;
    if (tcb.ackAt > at) armDelayedAck(tcb, at);
  }
  if (owed & (OWE_ACK_NOW | OWE_OUTPUT)) wantSend(tcb);
}

/** The same for a record, which owes nothing but ACKs; `window` is the header's field. */
function noteRecord(end: Endpoint, owed: u32, sequence: u32, window: u32): void {
  if (!answersNow(owed)) return;
  const reply = replyNew(REPLY_RECORD_ACK);
  if (reply == null) return;
  reply.handle = end.listener;
  reply.interface = end.interface;
  reply.state = <u8>end.state;
  reply.localPort = end.localPort;
  reply.remotePort = end.remotePort;
  endsCopy(reply.ends, end.ends);
  reply.sequence = sequence;
  reply.acknowledgment = end.rcvNxt;
  reply.window = <u16>min<u32>(window, u16.MAX_VALUE);
  reply.shift = end.rcvShift;
  if (!end.has(TIMESTAMPS_ON)) return;
  reply.options = REPLY_STAMPS;
  reply.tsVal = timestampNow(end);
  reply.tsEcr = end.tsRecent;
}

/** Whether a segment is answered with an ACK of its own. */
function answersNow(owed: u32): bool {
  return (owed & OWE_DUPLICATE_ACK) != 0 || ((owed & OWE_CHALLENGE_ACK) != 0 && challengeAllowed());
}

/** A new SYN to a listener may end TIME-WAIT early when it is surely newer (RFC 9293 §3.6.1 MAY-2, RFC 6191 §2). */
function reopens(end: Endpoint, seg: Segment): bool {
  if ((seg.flags & (SYN | ACK | RST)) != SYN || (seg.flags & FIN && state.dropSynFin != 0)) return false;
  const listener = listenerFor(seg.localHigh, seg.localLow, seg.localPort);
  // A cookie could not keep our numbers above the old ones.
  if (listener == null || synQueueFull(listener) || acceptQueueFull(listener)) return false;
  if (seg.hasTimestamps && end.tsRecent != 0 && seg.tsVal != end.tsRecent) return seqGt(seg.tsVal, end.tsRecent);
  return seqGt(seg.seq, end.rcvNxt);
}

/** Our numbers go on above those of the connection that ends here (RFC 9293 §3.6.1 MAY-2). */
function setFloor(seg: Segment, sndNxt: u32): void {
  seg.hasFloor = 1;
  seg.floor = sndNxt;
}

/** RST to a segment that finds no connection, or that no connection can have caused (RFC 9293 §3.10.7.1). */
function resetStranger(seg: Segment): void {
  if (seg.flags & RST) return;
  const reply = replyNew(REPLY_RESET);
  if (reply == null) return;
  const acknowledges = (seg.flags & ACK) != 0;
  reply.sequence = acknowledges ? seg.ack : 0;
  reply.acknowledgment = acknowledges ? 0 : seg.end;
  reply.control = <u8>(acknowledges ? RST : RST | ACK);
  reply.interface = <u8>seg.interface;
  reply.localPort = <u16>seg.localPort;
  reply.remotePort = <u16>seg.remotePort;
  endsCopy(reply.ends, seg.ends);
}

/**
 * RFC 5961 §7: a limited number of challenge ACKs a second for the whole stack, and nobody can tell how many: from a number
 * that is known an attacker learns whether a guess of his has used one up (CVE-2016-5696).
 */
function challengeAllowed(): bool {
  if (state.challengeWindow == 0 || state.now - state.challengeWindow >= CHALLENGE_WINDOW) {
    state.challengeWindow = max<Micros>(state.now, 1);
    const half = (state.challengeLimit + 1) >> 1;
    state.challengesLeft = half + randomBelow(state.challengeLimit - half + 1);
  }
  if (state.challengesLeft == 0) return false;
  state.challengesLeft--;
  count(COUNTER_CHALLENGE_ACKS);
  return true;
}

/** The low two bits of what was the type of service (RFC 3168 §5). */
const ECN_FIELD: u32 = 3;
const CHALLENGE_WINDOW: Micros = 1_000_000;
