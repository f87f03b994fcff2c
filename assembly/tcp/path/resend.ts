// Segments that were too large for the path go out again, smaller (RFC 1191 §6.5). No congestion dropped them, so the
// window stays as it is. Not for: deciding that they were too large (tcp/path/discovery.ts).

import { state } from '../../memory/state';
import { armRetransmit } from '../block/deadlines';
import { wantSend } from '../block/sendlist';
import { flow } from '../congestion/flow';
import { recoveryTimeout } from '../recovery/newreno';
import { LOST, REPEATED, recordAt, recordStart, SACKED, scoreboard, sentSplit, setFate } from '../recovery/sent';
import { undoForbid } from '../recovery/undo';
import { RECOVERY, Tcb } from '../tcb';

/** Whatever is in flight in segments of `full` bytes goes out again in segments of `fits` bytes. */
export function resendTooLarge(tcb: Tcb, full: u32, fits: u32): void {
  if (tcb.sndUna == tcb.sndNxt) return;
  if (tcb.has(RECOVERY)) tcb.cwnd = tcb.ssthresh;
  undoForbid(tcb);
  if (tcb.flow != 0) {
    flow(tcb).forwardStep = 0;
    flow(tcb).probing = 0;
  }
  // Until all of it is acknowledged, what is missing says nothing about congestion.
  recoveryTimeout(tcb);
  if (tcb.scoreboard == 0) tcb.sndResume = tcb.sndUna;
  else markTooLarge(tcb, full, fits);
  armRetransmit(tcb, state.now + tcb.rto);
  wantSend(tcb);
}

/** What was sent at one moment is a row of full-sized segments; the last one may be smaller, and have passed. */
function markTooLarge(tcb: Tcb, full: u32, fits: u32): void {
  for (let index: u32 = 0; index < scoreboard(tcb).count; index++) {
    const board = scoreboard(tcb);
    const record = recordAt(board, index);
    const start = recordStart(tcb, board, index);
    const length = record.end - start;
    if (record.fate & (SACKED | LOST) || length <= fits) continue;
    const last = length % full;
    if (last > 0 && last <= fits) sentSplit(tcb, record.end - last);
    const after = scoreboard(tcb);
    setFate(tcb, after, index, (recordAt(after, index).fate & REPEATED) | LOST);
  }
}
