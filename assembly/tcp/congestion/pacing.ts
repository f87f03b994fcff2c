// Pacing: a window is not sent in one burst but spread over the round trip, so that shallow queues on the path can take
// it. The rate lets the window grow: twice cwnd a round trip in slow start, 1.2 times afterwards (Linux's
// tcp_pacing_ss_ratio and tcp_pacing_ca_ratio). What goes out at once is at least what that rate sends in a
// millisecond: no timer is finer, and where round trips are shorter nothing is ever held back.
//
//   sent  ──┐        ┌── the schedule, `paceNext`: bytes sent ÷ rate
//           │ ┌──────┘   up to 1 ms ahead of now a segment may go; further ahead it waits until the schedule is reached
//
// Not for: how much may be in flight (window.ts).

import { NEVER, state } from '../../memory/state';
import { fileDeadlines } from '../block/deadlines';
import { Tcb } from '../tcb';
import { flow } from './flow';

/** Whether a segment may go now; if not, a timer lets it go. */
export function paceAllows(tcb: Tcb): bool {
  if (!applies(tcb)) return true;
  const f = flow(tcb);
  if (f.paceAt == NEVER && f.paceNext - state.now < QUANTUM) return true;
  f.paceAt = f.paceNext;
  fileDeadlines(tcb);
  return false;
}

/** `length` bytes have been sent. */
export function paceSent(tcb: Tcb, length: u32): void {
  if (!applies(tcb)) return;
  const f = flow(tcb);
  const time = (<u64>length * tcb.srtt) / perRound(tcb);
  // What was not sent in time is lost, but for what a late timer has to make up for.
  f.paceNext = max(f.paceNext, state.now - QUANTUM) + <i64>time;
}

/** The most that may go in one packet that the device cuts up: what the pace allows in its quantum, in segments of `full`. */
export function paceBurst(tcb: Tcb, most: u32, full: u32): u32 {
  if (!applies(tcb)) return most;
  const quantum = <u32>min<u64>((perRound(tcb) * QUANTUM) / tcb.srtt, most);
  return max(full, quantum - (quantum % full));
}

/** Bytes that the pace sends in a round trip. */
function perRound(tcb: Tcb): u64 {
  return max<u64>((<u64>tcb.cwnd * (tcb.cwnd < tcb.ssthresh ? SLOW_START_RATIO : AVOIDANCE_RATIO)) / 100, 1);
}

function applies(tcb: Tcb): bool {
  return state.pacing != 0 && tcb.flow != 0 && tcb.srtt != 0;
}

/** Microseconds. */
const QUANTUM: i64 = 1_000;
/** Percent. */
const SLOW_START_RATIO: u64 = 200;
const AVOIDANCE_RATIO: u64 = 120;
