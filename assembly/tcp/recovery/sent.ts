// What is in flight, when it was sent and what has become of it: the scoreboard of RFC 6675 §4 with the transmission times
// of RFC 8985 §5.2. It exists while something is in flight on a connection with SACK, in a slab block of its own.
//
//   SND.UNA                                                        SND.NXT
//      | record 0 | record 1        | record 2 | … | last record   |        each ends where the next one begins
//
// A record is a stretch of bytes that share one fate. Not for: deciding that something is lost (recovery/rack.ts).

import { slabGive, slabTake } from '../../memory/slab';
import { Micros, state } from '../../memory/state';
import { seqGt, seqLe, seqMin } from '../seq';
import { Tcb } from '../tcb';

/** The head of the block; records follow. */
@unmanaged
export class Scoreboard {
  size: u32; // of the block
  head: u32; // index of the first record
  count: u32;
  sacked: u32; // bytes that the peer holds behind SND.UNA
  lost: u32; // bytes that are lost and not sent again yet

  // RACK (RFC 8985 §5.3): the segment sent last among those delivered.
  rackEnd: u32;
  rackAt: Micros;
  rackRtt: u32;
  highest: u32; // the highest number acknowledged or sacked, RACK.fack

  // PRR (RFC 9937 §6.1).
  prrDelivered: u32;
  prrOut: u32;
  prrFlight: u32; // RecoverFS
}

@unmanaged
export class SentRecord {
  end: u32;
  fate: u32; // SACKED, LOST, REPEATED
  at: Micros; // when it was sent last
}

export function scoreboard(tcb: Tcb): Scoreboard {
  return changetype<Scoreboard>(tcb.scoreboard);
}

/**
 * Notes that `end` has become SND.NXT by a transmission now. What is sent at one moment is one record; so is, when memory
 * has run out, what follows. Without memory for a scoreboard there is none, and only a timeout repairs losses.
 */
export function sentAppend(tcb: Tcb, end: u32): void {
  if (tcb.scoreboard == 0 && !create(tcb)) return;
  let board = scoreboard(tcb);
  const last = changetype<SentRecord>(changetype<usize>(recordAt(board, board.count)) - RECORD);
  if (board.count > 0 && ((last.at == state.now && last.fate == 0) || !ensureRoom(tcb))) {
    setFate(tcb, board, board.count - 1, last.fate & REPEATED);
    last.end = end;
    last.at = state.now;
    return;
  }
  board = scoreboard(tcb);
  const record = recordAt(board, board.count++);
  record.end = end;
  record.fate = 0;
  record.at = state.now;
}

/** Bytes behind SND.UNA that the peer holds. */
export function sackedBytes(tcb: Tcb): u32 {
  return tcb.scoreboard == 0 ? 0 : scoreboard(tcb).sacked;
}

/** Bytes between SND.UNA and SND.NXT that may still be on their way: "pipe" (RFC 6675 §4). */
export function inFlight(tcb: Tcb): u32 {
  const outstanding = tcb.sndNxt - tcb.sndUna;
  if (tcb.scoreboard == 0) return outstanding;
  const board = scoreboard(tcb);
  return outstanding - board.sacked - board.lost;
}

/** SND.UNA has moved from `before`: what it has passed is forgotten; all of it, when nothing is in flight. */
export function sentAcknowledged(tcb: Tcb, before: u32): void {
  if (tcb.scoreboard == 0) return;
  if (tcb.sndUna == tcb.sndNxt) {
    sentFree(tcb);
    return;
  }
  const board = scoreboard(tcb);
  let start = before;
  while (board.count > 0) {
    const record = recordAt(board, 0);
    const end = seqMin(record.end, tcb.sndUna);
    if (record.fate & SACKED) board.sacked -= end - start;
    if (record.fate & LOST) board.lost -= end - start;
    if (seqGt(record.end, tcb.sndUna)) return;
    start = end;
    board.head++;
    board.count--;
  }
}

export function sentFree(tcb: Tcb): void {
  if (tcb.scoreboard != 0) slabGive(tcb.scoreboard, scoreboard(tcb).size);
  tcb.scoreboard = 0;
}

export function recordAt(board: Scoreboard, index: u32): SentRecord {
  return changetype<SentRecord>(changetype<usize>(board) + HEAD + <usize>((board.head + index) * RECORD));
}

