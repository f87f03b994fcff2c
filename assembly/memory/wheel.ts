// A hierarchical timer wheel: O(1) arm and cancel, however many connections wait.
//
//   tick = 1,024 µs; six levels of 64 slots. An entry is filed by the highest group of six bits in which its tick
//   differs from the wheel's; when the wheel reaches that slot, its entries are filed again, one level down or more.
//
//   level 5      4      3      2      1      0
//      [… 64] [… 64] [… 64] [… 64] [… 64] [… 64]      64 slots of one tick each at level 0
//
// So every occupied slot lies ahead of the wheel, the lowest occupied level holds the earliest entry, and nothing wraps.
// A slot of level 0 remembers its earliest deadline: among a million connections many wait for the same millisecond.
// Scheme: Varghese & Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 7.
// Not for: what a timer does when it fires (tcp/timers.ts).

import { WHEEL_BASE } from './map';
import { PoolItem } from './pool';
import { Micros, NEVER, state } from './state';

/** What everything that waits begins with. */
@unmanaged
export class WheelEntry extends PoolItem {
  wheelNext: usize; // the slot's entries form a ring
  wheelPrevious: usize;
  wheelDeadline: Micros; // the moment it is filed under; only meaningful while filed
  wheelSlot: u32; // 1 + level × 64 + slot; 0: not filed
}

/** Files `entry` for `deadline`, wherever it was before. */
export function wheelArm(entry: WheelEntry, deadline: Micros): void {
  wheelCancel(entry);
  entry.wheelDeadline = deadline;
  file(entry);
}

export function wheelCancel(entry: WheelEntry): void {
  if (entry.wheelSlot == 0) return;
  const slot = entry.wheelSlot - 1;
  const next = entry.wheelNext;
  entry.wheelSlot = 0;
  if (next == changetype<usize>(entry)) {
    setSlotHead(slot, 0);
    return;
  }
  changetype<WheelEntry>(next).wheelPrevious = entry.wheelPrevious;
  changetype<WheelEntry>(entry.wheelPrevious).wheelNext = next;
  if (slotHead(slot) == changetype<usize>(entry)) setSlotHead(slot, next);
}

/** Takes one entry whose deadline is not after `now` off the wheel; 0 when there is none. */
export function wheelExpired(now: Micros): usize {
  const nowTick = tickOf(now);
  while (true) {
    const level = lowestLevel();
    if (level == LEVELS) break;
    const slot = level * SLOTS + <u32>ctz(occupied(level));
    const tick = slotTick(slot);
    if (tick > nowTick) break;
    state.wheelTick = tick;
    if (level == 0) {
      const entry = takeDue(slot, now);
      if (entry != 0 || tick == nowTick) return entry;
      state.wheelTick++; // what is left was too late to tell apart, and is no more
    }
    refile(slot);
  }
  state.wheelTick = max(state.wheelTick, nowTick);
  return 0;
}

/** A moment that is not after the earliest deadline, NEVER when nothing waits. Within 64 ticks exact, unless the earliest was cancelled. */
export function wheelNext(): Micros {
  const level = lowestLevel();
  if (level == LEVELS) return NEVER;
  const slot = level * SLOTS + <u32>ctz(occupied(level));
  return level > 0 ? <Micros>(slotTick(slot) << TICK_BITS) : earliestIn(slot);
}

/** Goes on where the last search has found one: those that are not due yet are passed once, not once for each that is. */
function takeDue(slot: u32, now: Micros): usize {
  if (earliestIn(slot) > now) return 0;
  const first = slotHead(slot);
  let earliest = NEVER;
  let address = first;
  do {
    const entry = changetype<WheelEntry>(address);
    if (entry.wheelDeadline <= now) {
      setSlotHead(slot, entry.wheelNext);
      wheelCancel(entry);
      return address;
    }
    earliest = min(earliest, entry.wheelDeadline);
    address = entry.wheelNext;
  } while (address != first);
  setEarliestIn(slot, earliest);
  return 0;
}

