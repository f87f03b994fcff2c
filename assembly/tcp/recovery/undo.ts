// Takes back what recovery did when it turns out that nothing was lost: the peer has reported every repeated byte as a
// duplicate (RFC 2883 §5, RFC 3708 §2). A duplicate also says that the network reorders more than was assumed, so RACK
// gets more patient (RFC 8985 §6.2 step 4).

import { load32 } from '../../memory/bytes';
import { flow } from '../congestion/flow';
import { Segment } from '../segment';
import { seqLt } from '../seq';
import { OWES_CWR, RECOVERY, Tcb } from '../tcb';

/** Recovery begins: what to go back to. */
export function undoBegin(tcb: Tcb): void {
  const f = flow(tcb);
  f.undoCwnd = tcb.cwnd;
  f.undoSsthresh = tcb.ssthresh;
  f.undoRepeated = 0;
}

/** What recovery did has another reason now. */
export function undoForbid(tcb: Tcb): void {
  if (tcb.flow != 0) flow(tcb).undoCwnd = 0;
}

/** Bytes went out once more. */
export function undoRepeated(tcb: Tcb, length: u32): void {
  flow(tcb).undoRepeated += length;
}

/** The first SACK block of a segment reports bytes that came twice. */
export function duplicateReported(tcb: Tcb, seg: Segment): void {
  if (tcb.flow == 0) return;
  const f = flow(tcb);
  if (!seqLt(tcb.sndUna, f.duplicateRound)) {
    // Once in a round trip.
    f.reorderingSteps++;
    f.duplicateRound = tcb.sndNxt;
  }
  f.reorderingPersists = PERSISTENCE;
  if (f.undoRepeated == 0 || f.undoCwnd == 0) return;
  const length = load32(seg.sackBlocks + 4) - load32(seg.sackBlocks);
  f.undoRepeated -= min(length, f.undoRepeated);
  if (f.undoRepeated > 0) return;
  tcb.cwnd = max(tcb.cwnd, f.undoCwnd);
  tcb.ssthresh = max(tcb.ssthresh, f.undoSsthresh);
  tcb.clear(RECOVERY | OWES_CWR);
  f.undoCwnd = 0;
}

/** A recovery has ended: the patience wears off after so many. */
export function patienceWears(tcb: Tcb): void {
  const f = flow(tcb);
  if (f.reorderingPersists > 0) f.reorderingPersists--;
  if (f.reorderingPersists == 0) f.reorderingSteps = 0;
}

/** RACK.reo_wnd_persist */
const PERSISTENCE: u32 = 16;
