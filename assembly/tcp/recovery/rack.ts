// RACK-TLP: a segment is lost when one sent sufficiently later has been delivered (RFC 8985 §6), and a tail that nothing
// follows is probed for (§7). Also what a timeout does to the scoreboard.
// Not for: connections without SACK (recovery/newreno.ts); how much recovery may send (recovery/prr.ts).

import { Micros, NEVER, state } from '../../memory/state';
import { armRetransmit } from '../block/deadlines';
import { flow } from '../congestion/flow';
import { congestionAcknowledged, congestionLoss } from '../congestion/window';
import { searchLost } from '../path/search';
import { payloadSize } from '../path/size';
import { seqGe, seqLt } from '../seq';
import { ECN_REDUCES, PROBED, RECOVERY, REORDERS, Tcb, TIMER_PROBE, TIMER_REORDER, TIMER_RETRANSMIT } from '../tcb';
import { prrAcknowledged, prrBegin } from './prr';
import { inFlight, LOST, REPEATED, recordAt, SACKED, Scoreboard, SentRecord, scoreboard, setFate } from './sent';
import { patienceWears, undoBegin } from './undo';

/** An ACK has been entered on the scoreboard and SND.UNA has moved. `delivered`: bytes that have newly arrived. */
export function rackAcknowledged(tcb: Tcb, acked: u32, delivered: u32): void {
  const leaves = tcb.has(RECOVERY | ECN_REDUCES) && seqGe(tcb.sndUna, tcb.recover);
  if (leaves) leaveRecovery(tcb);
  if (tcb.scoreboard == 0) {
    if (acked > 0 && !leaves) grow(tcb, acked);
    return;
  }
  const before = scoreboard(tcb).lost;
  rackDetect(tcb, delivered);
  if (delivered > 0) timeoutWaits(tcb);
  if (tcb.has(RECOVERY | ECN_REDUCES)) prrAcknowledged(tcb, delivered, acked > 0 && scoreboard(tcb).lost <= before);
  // What SACK had reported before lets the window grow no more: it had let new segments go already (RFC 3042).
  else if (acked > 0 && !leaves) grow(tcb, min(acked, delivered));
}

function grow(tcb: Tcb, acked: u32): void {
  congestionAcknowledged(tcb, acked, tcb.flow == 0 ? 0 : flow(tcb).ackRtt);
}

/** Marks what is lost (§6.2 step 5), and sets a timer for what may turn out so. `delivered`: bytes that have newly arrived. */
export function rackDetect(tcb: Tcb, delivered: u32): void {
  if (tcb.scoreboard == 0) return;
  const board = scoreboard(tcb);
  // While only SND.UNA moves and nothing is sent twice, whatever was sent earlier has arrived.
  const recovering = seqLt(tcb.sndUna, tcb.recover);
  if (board.rackAt == 0 || (board.sacked == 0 && !recovering)) return;
  const patience = <i64>roundTrip(tcb, board) + reorderingWindow(tcb, board);
  let wait: i64 = 0;
  for (let index: u32 = 0; index < board.count; index++) {
    const record = recordAt(board, index);
    if (record.fate & (SACKED | LOST) || !sentBefore(record, board)) continue;
    const left = record.at + patience - state.now;
    if (left > 0) wait = max(wait, left);
    else setFate(tcb, board, index, (record.fate & REPEATED) | LOST);
  }
  // After a timeout the window has been cut already; what is lost again just goes out again.
  const enters = board.lost > 0 && (!recovering || tcb.has(ECN_REDUCES));
  if (enters && !searchLost(tcb)) enterRecovery(tcb, delivered);
  if (wait == 0) return;
  armRetransmit(tcb, state.now + wait);
  tcb.timer = TIMER_REORDER;
}

/**
 * The retransmission timer expired: nothing that is in flight counts any more. We deviate: §6.3 spares what was sent within
 * the last round trip; RFC 6298 does not, and a timeout that comes after a probe is seldom wrong.
 */
export function rackTimeout(tcb: Tcb): void {
  if (tcb.scoreboard == 0) return;
  const board = scoreboard(tcb);
  flow(tcb).probing = 0;
  // The peer may throw away what it has SACKed (RFC 2018 §8): if it begins at SND.UNA, it has.
  const reneged = board.count > 0 && (recordAt(board, 0).fate & SACKED) != 0;
  for (let index: u32 = 0; index < board.count; index++) {
    const fate = recordAt(board, index).fate;
    if (fate & SACKED && !reneged) continue;
    setFate(tcb, board, index, (fate & REPEATED) | LOST);
  }
}

/**
 * Starts the timer that guards what is in flight: a probe, which comes before the retransmission timeout or in its place
 * (§7.2), else the timeout.
 */
export function armLossTimer(tcb: Tcb): void {
  const probe = probeTimeout(tcb);
  armRetransmit(tcb, state.now + (probe > 0 ? min(probe, <i64>tcb.rto) : <i64>tcb.rto));
  if (probe > 0) tcb.timer = TIMER_PROBE;
}

