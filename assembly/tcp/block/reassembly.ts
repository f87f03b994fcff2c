// Which bytes behind RCV.NXT have arrived out of order: a sorted list of disjoint ranges in a slab block. The bytes
// themselves lie in the receive ring at their place. Beside it, which ranges grew last: a SACK option reports the
// newest first (RFC 2018 §4).
//
//   block   size u32, ranges u32 | newest × NEWEST | range × …        each: start u32 | end u32, sequence numbers, end exclusive
//
// There is a block as long as there is a range.
//
// A queue that overflows drops every other packet, so a large window may come as thousands of ranges.

import { slabGive, slabTake } from '../../memory/slab';
import { SACK_BLOCKS } from '../options';
import { seqGe, seqGt, seqLe, seqLt, seqMax, seqMin } from '../seq';
import { SACK_ON, Tcb, TIMESTAMPS_ON } from '../tcb';

/** Adds a range, merging it with those it touches. False when there are too many ranges or memory has run out. */
export function reassemblyAdd(tcb: Tcb, start: u32, end: u32): bool {
  if (tcb.reassembly == 0 && !create(tcb)) return false;
  const first = firstReaching(tcb, start);
  let last = first;
  let from = start;
  let to = end;
  while (last < rangeCount(tcb) && seqLe(rangeStart(tcb, last), to)) {
    from = seqMin(from, rangeStart(tcb, last));
    to = seqMax(to, rangeEnd(tcb, last));
    last++;
  }
  if (last == first && !ensureRoom(tcb)) return false;
  replace(tcb, first, last, from, to);
  noteNewest(tcb, from, to);
  return true;
}

/** Start of the `index`-th newest range. */
export function newestStart(tcb: Tcb, index: u32): u32 {
  return load<u32>(newest(tcb) + ((<usize>index) << 3));
}

/** End of the `index`-th newest range. */
export function newestEnd(tcb: Tcb, index: u32): u32 {
  return load<u32>(newest(tcb) + ((<usize>index) << 3), 4);
}

/** How many of the newest ranges are known. */
export function newestCount(tcb: Tcb): u32 {
  let count: u32 = 0;
  while (tcb.reassembly != 0 && count < NEWEST && newestStart(tcb, count) != newestEnd(tcb, count)) count++;
  return count;
}

/** How many SACK blocks the next segment carries: what came twice, then the newest ranges (RFC 2018 §4, RFC 2883 §4). */
export function blocksToReport(tcb: Tcb): u32 {
  if (tcb.reassembly == 0 && tcb.duplicateStart == tcb.duplicateEnd) return 0;
  if (!tcb.has(SACK_ON)) return 0;
  const twice: u32 = tcb.duplicateStart != tcb.duplicateEnd ? 1 : 0;
  return min(twice + newestCount(tcb), tcb.has(TIMESTAMPS_ON) ? SACK_BLOCKS : SACK_BLOCKS + 1);
}

/** Whether all of start … end has arrived out of order before. The range it lies in is reported first again (RFC 2018 §4). */
export function reassemblyHas(tcb: Tcb, start: u32, end: u32): bool {
  const index = firstReaching(tcb, end);
  if (index == rangeCount(tcb) || !seqLe(rangeStart(tcb, index), start)) return false;
  noteNewest(tcb, rangeStart(tcb, index), rangeEnd(tcb, index));
  return true;
}

/** What of start … end has arrived before is reported as received twice: the first stretch of it (RFC 2883 §4.1). */
export function reassemblyTwice(tcb: Tcb, start: u32, end: u32): void {
  if (!tcb.has(SACK_ON) || tcb.duplicateStart != tcb.duplicateEnd) return;
  const index = firstReaching(tcb, start + 1);
  if (index == rangeCount(tcb) || !seqLt(rangeStart(tcb, index), end)) return;
  tcb.duplicateStart = seqMax(start, rangeStart(tcb, index));
  tcb.duplicateEnd = seqMin(end, rangeEnd(tcb, index));
}

/** Where RCV.NXT moves to when everything before `next` is there: past the ranges that begin at or before it. */
export function reassemblyAbsorb(tcb: Tcb, next: u32): u32 {
  let end = next;
  let count: u32 = 0;
  while (count < rangeCount(tcb) && seqGe(end, rangeStart(tcb, count))) {
    end = seqGt(rangeEnd(tcb, count), end) ? rangeEnd(tcb, count) : end;
    count++;
  }
  if (count > 0) {
    const left = rangeCount(tcb) - count;
    memory.copy(ranges(tcb), ranges(tcb) + ((<usize>count) << 3), (<usize>left) << 3);
    setRangeCount(tcb, left);
    forgetBefore(tcb, end);
    if (left == 0) reassemblyFree(tcb);
  }
  return end;
}

