// What a connection has done, counted while SETTING_STATISTICS is 1 when it is born, in a slab block of its own; whoever
// counts looks whether it is there. The counts are those of Linux's `struct tcp_info` (observe/info.ts; RFC 4898 names many
// of them). Not for: deciding anything.

import { COUNTER_SEGMENTS_RETRANSMITTED, COUNTER_SEGMENTS_RETRANSMITTED_FAST } from '../../abi/constants';
import { count } from '../../memory/counters';
import { slabGive, slabTake } from '../../memory/slab';
import { Micros, state } from '../../memory/state';
import { ACK, ECE } from '../header';
import { payloadSize } from '../path/size';
import { inFlight, sackedBytes } from '../recovery/sent';
import { Segment } from '../segment';
import { seqGe, seqGt, seqLt } from '../seq';
import { DRAIN_WANTED, ECN_ON, FIN_QUEUED, FIN_SENT, PASSIVE, RECOVERY, Tcb } from '../tcb';

@unmanaged
export class Statistics {
  bytesAcked: u64;
  bytesReceived: u64;
  bytesSent: u64;
  bytesRepeated: u64;
  segmentsOut: u32;
  segmentsIn: u32;
  dataSegmentsOut: u32;
  dataSegmentsIn: u32;
  segmentsRepeated: u32;
  delivered: u32; // segments
  deliveredMarked: u32; // of them, with ACKs that echo a congestion mark
  duplicates: u32; // reports of bytes that came twice
  reorderings: u32;
  outOfOrder: u32; // segments that arrived behind a gap
  timeouts: u32;
  timeoutRecoveries: u32;
  timeoutTime: Micros;
  timeoutAt: Micros; // when the first of a row of timeouts came; 0: none since SND.UNA moved

  // What was counted last.
  sndUna: u32;
  rcvNxt: u32;
  sacked: u32;

  // Moments; 0: never.
  dataSentAt: Micros;
  dataReceivedAt: Micros;
  ackReceivedAt: Micros;

  // What has held sending up: LIMITED_*.
  limit: u32;
  limitAt: Micros; // since when
  busyTime: Micros;
  windowTime: Micros;
  bufferTime: Micros;

  // One flight's worth of delivery after the other (draft-cheng-iccrg-delivery-rate-estimation), measured from its first byte.
  flightEnd: u32;
  flightAcked: u64; // `bytesAcked` and bytes SACKed when it began
  flightAt: Micros; // 0: nothing is measured
  flightLimited: u32; // 1: the program had no more to send when it began
  rate: u32; // bytes a second
  rateLimited: u32; // 1: measured while the program limited it
}

export function statistics(tcb: Tcb): Statistics {
  return changetype<Statistics>(tcb.statistics);
}

/** A connection is born. Without memory nothing is counted. */
export function statisticsBegin(tcb: Tcb): void {
  if (state.statistics == 0) return;
  const block = slabTake(BLOCK);
  if (block == 0) return;
  memory.fill(block, 0, BLOCK);
  tcb.statistics = block;
}

export function statisticsFree(tcb: Tcb): void {
  if (tcb.statistics != 0) slabGive(tcb.statistics, BLOCK);
  tcb.statistics = 0;
}

/** The handshake is over: from here on sequence numbers are bytes. */
export function statisticsEstablished(tcb: Tcb): void {
  const own = statistics(tcb);
  own.sndUna = tcb.iss + 1;
  own.rcvNxt = tcb.irs + 1;
  own.delivered = 1; // our SYN
  if (!tcb.has(PASSIVE)) own.bytesAcked = 1; // on Linux the SYN of an active open counts
  own.dataSentAt = state.now;
  own.dataReceivedAt = state.now;
}

/** A segment has arrived and is about to be processed. */
export function countArriving(tcb: Tcb, seg: Segment): void {
  const own = statistics(tcb);
  own.segmentsIn++;
  if (seg.flags & ACK) own.ackReceivedAt = state.now;
  if (seg.length == 0) return;
  own.dataSegmentsIn++;
  if (seqGt(seg.seq, tcb.rcvNxt) && seqLt(seg.seq, tcb.rcvAdv)) own.outOfOrder++;
}

/** It has been processed: what it acknowledged and what it brought. */
export function countArrived(tcb: Tcb, seg: Segment): void {
  const own = statistics(tcb);
  if (own.delivered == 0) return; // no handshake yet
  const acked = tcb.sndUna - own.sndUna;
  own.bytesAcked += acked;
  own.sndUna = tcb.sndUna;
  if (tcb.rcvNxt != own.rcvNxt) own.dataReceivedAt = state.now;
  own.bytesReceived += tcb.rcvNxt - own.rcvNxt;
  own.rcvNxt = tcb.rcvNxt;
  if (acked > 0 && own.timeoutAt != 0) {
    own.timeoutTime += state.now - own.timeoutAt;
    own.timeoutAt = 0;
  }
  countDelivered(tcb, own, seg, acked);
  noteLimit(tcb);
}

