// Finds the end of a connection that a segment is for by its four-tuple: linear hashing (Litwin, 1980), which grows by one bucket at a
// time and never stops to rehash, keyed with SipHash so that nobody can aim at one bucket.
//
//   buckets 0 … hashSplit-1 and their images above hashMask use one bit more than the rest
//
// Not for: listeners (tcp/open/listener.ts).

import { sipHash } from '../crypto/siphash';
import { Ends } from '../memory/ends';
import { HASH_DIRECTORY } from '../memory/map';
import { takeMemory } from '../memory/pages';
import { state } from '../memory/state';
import { Endpoint } from './block/endpoint';
import { IN_TABLE } from './tcb';

/** The connection whose packets go between these ends, seen from here, or null. */
export function tableFind(ends: Ends, localPort: u32, remotePort: u32): Endpoint | null {
  // Packets come in trains (Jain & Routhier, 1986): the last one found is the likeliest.
  const last = changetype<Endpoint | null>(<usize>state.lastFound);
  if (last != null && isBetween(last, ends, localPort, remotePort)) {
    if (last.has(IN_TABLE)) return last; // what block/ahead.ts has guessed may have left it
  }
  if (state.hashBuckets == 0) return null;
  const hash = tupleHash(ends, localPort, remotePort);
  let address = load<usize>(bucketOf(hash));
  while (address != 0) {
    const end = changetype<Endpoint>(address);
    if (end.hash == hash && isBetween(end, ends, localPort, remotePort)) {
      state.lastFound = <u32>address;
      return end;
    }
    address = end.hashNext;
  }
  return null;
}

/** Enters a connection; false when memory has run out. */
export function tableInsert(end: Endpoint): bool {
  if (state.hashCount >= state.hashBuckets && !split()) return false;
  end.hash = tupleHash(end.ends, end.localPort, end.remotePort);
  link(end);
  end.set(IN_TABLE);
  state.hashCount++;
  return true;
}

export function tableRemove(end: Endpoint): void {
  if (!end.has(IN_TABLE)) return;
  let at = bucketOf(end.hash);
  while (load<usize>(at) != changetype<usize>(end)) at = load<usize>(at) + offsetof<Endpoint>('hashNext');
  store<usize>(at, end.hashNext);
  end.clear(IN_TABLE);
  state.hashCount--;
  if (state.lastFound == <u32>changetype<usize>(end)) state.lastFound = 0;
}

/** `fresh`, a copy of `old`, takes its place. */
export function tableReplace(old: Endpoint, fresh: Endpoint): void {
  let at = bucketOf(old.hash);
  while (load<usize>(at) != changetype<usize>(old)) at = load<usize>(at) + offsetof<Endpoint>('hashNext');
  store<usize>(at, changetype<usize>(fresh));
  old.clear(IN_TABLE);
  if (state.lastFound == <u32>changetype<usize>(old)) state.lastFound = 0;
}

function isBetween(end: Endpoint, ends: Ends, localPort: u32, remotePort: u32): bool {
  return (
    end.remotePort == remotePort &&
    end.localPort == localPort &&
    end.remoteLow == ends.toLow &&
    end.localLow == ends.fromLow &&
    end.remoteHigh == ends.toHigh &&
    end.localHigh == ends.fromHigh
  );
}

/** The hash of both ends of a connection. */
export function tupleHash(ends: Ends, localPort: u32, remotePort: u32): u32 {
  const ports = ((<u64>localPort) << 16) | remotePort;
  return <u32>sipHash(state.hashKey0, state.hashKey1, ends.fromHigh, ends.fromLow, ends.toHigh, ends.toLow, ports);
}

/** Address of the head of the bucket that a hash belongs to. */
export function bucketOf(hash: u32): usize {
  const narrow = hash & state.hashMask;
  const index = narrow < state.hashSplit ? hash & ((state.hashMask << 1) | 1) : narrow;
  return bucketAt(index);
}

function bucketAt(index: u32): usize {
  const part = load<usize>(HASH_DIRECTORY + ((<usize>(index >> PART_SHIFT)) << 2));
  return part + ((<usize>(index & PART_MASK)) << 2);
}

function link(end: Endpoint): void {
  const head = bucketOf(end.hash);
  end.hashNext = load<usize>(head);
  store<usize>(head, changetype<usize>(end));
}

/** Adds one bucket, the image of bucket `hashSplit`, and deals that bucket's chain out between the two. */
function split(): bool {
  const fresh = state.hashBuckets;
  if ((fresh & PART_MASK) == 0) {
    const part = fresh >> PART_SHIFT < PARTS ? takeMemory(4 << PART_SHIFT) : 0;
    if (part == 0) return fresh > 0; // no room for more buckets: chains get longer
    store<usize>(HASH_DIRECTORY + ((<usize>(fresh >> PART_SHIFT)) << 2), part);
  }
  state.hashBuckets = fresh + 1;
  if (fresh == 0) return true;
  const old = bucketAt(state.hashSplit);
  let address = load<usize>(old);
  store<usize>(old, 0);
  state.hashSplit++;
  if (state.hashSplit > state.hashMask) {
    state.hashMask = (state.hashMask << 1) | 1;
    state.hashSplit = 0;
  }
  while (address != 0) {
    const end = changetype<Endpoint>(address);
    address = end.hashNext;
    link(end);
  }
  return true;
}

/** Buckets of one part, as a power of two. */
const PART_SHIFT: u32 = 12;
const PART_MASK: u32 = (1 << PART_SHIFT) - 1;
/** Parts that the directory holds: a million buckets. */
const PARTS: u32 = 256;
