// TCP input: a packet's segment is checked, parsed into `segment` and given to its connection, its listener or nobody
// (RFC 9293 §3.10.7). What is owed in answer is noted here and sent by output.

import {
  COUNTER_CHALLENGE_ACKS,
  COUNTER_SEGMENTS_IN,
  STATE_CLOSED,
  STATE_TIME_WAIT,
  TRACE_SEGMENT_IN,
} from '../abi/constants';
import { mappedLow } from '../ip/address';
import { fold, pseudoSum, sum } from '../ip/checksum';
import { congestionField, destination, source } from '../ip/header4';
import { count } from '../memory/counters';
import { REPLY_ACK, REPLY_RESET, replyNew } from '../memory/replies';
import { state } from '../memory/state';
import { segmentArrives } from './arrives';
import { armDelayedAck } from './block/deadlines';
import { finish } from './block/finish';
import { traceSegment } from './block/observe';
import { OWE_ACK, OWE_ACK_NOW, OWE_CHALLENGE_ACK, OWE_DUPLICATE_ACK, OWE_OUTPUT, OWE_RESET } from './block/owed';
import { wantSend } from './block/sendlist';
import {
  ACK,
  acknowledgmentNumber,
  controlBits,
  dataOffset,
  destinationPort,
  RST,
  SYN,
  sequenceNumber,
  sourcePort,
  TCP_HEADER,
  urgentPointer,
  windowField,
} from './header';
import { listenerArrives } from './open/listen';
import { listenerFor } from './open/listener';
import { parseOptions } from './options';
import { Segment, segment } from './segment';
import { seqGt } from './seq';
import { tableFind } from './table';
import { OWES_ACK, Tcb } from './tcb';

/** Takes the segment behind the IP header of `packet`. False: malformed. `known`: its checksum needs no check. */
export function tcpInput(packet: usize, header: u32, total: u32, interfaceNumber: u32, known: bool): bool {
  const tcp = packet + header;
  const size = total - header;
  if (size < TCP_HEADER || dataOffset(tcp) < TCP_HEADER || dataOffset(tcp) > size) return false;
  const from = load<u32>(source(packet));
  const to = load<u32>(destination(packet));
  if (!known && fold(pseudoSum(from, to, size) + fold(sum(tcp, size))) != 0xffff) return false; // MUST-3
  count(COUNTER_SEGMENTS_IN);
  parse(segment, packet, tcp, size, interfaceNumber);
  dispatch(segment);
  return true;
}

function parse(seg: Segment, packet: usize, tcp: usize, size: u32, interfaceNumber: u32): void {
  seg.localHigh = 0;
  seg.localLow = mappedLow(destination(packet));
  seg.remoteHigh = 0;
  seg.remoteLow = mappedLow(source(packet));
  seg.localPort = destinationPort(tcp);
  seg.remotePort = sourcePort(tcp);
  seg.interface = interfaceNumber;
  seg.seq = sequenceNumber(tcp);
  seg.ack = acknowledgmentNumber(tcp);
  seg.wnd = windowField(tcp);
  seg.flags = controlBits(tcp);
  seg.up = seg.seq + urgentPointer(tcp);
  seg.ecn = congestionField(packet);
  seg.data = tcp + dataOffset(tcp);
  seg.length = size - dataOffset(tcp);
  parseOptions(seg, tcp + TCP_HEADER, dataOffset(tcp) - TCP_HEADER);
}

/** To the connection with the segment's four-tuple, else to a listener, else to CLOSED. */
function dispatch(seg: Segment): void {
  const tcb = tableFind(seg.localHigh, seg.localLow, seg.remoteHigh, seg.remoteLow, seg.localPort, seg.remotePort);
  if (tcb != null && !(tcb.state == STATE_TIME_WAIT && reopens(tcb, seg))) {
    deliver(tcb, seg);
    return;
  }
  if (tcb != null) finish(tcb, 0);
  const listener = listenerFor(seg.localHigh, seg.localLow, seg.localPort);
  if (listener == null) resetStranger(seg);
  else if (listenerArrives(listener, seg) & OWE_RESET) resetStranger(seg);
}

function deliver(tcb: Tcb, seg: Segment): void {
  const before = tcb.state;
  const control = seg.flags;
  const sequence = seg.seq;
  const length = seg.length;
  const owed = segmentArrives(tcb, seg);
  const window = control & SYN ? seg.wnd : seg.wnd << tcb.sndShift;
  traceSegment(tcb, TRACE_SEGMENT_IN, before, control, sequence, seg.ack, length, window);
  if (owed & OWE_RESET) resetStranger(seg);
  if (tcb.state != STATE_CLOSED) note(tcb, owed);
}

/** Notes what a connection owes: at once and by itself, with the batch, or within the ACK delay. */
function note(tcb: Tcb, owed: u32): void {
  if (owed & OWE_DUPLICATE_ACK || (owed & OWE_CHALLENGE_ACK && challengeAllowed())) {
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

/** A new SYN to a listener may end TIME-WAIT early when it is surely newer (RFC 9293 §3.6.1 MAY-2, RFC 6191 §2). */
function reopens(tcb: Tcb, seg: Segment): bool {
  if ((seg.flags & (SYN | ACK | RST)) != SYN) return false;
  if (listenerFor(seg.localHigh, seg.localLow, seg.localPort) == null) return false;
  if (seg.hasTimestamps && tcb.tsRecent != 0) return seqGt(seg.tsVal, tcb.tsRecent);
  return seqGt(seg.seq, tcb.rcvNxt);
}

/** RST to a segment that finds no connection, or that no connection can have caused (RFC 9293 §3.10.7.1). */
function resetStranger(seg: Segment): void {
  if (seg.flags & RST) return;
  const reply = replyNew(REPLY_RESET);
  if (reply == null) return;
  const acknowledges = (seg.flags & ACK) != 0;
  reply.sequence = acknowledges ? seg.ack : 0;
  reply.acknowledgment = acknowledges ? 0 : seg.end;
  reply.flags = acknowledges ? RST : RST | ACK;
  reply.interface = seg.interface;
  reply.localPort = <u16>seg.localPort;
  reply.remotePort = <u16>seg.remotePort;
  reply.localHigh = seg.localHigh;
  reply.localLow = seg.localLow;
  reply.remoteHigh = seg.remoteHigh;
  reply.remoteLow = seg.remoteLow;
}

/** RFC 5961 §7: so many challenge ACKs a second for the whole stack. */
function challengeAllowed(): bool {
  if (state.now - state.challengeWindow >= CHALLENGE_WINDOW) {
    state.challengeWindow = state.now;
    state.challengeCount = 0;
  }
  if (state.challengeCount >= state.challengeLimit) return false;
  state.challengeCount++;
  count(COUNTER_CHALLENGE_ACKS);
  return true;
}

const CHALLENGE_WINDOW: i64 = 1_000_000;
