// Congestion window validation (RFC 7661): a window that is not used says nothing about the path, so it does not grow,
// and it shrinks when it stays unused for long. What is used is measured as the most that was in flight in a round trip,
// which is pipeACK (§4.2) one round trip earlier.
//
//   validated       used ≥ cwnd / 2: the window grows as its controller says      (§4.3)
//   not validated   it grows only when it was what stopped the sender             (§4.4)

import { payloadSize } from '../path/size';
import { seqGe } from '../seq';
import { Tcb } from '../tcb';
import { flow } from './flow';
import { initialWindow } from './initial';

/** Something has been sent; `flight` bytes are on their way now. */
export function validationSent(tcb: Tcb, flight: u32): void {
  const f = flow(tcb);
  f.usedRound = max(f.usedRound, flight);
  f.limited = flight + payloadSize(tcb) > tcb.cwnd ? 1 : 0;
}

/** SND.UNA has moved: a round trip ends when it passes what was SND.NXT at its beginning. */
export function validationAcknowledged(tcb: Tcb): void {
  const f = flow(tcb);
  if (!seqGe(tcb.sndUna, f.usedRoundEnd)) return;
  f.usedRoundEnd = tcb.sndNxt;
  f.used = f.usedRound;
  f.usedRound = tcb.sndNxt - tcb.sndUna;
}

/** Whether the window may grow. */
export function mayGrow(tcb: Tcb): bool {
  const f = flow(tcb);
  return f.limited != 0 || max(f.used, f.usedRound) << 1 > tcb.cwnd;
}

/** After a pause of `idle` microseconds: each five minutes halve what was not used (§4.4.3). */
export function validationRestart(tcb: Tcb, idle: i64): void {
  const floor = initialWindow(payloadSize(tcb));
  for (let left = idle; left >= PRESERVATION && tcb.cwnd > floor; left -= PRESERVATION) {
    tcb.ssthresh = max(tcb.ssthresh, (tcb.cwnd >> 2) * 3);
    tcb.cwnd = max(tcb.cwnd >> 1, floor);
  }
}

/** The non-validated period, microseconds (§4.4.3). */
const PRESERVATION: i64 = 300_000_000;