/** A segment goes out, or one that the device will cut up. */
export function countSent(tcb: Tcb, length: u32): void {
  const own = statistics(tcb);
  const size = payloadSize(tcb);
  const segments = length > size ? (length + size - 1) / size : 1;
  own.segmentsOut += segments;
  if (length == 0) return;
  own.dataSegmentsOut += segments;
  own.bytesSent += length;
  own.dataSentAt = state.now;
  if (own.flightAt == 0) beginFlight(tcb, own, tcb.sndNxt + length);
}

/** It had been sent before; of this the stack keeps count, too. */
export function countRepeated(tcb: Tcb, length: u32): void {
  count(COUNTER_SEGMENTS_RETRANSMITTED);
  if (tcb.has(RECOVERY)) count(COUNTER_SEGMENTS_RETRANSMITTED_FAST);
  if (tcb.statistics == 0) return;
  const own = statistics(tcb);
  own.segmentsRepeated++;
  own.bytesRepeated += length;
}

/** The peer reports bytes that came twice. */
export function countDuplicate(tcb: Tcb): void {
  statistics(tcb).duplicates++;
}

/** Something has arrived behind what was sent after it. */
export function countReordering(tcb: Tcb): void {
  statistics(tcb).reorderings++;
}

/** The retransmission timer has expired. */
export function countTimeout(tcb: Tcb): void {
  const own = statistics(tcb);
  own.timeouts++;
  if (own.timeoutAt != 0) return;
  own.timeoutRecoveries++;
  own.timeoutAt = state.now;
}

/** What holds sending up from now on; to be asked whenever that may have changed. */
export function noteLimit(tcb: Tcb): void {
  const own = statistics(tcb);
  const limit = limitNow(tcb);
  if (limit == own.limit) return;
  bookLimit(own);
  own.limit = limit;
}

/** Books the time since the last change. */
export function bookLimit(own: Statistics): void {
  const passed = state.now - own.limitAt;
  if (own.limit != LIMITED_NOT) own.busyTime += passed;
  if (own.limit == LIMITED_WINDOW) own.windowTime += passed;
  if (own.limit == LIMITED_BUFFER) own.bufferTime += passed;
  own.limitAt = state.now;
}

/** As Linux tells them apart: the peer's window when it, not ours, stops the next segment; the buffer when it is empty and the user is waiting for room. */
function limitNow(tcb: Tcb): u32 {
  const queued = tcb.sendRing.length;
  const finWaits = tcb.has(FIN_QUEUED) && !(tcb.has(FIN_SENT) && tcb.sndUna == tcb.sndNxt);
  if (queued == 0 && !finWaits) return LIMITED_NOT;
  const sent = tcb.sndNxt - tcb.sndUna;
  const unsent = queued > sent ? queued - sent : 0;
  const next = min(unsent, payloadSize(tcb));
  const free = inFlight(tcb) + payloadSize(tcb) <= tcb.cwnd;
  if (unsent > 0 && free && sent + next > tcb.sndWnd) return LIMITED_WINDOW;
  return unsent == 0 && free && tcb.has(DRAIN_WANTED) ? LIMITED_BUFFER : LIMITED_BUSY;
}

/** Bytes that have newly arrived at the peer, in segments. */
function countDelivered(tcb: Tcb, own: Statistics, seg: Segment, acked: u32): void {
  const sacked = sackedBytes(tcb);
  const before = own.sacked;
  own.sacked = sacked;
  if (acked + sacked <= before) return;
  const size = payloadSize(tcb);
  const segments = (acked + sacked - before + size - 1) / size;
  own.delivered += segments;
  if (tcb.has(ECN_ON) && seg.flags & ECE) own.deliveredMarked += segments;
  if (own.flightAt != 0 && seqGe(tcb.sndUna, own.flightEnd)) endFlight(tcb, own);
}

function beginFlight(tcb: Tcb, own: Statistics, end: u32): void {
  own.flightEnd = end;
  own.flightAcked = own.bytesAcked + own.sacked;
  own.flightAt = max<Micros>(state.now, 1);
  const sent = tcb.sndNxt - tcb.sndUna;
  const left = tcb.sendRing.length > sent ? tcb.sendRing.length - sent : 0;
  own.flightLimited = left < payloadSize(tcb) && inFlight(tcb) < tcb.cwnd ? 1 : 0;
}

function endFlight(tcb: Tcb, own: Statistics): void {
  const bytes = own.bytesAcked + own.sacked - own.flightAcked;
  const elapsed = max<Micros>(state.now - own.flightAt, 1);
  const rate = <u32>min<u64>((bytes * 1_000_000) / <u64>elapsed, u32.MAX_VALUE);
  // A rate that the program limited says only that the network can do as much.
  if (own.flightLimited == 0 || rate >= own.rate) {
    own.rate = rate;
    own.rateLimited = own.flightLimited;
  }
  own.flightAt = 0;
  if (tcb.sndUna != tcb.sndNxt) beginFlight(tcb, own, tcb.sndNxt);
}

const BLOCK: u32 = 256;
/** Nothing waits to be sent or acknowledged. */
const LIMITED_NOT: u32 = 0;
const LIMITED_BUSY: u32 = 1;
const LIMITED_WINDOW: u32 = 2;
const LIMITED_BUFFER: u32 = 3;
