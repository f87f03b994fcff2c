// The three-way handshake (RFC 9293 §3.5): a fresh control block, what SYNs negotiate, the SYN-SENT state
// (§3.10.7.3) and the step into ESTABLISHED. Simultaneous open included.

import { ERROR_CONNECTION_REFUSED, STATE_ESTABLISHED, STATE_FIN_WAIT_1, STATE_SYN_RECEIVED } from '../abi/constants';
import { NEVER, state } from '../memory/state';
import { buffersEstablished, buffersOpen, synWindow } from './block/buffers';
import { armRetransmit, noDeadlines } from './block/deadlines';
import { finish } from './block/finish';
import { OWE_ACK_NOW, OWE_OUTPUT, OWE_RESET, STOP } from './block/owed';
import { ecnNegotiate } from './congestion/ecn';
import { congestionInitialize } from './congestion/window';
import { ACK, RST, SYN } from './header';
import { announce } from './open/accept';
import { initialSequence, timestampOffset } from './open/isn';
import { leaveHalfOpen } from './open/listener';
import { largestSegment, segmentsAgreed } from './path/size';
import { recoveryInitialize } from './recovery/newreno';
import { rttAcknowledged, rttEstablished, rttInitialize } from './recovery/rtt';
import { Segment } from './segment';
import { seqWithin } from './seq';
import { FIN_QUEUED, OWES_SYN, SACK_ON, SCALING_ON, Tcb, TIMESTAMPS_ON } from './tcb';

/** Fills a control block whose four-tuple and interface are set. Options are offered until the peer's SYN says no. */
export function tcbOpen(tcb: Tcb): void {
  tcb.iss = initialSequence(tcb);
  tcb.tsOffset = timestampOffset(tcb);
  tcb.sndUna = tcb.iss;
  tcb.sndNxt = tcb.iss;
  tcb.sndResume = tcb.iss;
  tcb.ceiling = <u16>largestSegment(tcb);
  tcb.mss = tcb.ceiling;
  if (state.timestamps != 0) tcb.set(TIMESTAMPS_ON);
  if (state.windowScaling != 0) tcb.set(SCALING_ON);
  buffersOpen(tcb);
  if (state.sack != 0) tcb.set(SACK_ON);
  tcb.set(OWES_SYN);
  tcb.congestion = <u8>state.congestion;
  tcb.keepIdle = KEEP_IDLE;
  tcb.keepInterval = KEEP_INTERVAL;
  tcb.keepCount = KEEP_COUNT;
  tcb.heardAt = state.now;
  noDeadlines(tcb);
  rttInitialize(tcb);
  recoveryInitialize(tcb);
}

/** Takes the peer's SYN: its sequence number, its options and its window, which is never scaled (RFC 7323 §2.2). */
export function acceptSyn(tcb: Tcb, seg: Segment): void {
  tcb.irs = seg.seq;
  tcb.rcvNxt = seg.seq + 1;
  tcb.lastAckSent = tcb.rcvNxt;
  segmentsAgreed(tcb, seg.mss);
  tcb.rcvMss = <u16>min<u32>(DEFAULT_MSS, tcb.mss);
  if (!seg.hasWindowScale || !tcb.has(SCALING_ON)) {
    tcb.clear(SCALING_ON);
    tcb.rcvShift = 0;
  } else tcb.sndShift = <u8>seg.windowShift;
  if (!seg.sackPermitted) tcb.clear(SACK_ON);
  ecnNegotiate(tcb, seg);
  if (!seg.hasTimestamps) tcb.clear(TIMESTAMPS_ON);
  else {
    tcb.tsRecent = seg.tsVal;
    tcb.tsRecentAt = state.now;
  }
  tcb.rcvAdv = tcb.rcvNxt + synWindow(tcb, largestSegment(tcb)); // what our own SYN says
  tcb.sndWnd = seg.wnd;
  tcb.sndWndMax = seg.wnd;
  tcb.sndWl1 = seg.seq;
  tcb.sndWl2 = seg.ack;
}

/** SEGMENT ARRIVES in SYN-SENT (RFC 9293 §3.10.7.3). */
export function synSentArrives(tcb: Tcb, seg: Segment): u32 {
  // First, the ACK bit. SND.UNA is ISS here: only an ACK of our SYN is acceptable.
  const acknowledged = (seg.flags & ACK) != 0;
  if (acknowledged && !seqWithin(tcb.iss + 1, seg.ack, tcb.sndNxt)) {
    return seg.flags & RST ? STOP : OWE_RESET | STOP;
  }
  // Second, the RST bit: believed only with an acceptable ACK.
  if (seg.flags & RST) {
    if (acknowledged) finish(tcb, ERROR_CONNECTION_REFUSED);
    return STOP;
  }
  // Third, security: IP security options are not supported. Fourth, the SYN bit.
  if (!(seg.flags & SYN)) return STOP;
  const ours = tcb.sndNxt;
  acceptSyn(tcb, seg);
  if (!acknowledged || ours == tcb.iss) {
    // Simultaneous open: our SYN goes out again, with an ACK (RFC 9293 §3.5 figure 8).
    tcb.state = STATE_SYN_RECEIVED;
    tcb.set(OWES_SYN);
    return OWE_OUTPUT | STOP;
  }
  establish(tcb, seg);
  announce(tcb);
  // Text or a FIN on the SYN is left to the peer's retransmission, which finds us in ESTABLISHED.
  return OWE_ACK_NOW | OWE_OUTPUT | STOP;
}

/** Our SYN is acknowledged: enters ESTABLISHED, or what a CLOSE before it asks for (RFC 9293 §3.10.4). */
export function establish(tcb: Tcb, seg: Segment): void {
  if (tcb.state == STATE_SYN_RECEIVED) leaveHalfOpen(tcb);
  rttAcknowledged(tcb, seg);
  tcb.sndUna = tcb.iss + 1;
  tcb.sndResume = tcb.sndUna;
  congestionInitialize(tcb, tcb.retransmissions > 0);
  rttEstablished(tcb);
  tcb.retransmissions = 0;
  buffersEstablished(tcb);
  tcb.clear(OWES_SYN);
  armRetransmit(tcb, NEVER);
  tcb.state = tcb.has(FIN_QUEUED) ? STATE_FIN_WAIT_1 : STATE_ESTABLISHED;
}

/** RFC 9293 §3.7.1, for IPv4. */
const DEFAULT_MSS: u32 = 536;

/** Keep-alive (RFC 9293 §3.8.4): two hours at least by default (MUST-28), then Linux's interval and count. */
const KEEP_IDLE: u32 = 7_200_000;
const KEEP_INTERVAL: u32 = 75_000;
const KEEP_COUNT: u8 = 9;
