// The neighbour cache for the host to see. Not for: changing it.

import { NEIGHBOR_NONE, NEIGHBOR_REACHABLE, NEIGHBOR_STALE } from '../abi/limits';
import { RESULT_BASE, setResult } from '../memory/map';
import { state } from '../memory/state';
import { NEIGHBOR_ROUTER } from './cache/neighbor';
import { neighborPlace } from './cache/table';
import { linkAt, reachableTime } from './state';

/**
 * The first neighbour at place `from` of the table or later: the place behind it, or 0 when there is none. result[0..3] address,
 * [4] interface, [5..6] link-layer address, [7] NEIGHBOR_*, [8] 1: a router.
 */
export function neighborShow(from: u32): u32 {
  for (let index = from; ; index++) {
    const entry = neighborPlace(index);
    if (entry == null) return 0;
    if (entry.state == NEIGHBOR_NONE) continue;
    store<u64>(RESULT_BASE, entry.high);
    store<u64>(RESULT_BASE + 8, entry.low);
    setResult(4, entry.interface);
    setResult(5, <u32>entry.hardware);
    setResult(6, <u32>(entry.hardware >> 32));
    // REACHABLE ends when somebody looks.
    const aged =
      entry.state == NEIGHBOR_REACHABLE && state.now - entry.confirmedAt > reachableTime(linkAt(entry.interface));
    setResult(7, aged ? NEIGHBOR_STALE : entry.state);
    setResult(8, entry.has(NEIGHBOR_ROUTER) ? 1 : 0);
    return index + 1;
  }
}
