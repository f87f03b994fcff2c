// Routes: which interface leads to an address, and over whom (RFC 1122 §3.3.1, RFC 1812 §5.2.4). The longest prefix wins,
// then the smallest metric, then the oldest. Each address brings the route to its own network.
// Not for: which address packets leave with (ip/source.ts), the neighbour's link-layer address (link/).

import {
  ERROR_ADDRESS_IN_USE,
  ERROR_INVALID,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
  ROUTE_CONNECTED,
  ROUTE_SILENT,
} from '../abi/constants';
import { LOOPBACK_INTERFACE, ROUTE_LIMIT } from '../abi/limits';
import { wakeAt } from '../memory/deadlines';
import { CHOICE_BASE, DESTINATIONS_BASE, RESULT_BASE, ROUTES_BASE, setResult } from '../memory/map';
import { Micros, NEVER, state } from '../memory/state';
import {
  isLimitedBroadcast,
  isMapped,
  isMulticast,
  isUnspecified,
  MAPPED_BITS,
  samePrefix,
  withZone,
  zoneOf,
} from './address';
import { isOurs } from './addresses';

@unmanaged
export class Route {
  high: u64;
  low: u64;
  gatewayHigh: u64; // unspecified: the destination is on the link
  gatewayLow: u64;
  until: Micros;
  prefixLength: u32; // of 128
  metric: u32;
  flags: u32; // ROUTE_*
  interface: u8;
  reserved: u8;
  owner: u16; // what made it, for whoever did
}

/** What `route` has found. */
@unmanaged
class Choice {
  nextHopHigh: u64;
  nextHopLow: u64;
  sourceHigh: u64; // what `sourceFor` has found
  sourceLow: u64;
}

/** What `route` has found for a destination before, while nothing has changed. */
@unmanaged
class Destination {
  high: u64;
  low: u64;
  nextHopHigh: u64;
  nextHopLow: u64;
  generation: u32;
  interface: i32;
}

/**
 * The interface that leads to an address; `choice` has the next hop. -1 when none does. Our own addresses are reached over
 * loopback.
 */
export function route(high: u64, low: u64): i32 {
  const known = destinationAt(high, low);
  if (known.generation != state.routeGeneration || known.low != low || known.high != high) find(known, high, low);
  choice.nextHopHigh = known.nextHopHigh;
  choice.nextHopLow = known.nextHopLow;
  return known.interface;
}

/** The next hop to a destination when the packet leaves by this interface, in `choice`. */
export function nextHopBy(interfaceNumber: u32, high: u64, low: u64): void {
  if (route(high, low) == <i32>interfaceNumber) return;
  // Whoever chose the interface knows better: the destination is on its link, or its best route leads there.
  choice.nextHopHigh = high;
  choice.nextHopLow = low;
  const best = longest(high, low, <i32>interfaceNumber);
  if (best == null || isUnspecified(best.gatewayHigh, best.gatewayLow)) return;
  choice.nextHopHigh = best.gatewayHigh;
  choice.nextHopLow = best.gatewayLow;
}

/**
 * Adds a route to the network at result[0..3] with `prefixLength` bits (of 128), by an interface, over the gateway at
 * result[4..7] (unspecified: none, the network is on the link).
 */
export function routeAdd(number: u32, prefixLength: u32, metric: u32): i32 {
  if (number == LOOPBACK_INTERFACE || number >= state.interfaceCount || prefixLength > 128) return ERROR_INVALID;
  const high = withZone(load<u64>(RESULT_BASE), number);
  const low = load<u64>(RESULT_BASE + 8);
  const gatewayHigh = withZone(load<u64>(RESULT_BASE + 16), number);
  const gatewayLow = load<u64>(RESULT_BASE + 24);
  const four = isMapped(high, low);
  const direct = isUnspecified(gatewayHigh, gatewayLow);
  if (four && prefixLength < MAPPED_BITS) return ERROR_INVALID;
  if (!direct && (isMapped(gatewayHigh, gatewayLow) != four || isMulticast(gatewayHigh, gatewayLow)))
    return ERROR_INVALID;
  if (routeFind(number, high, low, prefixLength, gatewayHigh, gatewayLow) != null) return ERROR_ADDRESS_IN_USE;
  const added = routeEnter(number, high, low, prefixLength, metric, 0);
  if (added == null) return ERROR_NO_BUFFERS;
  added.gatewayHigh = direct ? 0 : gatewayHigh;
  added.gatewayLow = direct ? 0 : gatewayLow;
  return 0;
}

