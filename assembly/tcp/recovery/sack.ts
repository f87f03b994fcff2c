// What a SACK option says is entered on the scoreboard (RFC 2018 §5, RFC 6675 §5.1). Blocks are hints from the wire: one
// that makes no sense is passed over. Not for: deciding that something is lost (recovery/rack.ts).

import { load32 } from '../../memory/bytes';
import { state } from '../../memory/state';
import { Flow, flow } from '../congestion/flow';
import { countReordering } from '../observe/statistics';
import { payloadSize } from '../path/size';
import { Segment } from '../segment';
import { seqGe, seqGt, seqLe, seqLt, seqMax, seqMin } from '../seq';
import { REORDERS, Tcb, TIMESTAMPS_ON } from '../tcb';
import { timestampNow } from './rtt';
import {
  LOST,
  REPEATED,
  recordAt,
  recordStart,
  SACKED,
  Scoreboard,
  SentRecord,
  scoreboard,
  sentSplit,
  setFate,
} from './sent';

/** Enters the blocks of a segment. SND.UNA has not moved yet. */
export function sackArrives(tcb: Tcb, seg: Segment): void {
  if (tcb.scoreboard == 0) return;
  // The blocks of one ACK stand in no order: only what lies behind those of earlier ones is out of order.
  let highest = seqMax(scoreboard(tcb).highest, seg.ack);
  for (let index: u32 = 0; index < seg.sackCount; index++) {
    const block = seg.sackBlocks + ((<usize>index) << 3);
    const start = seqMax(load32(block), seqMax(tcb.sndUna, seg.ack));
    const end = load32(block + 4);
    // What lies before SEG.ACK reports a duplicate (RFC 2883 §4.1.1); what was never sent, nothing.
    if (!seqLt(start, end) || seqGt(end, tcb.sndNxt)) continue;
    if (!sentSplit(tcb, start) || !sentSplit(tcb, end)) continue;
    sackRange(tcb, seg, start, end);
    highest = seqMax(highest, end);
  }
  scoreboard(tcb).highest = highest;
}

/** Everything before SEG.ACK has been delivered too. SND.UNA has not moved yet. */
export function ackArrives(tcb: Tcb, seg: Segment): void {
  if (tcb.flow != 0) {
    flow(tcb).ackRtt = 0;
    flow(tcb).original = 0;
    flow(tcb).ackRttLongest = 0;
  }
  if (tcb.scoreboard == 0) return;
  const board = scoreboard(tcb);
  for (let index: u32 = 0; index < board.count && seqLt(recordStart(tcb, board, index), seg.ack); index++) {
    const record = recordAt(board, index);
    if (!(record.fate & SACKED)) delivered(tcb, board, record, seqMin(record.end, seg.ack), seg, true);
  }
}

/** D-SACK: the first block lies before SEG.ACK, or within the second (RFC 2883 §4). */
export function reportsDuplicate(seg: Segment): bool {
  if (seg.sackCount == 0) return false;
  const start = load32(seg.sackBlocks);
  const end = load32(seg.sackBlocks + 4);
  if (seqLe(end, seg.ack)) return true;
  if (seg.sackCount == 1) return false;
  return seqLe(load32(seg.sackBlocks + 8), start) && seqLe(end, load32(seg.sackBlocks + 12));
}

function sackRange(tcb: Tcb, seg: Segment, start: u32, end: u32): void {
  const board = scoreboard(tcb);
  for (let index: u32 = 0; index < board.count; index++) {
    const record = recordAt(board, index);
    if (seqLe(record.end, start)) continue;
    if (seqGe(recordStart(tcb, board, index), end)) break;
    if (record.fate & SACKED) continue;
    delivered(tcb, board, record, record.end, seg, false);
    setFate(tcb, board, index, (record.fate & REPEATED) | SACKED);
  }
}

/**
 * RACK steps 1 to 3 (RFC 8985 §6.2): the time of the segment sent last among those delivered; was the order kept?
 * `end` of what is delivered; `inOrder`: it is acknowledged, not SACKed.
 */
function delivered(tcb: Tcb, board: Scoreboard, record: SentRecord, end: u32, seg: Segment, inOrder: bool): void {
  const rtt = <u32>min<i64>(state.now - record.at, u32.MAX_VALUE);
  if (record.fate & REPEATED) {
    // Which of its transmissions arrived? Not the last one, if it is acknowledged too soon (§6.2 step 2).
    if (rtt < tcb.rttMinimum) return;
    // Behind a gap the peer echoes the timestamp of what came before the gap (RFC 7323 §4.3): it tells of no retransmission.
    if (inOrder && tcb.has(TIMESTAMPS_ON) && timestampNow(tcb) - seg.tsEcr > rtt / 1000 + 1) return;
  } else {
    tcb.rttMinimum = tcb.rttMinimum == 0 ? rtt : min(tcb.rttMinimum, rtt);
    const f = flow(tcb);
    if (seqLt(end, board.highest)) noteReordered(tcb, f, rtt, board.highest - end); // §6.2 step 3
    if (record.fate & LOST) f.original = 1;
    f.ackRtt = f.ackRtt == 0 ? rtt : min(f.ackRtt, rtt);
    f.ackRttLongest = max(f.ackRttLongest, rtt);
    noteRecent(tcb, f, rtt);
  }
  if (record.at < board.rackAt || (record.at == board.rackAt && !seqGt(end, board.rackEnd))) return;
  board.rackAt = record.at;
  board.rackEnd = end;
  board.rackRtt = rtt;
}

/** A segment has come that others had passed, the furthest by `distance` bytes. */
function noteReordered(tcb: Tcb, f: Flow, rtt: u32, distance: u32): void {
  f.reorderingDegree = max(f.reorderingDegree, distance + payloadSize(tcb));
  tcb.set(REORDERS);
  if (tcb.statistics != 0) countReordering(tcb);
  const usual = max(f.recentRtt, f.recentRttBefore);
  if (usual != 0 && rtt > usual) f.reorderingExtent = max(f.reorderingExtent, rtt - usual);
}

/** The greatest round-trip times of this stretch of SRTT and of the one before. */
function noteRecent(tcb: Tcb, f: Flow, rtt: u32): void {
  if (state.now - f.recentRttAt >= <i64>tcb.srtt) {
    f.recentRttBefore = f.recentRtt;
    f.recentRtt = 0;
    f.recentRttAt = state.now;
  }
  f.recentRtt = max(f.recentRtt, rtt);
}
