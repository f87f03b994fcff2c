// What a host does when a router asks who is in which group: an answer falls due at random within the time allowed, so that
// not all speak at once (RFC 2236 §3, RFC 3376 §5.2; RFC 2710 §4, RFC 3810 §6.2). Not for: the messages.

import { randomBelow } from '../../crypto/random';
import { wakeAt } from '../../memory/deadlines';
import { Micros, NEVER, state } from '../../memory/state';
import { isMapped, mappedLow, withZone } from '../address';
import { Group, groupAt, isSilent, Querier, querierOf, sourceFind } from './groups';

/** What routers on an interface speak, the oldest of them. */
export const VERSION_1: u32 = 1;
export const VERSION_2: u32 = 2;
export const VERSION_3: u32 = 3;

/** Which version is spoken to the routers of an interface: that of the oldest one heard of late. MLDv1 is 2, MLDv2 3. */
export function versionOn(number: u32, four: bool): u32 {
  const querier = querierOf(number, four);
  if (state.now < querier.version1Until) return VERSION_1;
  return state.now < querier.version2Until ? VERSION_2 : VERSION_3;
}

/** An older router was heard: the newer version rests for as long as it may take to hear it again (RFC 3376 §8.12). */
export function heardOld(querier: Querier, version: u32, delay: Micros): void {
  const until = state.now + <Micros>querier.robustness * QUERY_INTERVAL + delay;
  if (version == VERSION_1) querier.version1Until = until;
  else querier.version2Until = until;
}

/** A query for every group. `delay`: the longest that an answer may take. */
export function generalQuery(number: u32, four: bool, delay: Micros): void {
  if (versionOn(number, four) == VERSION_3) {
    const querier = querierOf(number, four);
    querier.answerAt = min(querier.answerAt, fallsDue(delay));
    return;
  }
  for (let index: u32 = 0; index < state.groupCount; index++) {
    const group = groupAt(index);
    if (group.interface == number && isMapped(group.high, group.low) == four) due(group, delay);
  }
}

/**
 * A query for one group, or for some sources of it: `count` addresses of `size` bytes at `sources`. The answer says all of the
 * group's state, which is what a router that asks for sources wants to know, and more.
 */
export function groupQuery(group: Group, delay: Micros, sources: usize, count: u32, size: u32): void {
  const querier = querierOf(group.interface, isMapped(group.high, group.low));
  // What answers every query soon answers this one.
  if (versionOn(group.interface, isMapped(group.high, group.low)) == VERSION_3 && querier.answerAt <= state.now + delay)
    return;
  if (count > 0 && group.everySource == 0 && !wantsOne(group, sources, count, size)) return;
  due(group, delay);
}

/** Somebody else has told of a group: once is enough (RFC 2236 §3; newer versions do not hold back). */
export function heardReport(group: Group): void {
  if (versionOn(group.interface, isMapped(group.high, group.low)) == VERSION_3) return;
  group.answerAt = NEVER;
  group.lastReporter = 0;
}

function due(group: Group, delay: Micros): void {
  if (group.inUse == 0 || !group.wanted || isSilent(group)) return;
  group.answerAt = min(group.answerAt, fallsDue(delay));
}

function fallsDue(delay: Micros): Micros {
  const at = state.now + <Micros>randomBelow(<u32>min<Micros>(delay, u32.MAX_VALUE - 1) + 1);
  wakeAt(at);
  return at;
}

function wantsOne(group: Group, sources: usize, count: u32, size: u32): bool {
  for (let index: u32 = 0; index < count; index++) {
    const at = sources + <usize>(index * size);
    const source =
      size == 4
        ? sourceFind(group, 0, mappedLow(at))
        : sourceFind(group, withZone(load<u64>(at), group.interface), load<u64>(at, 8));
    if (source != null && source.users > 0) return true;
  }
  return false;
}

/** The Query Interval that routers keep unless they are told otherwise (RFC 3376 §8.2, RFC 3810 §9.2). */
const QUERY_INTERVAL: Micros = 125_000_000;
