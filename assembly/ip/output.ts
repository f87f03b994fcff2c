// IP output: a packet gets its header and goes to its interface. It never calls input: what we send to ourselves waits on
// loopback's queue like any other packet. Not for: fragments (ip/fragment/), packets of others (ip/forward.ts).

import { COUNTER_PACKETS_OUT, LINK_ETHERNET } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { ethernetSend } from '../link/send';
import { count } from '../memory/counters';
import { Ends } from '../memory/ends';
import { isMapped, mappedBytes, withZone, zoneOf } from './address';
import { identify } from './fragment/identification';
import { FRAGMENTS, writeHeader4 } from './header4';
import { destination6, HEADER6, source6, writeHeader6 } from './header6';
import { interfaceAt } from './interface';
import { transmitCommit, transmitRoom } from './transmit';

/** Room for a packet of `length` bytes, its IP header among them; 0 when the interface's queue is full. */
export function packetBegin(interfaceNumber: u32, length: u32): usize {
  return transmitRoom(interfaceNumber, length);
}

/**
 * Sends the packet whose virtio-net header is written, behind whose IP header its payload stands. `service`: the Differentiated
 * Services field and ECN's two bits, FRAGMENTS, and from FLOW_SHIFT on the Flow Label (RFC 6437).
 */
export function packetSend(
  interfaceNumber: u32,
  packet: usize,
  protocol: u32,
  length: u32,
  ends: Ends,
  service: u32,
  lifetime: u32,
): void {
  packetHeader(packet, protocol, length, ends, service, lifetime);
  linkSend(interfaceNumber, packet, length, ends.toHigh, ends.toLow);
}

/** Writes the IP header of a packet, as `packetSend`. */
export function packetHeader(packet: usize, protocol: u32, length: u32, ends: Ends, service: u32, lifetime: u32): void {
  if (isMapped(ends.toHigh, ends.toLow)) {
    const from = mappedBytes(ends.fromLow);
    const to = mappedBytes(ends.toLow);
    const id = service & FRAGMENTS ? identify(ends) : 0;
    writeHeader4(packet, length, protocol, from, to, service, lifetime, id);
  } else writeHeader6(packet, length - HEADER6, protocol, ends, service, service >> FLOW_SHIFT, lifetime);
}

/** Hands a whole packet to the link of an interface. */
export function linkSend(interfaceNumber: u32, packet: usize, length: u32, toHigh: u64, toLow: u64): void {
  count(COUNTER_PACKETS_OUT);
  if (interfaceAt(interfaceNumber).link == LINK_ETHERNET) ethernetSend(interfaceNumber, packet, length, toHigh, toLow);
  else {
    if (interfaceNumber == LOOPBACK_INTERFACE) keepZone(packet, zoneOf(toHigh));
    transmitCommit(interfaceNumber, packet, length, 0);
  }
}

/** What stays on this host says which link its addresses are of: all its links meet on loopback. */
function keepZone(packet: usize, zone: u32): void {
  if (zone == 0) return;
  store<u64>(source6(packet), withZone(load<u64>(source6(packet)), zone));
  store<u64>(destination6(packet), withZone(load<u64>(destination6(packet)), zone));
}

export const FLOW_SHIFT: u32 = 12;
