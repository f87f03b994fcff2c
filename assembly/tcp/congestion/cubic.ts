// CUBIC (RFC 9438): after a loss the window follows a cubic curve through the size at which the loss came, so that it
// stays near it for long and then looks for more; the curve depends on time, not on the round trip.
//
//   W_cubic(t) = C × (t - K)³ + W_max        segments and seconds in the RFC, bytes here
//
// Not for: slow start and timeouts, which all controllers share (window.ts).

import { state } from '../../memory/state';
import { Tcb } from '../tcb';

/** What the window grows to in congestion avoidance (§4.2 to §4.5). */
export function cubicGrow(tcb: Tcb, acked: u32): u32 {
  if (tcb.cubicEpoch == 0) beginEpoch(tcb);
  const cwnd = <f64>tcb.cwnd;
  const elapsed = <f64>(state.now - tcb.cubicEpoch) / 1e6;
  // The Reno-friendly region (§4.3): never slower than Reno would be.
  const alpha: f64 = tcb.cubicReno < tcb.cubicPrior ? RENO_ALPHA : 1;
  tcb.cubicReno += <u32>Math.ceil((alpha * <f64>tcb.mss * <f64>acked) / cwnd);
  if (curve(tcb, elapsed) < <f64>tcb.cubicReno) return max(tcb.cubicReno, tcb.cwnd);
  // The curve one round trip ahead, within bounds (§4.2): the window gets there in this round trip.
  const target = min(max(curve(tcb, elapsed + <f64>tcb.srtt / 1e6), cwnd), 1.5 * cwnd);
  return tcb.cwnd + <u32>Math.ceil(((target - cwnd) / cwnd) * <f64>acked);
}

/** ssthresh after a loss, before its lower bound (§4.6); the next curve goes through the window of now, or less (§4.7). */
export function cubicThreshold(tcb: Tcb, flight: u32): u32 {
  const stepsBack = tcb.cwnd < tcb.cubicMax;
  tcb.cubicMax = stepsBack ? <u32>((<f64>tcb.cwnd * (1 + BETA)) / 2) : tcb.cwnd;
  tcb.cubicPrior = tcb.cwnd;
  tcb.cubicEpoch = 0;
  return <u32>(<f64>flight * BETA);
}

/** What came before says nothing about what comes now: after a timeout (§4.8) or a pause. */
export function cubicForget(tcb: Tcb): void {
  tcb.cubicMax = 0;
  tcb.cubicEpoch = 0;
}

/** Congestion avoidance begins: t = 0 is now, and K seconds lead back to W_max (§4.2). */
function beginEpoch(tcb: Tcb): void {
  tcb.cubicEpoch = max<i64>(state.now, 1);
  tcb.cubicReno = tcb.cwnd;
  if (tcb.cwnd >= tcb.cubicMax) tcb.cubicMax = tcb.cwnd;
  tcb.cubicK = <f32>Math.cbrt(<f64>(tcb.cubicMax - tcb.cwnd) / (C * <f64>tcb.mss));
}

/** W_cubic(t), in bytes. */
function curve(tcb: Tcb, time: f64): f64 {
  const offset = time - <f64>tcb.cubicK;
  return C * <f64>tcb.mss * offset * offset * offset + <f64>tcb.cubicMax;
}

const C: f64 = 0.4;
const BETA: f64 = 0.7;
/** 3 × (1 - β) / (1 + β) */
const RENO_ALPHA: f64 = (3 * (1 - BETA)) / (1 + BETA);
