// The neighbour cache as a table: NEIGHBORS entries, found by a keyed hash, made when the first neighbour is met.
//
// When it is full, neighbours give way that have never been known to hear us, then others, of each the one that was used
// longest ago (RFC 6583 §7.1): names that somebody invents push out each other. At most UNRESOLVED_LIMIT are being resolved: whoever scans a network through us pushes out
// what he asked for himself, before what our own packets wait for.
// Not for: what happens to a neighbour (link/cache/reach.ts).

import { NEIGHBOR_INCOMPLETE, NEIGHBOR_NONE } from '../../abi/limits';
import { sipHash32 } from '../../crypto/siphash';
import { takeMemory } from '../../memory/pages';
import { state } from '../../memory/state';
import { link, OWES_NEIGHBORS, owe } from '../state';
import { LIST_OTHERS, LIST_OURS, listFirst, listRemove, NEIGHBOR_RINGED, Neighbor } from './neighbor';
import { queueDrop } from './queue';

/** The entry of an address on an interface, null when there is none. */
export function neighborFind(number: u32, high: u64, low: u64): Neighbor | null {
  if (link.neighbors == 0) return null;
  for (let at = load<u32>(bucketOf(number, high, low)); at != 0; ) {
    const entry = changetype<Neighbor>(<usize>at);
    if (entry.low == low && entry.high == high && entry.interface == number) return entry;
    at = entry.chain;
  }
  return null;
}

/** A new entry without a state; null when memory has run out. */
export function neighborEnter(number: u32, high: u64, low: u64): Neighbor | null {
  if (link.neighbors == 0 && !initialize()) return null;
  if (link.free == 0) neighborLeave(leastUseful());
  const entry = changetype<Neighbor>(<usize>link.free);
  link.free = entry.chain;
  const ringed = entry.flags & NEIGHBOR_RINGED;
  memory.fill(changetype<usize>(entry), 0, NEIGHBOR_SIZE);
  entry.high = high;
  entry.low = low;
  entry.interface = <u8>number;
  entry.flags = ringed;
  const bucket = bucketOf(number, high, low);
  entry.chain = load<u32>(bucket);
  store<u32>(bucket, <u32>changetype<usize>(entry));
  link.count++;
  return entry;
}

/** Takes an entry away, and what waits for it. */
export function neighborLeave(entry: Neighbor): void {
  queueDrop(entry);
  listRemove(entry);
  if (entry.state == NEIGHBOR_INCOMPLETE) link.unresolved--;
  const at = <u32>changetype<usize>(entry);
  let place = bucketOf(entry.interface, entry.high, entry.low);
  while (load<u32>(place) != at) place = <usize>load<u32>(place) + offsetof<Neighbor>('chain');
  store<u32>(place, entry.chain);
  entry.state = NEIGHBOR_NONE;
  entry.flags &= NEIGHBOR_RINGED;
  entry.chain = link.free;
  link.free = at;
  link.count--;
  link.generation++;
}

/** Makes room among those that are being resolved. */
export function unresolvedRoom(): void {
  if (link.unresolved < UNRESOLVED_LIMIT) return;
  const oldest = listFirst(LIST_OTHERS) || listFirst(LIST_OURS);
  if (oldest != null) neighborLeave(oldest);
}

/** The `index`-th place of the table, null behind the last; its state is NEIGHBOR_NONE when it is free. */
export function neighborPlace(index: u32): Neighbor | null {
  return link.neighbors == 0 || index >= NEIGHBORS ? null : at(index);
}

/** Puts an entry on the ring of those that `output` looks at. */
export function neighborOwes(entry: Neighbor, what: u8): void {
  entry.flags |= what;
  owe(OWES_NEIGHBORS);
  if (entry.has(NEIGHBOR_RINGED)) return;
  entry.flags |= NEIGHBOR_RINGED;
  const place = (link.ringHead + link.ringCount++) % NEIGHBORS;
  store<u32>(link.ring + ((<usize>place) << 2), <u32>changetype<usize>(entry));
}

/** The first on the ring, which leaves it; null when nobody owes. */
export function ringTake(): Neighbor | null {
  if (link.ringCount == 0) return null;
  const entry = changetype<Neighbor>(<usize>load<u32>(link.ring + ((<usize>link.ringHead) << 2)));
  link.ringHead = (link.ringHead + 1) % NEIGHBORS;
  link.ringCount--;
  entry.flags &= ~NEIGHBOR_RINGED;
  return entry;
}

function initialize(): bool {
  const block = takeMemory(NEIGHBORS * (NEIGHBOR_SIZE + 8));
  if (block == 0) return false;
  link.neighbors = block;
  link.buckets = block + <usize>(NEIGHBORS * NEIGHBOR_SIZE);
  link.ring = link.buckets + ((<usize>NEIGHBORS) << 2);
  for (let index = NEIGHBORS; index > 0; index--) {
    at(index - 1).chain = link.free;
    link.free = <u32>changetype<usize>(at(index - 1));
  }
  return true;
}

/** Of the next few in turn: to look through all of them for each packet would be work that anybody can make us do. */
function leastUseful(): Neighbor {
  let worst = at(link.hand);
  let value = usefulness(worst);
  for (let step: u32 = 1; step < LOOKED_AT; step++) {
    const entry = at((link.hand + step) % NEIGHBORS);
    const other = usefulness(entry);
    if (other >= value) continue;
    worst = entry;
    value = other;
  }
  link.hand = (link.hand + LOOKED_AT) % NEIGHBORS;
  return worst;
}

/** When it was used last; those that have ever been known to hear us, and those that our packets wait for, come after all others. */
function usefulness(entry: Neighbor): i64 {
  return entry.confirmedAt != 0 || entry.list == LIST_OURS ? state.now + entry.usedAt : entry.usedAt;
}

function bucketOf(number: u32, high: u64, low: u64): usize {
  const hash = <u32>sipHash32(state.hashKey0, state.hashKey1, high, low, number, LABEL);
  return link.buckets + <usize>((hash & (NEIGHBORS - 1)) << 2);
}

function at(index: u32): Neighbor {
  return changetype<Neighbor>(link.neighbors + <usize>(index * NEIGHBOR_SIZE));
}

/** A power of two. */
const NEIGHBORS: u32 = 1024;
const NEIGHBOR_SIZE: u32 = 96;
const UNRESOLVED_LIMIT: u32 = 256;
const LOOKED_AT: u32 = 64;
/** Keeps these hashes apart from others under the same key. */
const LABEL: u64 = 0x6e65696768;