export function reassemblyFree(tcb: Tcb): void {
  if (tcb.reassembly != 0) slabGive(tcb.reassembly, load<u32>(tcb.reassembly));
  tcb.reassembly = 0;
}

/** The range start … end has grown: it is the newest now, in place of what it has swallowed. */
function noteNewest(tcb: Tcb, start: u32, end: u32): void {
  forgetNewest(tcb, start, end);
  const at = newest(tcb);
  memory.copy(at + 8, at, (<usize>(NEWEST - 1)) << 3);
  store<u32>(at, start);
  store<u32>(at, end, 4);
}

/** Drops what lies within start … end from the newest ranges. */
function forgetNewest(tcb: Tcb, start: u32, end: u32): void {
  const known = newestCount(tcb);
  let kept: u32 = 0;
  for (let index: u32 = 0; index < known; index++) {
    if (seqGe(newestStart(tcb, index), start) && seqLe(newestEnd(tcb, index), end)) continue;
    store<u64>(newest(tcb) + ((<usize>kept) << 3), load<u64>(newest(tcb) + ((<usize>index) << 3)));
    kept++;
  }
  memory.fill(newest(tcb) + ((<usize>kept) << 3), 0, (<usize>(NEWEST - kept)) << 3);
}

/** Drops what lies before `end` from the newest ranges. */
function forgetBefore(tcb: Tcb, end: u32): void {
  forgetNewest(tcb, end - SPAN, end);
}

/** The first range that ends at `sequence` or behind it; their number when none does. */
function firstReaching(tcb: Tcb, sequence: u32): u32 {
  let low: u32 = 0;
  let high = rangeCount(tcb);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seqLt(rangeEnd(tcb, middle), sequence)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function create(tcb: Tcb): bool {
  const block = slabTake(SMALLEST);
  if (block == 0) return false;
  memory.fill(block, 0, HEAD);
  store<u32>(block, SMALLEST);
  tcb.reassembly = block;
  return true;
}

/** Room for one more range. */
function ensureRoom(tcb: Tcb): bool {
  const old = tcb.reassembly;
  const size = load<u32>(old);
  const used = HEAD + (rangeCount(tcb) << 3);
  if (used < size) return true;
  const block = size < LARGEST ? slabTake(size << 1) : 0;
  if (block == 0) return false;
  memory.copy(block, old, <usize>used);
  store<u32>(block, size << 1);
  slabGive(old, size);
  tcb.reassembly = block;
  return true;
}

function newest(tcb: Tcb): usize {
  return tcb.reassembly + 8;
}

/** Address of the first range. */
function ranges(tcb: Tcb): usize {
  return tcb.reassembly + HEAD;
}

/** Puts one range in place of the ranges first … last - 1. */
function replace(tcb: Tcb, first: u32, last: u32, start: u32, end: u32): void {
  const at = ranges(tcb) + ((<usize>first) << 3);
  const tail = (<usize>(rangeCount(tcb) - last)) << 3;
  memory.copy(at + 8, ranges(tcb) + ((<usize>last) << 3), tail);
  store<u32>(at, start);
  store<u32>(at, end, 4);
  setRangeCount(tcb, rangeCount(tcb) + 1 - (last - first));
}

function rangeCount(tcb: Tcb): u32 {
  return tcb.reassembly == 0 ? 0 : load<u32>(tcb.reassembly, 4);
}

function setRangeCount(tcb: Tcb, count: u32): void {
  store<u32>(tcb.reassembly, count, 4);
}

function rangeStart(tcb: Tcb, index: u32): u32 {
  return load<u32>(ranges(tcb) + ((<usize>index) << 3));
}

function rangeEnd(tcb: Tcb, index: u32): u32 {
  return load<u32>(ranges(tcb) + ((<usize>index) << 3), 4);
}

/** What is before a number lies at most so far before it. */
const SPAN: u32 = 0x7fffffff;
/** As many as a SACK option can report. */
const NEWEST: u32 = 4;
const HEAD: u32 = 8 + (NEWEST << 3);
const SMALLEST: u32 = 256;
/** Of a block. When 8,187 ranges fill it, a segment that would begin one more is dropped; the peer sends it again. */
const LARGEST: u32 = 1 << 16;
