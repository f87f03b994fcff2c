// The transmit queues: packets that are ready, one bounded queue for each interface. The host writes them out and gives
// them back first in, first out. Loopback's queue is taken by the core itself (ip/input.ts).
//
//   queue       head u32 | count u32 | TRANSMIT_LIMIT × {address u32, length u32, where its room begins u32, and ends u32}
//               arena u32 | packets that have ever been on the queue u32
//   arena       … | headroom packet | headroom packet | …     packets never wrap
//
// Not for: what is sent, and when.

import { HEADROOM, INTERFACE_LIMIT, TRANSMIT_DESCRIPTOR, TRANSMIT_LIMIT } from '../abi/limits';
import { TRANSMIT_QUEUES } from '../memory/map';
import { takeMemory } from '../memory/pages';

/** Address of an interface's queue. */
export function transmitQueue(number: u32): usize {
  assert(number < INTERFACE_LIMIT, 'no such interface');
  return TRANSMIT_QUEUES + <usize>(number * QUEUE_SIZE);
}

/** Gives an interface its arena; false when memory has run out. */
export function transmitInitialize(number: u32): bool {
  const queue = changetype<Queue>(transmitQueue(number));
  queue.arena = takeMemory(ARENA_SIZE);
  return queue.arena != 0;
}

/** Room for a packet of `length` bytes on an interface: its address, or 0 when the queue is full. Reserved by `transmitCommit` only. */
export function transmitRoom(number: u32, length: u32): usize {
  const queue = changetype<Queue>(transmitQueue(number));
  if (queue.count == TRANSMIT_LIMIT) return 0;
  const size = sizeInArena(length);
  if (queue.count == 0) return queue.arena + HEADROOM;
  const first = load<usize>(descriptor(queue, 0), 8);
  const end = load<usize>(descriptor(queue, queue.count - 1), 12);
  if (end > first) {
    if (end + size <= queue.arena + ARENA_SIZE) return end + HEADROOM;
    return queue.arena + size <= first ? queue.arena + HEADROOM : 0;
  }
  return end + size <= first ? end + HEADROOM : 0;
}

/**
 * Puts the packet of `length` bytes written at `address`, from `transmitRoom`, on the queue; it begins `before` bytes
 * earlier, by what its link has put before it.
 */
export function transmitCommit(number: u32, address: usize, length: u32, before: u32): void {
  const queue = changetype<Queue>(transmitQueue(number));
  const entry = descriptor(queue, queue.count);
  const start = address - HEADROOM;
  store<u32>(entry, <u32>address - before);
  store<u32>(entry, length + before, 4);
  store<u32>(entry, <u32>start, 8);
  store<u32>(entry, <u32>start + sizeInArena(length), 12);
  queue.count++;
  queue.total++;
}

/** The number of the last packet on the queue, of all that have ever been there; 0: there is none. */
export function transmitLast(number: u32): u32 {
  const queue = changetype<Queue>(transmitQueue(number));
  return queue.count == 0 ? 0 : queue.total;
}

/** Whether the last packet on the queue is the one at `address`, and has room to become `length` bytes long. */
export function transmitGrows(number: u32, address: usize, length: u32): bool {
  const queue = changetype<Queue>(transmitQueue(number));
  const start = address - HEADROOM;
  if (queue.count == 0 || load<usize>(descriptor(queue, queue.count - 1), 8) != start) return false;
  const first = load<usize>(descriptor(queue, 0), 8);
  return start + sizeInArena(length) <= (first > start ? first : queue.arena + ARENA_SIZE);
}

/** The last packet on the queue has become `length` bytes long; there was room (`transmitGrows`). */
export function transmitGrow(number: u32, address: usize, length: u32): void {
  const queue = changetype<Queue>(transmitQueue(number));
  const entry = descriptor(queue, queue.count - 1);
  store<u32>(entry, length + <u32>address - load<u32>(entry), 4);
  store<u32>(entry, <u32>(address - HEADROOM) + sizeInArena(length), 12);
}

/** Whether `count` packets of `length` bytes have room on an interface, one after the other. */
export function transmitFits(number: u32, count: u32, length: u32): bool {
  const queue = changetype<Queue>(transmitQueue(number));
  if (queue.count + count > TRANSMIT_LIMIT) return false;
  const size = sizeInArena(length);
  if (queue.count == 0) return count * size <= ARENA_SIZE;
  const first = load<usize>(descriptor(queue, 0), 8);
  const end = load<usize>(descriptor(queue, queue.count - 1), 12);
  if (end <= first) return count * size <= <u32>(first - end);
  return <u32>(queue.arena + ARENA_SIZE - end) / size + <u32>(first - queue.arena) / size >= count;
}

/** Takes the first `count` packets off the queue. */
export function transmitDone(number: u32, count: u32): void {
  const queue = changetype<Queue>(transmitQueue(number));
  const done = min(count, queue.count);
  queue.head = (queue.head + done) % TRANSMIT_LIMIT;
  queue.count -= done;
}

/** Address of the descriptor of the `index`-th waiting packet. */
export function transmitWaiting(number: u32, index: u32): usize {
  return descriptor(changetype<Queue>(transmitQueue(number)), index);
}

export function transmitCount(number: u32): u32 {
  return changetype<Queue>(transmitQueue(number)).count;
}

function descriptor(queue: Queue, index: u32): usize {
  const slot = (queue.head + index) % TRANSMIT_LIMIT;
  return changetype<usize>(queue) + 8 + <usize>(slot * TRANSMIT_DESCRIPTOR);
}

/** Packets begin at multiples of 64 bytes plus headroom. */
function sizeInArena(length: u32): u32 {
  return (HEADROOM + length + 63) & ~63;
}

@unmanaged
class Queue {
  head: u32;
  count: u32;

  // The rest lies behind the descriptors.
  get arena(): usize {
    return load<usize>(changetype<usize>(this) + DESCRIPTORS_END);
  }

  set arena(address: usize) {
    store<usize>(changetype<usize>(this) + DESCRIPTORS_END, address);
  }

  get total(): u32 {
    return load<u32>(changetype<usize>(this) + DESCRIPTORS_END + 4);
  }

  set total(packets: u32) {
    store<u32>(changetype<usize>(this) + DESCRIPTORS_END + 4, packets);
  }
}

const DESCRIPTORS_END: usize = 8 + TRANSMIT_LIMIT * TRANSMIT_DESCRIPTOR;
const QUEUE_SIZE: u32 = <u32>DESCRIPTORS_END + 8;
const ARENA_SIZE: u32 = 1 << 20;
