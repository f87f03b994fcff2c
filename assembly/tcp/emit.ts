// Writes segments: header, options, payload and checksum go straight into a packet on the transmit queue. Each function
// answers false, having done nothing, when the queue is full. Not for: deciding what to send (tcp/send.ts).

import {
  COUNTER_RESETS_OUT,
  COUNTER_SEGMENTS_OUT,
  OFFLOAD_CHECKSUM,
  STATE_SYN_RECEIVED,
  TRACE_SEGMENT_OUT,
} from '../abi/constants';
import { complement, copySum, fold, headerSum, pseudoSum, swapped } from '../ip/checksum';
import { FRAGMENTS, PROTOCOL_TCP } from '../ip/header4';
import { headerSize } from '../ip/header6';
import { interfaceAt } from '../ip/interface';
import { FLOW_SHIFT, packetBegin, packetSend } from '../ip/output';
import { writeOffload, writePlain } from '../ip/virtio';
import { count } from '../memory/counters';
import { Reply } from '../memory/replies';
import { ringAddress, ringContiguous } from '../memory/ring';
import { NEVER, state } from '../memory/state';
import { synWindow } from './block/buffers';
import { CONNECTION, Endpoint } from './block/endpoint';
import { traceSegment } from './block/observe';
import { diffserv, timeToLive } from './block/rare';
import { blocksToReport, newestEnd, newestStart } from './block/reassembly';
import { urgentPointerAt } from './block/urgent';
import { ECT_0, ecnCapable, ecnControl, ecnSynControl, NOT_ECT } from './congestion/ecn';
import { ACK, CHECKSUM_AT, RST, SYN, TCP_HEADER, URG, writeHeader, writeUrgent } from './header';
import { countSent } from './observe/statistics';
import { fastConnectOffer, synLength } from './open/fastconnect';
import { fastOpenOffer } from './open/fastopen';
import { OFFER_OPTIONS, offer, offerLayOut } from './open/offer';
import { quickSent } from './open/quick';
import { sackOptionSize, TIMESTAMPS_SIZE, writeSackBlock, writeSackHead, writeTimestamps } from './options';
import { announcedSegment } from './path/size';
import { advertisedWindow, advertiseWindow } from './receive';
import { timestampNow } from './recovery/rtt';
import { seqMax } from './seq';
import { MAY_FRAGMENT, OWES_ACK, PERSIST, SACK_ON, SCALING_ON, Tcb, TIMESTAMPS_ON, tcbFind } from './tcb';

/** A segment with `length` bytes of the send ring, from `offset` behind SND.UNA; `sequence` is its first number. */
export function emitSegment(tcb: Tcb, sequence: u32, offset: u32, length: u32, control: u32): bool {
  if (!emit(tcb, sequence, tcb.rcvNxt, offset, length, control)) return false;
  if (length > 0) quickSent(tcb);
  acknowledged(tcb);
  return true;
}

function emit(tcb: Tcb, sequence: u32, acknowledgment: u32, offset: u32, length: u32, control: u32): bool {
  const stamped = tcb.has(TIMESTAMPS_ON);
  const blocks = blocksToReport(tcb);
  const stamps = stamped ? TIMESTAMPS_SIZE : 0;
  const header = TCP_HEADER + stamps + sackOptionSize(blocks);
  const ip = ipHeader(tcb);
  const packet = packetBegin(tcb.interface, ip + header + length);
  if (packet == 0) return false;
  const tcp = packet + ip;
  const window = acknowledgment == tcb.rcvNxt ? advertiseWindow(tcb) : advertisedWindow(tcb, acknowledgment);
  const capable = ecnCapable(tcb, sequence, length);
  const bits = control | ecnControl(tcb, capable);
  writeHeader(tcp, ports(tcb), sequence, acknowledgment, header, bits, window);
  const urgent = urgentPointerAt(tcb, sequence);
  if (urgent > 0) writeUrgent(tcp, urgent);
  if (stamped) writeTimestamps(tcp + TCP_HEADER, timestampNow(tcb), tcb.tsRecent);
  if (blocks > 0) writeSack(tcb, tcp + TCP_HEADER + stamps, blocks);
  const partial = (interfaceAt(tcb.interface).offloads & OFFLOAD_CHECKSUM) != 0;
  const payload = length == 0 ? 0 : copyPayload(tcb, tcp + header, offset, length, !partial);
  finishSegment(tcb, packet, header, length, payload, partial, capable ? ECT_0 : NOT_ECT);
  if (tcb.statistics != 0) countSent(tcb, length);
  traceOut(tcb, urgent > 0 ? bits | URG : bits, sequence, length);
  return true;
}

function writeSack(tcb: Tcb, address: usize, count: u32): void {
  writeSackHead(address, count);
  let index: u32 = 0;
  if (tcb.duplicateStart != tcb.duplicateEnd) {
    writeSackBlock(address, index++, tcb.duplicateStart, tcb.duplicateEnd);
    tcb.duplicateStart = tcb.duplicateEnd; // reported once (RFC 2883 §4)
  }
  for (let newest: u32 = 0; index < count; newest++) {
    writeSackBlock(address, index++, newestStart(tcb, newest), newestEnd(tcb, newest));
  }
}

