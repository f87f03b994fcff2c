// The three-way handshake (RFC 9293 §3.5): a fresh control block, what SYNs negotiate, the SYN-SENT state
// (§3.10.7.3) and the step into ESTABLISHED. Simultaneous open included.

import { ERROR_CONNECTION_REFUSED, STATE_ESTABLISHED, STATE_FIN_WAIT_1, STATE_SYN_RECEIVED } from '../abi/constants';
import { NEVER, seconds, state } from '../memory/state';
import { buffersEstablished, firstWindow, receiveSizeFirst, windowShift } from './block/buffers';
import { armRetransmit, noDeadlines, waitProgresses } from './block/deadlines';
import { Endpoint } from './block/endpoint';
import { finish } from './block/finish';
import { OWE_ACK_NOW, OWE_OUTPUT, OWE_RESET, STOP } from './block/owed';
import { ecnNegotiate } from './congestion/ecn';
import { congestionInitialize } from './congestion/window';
import { ACK, FIN, RST, SYN } from './header';
import { statisticsBegin, statisticsEstablished } from './observe/statistics';
import { announce } from './open/accept';
import { fastOpenAnswered } from './open/fastconnect';
import { initialSequence, timestampOffset } from './open/isn';
import { leaveHalfOpen } from './open/listener';
import { quickStart } from './open/quick';
import { largestSegment, segmentAgreed, segmentsBegin } from './path/size';
import { recoveryInitialize } from './recovery/newreno';
import { rttAcknowledged, rttEstablished, rttInitialize } from './recovery/rtt';
import { Segment } from './segment';
import { seqGt, seqLe, seqMax } from './seq';
import { FIN_QUEUED, OWES_SYN, SACK_ON, SCALING_ON, SYN_WAITS, Tcb, TIMESTAMPS_ON } from './tcb';

/** Fills a control block whose four-tuple and interface are set: an OPEN that is about to send its SYN. */
export function tcbOpen(tcb: Tcb): void {
  endpointOpen(tcb);
  tcbBegin(tcb);
  tcb.set(OWES_SYN);
}

/** Our half of the handshake. Options are offered until the peer's SYN says no. */
export function endpointOpen(end: Endpoint): void {
  end.iss = initialSequence(end);
  end.tsOffset = timestampOffset(end);
  end.mss = <u16>largestSegment(end);
  if (state.timestamps != 0) end.set(TIMESTAMPS_ON);
  if (state.windowScaling != 0) {
    end.set(SCALING_ON);
    end.rcvShift = windowShift(end);
  }
  if (state.sack != 0) end.set(SACK_ON);
}

/** What a connection begins with beside its half of the handshake; ISS is known. */
export function tcbBegin(tcb: Tcb): void {
  tcb.sndUna = tcb.iss;
  tcb.sndNxt = tcb.iss;
  tcb.sndResume = tcb.iss;
  tcb.ceiling = tcb.mss;
  tcb.receiveSize = receiveSizeFirst(tcb);
  tcb.congestion = <u8>state.congestion;
  tcb.keepIdle = KEEP_IDLE;
  tcb.keepInterval = KEEP_INTERVAL;
  tcb.keepCount = KEEP_COUNT;
  tcb.heardAt = state.now;
  noDeadlines(tcb);
  rttInitialize(tcb);
  statisticsBegin(tcb);
  recoveryInitialize(tcb);
}

/** Takes the peer's SYN: its half of the handshake and its window. */
export function acceptSyn(tcb: Tcb, seg: Segment): void {
  endpointAccept(tcb, seg);
  tcbAccept(tcb, seg.wnd);
  tcb.sndWl2 = seg.ack;
}

/** The peer's half: its sequence number and its options. */
export function endpointAccept(end: Endpoint, seg: Segment): void {
  end.rcvNxt = seg.seq + 1;
  end.mss = <u16>segmentAgreed(end, seg.mss);
  if (!seg.hasWindowScale || !end.has(SCALING_ON)) noScaling(end);
  else end.sndShift = <u8>seg.windowShift;
  if (!seg.sackPermitted) end.clear(SACK_ON);
  ecnNegotiate(end, seg);
  if (!seg.hasTimestamps) end.clear(TIMESTAMPS_ON);
  else end.tsRecent = seg.tsVal;
}

