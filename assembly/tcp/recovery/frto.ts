// Forward RTO-Recovery (RFC 5682): was the timeout needless? After it, the oldest segment goes out again; when that is
// acknowledged, new data follows in place of what else may be lost.
//
//   timeout → repeat the oldest → ACK moves on → two new segments → ACK of what was never repeated → needless: undo
//                                  ACK repeats ↘                     ↘ ACK repeats: it was lost, repeat the rest
//
// Without SACK as §2.1, with SACK as §3. Not for: what is taken back (recovery/undo.ts).

import { state } from '../../memory/state';
import { flow } from '../congestion/flow';
import { payloadSize } from '../path/size';
import { Segment } from '../segment';
import { seqGe, seqLt } from '../seq';
import { RECOVERY, SACK_ON, Tcb } from '../tcb';
import { inFlight } from './sent';
import { undo, undoBegin } from './undo';

/** The retransmission timer expired for the first time for a segment; the window is still what it was. */
export function forwardTimeout(tcb: Tcb): void {
  if (tcb.flow == 0) return;
  const f = flow(tcb);
  f.forwardStep = 0;
  // While another recovery goes on the ACKs that come may be its own (§2.1 step 1).
  if (tcb.has(RECOVERY) || seqLt(tcb.sndUna, tcb.recover)) return;
  undoBegin(tcb);
  if (state.forwardRto != 0) f.forwardStep = REPEATED_OLDEST;
}

/** An ACK after the timeout; `original`: it delivers what was never repeated, which only SACK can tell. */
export function forwardAcknowledged(tcb: Tcb, seg: Segment, acked: u32, original: bool): void {
  if (tcb.flow == 0) return;
  const f = flow(tcb);
  if (f.forwardStep == 0) return;
  // Everything is there: nothing can be told (step 2 a).
  if (seqGe(tcb.sndUna, tcb.recover)) f.forwardStep = 0;
  else if (original || (f.forwardStep == SENT_NEW && acked > 0)) {
    tcb.cwnd = min(tcb.cwnd, f.undoCwnd);
    undo(tcb);
  } else if (f.forwardStep == REPEATED_OLDEST && acked > 0 && newDataMayGo(tcb, seg)) {
    f.forwardStep = SENT_NEW;
    tcb.sndResume = tcb.sndNxt;
    tcb.cwnd = inFlight(tcb) + 2 * payloadSize(tcb);
  } else fallBack(tcb);
}

/** Whether what may be lost has to wait for the answer to new data. */
export function forwardHolds(tcb: Tcb): bool {
  return tcb.flow != 0 && flow(tcb).forwardStep == SENT_NEW;
}

/** The timeout was right: what is outstanding goes out again (step 2 a, step 3 a). */
function fallBack(tcb: Tcb): void {
  const f = flow(tcb);
  if (f.forwardStep == SENT_NEW) {
    tcb.cwnd = min(tcb.cwnd, 3 * payloadSize(tcb));
    if (!tcb.has(SACK_ON)) tcb.sndResume = tcb.sndUna;
  }
  f.forwardStep = 0;
}

/** Whether there is data that was never sent, and room for it in the peer's window (step 2 b). */
function newDataMayGo(tcb: Tcb, seg: Segment): bool {
  const outstanding = tcb.sndNxt - tcb.sndUna;
  return tcb.sendRing.length > outstanding && seg.wnd << tcb.sndShift > outstanding;
}

const REPEATED_OLDEST: u32 = 1;
const SENT_NEW: u32 = 2;
