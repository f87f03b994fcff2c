// HyStart++ (RFC 9406): slow start ends when round trips get longer, before the queue overflows. A round that is longer
// than the one before starts conservative slow start, which grows by a quarter; when that lasts, congestion avoidance
// begins, and when round trips get shorter again, it was a false alarm.
//
//   round n-1        round n            five rounds of a quarter's growth        ssthresh = cwnd
//   least RTT r  →   least RTT ≥ r + η   → conservative slow start              → congestion avoidance
//                                          least RTT < that of its beginning    → slow start
//
// For the first slow start only, as §4.3 advises. Not for: leaving slow start by loss (window.ts).

import { state } from '../../memory/state';
import { seqGe } from '../seq';
import { Tcb } from '../tcb';
import { Flow, flow } from './flow';

/** An ACK in slow start; `rtt` in microseconds, 0: not known. */
export function hystartAcknowledged(tcb: Tcb, rtt: u32): void {
  if (!applies(tcb)) return;
  const f = flow(tcb);
  if (rtt > 0) sample(f, rtt);
  // The ACK of the round's end is its last.
  if (seqGe(tcb.sndUna, f.roundEnd)) beginRound(tcb, f);
}

/** How much of `growth` slow start may take. */
export function hystartShare(tcb: Tcb, growth: u32): u32 {
  return applies(tcb) && flow(tcb).baselineRtt != 0 ? growth / CONSERVATIVE_DIVISOR : growth;
}

function applies(tcb: Tcb): bool {
  return state.hystart != 0 && tcb.ssthresh == u32.MAX_VALUE;
}

function sample(f: Flow, rtt: u32): void {
  f.roundSamples++;
  f.roundRtt = f.roundRtt == 0 ? rtt : min(f.roundRtt, rtt);
  if (f.roundSamples < SAMPLES || f.lastRoundRtt == 0) return;
  if (f.baselineRtt != 0) {
    // The delay has gone: it was jitter (§4.2).
    if (f.roundRtt < f.baselineRtt) f.baselineRtt = 0;
    return;
  }
  const threshold = max(LEAST_RISE, min(f.lastRoundRtt / RISE_DIVISOR, GREATEST_RISE));
  if (f.roundRtt < f.lastRoundRtt + threshold) return;
  f.baselineRtt = f.roundRtt;
  f.conservativeRounds = 0;
}

function beginRound(tcb: Tcb, f: Flow): void {
  f.roundEnd = tcb.sndNxt;
  f.lastRoundRtt = f.roundRtt;
  f.roundRtt = 0;
  f.roundSamples = 0;
  if (f.baselineRtt == 0) return;
  f.conservativeRounds++;
  if (f.conservativeRounds < CONSERVATIVE_ROUNDS) return;
  tcb.ssthresh = tcb.cwnd;
  f.baselineRtt = 0;
}

// RFC 9406 §4.3; times in microseconds.
const LEAST_RISE: u32 = 4_000;
const GREATEST_RISE: u32 = 16_000;
const RISE_DIVISOR: u32 = 8;
const SAMPLES: u32 = 8;
const CONSERVATIVE_DIVISOR: u32 = 4;
const CONSERVATIVE_ROUNDS: u32 = 5;