/** Our SYN, with an ACK in SYN-RECEIVED; a client's first may carry data (RFC 7413 §4.2.1). */
export function emitSyn(end: Endpoint, tsVal: u32): bool {
  const received = end.state == STATE_SYN_RECEIVED;
  fillOffer(end, tsVal, received);
  const options = offerLayOut();
  const header = TCP_HEADER + options;
  const length = end.kind == CONNECTION ? synLength(changetype<Tcb>(end)) : 0;
  const ip = ipHeader(end);
  const packet = packetBegin(end.interface, ip + header + length);
  if (packet == 0) return false;
  const control = (received ? SYN | ACK : SYN) | ecnSynControl(end, received);
  const window = synWindow(end, offer.mss);
  const tcp = packet + ip;
  writeHeader(tcp, ports(end), end.iss, received ? end.rcvNxt : 0, header, control, window);
  memory.copy(tcp + TCP_HEADER, OFFER_OPTIONS, options);
  const partial = (interfaceAt(end.interface).offloads & OFFLOAD_CHECKSUM) != 0;
  const payload = length == 0 ? 0 : copyPayload(changetype<Tcb>(end), tcp + header, 0, length, !partial);
  finishSegment(end, packet, header, length, payload, partial, NOT_ECT);
  if (end.kind == CONNECTION) synSent(changetype<Tcb>(end), received, window);
  traceSegment(end, TRACE_SEGMENT_OUT, end.state, control, end.iss, end.rcvNxt, length, window);
  return true;
}

function synSent(tcb: Tcb, received: bool, window: u32): void {
  if (received) {
    acknowledged(tcb);
    tcb.rcvAdv = seqMax(tcb.rcvAdv, tcb.rcvNxt + window); // behind the data of a SYN
  }
  if (tcb.statistics != 0) countSent(tcb, 0);
}

function fillOffer(end: Endpoint, tsVal: u32, received: bool): void {
  offer.mss = announcedSegment(end);
  offer.scales = end.has(SCALING_ON) ? 1 : 0;
  offer.shift = end.rcvShift;
  offer.sack = end.has(SACK_ON) ? 1 : 0;
  offer.stamps = end.has(TIMESTAMPS_ON) ? 1 : 0;
  offer.tsVal = tsVal;
  offer.tsEcr = received ? end.tsRecent : 0;
  offer.fastOpen = 0;
  offer.experimental = 0;
  offer.cookieSize = 0;
  if (received) fastOpenOffer(end);
  else fastConnectOffer(changetype<Tcb>(end));
}

/** An ACK of what is remembered in a record; `window` is the header's field. */
export function emitRecordAck(end: Endpoint, sequence: u32, window: u32, tsVal: u32): bool {
  const stamped = end.has(TIMESTAMPS_ON);
  const header = TCP_HEADER + (stamped ? TIMESTAMPS_SIZE : 0);
  const ip = ipHeader(end);
  const packet = packetBegin(end.interface, ip + header);
  if (packet == 0) return false;
  const tcp = packet + ip;
  writeHeader(tcp, ports(end), sequence, end.rcvNxt, header, ACK, window);
  if (stamped) writeTimestamps(tcp + TCP_HEADER, tsVal, end.tsRecent);
  finishBare(end, packet, header);
  traceSegment(end, TRACE_SEGMENT_OUT, end.state, ACK, sequence, end.rcvNxt, 0, window << end.rcvShift);
  return true;
}

/** A RST of a connection (RFC 9293 §3.10.5), with timestamps where they are in use (RFC 7323 §3.2). */
export function emitReset(tcb: Tcb): bool {
  const stamped = tcb.has(TIMESTAMPS_ON);
  const header = TCP_HEADER + (stamped ? TIMESTAMPS_SIZE : 0);
  const ip = ipHeader(tcb);
  const packet = packetBegin(tcb.interface, ip + header);
  if (packet == 0) return false;
  const tcp = packet + ip;
  const sequence = bareSequence(tcb);
  writeHeader(tcp, ports(tcb), sequence, tcb.rcvNxt, header, RST | ACK, 0);
  if (stamped) writeTimestamps(tcp + TCP_HEADER, timestampNow(tcb), tcb.tsRecent);
  finishBare(tcb, packet, header);
  count(COUNTER_RESETS_OUT);
  if (tcb.statistics != 0) countSent(tcb, 0);
  traceOut(tcb, RST | ACK, sequence, 0);
  return true;
}

/** The ACK that answers a segment by itself (RFC 5681 §4.2); best effort. */
export function emitReplyAck(reply: Reply): void {
  const tcb = tcbFind(reply.handle);
  if (tcb == null || tcb.state < STATE_SYN_RECEIVED) return;
  // It says what was so when the segment arrived: the sender counts repetitions of one number.
  if (!emit(tcb, bareSequence(tcb), reply.acknowledgment, 0, 0, ACK)) return;
  if (reply.acknowledgment == tcb.rcvNxt) acknowledged(tcb);
}

