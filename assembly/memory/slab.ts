// Blocks of memory in size classes of powers of two, for rings and reassembly lists.
//
//   class   0    1    2  …          each class is a list of free blocks, linked through their first word;
//   bytes  256  512  1024 …         small blocks are cut from spans of 64 KiB
//
// A block goes back to its class and stays there: memory in use is bounded by the sum of the peaks of the classes.
// Not for: fixed-size objects with handles (memory/pool.ts).

import { SLAB_BASE } from './map';
import { takeMemory } from './pages';
import { state } from './state';

/** The smallest power of two that is ≥ `size` and a slab class. */
export function slabSize(size: u32): u32 {
  return size <= SLAB_MINIMUM ? SLAB_MINIMUM : 1 << (32 - clz(size - 1));
}

/** Takes a block of `size` bytes, a slab class. Its content is undefined. Answers 0 when a memory limit is reached. */
export function slabTake(size: u32): usize {
  const head = classHead(size);
  let block = load<usize>(head);
  if (block == 0) {
    if (!refill(size, head)) return 0;
    block = load<usize>(head);
  }
  store<usize>(head, load<usize>(block));
  state.bufferBytes += size;
  return block;
}

/** Whether a block of `size` bytes, a slab class, waits to be used again. */
export function slabHas(size: u32): bool {
  return load<usize>(classHead(size)) != 0;
}

/** Gives back a block of `size` bytes, a slab class. */
export function slabGive(block: usize, size: u32): void {
  const head = classHead(size);
  store<usize>(block, load<usize>(head));
  store<usize>(head, block);
  state.bufferBytes -= size;
}

function classHead(size: u32): usize {
  return SLAB_BASE + ((<usize>ctz(size)) << 2);
}

function refill(size: u32, head: usize): bool {
  const span = max(size, SPAN);
  const start = takeMemory(span);
  if (start == 0) return false;
  for (let offset: u32 = 0; offset < span; offset += size) {
    store<usize>(start + offset, load<usize>(head));
    store<usize>(head, start + offset);
  }
  return true;
}

const SLAB_MINIMUM: u32 = 256;
const SPAN: u32 = 65536;
