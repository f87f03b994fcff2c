// A byte ring whose storage is a slab block, taken when bytes arrive and given back when they are gone. A ring is
// embedded in whatever owns it: `changetype<Ring>(address of its first field)`.
//
//            head                 head + length
//             v                    v
//   [ free    | used               | free         ]   capacity, a power of two; indices wrap
//
// The receive ring also holds bytes *behind* `length`, out of order: storage is addressed by offset from `head`.
// Not for: what the bytes mean, or their sequence numbers.

import { slabGive, slabSize, slabTake } from './slab';

@unmanaged
export class Ring {
  base: usize; // 0: no storage
  capacity: u32;
  head: u32;
  length: u32;
}

/** Makes sure that offsets below `size` have storage; false when memory has run out (the ring is unchanged). */
export function ringEnsure(ring: Ring, size: u32): bool {
  if (size <= ring.capacity) return true;
  const capacity = slabSize(size);
  const base = slabTake(capacity);
  if (base == 0) return false;
  if (ring.base != 0) {
    const first = ring.capacity - ring.head;
    memory.copy(base, ring.base + ring.head, first);
    memory.copy(base + first, ring.base, ring.head);
    slabGive(ring.base, ring.capacity);
  }
  ring.base = base;
  ring.capacity = capacity;
  ring.head = 0;
  return true;
}

/** Makes room for `size` bytes behind what the ring holds, for fewer where memory is short; false: for none. */
export function ringExtend(ring: Ring, size: u32): bool {
  for (let room = size; room > 0; room >>= 1) if (ringEnsure(ring, ring.length + room)) return true;
  return false;
}

/** Gives the storage back; what the ring held is gone. */
export function ringFree(ring: Ring): void {
  if (ring.base != 0) slabGive(ring.base, ring.capacity);
  ring.base = 0;
  ring.capacity = 0;
  ring.head = 0;
  ring.length = 0;
}

/** The address of the byte at `offset` from the head. */
export function ringAddress(ring: Ring, offset: u32): usize {
  return ring.base + ((ring.head + offset) & (ring.capacity - 1));
}

/** How many of `size` bytes at `offset` lie in one piece, before storage wraps. */
export function ringContiguous(ring: Ring, offset: u32, size: u32): u32 {
  return min(size, ring.capacity - ((ring.head + offset) & (ring.capacity - 1)));
}

/** Copies `size` bytes from `source` to `offset`, which must have storage. Does not move `length`. */
export function ringWrite(ring: Ring, offset: u32, source: usize, size: u32): void {
  const first = ringContiguous(ring, offset, size);
  memory.copy(ringAddress(ring, offset), source, first);
  memory.copy(ring.base, source + first, size - first);
}

/** Drops `size` bytes from the head. */
export function ringConsume(ring: Ring, size: u32): void {
  ring.head = (ring.head + size) & (ring.capacity - 1);
  ring.length -= size;
}
