// Takes back what recovery did when it turns out that nothing was lost: the peer has reported every repeated byte as a
// duplicate (RFC 2883 §5, RFC 3708 §2). A duplicate also says that the network reorders more than was assumed, so RACK
// gets more patient (RFC 8985 §6.2 step 4).

import { load32 } from '../../memory/bytes';
import { Segment } from '../segment';
import { seqLt } from '../seq';
import { RECOVERY, Tcb } from '../tcb';
import { scoreboard } from './sent';

/** Recovery begins: what to go back to. */
export function undoBegin(tcb: Tcb): void {
  const board = scoreboard(tcb);
  board.undoCwnd = tcb.cwnd;
  board.undoSsthresh = tcb.ssthresh;
  board.undoRepeated = 0;
}

/** Bytes went out once more. */
export function undoRepeated(tcb: Tcb, length: u32): void {
  scoreboard(tcb).undoRepeated += length;
}

/** The first SACK block of a segment reports bytes that came twice. */
export function duplicateReported(tcb: Tcb, seg: Segment): void {
  if (tcb.scoreboard == 0) return;
  const board = scoreboard(tcb);
  if (!seqLt(tcb.sndUna, board.duplicateRound)) {
    // Once in a round trip.
    if (tcb.reorderingSteps < u8.MAX_VALUE) tcb.reorderingSteps++;
    board.duplicateRound = tcb.sndNxt;
  }
  tcb.reorderingPersists = PERSISTENCE;
  if (board.undoRepeated == 0 || board.undoCwnd == 0) return;
  const length = load32(seg.sackBlocks + 4) - load32(seg.sackBlocks);
  board.undoRepeated -= min(length, board.undoRepeated);
  if (board.undoRepeated > 0) return;
  tcb.cwnd = max(tcb.cwnd, board.undoCwnd);
  tcb.ssthresh = max(tcb.ssthresh, board.undoSsthresh);
  tcb.clear(RECOVERY);
  board.undoCwnd = 0;
}

/** A recovery has ended: the patience wears off after so many. */
export function patienceWears(tcb: Tcb): void {
  if (tcb.reorderingPersists > 0) tcb.reorderingPersists--;
  if (tcb.reorderingPersists == 0) tcb.reorderingSteps = 0;
}

/** RACK.reo_wnd_persist */
const PERSISTENCE: u8 = 16;
