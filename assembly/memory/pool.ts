// Fixed-size objects with handles. Objects never move; a pool grows by chunks that a directory finds.
//
//   handle   31 | 30 … 22    | 21 … 0     a positive number; the sign bit is left to error codes
//            0  | generation | slot       the generation changes when the slot is given back,
//                                         so a stale handle names nothing
//
// Free slots queue first in, first out: a slot rests as long as possible before its number comes again.
// Not for: byte buffers (memory/slab.ts).

import { takeMemory } from './pages';

/** What every pooled object begins with. */
@unmanaged
export class PoolItem {
  handle: u32;
  poolNext: u32; // next free object, or 0; of one in use, its owner's
}

@unmanaged
export class Pool {
  directory: usize; // addresses of the chunks
  itemSize: u32;
  slots: u32; // made so far
  used: u32;
  freeHead: u32;
  freeTail: u32;
}

/** Prepares a pool whose directory of chunk addresses lies at `directory`. */
export function poolInitialize(pool: Pool, directory: usize, itemSize: u32): void {
  pool.directory = directory;
  pool.itemSize = (itemSize + 7) & ~7;
}

/** Takes an object, zero-filled but for its handle. Answers 0 when `limit` objects are in use or memory has run out. */
export function poolTake(pool: Pool, limit: u32): usize {
  if (pool.used >= limit) return 0;
  // A chunk is used up before a slot comes again.
  const anew = pool.freeHead == 0 || (pool.slots & CHUNK_MASK) != 0;
  const address = anew ? make(pool) : unqueue(pool);
  if (address == 0) return 0;
  const item = changetype<PoolItem>(address);
  pool.used++;
  const handle = item.handle & ~FREE;
  memory.fill(address, 0, pool.itemSize);
  item.handle = handle;
  return address;
}

/** Gives an object back; every handle to it is stale from now on. */
export function poolGive(pool: Pool, address: usize): void {
  const item = changetype<PoolItem>(address);
  const generation = ((item.handle >> SLOT_BITS) + 1) & GENERATION_MASK;
  // Generation 0 is skipped: it marks a free slot, and no handle may be 0.
  item.handle = (item.handle & SLOT_MASK) | (max<u32>(generation, 1) << SLOT_BITS) | FREE;
  append(pool, address);
  pool.used--;
}

/** The object that `handle` names, or 0 when it names none. */
export function poolFind(pool: Pool, handle: u32): usize {
  const slot = handle & SLOT_MASK;
  if (slot >= pool.slots) return 0;
  const address = slotAddress(pool, slot);
  return changetype<PoolItem>(address).handle == handle ? address : 0;
}

/** The first object in use at slot `slot` or later, or 0. */
export function poolScan(pool: Pool, slot: u32): usize {
  for (; slot < pool.slots; slot++) {
    const address = slotAddress(pool, slot);
    if (!(changetype<PoolItem>(address).handle & FREE)) return address;
  }
  return 0;
}

/** The slot of a handle. */
export function slotOf(handle: u32): u32 {
  return handle & SLOT_MASK;
}

function slotAddress(pool: Pool, slot: u32): usize {
  const chunk = load<usize>(pool.directory + ((<usize>(slot >> CHUNK_SHIFT)) << 2));
  return chunk + <usize>((slot & CHUNK_MASK) * pool.itemSize);
}

function unqueue(pool: Pool): usize {
  const address = <usize>pool.freeHead;
  pool.freeHead = changetype<PoolItem>(address).poolNext;
  if (pool.freeHead == 0) pool.freeTail = 0;
  return address;
}

function append(pool: Pool, address: usize): void {
  changetype<PoolItem>(address).poolNext = 0;
  if (pool.freeTail == 0) pool.freeHead = <u32>address;
  else changetype<PoolItem>(<usize>pool.freeTail).poolNext = <u32>address;
  pool.freeTail = <u32>address;
}

/** The next slot of the last chunk, or the first one of another. One by one: what is not in use costs no touch of its memory. */
function make(pool: Pool): usize {
  const slot = pool.slots;
  if ((slot & CHUNK_MASK) == 0) {
    if (slot > SLOT_MASK) return 0;
    const chunk = takeMemory(pool.itemSize << CHUNK_SHIFT);
    if (chunk == 0) return 0;
    store<usize>(pool.directory + ((<usize>(slot >> CHUNK_SHIFT)) << 2), chunk);
  }
  const address = slotAddress(pool, slot);
  changetype<PoolItem>(address).handle = slot | (1 << SLOT_BITS);
  pool.slots = slot + 1;
  return address;
}

/** Slots of one chunk, as a power of two; the directory holds 4,096 chunks. */
const CHUNK_SHIFT: u32 = 10;
const CHUNK_MASK: u32 = (1 << CHUNK_SHIFT) - 1;
const SLOT_BITS: u32 = 22;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u32 = 0x1ff;
/** Set in the handle of a free slot, where no valid handle has a bit. */
const FREE: u32 = 1 << 31;