function refile(slot: u32): void {
  const first = slotHead(slot);
  let address = first;
  setSlotHead(slot, 0);
  do {
    const entry = changetype<WheelEntry>(address);
    address = entry.wheelNext;
    file(entry);
  } while (address != first);
}

function file(entry: WheelEntry): void {
  const tick = min(max(tickOf(entry.wheelDeadline), state.wheelTick), state.wheelTick | LAST_TICK);
  const difference = tick ^ state.wheelTick;
  const level = (63 - <u32>clz(difference | 1)) / GROUP_BITS;
  const slot = level * SLOTS + (<u32>(tick >> (level * GROUP_BITS)) & (SLOTS - 1));
  const head = slotHead(slot);
  entry.wheelSlot = slot + 1;
  if (level == 0 && (head == 0 || entry.wheelDeadline < earliestIn(slot))) setEarliestIn(slot, entry.wheelDeadline);
  if (head == 0) {
    entry.wheelNext = changetype<usize>(entry);
    entry.wheelPrevious = changetype<usize>(entry);
    setSlotHead(slot, changetype<usize>(entry));
  } else putBefore(changetype<WheelEntry>(head), entry);
}

function putBefore(next: WheelEntry, entry: WheelEntry): void {
  const previous = next.wheelPrevious;
  entry.wheelNext = changetype<usize>(next);
  entry.wheelPrevious = previous;
  changetype<WheelEntry>(previous).wheelNext = changetype<usize>(entry);
  next.wheelPrevious = changetype<usize>(entry);
}

function tickOf(moment: Micros): u64 {
  return <u64>max<Micros>(moment, 0) >> TICK_BITS;
}

/** The first tick of a slot: the wheel's own, with the slot's group in place of its own and zeros below. */
function slotTick(slot: u32): u64 {
  const shift = (slot / SLOTS) * GROUP_BITS;
  const above = (state.wheelTick >> (shift + GROUP_BITS)) << (shift + GROUP_BITS);
  return above | ((<u64>(slot % SLOTS)) << shift);
}

function lowestLevel(): u32 {
  let level: u32 = 0;
  while (level < LEVELS && occupied(level) == 0) level++;
  return level;
}

/** Bit n set: slot n of this level holds entries. */
function occupied(level: u32): u64 {
  return load<u64>(WHEEL_BASE + ((<usize>level) << 3));
}

function slotHead(slot: u32): usize {
  return load<usize>(SLOT_HEADS + ((<usize>slot) << 2));
}

function setSlotHead(slot: u32, entry: usize): void {
  store<usize>(SLOT_HEADS + ((<usize>slot) << 2), entry);
  const bits = WHEEL_BASE + ((<usize>(slot / SLOTS)) << 3);
  const bit: u64 = (<u64>1) << (slot % SLOTS);
  store<u64>(bits, entry == 0 ? load<u64>(bits) & ~bit : load<u64>(bits) | bit);
}

/** Of a slot of level 0 that holds entries: a moment that is not after the earliest of them. */
function earliestIn(slot: u32): Micros {
  return load<Micros>(EARLIEST + ((<usize>slot) << 3));
}

function setEarliestIn(slot: u32, moment: Micros): void {
  store<Micros>(EARLIEST + ((<usize>slot) << 3), moment);
}

const TICK_BITS: u64 = 10;
const GROUP_BITS: u32 = 6;
const SLOTS: u32 = 64;
const LEVELS: u32 = 6;
/** The last tick before the wheel begins anew, after 814 days: anything later is filed there and, once it has passed, again. */
const LAST_TICK: u64 = ((<u64>1) << (GROUP_BITS * LEVELS)) - 1;
const SLOT_HEADS: usize = WHEEL_BASE + 64;
const EARLIEST: usize = SLOT_HEADS + <usize>(LEVELS * SLOTS) * 4;
