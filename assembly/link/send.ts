// Packets to the link: a frame's header is written before the packet, and the frame goes on the interface's transmit queue. A
// packet whose next hop has no link-layer address yet waits for it.
// Not for: who the next hop is (ip/route.ts).

import { NEIGHBOR_INCOMPLETE } from '../abi/limits';
import { isLimitedBroadcast, isMulticast, mappedLow, withZone } from '../ip/address';
import { isBroadcast, isOurs } from '../ip/addresses';
import { source } from '../ip/header4';
import { source6 } from '../ip/header6';
import { interfaceAt } from '../ip/interface';
import { choice, nextHopBy } from '../ip/route';
import { transmitCommit } from '../ip/transmit';
import { state } from '../memory/state';
import { LIST_OTHERS, LIST_OURS, listAppend, listRemove, Neighbor } from './cache/neighbor';
import { queuePut } from './cache/queue';
import { neighborResolve, neighborUse } from './cache/reach';
import { neighborFind } from './cache/table';
import { BROADCAST_HARDWARE, ETHERNET_HEADER, groupHardware, TYPE_IPV4, TYPE_IPV6, writeFrame } from './ethernet';
import { link, linkAt } from './state';

/** Sends the packet of `length` bytes at `packet`, from `transmitRoom`, to an address, by an Ethernet interface. */
export function ethernetSend(number: u32, packet: usize, length: u32, high: u64, low: u64): void {
  let neighbor = lastNeighbor(number, high, low);
  if (neighbor == null) {
    const group = groupOf(high, low);
    if (group != 0) {
      commit(number, packet, length, group);
      return;
    }
    nextHopBy(number, high, low);
    neighbor = neighborFind(number, choice.nextHopHigh, choice.nextHopLow);
    if (neighbor == null || neighbor.state == NEIGHBOR_INCOMPLETE) {
      wait(neighbor, number, packet, length);
      return;
    }
    remember(number, high, low, neighbor);
  }
  neighborUse(neighbor);
  commit(number, packet, length, neighbor.hardware);
}

/** Puts a frame on the queue whose packet lies there already. */
export function commit(number: u32, packet: usize, length: u32, hardware: u64): void {
  const type = load<u8>(packet) >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4;
  writeFrame(packet, hardware, interfaceAt(number).hardware, type);
  transmitCommit(number, packet, length, ETHERNET_HEADER);
}

/** Where packets for many go, 0 when the address is that of one. */
function groupOf(high: u64, low: u64): u64 {
  if (isMulticast(high, low)) return groupHardware(high, low);
  return isLimitedBroadcast(high, low) || isBroadcast(high, low) ? BROADCAST_HARDWARE : 0;
}

function wait(known: Neighbor | null, number: u32, packet: usize, length: u32): void {
  const ofOthers = !isFromUs(number, packet);
  const neighbor = known != null ? known : neighborResolve(number, choice.nextHopHigh, choice.nextHopLow, ofOthers);
  if (neighbor == null) return;
  if (!ofOthers && neighbor.list == LIST_OTHERS) {
    listRemove(neighbor);
    listAppend(neighbor, LIST_OURS);
  }
  queuePut(neighbor, packet, length, ofOthers);
}

function isFromUs(number: u32, packet: usize): bool {
  if (load<u8>(packet) >> 4 == 4) return isOurs(0, mappedLow(source(packet)));
  return isOurs(withZone(load<u64>(source6(packet)), number), load<u64>(source6(packet) + 8));
}

/** Where the last packet to an address went, if nothing has changed since. */
function lastNeighbor(number: u32, high: u64, low: u64): Neighbor | null {
  const entry = linkAt(number);
  if (entry.lastLow != low || entry.lastHigh != high) return null;
  if (entry.lastGeneration != link.generation || entry.lastRoutes != state.routeGeneration) return null;
  return changetype<Neighbor | null>(<usize>entry.lastNeighbor);
}

function remember(number: u32, high: u64, low: u64, neighbor: Neighbor): void {
  const entry = linkAt(number);
  entry.lastHigh = high;
  entry.lastLow = low;
  entry.lastNeighbor = <u32>changetype<usize>(neighbor);
  entry.lastGeneration = link.generation;
  entry.lastRoutes = state.routeGeneration;
}