/** Takes away the route that `routeAdd` with the same words has made. */
export function routeRemove(number: u32, prefixLength: u32): i32 {
  const high = withZone(load<u64>(RESULT_BASE), number);
  const gatewayHigh = withZone(load<u64>(RESULT_BASE + 16), number);
  const gatewayLow = load<u64>(RESULT_BASE + 24);
  const found = routeFind(number, high, load<u64>(RESULT_BASE + 8), prefixLength, gatewayHigh, gatewayLow);
  if (found == null) return ERROR_NETWORK_UNREACHABLE;
  routeLeave(found);
  return 0;
}

/**
 * The `index`-th route, 1, or 0 behind the last: result[0..3] the network, [4..7] the gateway (zero: none), [8] interface,
 * [9] bits of the prefix (of 128), [10] metric, [11] ROUTE_*.
 */
export function routeShow(index: u32): i32 {
  if (index >= state.routeCount) return 0;
  const entry = routeAt(index);
  memory.copy(RESULT_BASE, changetype<usize>(entry), 32);
  setResult(8, entry.interface);
  setResult(9, entry.prefixLength);
  setResult(10, entry.metric);
  setResult(11, entry.flags);
  return 1;
}

/** Enters a route, on the link, for ever; null when there is no room. */
export function routeEnter(number: u32, high: u64, low: u64, prefixLength: u32, metric: u32, flags: u32): Route | null {
  if (state.routeCount == ROUTE_LIMIT) return null;
  const entry = routeAt(state.routeCount++);
  memory.fill(changetype<usize>(entry), 0, ROUTE_SIZE);
  entry.high = high;
  entry.low = low;
  entry.prefixLength = prefixLength;
  entry.interface = <u8>number;
  entry.metric = metric;
  entry.flags = flags;
  entry.until = NEVER;
  state.routeGeneration++;
  return entry;
}

/** Those behind it move up: age decides between equals. */
export function routeLeave(entry: Route): void {
  const place = changetype<usize>(entry);
  const end = ROUTES_BASE + <usize>(state.routeCount * ROUTE_SIZE);
  memory.copy(place, place + ROUTE_SIZE, end - place - ROUTE_SIZE);
  state.routeCount--;
  state.routeGeneration++;
}

/** The network of an address of ours is on the link of its interface. */
export function routeConnect(number: u32, high: u64, low: u64, prefixLength: u32): void {
  routeEnter(number, high, low, prefixLength, 0, ROUTE_CONNECTED);
}

/** The address goes, and so does the route that came with it. */
export function routeDisconnect(number: u32, high: u64, low: u64): void {
  for (let index: u32 = 0; index < state.routeCount; index++) {
    const entry = routeAt(index);
    if (!(entry.flags & ROUTE_CONNECTED) || entry.interface != number) continue;
    if (entry.low != low || entry.high != high) continue;
    routeLeave(entry);
    return;
  }
}

/**
 * A gateway answers, or does not: others that lead as far are preferred to one that is silent (RFC 4861 §6.3.6, RFC 1122
 * §3.3.1.4).
 */
