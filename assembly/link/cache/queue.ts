// Packets that wait for a neighbour's link-layer address (RFC 4861 §7.2.2, RFC 1122 §2.3.2.2): copies in blocks of slabs.
//
//   next u32 | length u32 | of others u32 | reserved | packet
//
// A neighbour holds as much as the largest datagram in fragments, so that the first one to a silent neighbour is not lost;
// of packets that are passed on three, since whoever sends them sends again. The oldest one gives way (RFC 4861 §7.2.2).
// Not for: when they go.

import { slabGive, slabSize, slabTake } from '../../memory/slab';
import { link } from '../state';
import { LIST_OURS, Neighbor } from './neighbor';

/** Keeps a copy of a packet. A packet for which there is no memory is lost. */
export function queuePut(entry: Neighbor, packet: usize, length: u32, ofOthers: bool): void {
  const size = slabSize(BLOCK_HEADER + length);
  const most = ofOthers ? OTHERS_COUNT : OURS_COUNT;
  while (entry.queueCount >= <u16>most || (entry.queueCount > 0 && entry.queueSize + size > QUEUE_BYTES)) {
    // What others send does not push out what is ours.
    if (ofOthers && entry.list == LIST_OURS) return;
    queueGive(queueTake(entry));
  }
  if (link.queued + size > ALL_BYTES) return;
  const block = slabTake(size);
  if (block == 0) return;
  link.queued += size;
  store<u32>(block, 0);
  store<u32>(block, length, 4);
  store<u32>(block, ofOthers ? 1 : 0, 8);
  memory.copy(block + BLOCK_HEADER, packet, length);
  if (entry.queueHead == 0) entry.queueHead = <u32>block;
  else store<u32>(<usize>entry.queueTail, <u32>block);
  entry.queueTail = <u32>block;
  entry.queueSize += size;
  entry.queueCount++;
}

/** Takes the oldest packet: its block, which is the caller's to give back, or 0. */
export function queueTake(entry: Neighbor): usize {
  const block = <usize>entry.queueHead;
  if (block == 0) return 0;
  entry.queueHead = load<u32>(block);
  entry.queueCount--;
  entry.queueSize -= slabSize(BLOCK_HEADER + blockLength(block));
  return block;
}

/** Gives all of them up. */
export function queueDrop(entry: Neighbor): void {
  for (let block = queueTake(entry); block != 0; block = queueTake(entry)) queueGive(block);
}

/** Gives a block back. */
export function queueGive(block: usize): void {
  const size = slabSize(BLOCK_HEADER + blockLength(block));
  link.queued -= size;
  slabGive(block, size);
}

export function blockPacket(block: usize): usize {
  return block + BLOCK_HEADER;
}

export function blockLength(block: usize): u32 {
  return load<u32>(block, 4);
}

/** Whether the packet came from somebody else and was to be passed on. */
export function blockOfOthers(block: usize): bool {
  return load<u32>(block, 8) != 0;
}

const BLOCK_HEADER: u32 = 16;
/** Packets of ours that wait for one neighbour, and of others. */
const OURS_COUNT: u32 = 64;
const OTHERS_COUNT: u32 = 3;
/** Bytes of slabs for one neighbour, and for all. */
const QUEUE_BYTES: u32 = 1 << 17;
const ALL_BYTES: u32 = 1 << 20;
