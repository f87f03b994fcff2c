// What a connection is like, as Linux's `struct tcp_info` lays it out (linux/tcp.h), so that the names and the units are
// the ones that tools know. What has to be counted is in observe/statistics.ts.

import {
  ERROR_STALE_HANDLE,
  STATE_CLOSE_WAIT,
  STATE_CLOSING,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
  STATE_LAST_ACK,
  STATE_LISTEN,
  STATE_SYN_RECEIVED,
  STATE_SYN_SENT,
} from '../../abi/constants';
import { RESULT_BASE } from '../../memory/map';
import { poolScan, slotOf } from '../../memory/pool';
import { Micros, state } from '../../memory/state';
import { unsent } from '../block/queues';
import { flow } from '../congestion/flow';
import { listenerByHandle } from '../open/listener';
import { largestSegment, pathMtu, payloadSize } from '../path/size';
import { LOST, REPEATED, recordAt, recordStart, SACKED, sackedBytes, scoreboard } from '../recovery/sent';
import { seqLt } from '../seq';
import {
  connectionPool,
  ECN_ON,
  ECN_REDUCES,
  ECN_SEEN,
  ORPHAN,
  PASSIVE,
  PERSIST,
  RECOVERY,
  SACK_ON,
  SCALING_ON,
  SYN_DATA,
  Tcb,
  TIMESTAMPS_ON,
  tcbFind,
} from '../tcb';
import { bookLimit, Statistics, statistics } from './statistics';

/** struct tcp_info */
@unmanaged
class TcpInfo {
  state: u8;
  caState: u8;
  retransmits: u8;
  probes: u8;
  backoff: u8;
  options: u8;
  scales: u8; // ours in the upper half, the peer's in the lower
  marks: u8; // bit 0: limited by the program; bits 1 and 2: why Fast Open failed
  rto: u32;
  ato: u32;
  sndMss: u32;
  rcvMss: u32;
  unacked: u32;
  sacked: u32;
  lost: u32;
  retrans: u32;
  fackets: u32;
  lastDataSent: u32;
  lastAckSent: u32;
  lastDataRecv: u32;
  lastAckRecv: u32;
  pmtu: u32;
  rcvSsthresh: u32;
  rtt: u32;
  rttvar: u32;
  sndSsthresh: u32;
  sndCwnd: u32;
  advmss: u32;
  reordering: u32;
  rcvRtt: u32;
  rcvSpace: u32;
  totalRetrans: u32;
  pacingRate: u64;
  maxPacingRate: u64;
  bytesAcked: u64;
  bytesReceived: u64;
  segsOut: u32;
  segsIn: u32;
  notsentBytes: u32;
  minRtt: u32;
  dataSegsIn: u32;
  dataSegsOut: u32;
  deliveryRate: u64;
  busyTime: u64;
  rwndLimited: u64;
  sndbufLimited: u64;
  delivered: u32;
  deliveredCe: u32;
  bytesSent: u64;
  bytesRetrans: u64;
  dsackDups: u32;
  reordSeen: u32;
  rcvOoopack: u32;
  sndWnd: u32;
  rcvWnd: u32;
  rehash: u32;
  totalRto: u16;
  totalRtoRecoveries: u16;
  totalRtoTime: u32;
}

