// CUBIC (RFC 9438): after a loss the window follows a cubic curve through the size at which the loss came, so that it
// stays near it for long and then looks for more; the curve depends on time, not on the round trip.
//
//   W_cubic(t) = C × (t - K)³ + W_max        segments and seconds in the RFC, bytes here
//
// Not for: slow start and timeouts, which all controllers share (window.ts).

import { state } from '../../memory/state';
import { payloadSize } from '../path/size';
import { Tcb } from '../tcb';
import { Flow, flow } from './flow';

/** What the window grows to in congestion avoidance (§4.2 to §4.5). */
export function cubicGrow(tcb: Tcb, acked: u32): u32 {
  const f = flow(tcb);
  if (f.cubicEpoch == 0) beginEpoch(tcb, f);
  const cwnd = <f64>tcb.cwnd;
  const elapsed = <f64>(state.now - f.cubicEpoch) / 1e6;
  // The Reno-friendly region (§4.3): never slower than Reno would be.
  const alpha: f64 = f.cubicReno < f.cubicPrior ? RENO_ALPHA : 1;
  f.cubicReno += <u32>Math.ceil((alpha * <f64>payloadSize(tcb) * <f64>acked) / cwnd);
  if (curve(tcb, f, elapsed) < <f64>f.cubicReno) return max(f.cubicReno, tcb.cwnd);
  // The curve one round trip ahead, within bounds (§4.2): the window gets there in this round trip.
  const target = min(max(curve(tcb, f, elapsed + <f64>tcb.srtt / 1e6), cwnd), 1.5 * cwnd);
  return tcb.cwnd + <u32>Math.ceil(((target - cwnd) / cwnd) * <f64>acked);
}

/**
 * ssthresh after a loss, before its lower bound (§4.6); the next curve goes through the window of now, or less (§4.7).
 * §4.6 lets those who validate the window take it in place of what is in flight.
 */
export function cubicThreshold(tcb: Tcb): u32 {
  const f = flow(tcb);
  const stepsBack = tcb.cwnd < f.cubicMax;
  f.cubicMax = stepsBack ? <u32>((<f64>tcb.cwnd * (1 + BETA)) / 2) : tcb.cwnd;
  f.cubicPrior = tcb.cwnd;
  f.cubicEpoch = 0;
  return <u32>(<f64>tcb.cwnd * BETA);
}

/** What came before says nothing about what comes now: after a timeout (§4.8) or a pause. */
export function cubicForget(tcb: Tcb): void {
  const f = flow(tcb);
  f.cubicMax = 0;
  f.cubicEpoch = 0;
}

/** Time in which the window was not used does not count: the curve waits (§5.8). */
export function cubicPause(tcb: Tcb, idle: i64): void {
  const f = flow(tcb);
  if (f.cubicEpoch != 0) f.cubicEpoch += idle;
}

/** Congestion avoidance begins: t = 0 is now, and K seconds lead back to W_max (§4.2). */
function beginEpoch(tcb: Tcb, f: Flow): void {
  f.cubicEpoch = max<i64>(state.now, 1);
  f.cubicReno = tcb.cwnd;
  if (tcb.cwnd >= f.cubicMax) f.cubicMax = tcb.cwnd;
  f.cubicK = <f32>Math.cbrt(<f64>(f.cubicMax - tcb.cwnd) / (C * <f64>payloadSize(tcb)));
}

/** W_cubic(t), in bytes. */
function curve(tcb: Tcb, f: Flow, time: f64): f64 {
  const offset = time - <f64>f.cubicK;
  return C * <f64>payloadSize(tcb) * offset * offset * offset + <f64>f.cubicMax;
}

const C: f64 = 0.4;
const BETA: f64 = 0.7;
/** 3 × (1 - β) / (1 + β) */
const RENO_ALPHA: f64 = (3 * (1 - BETA)) / (1 + BETA);