export function routesOver(number: u32, high: u64, low: u64, answers: bool): void {
  for (let index: u32 = 0; index < state.routeCount; index++) {
    const entry = routeAt(index);
    if (entry.interface != number || entry.gatewayLow != low || entry.gatewayHigh != high) continue;
    const flags = answers ? entry.flags & ~(<u32>ROUTE_SILENT) : entry.flags | ROUTE_SILENT;
    if (flags != entry.flags) state.routeGeneration++;
    entry.flags = flags;
  }
}

/** Ends what has outlived its lifetime. */
export function routesExpire(): void {
  for (let index: u32 = 0; index < state.routeCount; ) {
    const entry = routeAt(index);
    if (entry.until <= state.now) routeLeave(entry);
    else {
      wakeAt(entry.until);
      index++;
    }
  }
}

export function routeAt(index: u32): Route {
  return changetype<Route>(ROUTES_BASE + <usize>(index * ROUTE_SIZE));
}

export function routeFind(
  number: u32,
  high: u64,
  low: u64,
  prefixLength: u32,
  gatewayHigh: u64,
  gatewayLow: u64,
): Route | null {
  for (let index: u32 = 0; index < state.routeCount; index++) {
    const entry = routeAt(index);
    if (entry.interface != number || entry.prefixLength != prefixLength) continue;
    if (entry.gatewayHigh != gatewayHigh || entry.gatewayLow != gatewayLow) continue;
    if (samePrefix(entry.high, entry.low, high, low, prefixLength)) return entry;
  }
  return null;
}

function find(known: Destination, high: u64, low: u64): void {
  known.high = high;
  known.low = low;
  known.generation = state.routeGeneration;
  known.nextHopHigh = high;
  known.nextHopLow = low;
  known.interface = -1;
  const zone = zoneOf(high);
  if (isOurs(high, low)) known.interface = <i32>LOOPBACK_INTERFACE;
  else if (zone != 0) known.interface = zone < state.interfaceCount ? <i32>zone : -1;
  else {
    const best = longest(high, low, -1);
    if (best == null) return;
    known.interface = best.interface;
    // What is for many goes to all of the link, whoever leads further.
    if (isUnspecified(best.gatewayHigh, best.gatewayLow) || isMulticast(high, low) || isLimitedBroadcast(high, low))
      return;
    known.nextHopHigh = best.gatewayHigh;
    known.nextHopLow = best.gatewayLow;
  }
}

/** The route that fits best, of one interface or (-1) of all; null when none fits. */
function longest(high: u64, low: u64, interfaceNumber: i32): Route | null {
  const four = isMapped(high, low);
  let best: Route | null = null;
  for (let index: u32 = 0; index < state.routeCount; index++) {
    const entry = routeAt(index);
    if (interfaceNumber >= 0 && <i32>entry.interface != interfaceNumber) continue;
    // ::/0 is no way to IPv4 addresses, though they lie below it.
    if (isMapped(entry.high, entry.low) != four || !samePrefix(entry.high, entry.low, high, low, entry.prefixLength))
      continue;
    if (best == null || isBetter(entry, best)) best = entry;
  }
  return best;
}

function isBetter(entry: Route, best: Route): bool {
  if (entry.prefixLength != best.prefixLength) return entry.prefixLength > best.prefixLength;
  const silent = (entry.flags ^ best.flags) & ROUTE_SILENT;
  if (silent != 0) return (best.flags & ROUTE_SILENT) != 0;
  return entry.metric < best.metric;
}

function destinationAt(high: u64, low: u64): Destination {
  // A secret in the mix, so that nobody can aim at one place; what is pushed out is only looked up again.
  let mixed = (high ^ low ^ state.hashKey0) * 0x9e3779b97f4a7c15;
  mixed ^= mixed >> 32;
  return changetype<Destination>(DESTINATIONS_BASE + <usize>((<u32>mixed & (DESTINATIONS - 1)) * DESTINATION_SIZE));
}

export const choice: Choice = changetype<Choice>(CHOICE_BASE);

const ROUTE_SIZE: u32 = 64;
const DESTINATION_SIZE: u32 = 64;
const DESTINATIONS: u32 = 128;
