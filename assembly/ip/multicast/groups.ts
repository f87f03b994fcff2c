// The groups that we are in, each on an interface: who wants it, from which sources, and what routers are still to be told of it
// (RFC 3376 §3.2, RFC 3810 §4.2). Whoever wants every source outweighs those who want some.
// Not for: the messages (report.ts writes them, igmp.ts and mld.ts read them), sockets (udp/membership.ts).

import { GROUP_LIMIT, INTERFACE_LIMIT, LOOPBACK_INTERFACE, SOURCE_LIMIT } from '../../abi/limits';
import { GROUP_SOURCE_DIRECTORY, POOLS_BASE, QUERIERS_BASE } from '../../memory/map';
import { takeMemory } from '../../memory/pages';
import { Pool, PoolItem, poolGive, poolInitialize, poolTake } from '../../memory/pool';
import { Micros, NEVER, state } from '../../memory/state';
import { isMapped, isMulticast, MAPPED, withoutZone, withZone } from '../address';

@unmanaged
export class Group {
  high: u64;
  low: u64;
  repeatAt: Micros; // when the change of state is told again
  answerAt: Micros; // when a query for it is answered
  sources: usize;
  everySource: u32; // how many want it whatever the source
  someSources: u32; // how many want it from one source
  interface: u8;
  inUse: u8;
  repeats: u8; // how often its change of mode is still told
  lastReporter: u8; // 1: nobody has told of it after us (RFC 2236 §3)

  get wanted(): bool {
    return this.everySource + this.someSources > 0;
  }
}

/** One source of a group that somebody wants, or did a moment ago. */
@unmanaged
export class Source extends PoolItem {
  high: u64;
  low: u64;
  next: usize;
  users: u32;
  repeats: u32; // how often it is still told that it came or went
}

/** What is known of the router that asks, for one interface and family (RFC 3376 §7.2.1, RFC 3810 §8.2). */
@unmanaged
export class Querier {
  version1Until: Micros; // an IGMPv1 router was heard
  version2Until: Micros; // an IGMPv2 router was heard; an MLDv1 router
  answerAt: Micros; // when a general query is answered
  robustness: u32;
}

export function groupsInitialize(): void {
  poolInitialize(sourcePool, GROUP_SOURCE_DIRECTORY, offsetof<Source>());
  for (let number: u32 = 0; number < INTERFACE_LIMIT * 2; number++) {
    const querier = changetype<Querier>(QUERIERS_BASE + <usize>(number * QUERIER_SIZE));
    querier.answerAt = NEVER;
    querier.robustness = ROBUSTNESS;
  }
}

/** Whether packets for a group are for us when they come over an interface; over loopback, when any interface is in it. */
export function isMember(number: u32, high: u64, low: u64): bool {
  if (isAllHosts(high, low)) return true;
  for (let index: u32 = 0; index < state.groupCount; index++) {
    const group = groupAt(index);
    if (group.low != low || !group.wanted || group.inUse == 0) continue;
    if (
      number == LOOPBACK_INTERFACE
        ? withoutZone(group.high) == withoutZone(high)
        : group.interface == number && group.high == high
    ) {
      return true;
    }
  }
  return false;
}

/** An interface joins a group, once more. False: there are too many. */
export function groupJoin(number: u32, high: u64, low: u64): bool {
  const group = groupTake(number, high, low);
  if (group == null) return false;
  if (++group.everySource == 1) modeChanges(group);
  return true;
}

/** One who joined has enough. */
export function groupLeave(number: u32, high: u64, low: u64): void {
  const group = groupFind(number, high, low);
  if (group != null && group.everySource > 0 && --group.everySource == 0) modeChanges(group);
}

/** The same for one source. */
export function groupJoinSource(number: u32, high: u64, low: u64, sourceHigh: u64, sourceLow: u64): bool {
  const group = groupTake(number, high, low);
  if (group == null) return false;
  let source = sourceFind(group, sourceHigh, sourceLow);
  if (source == null) {
    source = changetype<Source | null>(poolTake(sourcePool, SOURCE_LIMIT));
    if (source == null) {
      groupFreeIfDone(group);
      return false;
    }
    source.high = sourceHigh;
    source.low = sourceLow;
    source.next = group.sources;
    group.sources = changetype<usize>(source);
  }
  group.someSources++;
  if (++source.users == 1) sourceChanges(group, source);
  return true;
}

export function groupLeaveSource(number: u32, high: u64, low: u64, sourceHigh: u64, sourceLow: u64): void {
  const group = groupFind(number, high, low);
  if (group == null) return;
  const source = sourceFind(group, sourceHigh, sourceLow);
  if (source == null || source.users == 0) return;
  group.someSources--;
  if (--source.users == 0) sourceChanges(group, source);
}

/** How many groups interfaces are in. */
export function groupsWanted(): u32 {
  let wanted: u32 = 0;
  for (let index: u32 = 0; index < state.groupCount; index++) {
    if (groupAt(index).inUse != 0 && groupAt(index).wanted) wanted++;
  }
  return wanted;
}

/** An address of ours on a link with others is called by its solicited-node group (RFC 4291 §2.7.1). */
export function solicitedJoin(number: u32, low: u64): void {
  groupJoin(number, withZone(LINK_GROUP, number), SOLICITED_NODE | (low & LAST_THREE));
}

export function solicitedLeave(number: u32, low: u64): void {
  groupLeave(number, withZone(LINK_GROUP, number), SOLICITED_NODE | (low & LAST_THREE));
}

