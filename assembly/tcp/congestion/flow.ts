// What a sender knows of its path while it is sending: the state of the congestion controller, of slow start's end, of
// pacing, and of what may have to be taken back. A connection has this block from its first bytes until it has been idle
// for a retransmission timeout; then the window starts over anyway (RFC 5681 §4.1), and an idle connection is its
// control block and nothing else. One that has learnt nothing by then gives it back with the last ACK.
// Not for: what is in flight (recovery/sent.ts).

import { slabGive, slabTake } from '../../memory/slab';
import { Micros, NEVER } from '../../memory/state';
import { seqGt } from '../seq';
import { Tcb } from '../tcb';

@unmanaged
export class Flow {
  // Congestion avoidance (reno.ts, cubic.ts).
  ackedBytes: u32; // towards Reno's next increase
  cubicPrior: u32; // the window before the last loss, cwnd_prior (RFC 9438 §4.1.2)
  cubicMax: u32; // W_max
  cubicReno: u32; // W_est
  cubicK: f32; // seconds
  cubicEpoch: Micros; // when congestion avoidance began; 0: it has not

  // The end of slow start (hystart.ts), microseconds; 0: not known.
  roundEnd: u32; // SND.NXT when the round began: windowEnd (RFC 9406 §4.2)
  roundSamples: u32;
  roundRtt: u32; // the least of this round
  lastRoundRtt: u32; // the least of the round before
  baselineRtt: u32; // when conservative slow start began; 0: it is not under way
  conservativeRounds: u32;

  // Of the segments that this ACK delivers and that were sent once, microseconds; 0: none.
  ackRtt: u32; // the least
  ackRttLongest: u32;

  // How much of the window is used (validation.ts), bytes.
  usedRoundEnd: u32; // SND.NXT when the round began
  usedRound: u32; // the most in flight in this round
  used: u32; // the most in flight in the last whole round
  limited: u32; // 1: the window stopped the last transmission

  // Taking back (recovery/undo.ts, recovery/frto.ts).
  undoCwnd: u32; // 0: nothing can be taken back
  undoSsthresh: u32;
  undoRepeated: u32; // bytes sent again and not reported as duplicates
  undoStamp: u32; // TSval of the first retransmission
  undoStamped: u32; // whether there was one since `undoCwnd` was noted, and an answer
  original: u32; // 1: this ACK delivers what a timeout took for lost
  forwardStep: u32; // of F-RTO (RFC 5682 §2.1); 0: it is not under way

  // Tail loss probe (RFC 8985 §7.3).
  probing: u32; // PROBE_*; 0: none is under way
  probeEnd: u32; // SND.NXT when it was sent

  // Reordering (RFC 8985 §6.2 step 4).
  duplicateRound: u32; // SND.NXT at the last report that made RACK more patient
  reorderingSteps: u32; // RACK.reo_wnd_mult - 1
  reorderingPersists: u32; // RACK.reo_wnd_persist
  reorderingExtent: u32; // how late, at most, a segment came that others had passed, microseconds
  recentRtt: u32; // the greatest of this stretch of SRTT, microseconds
  recentRttBefore: u32; // of the stretch before
  recentRttAt: Micros; // when this stretch began

  smallEnd: u32; // behind the last segment that was not full-sized
  reorderingDegree: u32; // bytes between what came late and the furthest that had come, at most

  sentAt: Micros; // when data was last sent
  idleAt: Micros; // when the connection counts as idle; NEVER: it is not about to
  paceNext: Micros; // when all that was sent would have gone at the pace (pacing.ts)
  paceAt: Micros; // when the next segment may go; NEVER: none waits
}

export function flow(tcb: Tcb): Flow {
  return changetype<Flow>(tcb.flow);
}

/** Makes sure that a connection has its block; false when memory has run out. */
export function flowEnsure(tcb: Tcb): bool {
  if (tcb.flow != 0) return true;
  const block = slabTake(BLOCK);
  if (block == 0) return false;
  memory.fill(block, 0, <usize>BLOCK);
  tcb.flow = block;
  const fresh = flow(tcb);
  fresh.idleAt = NEVER;
  fresh.paceAt = NEVER;
  fresh.roundEnd = tcb.sndNxt;
  fresh.usedRoundEnd = tcb.sndNxt;
  fresh.duplicateRound = tcb.sndUna;
  fresh.smallEnd = tcb.sndUna;
  return true;
}

/**
 * Nagle's algorithm in Minshall's form: a small segment waits for a small one before it, not for full-sized ones, whose
 * receiver may delay the ACK of the last. `sent`: bytes in flight.
 */
export function smallOut(tcb: Tcb, sent: u32): bool {
  return sent > 0 && (tcb.flow == 0 || seqGt(flow(tcb).smallEnd, tcb.sndUna));
}

/** Whether it says more of the path than a fresh one: longer round trips, reordering, what may have to be taken back. */
export function flowTells(tcb: Tcb): bool {
  const f = flow(tcb);
  const delay = f.baselineRtt | f.conservativeRounds;
  const reordering = f.reorderingSteps | f.reorderingPersists | f.reorderingExtent | f.reorderingDegree;
  return (delay | reordering | f.undoCwnd | f.forwardStep | f.probing) != 0 || f.cubicEpoch != 0;
}

export function flowFree(tcb: Tcb): void {
  if (tcb.flow != 0) slabGive(tcb.flow, BLOCK);
  tcb.flow = 0;
}

const BLOCK: u32 = 256;
