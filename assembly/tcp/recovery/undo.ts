// Takes back what recovery did when it turns out that nothing was lost. Three things tell:
//
//   D-SACK    the peer reports every repeated byte as a duplicate       (RFC 2883 §5, RFC 3708 §2)
//   Eifel     the ACK echoes a timestamp older than the retransmission  (RFC 3522 §3.2)
//   F-RTO     what was not repeated is acknowledged after a timeout     (recovery/frto.ts)
//
// The window goes back to what it was (RFC 4015 §3.2). A duplicate also says that the network reorders more than was
// assumed, so RACK gets more patient (RFC 8985 §6.2 step 4).

import { load32 } from '../../memory/bytes';
import { flow } from '../congestion/flow';
import { Segment } from '../segment';
import { seqLt } from '../seq';
import { OWES_CWR, OWES_RETRANSMIT, RECOVERY, Tcb, TIMESTAMPS_ON } from '../tcb';
import { timestampNow } from './rtt';
import { sentNotLost } from './sent';

/** Recovery begins: what to go back to. */
export function undoBegin(tcb: Tcb): void {
  const f = flow(tcb);
  f.undoCwnd = tcb.cwnd;
  f.undoSsthresh = tcb.ssthresh;
  f.undoRepeated = 0;
  f.undoStamp = 0;
  f.undoStamped = NOT_STAMPED;
}

/** What recovery did has another reason now. */
export function undoForbid(tcb: Tcb): void {
  if (tcb.flow != 0) flow(tcb).undoCwnd = 0;
}

/** `length` bytes go out once more. */
export function undoRepeated(tcb: Tcb, length: u32): void {
  // A probe is no part of a recovery.
  if (tcb.flow == 0 || !seqLt(tcb.sndUna, tcb.recover)) return;
  const f = flow(tcb);
  f.undoRepeated += length;
  if (f.undoStamped != NOT_STAMPED) return;
  f.undoStamped = STAMPED;
  f.undoStamp = timestampNow(tcb);
}

/** SND.UNA has moved for the first time since the first retransmission: whose ACK is it? (RFC 3522 §3.2 step 4) */
export function undoAcknowledged(tcb: Tcb, seg: Segment): void {
  if (tcb.flow == 0) return;
  const f = flow(tcb);
  if (f.undoStamped != STAMPED) return;
  f.undoStamped = ANSWERED;
  if (tcb.has(TIMESTAMPS_ON) && seg.tsEcr != 0 && seqLt(seg.tsEcr, f.undoStamp)) undo(tcb);
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
  if (f.undoRepeated == 0) return;
  const length = load32(seg.sackBlocks + 4) - load32(seg.sackBlocks);
  f.undoRepeated -= min(length, f.undoRepeated);
  if (f.undoRepeated == 0) undo(tcb);
}

/** Nothing was lost: the window is what it was, and what has not been repeated needs no repetition. */
export function undo(tcb: Tcb): void {
  const f = flow(tcb);
  if (f.undoCwnd == 0) return;
  tcb.cwnd = max(tcb.cwnd, f.undoCwnd);
  tcb.ssthresh = max(tcb.ssthresh, f.undoSsthresh);
  f.undoCwnd = 0;
  f.forwardStep = 0;
  tcb.clear(RECOVERY | OWES_CWR | OWES_RETRANSMIT);
  tcb.sndResume = tcb.sndNxt;
  // What is lost from now on is news.
  tcb.recover = tcb.sndUna - 1;
  sentNotLost(tcb);
}

/** A recovery has ended: the patience wears off after so many. */
export function patienceWears(tcb: Tcb): void {
  const f = flow(tcb);
  if (f.reorderingPersists > 0) f.reorderingPersists--;
  if (f.reorderingPersists == 0) f.reorderingSteps = 0;
}

const NOT_STAMPED: u32 = 0;
const STAMPED: u32 = 1;
const ANSWERED: u32 = 2;
/** RACK.reo_wnd_persist */
const PERSISTENCE: u32 = 16;