/** The first number of a record. */
export function recordStart(tcb: Tcb, board: Scoreboard, index: u32): u32 {
  return index == 0 ? tcb.sndUna : recordAt(board, index - 1).end;
}

/** Makes `boundary` the end of a record, if it lies inside one. False when memory has run out: nothing is changed. */
export function sentSplit(tcb: Tcb, boundary: u32): bool {
  let board = scoreboard(tcb);
  let index: u32 = 0;
  while (index < board.count && seqLe(recordAt(board, index).end, boundary)) index++;
  if (index == board.count || !seqGt(boundary, recordStart(tcb, board, index))) return true;
  if (!ensureRoom(tcb)) return false;
  board = scoreboard(tcb);
  const from = changetype<usize>(recordAt(board, index));
  memory.copy(from + <usize>RECORD, from, <usize>((board.count - index) * RECORD));
  recordAt(board, index).end = boundary;
  board.count++;
  return true;
}

/** Changes the fate of a record and the sums that depend on it. */
export function setFate(tcb: Tcb, board: Scoreboard, index: u32, fate: u32): void {
  const record = recordAt(board, index);
  const length = record.end - recordStart(tcb, board, index);
  if (record.fate & SACKED) board.sacked -= length;
  if (record.fate & LOST) board.lost -= length;
  record.fate = fate;
  if (fate & SACKED) board.sacked += length;
  if (fate & LOST) board.lost += length;
}

/** Everything from `from` to SND.NXT goes out once more now. */
export function sentTailRepeated(tcb: Tcb, from: u32): void {
  if (!sentSplit(tcb, from)) return;
  const board = scoreboard(tcb);
  for (let index = board.count; index > 0 && seqLe(from, recordStart(tcb, board, index - 1)); index--) {
    const record = recordAt(board, index - 1);
    setFate(tcb, board, index - 1, record.fate | REPEATED);
    record.at = state.now;
  }
}

/** Nothing that has not been sent again was lost. */
export function sentNotLost(tcb: Tcb): void {
  if (tcb.scoreboard == 0) return;
  const board = scoreboard(tcb);
  for (let index: u32 = 0; index < board.count; index++) {
    const fate = recordAt(board, index).fate;
    if (fate & LOST) setFate(tcb, board, index, fate & ~LOST);
  }
}

/** The index of the first record that is lost and not sent again yet; `count` when there is none. */
export function firstLost(board: Scoreboard): u32 {
  if (board.lost == 0) return board.count;
  let index: u32 = 0;
  while (index < board.count && !(recordAt(board, index).fate & LOST)) index++;
  return index;
}

function create(tcb: Tcb): bool {
  const block = slabTake(SMALLEST);
  if (block == 0) return false;
  memory.fill(block, 0, <usize>HEAD);
  tcb.scoreboard = block;
  const board = scoreboard(tcb);
  board.size = SMALLEST;
  board.highest = tcb.sndUna;
  return true;
}

/** Room for one more record: the freed ones at the front are used again before the block grows. */
function ensureRoom(tcb: Tcb): bool {
  const board = scoreboard(tcb);
  const used = HEAD + (board.head + board.count) * RECORD;
  if (used + RECORD <= board.size) return true;
  if (board.head >= board.count) {
    moveRecords(board, board);
    return true;
  }
  // A peer may cut records up with its blocks, but not for ever.
  const size = board.size << 1;
  const block = size <= LARGEST ? slabTake(size) : 0;
  if (block == 0) return false;
  memory.copy(block, changetype<usize>(board), HEAD);
  const grown = changetype<Scoreboard>(block);
  moveRecords(board, grown);
  grown.size = size;
  slabGive(changetype<usize>(board), board.size);
  tcb.scoreboard = block;
  return true;
}

function moveRecords(from: Scoreboard, to: Scoreboard): void {
  const first = changetype<usize>(recordAt(from, 0));
  memory.copy(changetype<usize>(to) + HEAD, first, <usize>(from.count * RECORD));
  to.head = 0;
}

/** The peer holds it. */
export const SACKED: u32 = 1;
/** It is lost, and has not been sent again since. */
export const LOST: u32 = 2;
/** It has been sent more than once. */
export const REPEATED: u32 = 4;

const HEAD: u32 = 56;
const RECORD: u32 = 16;
const SMALLEST: u32 = 256;
const LARGEST: u32 = 1 << 17;