export function groupAt(index: u32): Group {
  return changetype<Group>(state.groups + <usize>(index * GROUP_SIZE));
}

export function groupFind(number: u32, high: u64, low: u64): Group | null {
  for (let index: u32 = 0; index < state.groupCount; index++) {
    const group = groupAt(index);
    if (group.inUse != 0 && group.low == low && group.high == high && group.interface == number) return group;
  }
  return null;
}

/** What is known of the router of an interface that asks for groups of one family. */
export function querierOf(number: u32, four: bool): Querier {
  return changetype<Querier>(QUERIERS_BASE + <usize>((number * 2 + (four ? 0 : 1)) * QUERIER_SIZE));
}

/** Nobody is told of these: all are in them (RFC 2236 §6, RFC 3376 §5, RFC 3810 §6), or no router has to know (RFC 4291 §2.7). */
export function isSilent(group: Group): bool {
  if (group.interface == LOOPBACK_INTERFACE || isAllHosts(group.high, group.low)) return true;
  return !isMapped(group.high, group.low) && ((<u32>group.high >> 8) & 15) <= 1;
}

/** Gives back the sources of a group of which everything is told, and the group itself when nobody wants it. */
export function groupFreeIfDone(group: Group): void {
  let at = changetype<usize>(group) + offsetof<Group>('sources');
  while (load<usize>(at) != 0) {
    const source = changetype<Source>(load<usize>(at));
    if (source.users + source.repeats == 0) {
      store<usize>(at, source.next);
      poolGive(sourcePool, changetype<usize>(source));
    } else at = changetype<usize>(source) + offsetof<Source>('next');
  }
  if (group.wanted || group.repeats > 0 || group.sources != 0) return;
  group.inUse = 0;
  while (state.groupCount > 0 && groupAt(state.groupCount - 1).inUse == 0) state.groupCount--;
}

/** 224.0.0.1, ff01::1 and ff02::1. */
function isAllHosts(high: u64, low: u64): bool {
  if (isMapped(high, low)) return low == ALL_HOSTS4;
  const wire = withoutZone(high);
  return low == ALL_NODES_LOW && (wire == LINK_GROUP || wire == ALL_NODES_HOST);
}

function groupTake(number: u32, high: u64, low: u64): Group | null {
  assert(isMulticast(high, low), 'not a group');
  const known = groupFind(number, high, low);
  if (known != null) return known;
  if (state.groups == 0) state.groups = takeMemory(GROUP_LIMIT * GROUP_SIZE);
  if (state.groups == 0) return null;
  let index: u32 = 0;
  while (index < state.groupCount && groupAt(index).inUse != 0) index++;
  if (index == GROUP_LIMIT) return null;
  state.groupCount = max(state.groupCount, index + 1);
  const group = groupAt(index);
  memory.fill(changetype<usize>(group), 0, GROUP_SIZE);
  group.inUse = 1;
  group.interface = <u8>number;
  group.high = high;
  group.low = low;
  group.repeatAt = NEVER;
  group.answerAt = NEVER;
  return group;
}

/** From some sources to all, or back: told at once, and again as often as packets may be lost (RFC 3376 §5.1). */
function modeChanges(group: Group): void {
  for (let address = group.sources; address != 0; ) {
    const source = changetype<Source>(address);
    source.repeats = 0;
    address = source.next;
  }
  tell(group, <u32>querierOf(group.interface, isMapped(group.high, group.low)).robustness);
}

function sourceChanges(group: Group, source: Source): void {
  // While somebody wants every source it makes no difference; while a change of mode is told, that says it too.
  if (group.everySource > 0 || group.repeats > 0) {
    if (group.repeats > 0 && group.everySource == 0) tell(group, group.repeats);
    else groupFreeIfDone(group);
    return;
  }
  if (isSilent(group)) {
    groupFreeIfDone(group);
    return;
  }
  source.repeats = querierOf(group.interface, isMapped(group.high, group.low)).robustness;
  group.repeatAt = state.now;
  state.owes |= OWES_REPORTS;
}

function tell(group: Group, times: u32): void {
  if (isSilent(group)) {
    groupFreeIfDone(group);
    return;
  }
  group.repeats = <u8>times;
  group.repeatAt = state.now;
  state.owes |= OWES_REPORTS;
}

export function sourceFind(group: Group, high: u64, low: u64): Source | null {
  for (let address = group.sources; address != 0; ) {
    const source = changetype<Source>(address);
    if (source.low == low && source.high == high) return source;
    address = source.next;
  }
  return null;
}

/** In `state.owes`: some report is due. */
export const OWES_REPORTS: u32 = 1 << 8;
/** The Robustness Variable until a router says another (RFC 3376 §8.1, RFC 3810 §9.1). */
export const ROBUSTNESS: u32 = 2;

const sourcePool: Pool = changetype<Pool>(POOLS_BASE + 0x480);
const GROUP_SIZE: u32 = 64;
const QUERIER_SIZE: u32 = 32;
const ALL_HOSTS4: u64 = MAPPED | ((<u64>0x010000e0) << 32);
const LINK_GROUP: u64 = 0x02ff;
/** The low word of ff02::1:ff00:0, and the bytes of an address that complete it. */
const SOLICITED_NODE: u64 = 0x000000ff01000000;
const LAST_THREE: u64 = 0xffffff0000000000;
const ALL_NODES_HOST: u64 = 0x01ff;
const ALL_NODES_LOW: u64 = 0x0100000000000000;
