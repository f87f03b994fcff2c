// Routes that routers tell of (RFC 4861 §6.3.4, RFC 4191): default routers, networks on the link, more specific routes. A
// bound on their number keeps a liar from filling the table. Not for: which route is taken (ip/route.ts).

import { ROUTE_AUTOMATIC } from '../../abi/constants';
import { isMapped } from '../../ip/address';
import { Route, routeAt, routeEnter, routeFind, routeLeave } from '../../ip/route';
import { wakeAt } from '../../memory/deadlines';
import { NEVER, state } from '../../memory/state';

/**
 * A router says that a network is reached over it (`gateway` unspecified: that it is on the link) for so many seconds; 0: no
 * longer, ffffffff: for ever.
 */
export function routeHeard(
  number: u32,
  high: u64,
  low: u64,
  prefixLength: u32,
  gatewayHigh: u64,
  gatewayLow: u64,
  metric: u32,
  seconds: u32,
): void {
  // Routers of IPv6 have no say in where IPv4 goes: such a prefix can only deceive (RFC 4942 §2.2).
  if (isMapped(high, low)) return;
  let entry: Route | null = routeFind(number, high, low, prefixLength, gatewayHigh, gatewayLow);
  // What a program has said stays as it is.
  if (entry != null && !(entry.flags & ROUTE_AUTOMATIC)) return;
  if (seconds == 0) {
    if (entry != null) routeLeave(entry);
    return;
  }
  if (entry == null) {
    if (automaticRoutes() >= AUTOMATIC_LIMIT) return;
    entry = routeEnter(number, high, low, prefixLength, metric, ROUTE_AUTOMATIC);
    if (entry == null) return;
    entry.gatewayHigh = gatewayHigh;
    entry.gatewayLow = gatewayLow;
  }
  if (entry.metric != metric) state.routeGeneration++;
  entry.metric = metric;
  entry.until = seconds == FOR_EVER ? NEVER : state.now + <i64>seconds * 1_000_000;
  wakeAt(entry.until);
}

/** A neighbour is no router any more (RFC 4861 §7.2.5): its routes go. */
export function routerLost(number: u32, high: u64, low: u64): void {
  for (let index: u32 = 0; index < state.routeCount; ) {
    const entry = routeAt(index);
    const over = entry.gatewayLow == low && entry.gatewayHigh == high && entry.interface == number;
    if (over && entry.flags & ROUTE_AUTOMATIC) routeLeave(entry);
    else index++;
  }
}

/** Whether an interface has heard of a default router. */
export function hasRouter(number: u32): bool {
  for (let index: u32 = 0; index < state.routeCount; index++) {
    const entry = routeAt(index);
    if (entry.interface != number || entry.prefixLength != 0 || !(entry.flags & ROUTE_AUTOMATIC)) continue;
    return true;
  }
  return false;
}

/** The metric of a preference, as two bits say it (RFC 4191 §2.1): 01 high, 00 medium, 11 low; 10 counts as medium. */
export function metricOf(preference: u32): u32 {
  return preference == 1 ? METRIC_HIGH : preference == 3 ? METRIC_LOW : METRIC_MEDIUM;
}

function automaticRoutes(): u32 {
  let count: u32 = 0;
  for (let index: u32 = 0; index < state.routeCount; index++) {
    if (routeAt(index).flags & ROUTE_AUTOMATIC) count++;
  }
  return count;
}

/** Of a network on the link. */
export const METRIC_ON_LINK: u32 = 256;
const METRIC_HIGH: u32 = 512;
const METRIC_MEDIUM: u32 = 1024;
const METRIC_LOW: u32 = 2048;
const FOR_EVER: u32 = u32.MAX_VALUE;
const AUTOMATIC_LIMIT: u32 = 64;
