// Which bytes behind RCV.NXT have arrived out of order: a sorted list of disjoint ranges in a slab block. The bytes
// themselves lie in the receive ring at their place.
//
//   range   start u32 | end u32        sequence numbers, end exclusive

import { slabGive, slabTake } from '../../memory/slab';
import { seqGe, seqGt, seqLe, seqLt, seqMax, seqMin } from '../seq';
import { Tcb } from '../tcb';

/** Adds a range, merging it with those it touches. False when there are too many ranges or memory has run out. */
export function reassemblyAdd(tcb: Tcb, start: u32, end: u32): bool {
  if (tcb.reassembly == 0) {
    tcb.reassembly = slabTake(BLOCK);
    if (tcb.reassembly == 0) return false;
  }
  let first: u32 = 0;
  while (first < tcb.reassemblyCount && seqLt(rangeEnd(tcb, first), start)) first++;
  let last = first;
  let from = start;
  let to = end;
  while (last < tcb.reassemblyCount && seqLe(rangeStart(tcb, last), to)) {
    from = seqMin(from, rangeStart(tcb, last));
    to = seqMax(to, rangeEnd(tcb, last));
    last++;
  }
  if (last == first && tcb.reassemblyCount == LIMIT) return false;
  replace(tcb, first, last, from, to);
  return true;
}

/** Where RCV.NXT moves to when everything before `next` is there: past the ranges that begin at or before it. */
export function reassemblyAbsorb(tcb: Tcb, next: u32): u32 {
  let end = next;
  let count: u32 = 0;
  while (count < tcb.reassemblyCount && seqGe(end, rangeStart(tcb, count))) {
    end = seqGt(rangeEnd(tcb, count), end) ? rangeEnd(tcb, count) : end;
    count++;
  }
  if (count > 0) {
    const left = tcb.reassemblyCount - count;
    memory.copy(tcb.reassembly, tcb.reassembly + ((<usize>count) << 3), (<usize>left) << 3);
    tcb.reassemblyCount = left;
  }
  if (tcb.reassemblyCount == 0) reassemblyFree(tcb);
  return end;
}

export function reassemblyFree(tcb: Tcb): void {
  if (tcb.reassembly != 0) slabGive(tcb.reassembly, BLOCK);
  tcb.reassembly = 0;
  tcb.reassemblyCount = 0;
}

/** Puts one range in place of the ranges first … last - 1. */
function replace(tcb: Tcb, first: u32, last: u32, start: u32, end: u32): void {
  const at = tcb.reassembly + ((<usize>first) << 3);
  const tail = (<usize>(tcb.reassemblyCount - last)) << 3;
  memory.copy(at + 8, tcb.reassembly + ((<usize>last) << 3), tail);
  store<u32>(at, start);
  store<u32>(at, end, 4);
  tcb.reassemblyCount = tcb.reassemblyCount + 1 - (last - first);
}

function rangeStart(tcb: Tcb, index: u32): u32 {
  return load<u32>(tcb.reassembly + ((<usize>index) << 3));
}

function rangeEnd(tcb: Tcb, index: u32): u32 {
  return load<u32>(tcb.reassembly + ((<usize>index) << 3), 4);
}

const BLOCK: u32 = 256;
/** Ranges that fit the block. A segment that would begin one more is dropped; the peer sends it again. */
const LIMIT: u32 = BLOCK >> 3;
