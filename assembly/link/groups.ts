// The solicited-node groups of our addresses (RFC 4291 §2.7.1): joined with an address, left with the last one that has it
// (RFC 4862 §5.4.2). Follows the table of addresses instead of being told of each change.
// Not for: what joining means (ip/multicast/groups.ts).

import { LINK_ETHERNET } from '../abi/constants';
import { ADDRESS_LIMIT } from '../abi/limits';
import { isMapped, withZone } from '../ip/address';
import { addressAt } from '../ip/addresses';
import { interfaceAt } from '../ip/interface';
import { groupJoin, groupLeave } from '../ip/multicast/groups';
import { LINK_BASE } from '../memory/map';
import { state } from '../memory/state';
import { LINK_GROUP, solicitedNode } from './header';
import { link } from './state';

/** Joins what is new and leaves what has gone, if anything has changed. */
export function groupsFollow(): void {
  if (link.addressGeneration == state.addressGeneration) return;
  link.addressGeneration = state.addressGeneration;
  for (let index: u32 = 0; index < link.groups; ) {
    const group = groupAt(index);
    const number = <u32>load<u64>(group);
    const low = load<u64>(group, 8);
    if (isNeeded(number, low)) {
      index++;
      continue;
    }
    groupLeave(number, withZone(LINK_GROUP, number), low);
    memory.copy(group, groupAt(--link.groups), GROUP_SIZE);
  }
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (isMapped(address.high, address.low) || interfaceAt(address.interface).link != LINK_ETHERNET) continue;
    join(address.interface, solicitedNode(address.low));
  }
}

function join(number: u32, low: u64): void {
  for (let index: u32 = 0; index < link.groups; index++) {
    if (load<u64>(groupAt(index)) == number && load<u64>(groupAt(index), 8) == low) return;
  }
  if (link.groups == ADDRESS_LIMIT || !groupJoin(number, withZone(LINK_GROUP, number), low)) return;
  const group = groupAt(link.groups++);
  store<u64>(group, number);
  store<u64>(group, low, 8);
}

function isNeeded(number: u32, low: u64): bool {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.interface != number || isMapped(address.high, address.low)) continue;
    if (solicitedNode(address.low) == low) return true;
  }
  return false;
}

function groupAt(index: u32): usize {
  return LINK_BASE + GROUPS + <usize>(index * GROUP_SIZE);
}

const GROUPS: usize = 0x800;
const GROUP_SIZE: u32 = 16;