/** The RST that answers a segment (RFC 9293 §3.10.7.1); best effort. */
export function emitReplyReset(reply: Reply): void {
  const ip = headerSize(reply.remoteHigh, reply.remoteLow);
  const packet = packetBegin(reply.interface, ip + TCP_HEADER);
  if (packet == 0) return;
  const tcp = packet + ip;
  const between = ((<u32>reply.localPort) << 16) | reply.remotePort;
  writeHeader(tcp, between, reply.sequence, reply.acknowledgment, TCP_HEADER, reply.control, 0);
  const pseudo = pseudoSum(reply.ends, PROTOCOL_TCP, TCP_HEADER);
  store<u16>(tcp + CHECKSUM_AT, complement(pseudo + headerSum(tcp, TCP_HEADER)));
  writePlain(packet);
  packetSend(reply.interface, packet, PROTOCOL_TCP, ip + TCP_HEADER, reply.ends, 0, state.timeToLive);
  count(COUNTER_RESETS_OUT);
  count(COUNTER_SEGMENTS_OUT);
}

/** Copies bytes of the send ring into the packet and answers their sum, if it is wanted. */
function copyPayload(tcb: Tcb, target: usize, offset: u32, length: u32, summed: bool): u32 {
  const ring = tcb.sendRing;
  const first = ringContiguous(ring, offset, length);
  const second = length - first;
  if (!summed) {
    memory.copy(target, ringAddress(ring, offset), first);
    memory.copy(target + first, ring.base, second);
    return 0;
  }
  const head = copySum(target, ringAddress(ring, offset), first);
  if (second == 0) return head;
  const tail = copySum(target + first, ring.base, second);
  return head + (first & 1 ? swapped(tail) : tail);
}

/** The same for a segment without data. */
function finishBare(end: Endpoint, packet: usize, header: u32): void {
  const partial = (interfaceAt(end.interface).offloads & OFFLOAD_CHECKSUM) != 0;
  finishSegment(end, packet, header, 0, 0, partial, NOT_ECT);
}

/** Checksum, IP header, queue. Under offload the field holds the pseudo-header's sum and the device does the rest. */
function finishSegment(
  end: Endpoint,
  packet: usize,
  header: u32,
  length: u32,
  payload: u32,
  partial: bool,
  ecn: u32,
): void {
  const ip = ipHeader(end);
  const tcp = packet + ip;
  const pseudo = pseudoSum(end.ends, PROTOCOL_TCP, header + length);
  if (partial) {
    const size = <u32>end.mss - (header - TCP_HEADER);
    store<u16>(tcp + CHECKSUM_AT, <u16>fold(pseudo));
    writeOffload(packet, ip + header, ip, CHECKSUM_AT, length > size ? size : 0);
  } else {
    store<u16>(tcp + CHECKSUM_AT, complement(pseudo + headerSum(tcp, header) + fold(payload)));
    writePlain(packet);
  }
  const size = ip + header + length;
  packetSend(end.interface, packet, PROTOCOL_TCP, size, end.ends, service(end) | ecn, timeToLive(end));
  count(COUNTER_SEGMENTS_OUT);
}

/** Bytes of the IP header of what an end sends. */
function ipHeader(end: Endpoint): u32 {
  return headerSize(end.remoteHigh, end.remoteLow);
}

/** The Differentiated Services field, whether routers may fragment, and the Flow Label. */
function service(end: Endpoint): u32 {
  const field = diffserv(end) | (flowLabel(end.iss) << FLOW_SHIFT);
  return end.has(MAY_FRAGMENT) ? field | FRAGMENTS : field;
}

/** The same for all of a connection, and spread evenly over connections (RFC 6437 §3): so are initial sequence numbers. */
function flowLabel(iss: u32): u32 {
  let mixed = (iss ^ (iss >> 16)) * 0x85ebca6b;
  mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35;
  return mixed >> 12;
}

/** The number of a segment that takes none: SND.NXT, but a byte that probes a shut window would put it outside. */
export function bareSequence(tcb: Tcb): u32 {
  return tcb.has(PERSIST) && tcb.sndWnd == 0 ? tcb.sndUna : tcb.sndNxt;
}

/** Whatever goes out carries an ACK: none is owed any more. */
function acknowledged(tcb: Tcb): void {
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.clear(OWES_ACK);
  tcb.ackAt = NEVER;
}

function ports(end: Endpoint): u32 {
  return ((<u32>end.localPort) << 16) | end.remotePort;
}

function traceOut(tcb: Tcb, control: u32, sequence: u32, length: u32): void {
  const window = tcb.rcvAdv - tcb.rcvNxt;
  traceSegment(tcb, TRACE_SEGMENT_OUT, tcb.state, control, sequence, tcb.rcvNxt, length, window);
}