/** Windows are what their fields say. */
export function noScaling(end: Endpoint): void {
  end.clear(SCALING_ON);
  end.rcvShift = 0;
}

/** What follows from the peer's half for a control block; the window of a SYN is never scaled (RFC 7323 §2.2). */
export function tcbAccept(tcb: Tcb, window: u32): void {
  tcb.irs = tcb.rcvNxt - 1;
  tcb.lastAckSent = tcb.rcvNxt;
  segmentsBegin(tcb);
  tcb.rcvMss = <u16>min<u32>(DEFAULT_MSS, tcb.mss);
  tcb.tsRecentAt = seconds();
  tcb.rcvAdv = tcb.rcvNxt + firstWindow(tcb, largestSegment(tcb));
  tcb.sndWnd = window;
  tcb.sndWndMax = window;
  tcb.sndWl1 = tcb.irs;
}

/** SEGMENT ARRIVES in SYN-SENT (RFC 9293 §3.10.7.3). */
export function synSentArrives(tcb: Tcb, seg: Segment): u32 {
  // First, the ACK bit. SND.UNA is ISS here: only an ACK of our SYN is acceptable.
  const acknowledged = (seg.flags & ACK) != 0;
  if (acknowledged && (seqLe(seg.ack, tcb.iss) || seqGt(seg.ack, tcb.sndNxt))) {
    return seg.flags & RST ? STOP : OWE_RESET | STOP;
  }
  // Second, the RST bit: believed only with an acceptable ACK.
  if (seg.flags & RST) {
    if (acknowledged) finish(tcb, ERROR_CONNECTION_REFUSED);
    return STOP;
  }
  // Third, security: IP security options are not supported. Fourth, the SYN bit.
  if (!(seg.flags & SYN)) return STOP;
  if (seg.flags & FIN && state.dropSynFin != 0) return STOP;
  acceptSyn(tcb, seg);
  if (!acknowledged) {
    // Simultaneous open: our SYN goes out again, with an ACK (RFC 9293 §3.5 figure 8).
    tcb.state = STATE_SYN_RECEIVED;
    tcb.set(OWES_SYN);
    return OWE_OUTPUT | STOP;
  }
  const repeated = tcb.retransmissions > 0;
  establish(tcb, seg);
  fastOpenAnswered(tcb, seg, repeated);
  announce(tcb);
  return OWE_ACK_NOW | OWE_OUTPUT;
}

/** Our SYN is acknowledged: enters ESTABLISHED, or what a CLOSE before it asks for (RFC 9293 §3.10.4). */
export function establish(tcb: Tcb, seg: Segment): void {
  if (tcb.state == STATE_SYN_RECEIVED) leaveHalfOpen(tcb);
  rttAcknowledged(tcb, seg);
  tcb.sndUna = tcb.iss + 1;
  // Data may have gone out before: on our SYN, or behind our SYN-ACK (RFC 7413 §4.2).
  tcb.sndResume = seqMax(tcb.sndResume, tcb.sndUna);
  if (tcb.cwnd == 0 || tcb.retransmissions > 0) congestionInitialize(tcb, tcb.retransmissions > 0);
  rttEstablished(tcb);
  tcb.retransmissions = 0;
  tcb.heardAt = state.now;
  waitProgresses(tcb, true);
  buffersEstablished(tcb);
  quickStart(tcb);
  tcb.softError = 0;
  if (tcb.statistics != 0) statisticsEstablished(tcb);
  tcb.clear(OWES_SYN | SYN_WAITS);
  armRetransmit(tcb, tcb.sndUna == tcb.sndNxt ? NEVER : state.now + tcb.rto);
  tcb.state = tcb.has(FIN_QUEUED) ? STATE_FIN_WAIT_1 : STATE_ESTABLISHED;
}

/** RFC 9293 §3.7.1, for IPv4. */
const DEFAULT_MSS: u32 = 536;

/** Keep-alive (RFC 9293 §3.8.4): two hours at least by default (MUST-28), then Linux's interval and count. */
const KEEP_IDLE: u32 = 7_200_000;
const KEEP_INTERVAL: u32 = 75_000;
const KEEP_COUNT: u8 = 9;