/** Fills the result area with a `struct tcp_info` of a connection or a listener. */
export function tcpInfo(handle: u32): i32 {
  memory.fill(RESULT_BASE, 0, offsetof<TcpInfo>());
  const tcb = tcbFind(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  fillHead(tcb);
  fillPath(tcb);
  fillFlight(tcb);
  fillWindows(tcb);
  if (tcb.statistics != 0) fillCounts(statistics(tcb));
  return 0;
}

/** Of a listener: who waits to be accepted, and how many may. */
export function tcpListenerInfo(handle: u32): i32 {
  memory.fill(RESULT_BASE, 0, offsetof<TcpInfo>());
  const listener = listenerByHandle(handle);
  if (listener == null) return ERROR_STALE_HANDLE;
  info.state = linuxState(STATE_LISTEN);
  info.unacked = listener.acceptCount;
  info.sacked = listener.backlog - 1; // see host/bsd/endpoint.ts
  return 0;
}

/** The connection after `handle` that is not released, or the first one for 0; 0 at the end. */
export function tcpNext(handle: u32): u32 {
  let address = poolScan(connectionPool, handle == 0 ? 0 : slotOf(handle) + 1);
  while (address != 0) {
    const tcb = changetype<Tcb>(address);
    if (!tcb.has(ORPHAN)) return tcb.handle;
    address = poolScan(connectionPool, slotOf(tcb.handle) + 1);
  }
  return 0;
}

/** Of one byte each, and the timers. */
function fillHead(tcb: Tcb): void {
  info.state = linuxState(tcb.state);
  info.caState = congestionState(tcb);
  info.retransmits = tcb.has(PERSIST) ? 0 : tcb.retransmissions;
  info.probes = tcb.has(PERSIST) ? tcb.retransmissions : tcb.keepProbes;
  info.backoff = tcb.retransmissions;
  info.options = options(tcb);
  info.scales = <u8>(tcb.sndShift | (tcb.rcvShift << 4));
  info.rto = tcb.rto;
  info.ato = state.ackDelay * 1_000;
}

/** What the path is like. */
function fillPath(tcb: Tcb): void {
  info.sndMss = payloadSize(tcb);
  info.rcvMss = tcb.rcvMss;
  info.advmss = largestSegment(tcb) - (<u32>tcb.mss - payloadSize(tcb));
  info.pmtu = pathMtu(tcb);
  info.rtt = tcb.srtt;
  info.rttvar = tcb.rttvar;
  info.minRtt = tcb.rttMinimum == 0 ? u32.MAX_VALUE : tcb.rttMinimum;
  const degree: u32 = tcb.flow == 0 ? 0 : segments(tcb, flow(tcb).reorderingDegree);
  info.reordering = max(state.duplicateThreshold, degree);
}

/** What is under way. */
function fillFlight(tcb: Tcb): void {
  info.unacked = segments(tcb, tcb.sndNxt - tcb.sndUna);
  info.sacked = segments(tcb, sackedBytes(tcb));
  // What was lost and has been sent again still counts, as on Linux; a probe was not lost.
  const again = tcb.has(RECOVERY) || tcb.retransmissions > 0 ? REPEATED : 0;
  info.lost = segments(tcb, bytesOf(tcb, LOST | again, SACKED));
  info.retrans = segments(tcb, bytesOf(tcb, REPEATED, LOST | SACKED));
  info.notsentBytes = unsent(tcb);
  // The SYN of an active open counts, as on Linux.
  info.bytesAcked = tcb.state < STATE_ESTABLISHED ? 0 : tcb.sndUna - tcb.iss - (tcb.has(PASSIVE) ? 1 : 0);
  info.bytesReceived = tcb.state < STATE_ESTABLISHED ? 0 : tcb.rcvNxt - tcb.irs - 1;
}

function fillWindows(tcb: Tcb): void {
  const mss = <u32>tcb.mss;
  info.sndCwnd = max<u32>((tcb.cwnd + (mss >> 1)) / mss, 1);
  info.sndSsthresh = tcb.ssthresh == u32.MAX_VALUE ? NO_THRESHOLD : tcb.ssthresh / mss;
  info.pacingRate = pacingRate(tcb);
  info.maxPacingRate = u64.MAX_VALUE;
  info.sndWnd = tcb.sndWnd;
  info.rcvWnd = tcb.rcvAdv - tcb.rcvNxt;
  info.rcvSsthresh = info.rcvWnd;
  info.rcvSpace = info.rcvWnd;
}

/** What was counted. */
function fillCounts(own: Statistics): void {
  bookLimit(own);
  info.bytesAcked = own.bytesAcked;
  info.bytesReceived = own.bytesReceived;
  info.bytesSent = own.bytesSent;
  info.bytesRetrans = own.bytesRepeated;
  info.segsOut = own.segmentsOut;
  info.segsIn = own.segmentsIn;
  info.dataSegsOut = own.dataSegmentsOut;
  info.dataSegsIn = own.dataSegmentsIn;
  info.totalRetrans = own.segmentsRepeated;
  info.delivered = own.delivered;
  info.deliveredCe = own.deliveredMarked;
  info.dsackDups = own.duplicates;
  info.reordSeen = own.reorderings;
  info.rcvOoopack = own.outOfOrder;
  info.totalRto = <u16>min<u32>(own.timeouts, u16.MAX_VALUE);
  info.totalRtoRecoveries = <u16>min<u32>(own.timeoutRecoveries, u16.MAX_VALUE);
  info.totalRtoTime = <u32>(own.timeoutTime / 1_000);
  info.busyTime = own.busyTime;
  info.rwndLimited = own.windowTime;
  info.sndbufLimited = own.bufferTime;
  info.lastDataSent = since(own.dataSentAt);
  info.lastDataRecv = since(own.dataReceivedAt);
  info.lastAckRecv = since(own.ackReceivedAt);
  info.deliveryRate = own.rate;
  info.marks = <u8>own.rateLimited;
}

/** Milliseconds. */
function since(moment: Micros): u32 {
  return moment == 0 ? 0 : <u32>((state.now - moment) / 1_000);
}

/** Twice the rate of the window while it doubles, a fifth more than it later. */
function pacingRate(tcb: Tcb): u64 {
  if (tcb.srtt == 0) return u64.MAX_VALUE;
  const percent: u64 = tcb.cwnd < tcb.ssthresh >> 1 ? 200 : 120;
  return (<u64>tcb.cwnd * 10_000 * percent) / tcb.srtt;
}

/** TCPI_OPT_* */
function options(tcb: Tcb): u8 {
  let set: u32 = tcb.has(SYN_DATA) ? 32 : 0;
  if (tcb.state <= STATE_SYN_SENT) return <u8>set;
  if (tcb.has(TIMESTAMPS_ON)) set |= 1;
  if (tcb.has(SACK_ON)) set |= 2;
  if (tcb.has(SCALING_ON)) set |= 4;
  if (tcb.has(ECN_ON)) set |= 8;
  if (tcb.has(ECN_SEEN)) set |= 16;
  return <u8>set;
}

/** TCP_CA_* */
function congestionState(tcb: Tcb): u8 {
  if (tcb.has(ECN_REDUCES)) return 2;
  if (tcb.has(RECOVERY)) return 3;
  if (tcb.state >= STATE_ESTABLISHED && seqLt(tcb.sndUna, tcb.recover)) return 4;
  return sackedBytes(tcb) > 0 || tcb.duplicateAcks > 0 ? 1 : 0;
}

/** Bytes in flight that have had one fate and not another. */
function bytesOf(tcb: Tcb, fate: u32, other: u32): u32 {
  if (tcb.scoreboard == 0) return 0;
  const board = scoreboard(tcb);
  let bytes: u32 = 0;
  for (let index: u32 = 0; index < board.count; index++) {
    const record = recordAt(board, index);
    if (record.fate & fate && !(record.fate & other)) bytes += record.end - recordStart(tcb, board, index);
  }
  return bytes;
}

function segments(tcb: Tcb, bytes: u32): u32 {
  const size = payloadSize(tcb);
  return (bytes + size - 1) / size;
}

/** The states of Linux, in its order. */
function linuxState(own: i32): u8 {
  if (own == STATE_ESTABLISHED) return 1;
  if (own == STATE_SYN_SENT) return 2;
  if (own == STATE_SYN_RECEIVED) return 3;
  if (own == STATE_FIN_WAIT_1) return 4;
  if (own == STATE_FIN_WAIT_2) return 5;
  if (own == STATE_CLOSE_WAIT) return 8;
  if (own == STATE_LAST_ACK) return 9;
  if (own == STATE_LISTEN) return 10;
  // A socket whose connection is in TIME-WAIT is closed (net/ipv4/tcp_minisocks.c).
  return own == STATE_CLOSING ? 11 : 7;
}

const info: TcpInfo = changetype<TcpInfo>(RESULT_BASE);
/** TCP_INFINITE_SSTHRESH */
const NO_THRESHOLD: u32 = 0x7fffffff;