/** New data has been sent: a probe is put off, or takes the place of the timeout (§7.2). */
export function armLossTimerSent(tcb: Tcb): void {
  if (tcb.retransmitAt == NEVER) {
    armLossTimer(tcb);
    return;
  }
  const probe = probeTimeout(tcb);
  if (tcb.timer == TIMER_REORDER || probe == 0) return;
  const expiration = tcb.timer == TIMER_PROBE ? timeoutExpiration(tcb) : tcb.retransmitAt;
  armRetransmit(tcb, min(state.now + probe, expiration));
  tcb.timer = TIMER_PROBE;
}

/** When the retransmission timer would expire if no probe ran in its place: it guards the oldest segment. */
function timeoutExpiration(tcb: Tcb): Micros {
  const expiration = recordAt(scoreboard(tcb), 0).at + <i64>tcb.rto;
  return expiration > state.now ? expiration : NEVER;
}

/** 2 × SRTT and a margin, which is a delayed ACK's when only one segment is out; 0: no probe now (§7.2). */
function probeTimeout(tcb: Tcb): i64 {
  if (state.tailProbe == 0) return 0;
  if (tcb.scoreboard == 0 || tcb.has(RECOVERY | PROBED) || tcb.srtt == 0 || tcb.retransmissions > 0) return 0;
  const board = scoreboard(tcb);
  if (flow(tcb).probing != 0 || board.sacked > 0 || board.lost > 0) return 0;
  const margin = inFlight(tcb) <= payloadSize(tcb) ? LONGEST_ACK_DELAY : PROBE_MARGIN;
  return 2 * <i64>tcb.srtt + margin;
}

/** Whether a probe's answer has come, and what it says (§7.4). `duplicate`: it reports bytes that came twice. */
export function probeAcknowledged(tcb: Tcb, acked: u32, duplicate: bool): void {
  if (tcb.flow == 0) return;
  const f = flow(tcb);
  if (f.probing == 0 || seqLt(tcb.sndUna, f.probeEnd)) return;
  if (f.probing == PROBE_REPEATED && !duplicate && acked > 0) {
    // The original's own ACK, perhaps: only what was sent behind the probe can tell (§7.4.2).
    if (tcb.sndUna == f.probeEnd) return;
    // The probe has repaired a loss, which is a sign of congestion like any other.
    if (!tcb.has(ECN_REDUCES)) congestionLoss(tcb);
    tcb.cwnd = tcb.ssthresh;
  }
  f.probing = 0;
}

/**
 * The timer guards the oldest segment, sent once more. As long as what arrives was sent before that, its answer is still on
 * its way behind it, in a queue perhaps that has grown since the timeout was computed.
 */
function timeoutWaits(tcb: Tcb): void {
  const board = scoreboard(tcb);
  if (!tcb.has(RECOVERY) || tcb.timer != TIMER_RETRANSMIT || board.count == 0) return;
  if (recordAt(board, 0).at > board.rackAt) armRetransmit(tcb, state.now + tcb.rto);
}

/**
 * RACK.rtt (§6.2 step 5). We deviate where the network reorders: the greatest of late, not that of the
 * segment sent last. A queue that drains makes what was sent before look late, and what is late may only have been passed.
 */
function roundTrip(tcb: Tcb, board: Scoreboard): u32 {
  if (!tcb.has(REORDERS)) return board.rackRtt;
  const f = flow(tcb);
  return max(board.rackRtt, max(f.recentRtt, f.recentRttBefore)) + GRANULARITY;
}

/**
 * §6.2 step 4: a quarter of the least round-trip time, and how late segments have come so far; none while the network keeps
 * the order and the loss is plain.
 */
function reorderingWindow(tcb: Tcb, board: Scoreboard): u32 {
  const plain = tcb.has(RECOVERY) || board.sacked >= state.duplicateThreshold * payloadSize(tcb);
  if (!tcb.has(REORDERS) && plain) return 0;
  const f = flow(tcb);
  return min((tcb.rttMinimum >> 2) * (1 + f.reorderingSteps) + f.reorderingExtent, tcb.srtt);
}

/** Sent before the segment that was sent last among those delivered (RACK_sent_after, §6.2). */
function sentBefore(record: SentRecord, board: Scoreboard): bool {
  return record.at < board.rackAt || (record.at == board.rackAt && seqLt(record.end, board.rackEnd));
}

function enterRecovery(tcb: Tcb, delivered: u32): void {
  undoBegin(tcb);
  tcb.recover = tcb.sndNxt;
  tcb.set(RECOVERY);
  prrBegin(tcb, delivered);
  // No probe during recovery: the timer that runs may be a probe's (§7.2, §8).
  armRetransmit(tcb, state.now + tcb.rto);
}

/** What was in flight when the window was reduced has arrived. */
function leaveRecovery(tcb: Tcb): void {
  if (tcb.has(RECOVERY)) patienceWears(tcb);
  tcb.clear(RECOVERY | ECN_REDUCES);
  tcb.cwnd = tcb.ssthresh;
}

export const PROBE_NEW: u32 = 1;
export const PROBE_REPEATED: u32 = 2;
/** TLP.max_ack_delay (§7.2): what kernels take at most. */
const LONGEST_ACK_DELAY: u32 = 200_000;
/** Round trips of microseconds say nothing about when a peer gets to run; Linux adds as much. */
const PROBE_MARGIN: u32 = 2_000;
/** Of the clocks on both ends, a tick (RFC 7323 §5.4). */
const GRANULARITY: u32 = 1_000;
