// Blocks of memory in sizes of powers of two, each aligned to its size, for rings and lists: a buddy system (Knuth, TAOCP
// volume 1, §2.5).
//
//   class   0    1    2  …          each class is a list of free blocks, linked both ways through their first words;
//   bytes  256  512  1024 …         fresh memory comes in spans of 64 KiB or, for larger blocks, of their size
//
// Where a class is empty, a larger free block is halved. A block that is given back waits in its class for the next who
// wants one; what waits beyond KEPT is joined with its buddy, the other half of the block that both were once, so that
// many small ones become large ones again. A bitmap knows the buddy: a bit for each 256 bytes, set where a free block begins.
// Not for: fixed-size objects with handles (memory/pool.ts).

import { SLAB_BASE, SLAB_BITMAPS } from './map';
import { takeMemory } from './pages';
import { state } from './state';

/** The smallest power of two that is ≥ `size` and a slab class. */
export function slabSize(size: u32): u32 {
  return size <= SLAB_MINIMUM ? SLAB_MINIMUM : 1 << (32 - clz(size - 1));
}

/** Takes a block of `size` bytes, a slab class. Its content is undefined. Answers 0 when a memory limit is reached. */
export function slabTake(size: u32): usize {
  const list = classOf(size);
  if (list.first == 0 && !divide(size)) {
    if (!refill(size)) return 0;
    if (list.first == 0) divide(size);
  }
  const block = list.first;
  takeOff(list, changetype<FreeBlock>(block));
  state.bufferBytes += size;
  return block;
}

/**
 * Whether a block of `size` bytes, a slab class, would come from the last quarter of the memory limit. That is for what can't
 * wait, bytes in order and handshakes; whoever can wait, or loses little, takes nothing of it.
 */
export function slabScarce(size: u32): bool {
  return lastQuarter(state.bufferBytes) || (lastQuarter(<u32>state.dynamicEnd) && !has(size));
}

/** Whether so many bytes reach into the last quarter of the memory limit. */
export function lastQuarter(bytes: u32): bool {
  return bytes > state.memoryLimit - (state.memoryLimit >> 2);
}

/** Gives back a block of `size` bytes, a slab class. */
export function slabGive(block: usize, size: u32): void {
  state.bufferBytes -= size;
  if (classOf(size).bytes >= KEPT) join(block, size);
  else put(block, size);
}

/** A free block, in its own memory. */
@unmanaged
class FreeBlock {
  next: usize;
  previous: usize; // 0: the first of its class
  size: u32;
}

/** The free blocks of one size. */
@unmanaged
class SlabClass {
  first: usize;
  bytes: u32; // of all of them
}

function classOf(size: u32): SlabClass {
  return changetype<SlabClass>(SLAB_BASE + ((<usize>ctz(size)) << 3));
}

/** Whether there is a block of `size` bytes without fresh memory. */
function has(size: u32): bool {
  for (let larger = size; larger <= LARGEST; larger <<= 1) if (classOf(larger).first != 0) return true;
  return false;
}

function put(block: usize, size: u32): void {
  const list = classOf(size);
  const free = changetype<FreeBlock>(block);
  free.next = list.first;
  free.previous = 0;
  free.size = size;
  if (list.first != 0) changetype<FreeBlock>(list.first).previous = block;
  list.first = block;
  list.bytes += size;
  flipFree(block);
}

function takeOff(list: SlabClass, free: FreeBlock): void {
  if (free.previous == 0) list.first = free.next;
  else changetype<FreeBlock>(free.previous).next = free.next;
  if (free.next != 0) changetype<FreeBlock>(free.next).previous = free.previous;
  list.bytes -= free.size;
  flipFree(changetype<usize>(free));
}

/** Gives back a block together with all that its buddies make of it. */
function join(block: usize, size: u32): void {
  for (; size < LARGEST; size <<= 1) {
    const buddy = block ^ <usize>size;
    if (!isFree(buddy) || changetype<FreeBlock>(buddy).size != size) break;
    takeOff(classOf(size), changetype<FreeBlock>(buddy));
    block = min(block, buddy);
  }
  put(block, size);
}

/** Halves the smallest of the larger free blocks until a half has `size` bytes. */
function divide(size: u32): bool {
  for (let larger = size << 1; larger <= LARGEST && larger != 0; larger <<= 1) {
    const block = classOf(larger).first;
    if (block == 0) continue;
    takeOff(classOf(larger), changetype<FreeBlock>(block));
    for (let half = larger >> 1; half >= size; half >>= 1) put(block + half, half);
    put(block, size);
    return true;
  }
  return false;
}

/** Takes fresh memory up to the end of a span, which is aligned to its size: all of it becomes free blocks. */
function refill(size: u32): bool {
  const span = <u64>max(size, SPAN);
  let start: u64 = 0;
  let end: u64 = 0;
  let reach: u64 = 0;
  do {
    start = (<u64>state.dynamicEnd + (SLAB_MINIMUM - 1)) & ~(<u64>SLAB_MINIMUM - 1);
    end = ((start + span - 1) & ~(span - 1)) + span;
    if (end > <u64>state.memoryLimit) return false;
    // A bitmap lies in the memory that it is about to describe: it moves what comes behind it.
    for (let window = start >> WINDOW_SHIFT; window <= (end - 1) >> WINDOW_SHIFT; window++) {
      if (bitmapOf(<usize>window) == 0 && !addBitmap(<usize>window)) return false;
    }
    reach = <u64>state.dynamicEnd;
  } while (reach > start);
  if (takeMemory(<u32>(end - reach)) == 0) return false;
  for (let block = <usize>start; block < <usize>end; ) {
    let part: u32 = min<u32>(1 << ctz(<u32>block), LARGEST);
    while (block + part > <usize>end) part >>= 1;
    put(block, part);
    block += part;
  }
  return true;
}

function addBitmap(window: usize): bool {
  const bitmap = takeMemory(BITMAP);
  if (bitmap == 0) return false;
  store<usize>(SLAB_BITMAPS + (window << 2), bitmap);
  return true;
}

function bitmapOf(window: usize): usize {
  return load<usize>(SLAB_BITMAPS + (window << 2));
}

/** Whether a free block begins here, which may be where memory has not come to yet. */
function isFree(block: usize): bool {
  return bitmapOf(block >> WINDOW_SHIFT) != 0 && ((load<u32>(wordOf(block)) >> (<u32>block >> UNIT_SHIFT)) & 1) != 0;
}

function flipFree(block: usize): void {
  const word = wordOf(block);
  store<u32>(word, load<u32>(word) ^ (1 << (<u32>block >> UNIT_SHIFT)));
}

/** The word of a bitmap that has the bit of a block; a shift by more than 31 takes what is left of it by 32. */
function wordOf(block: usize): usize {
  const unit = (block & WINDOW_MASK) >> UNIT_SHIFT;
  return bitmapOf(block >> WINDOW_SHIFT) + ((unit >> 5) << 2);
}

const SLAB_MINIMUM: u32 = 256;
const SPAN: u32 = 65536;
const LARGEST: u32 = 1 << 30;
/** Bytes that wait in a class before blocks are joined: halving and joining one block again and again is work for nothing. */
const KEPT: u32 = 65536;

const UNIT_SHIFT: u32 = 8;
/** What one bitmap covers: 32 MiB. */
const WINDOW_SHIFT: usize = 25;
const WINDOW_MASK: usize = (1 << WINDOW_SHIFT) - 1;
const BITMAP: u32 = 1 << (<u32>WINDOW_SHIFT - UNIT_SHIFT - 3);
