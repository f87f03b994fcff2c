// A router advertises itself (RFC 4861 §6.1.2, §6.3.4): default router, prefixes, parameters of the link, name servers. Heard on
// interfaces that configure themselves, on no others.
//
//   type, code, checksum | hop limit u8 | flags u8 | router lifetime u16 | reachable time u32 | retrans timer u32 | options
//
// Not for: addresses (router/autoconfigure.ts), routes (router/routes.ts).

import { isLinkLocal, isMulticast } from '../../ip/address';
import { LEAST_MTU6 } from '../../ip/header6';
import { incoming } from '../../ip/incoming';
import { interfaceAt } from '../../ip/interface';
import { load16, load32 } from '../../memory/bytes';
import { NEVER, state } from '../../memory/state';
import { neighborRouter, neighborSpoke } from '../cache/reach';
import {
  hardwareIn,
  LINK_MTU,
  NAME_SERVERS,
  optionFind,
  optionSize,
  PREFIX_INFORMATION,
  ROUTE_INFORMATION,
  SEARCH_LIST,
  SOURCE_LINK_LAYER,
} from '../header';
import { LinkInterface, linkAt } from '../state';
import { prefixHeard } from './autoconfigure';
import { searchListHeard, serversHeard } from './names';
import { METRIC_ON_LINK, metricOf, routeHeard } from './routes';

/** Takes the advertisement at `message`. False: not valid. */
export function advertisementArrives(message: usize, options: usize, end: usize): bool {
  const number = incoming.interface;
  if (!isLinkLocal(incoming.fromHigh)) return false;
  const entry = linkAt(number);
  // RFC 8200 §5: a link of smaller packets carries no IPv6.
  if (entry.autoconfigure == 0 || interfaceAt(number).mtu < LEAST_MTU6) return true;
  const lifetime = load16(message + 6);
  heardTimers(entry, load32(message + 8), load32(message + 12));
  if (lifetime != 0) {
    entry.solicitAt = NEVER; // RFC 7559 §2: a router is there
    entry.advertised = 1;
  }
  const metric = metricOf((load<u8>(message, 5) >> 3) & 3);
  routeHeard(number, 0, 0, 0, incoming.fromHigh, incoming.fromLow, metric, lifetime);
  const hardware = hardwareIn(options, end, SOURCE_LINK_LAYER);
  if (hardware != 0) {
    const neighbor = neighborSpoke(number, incoming.fromHigh, incoming.fromLow, hardware, true);
    if (neighbor != null) neighborRouter(neighbor, true);
  }
  mtuHeard(entry, number, optionFind(options, end, LINK_MTU));
  for (let option = options; option < end; option += optionSize(option)) optionArrives(option);
  return true;
}

function optionArrives(option: usize): void {
  const type = load<u8>(option);
  const number = incoming.interface;
  if (type == PREFIX_INFORMATION && optionSize(option) == 32) prefixArrives(option);
  else if (type == ROUTE_INFORMATION) routeArrives(option);
  else if (type == NAME_SERVERS && optionSize(option) >= 24) serversHeard(number, option);
  else if (type == SEARCH_LIST && optionSize(option) >= 16) searchListHeard(number, option);
}

/** RFC 4861 §6.3.4 (on the link), RFC 4862 §5.5.3 (an address). */
function prefixArrives(option: usize): void {
  const length: u32 = load<u8>(option, 2);
  const flags = load<u8>(option, 3);
  const valid = load32(option + 4);
  const preferred = load32(option + 8);
  const high = load<u64>(option, 16);
  const low = load<u64>(option, 24);
  if (length > 128 || isLinkLocal(high) || isMulticast(high, low)) return;
  if (flags & ON_LINK && length != 0) routeHeard(incoming.interface, high, low, length, 0, 0, METRIC_ON_LINK, valid);
  // Our identifiers have 64 bits: a prefix of another length makes no address (d).
  if (flags & AUTONOMOUS && length == 64 && preferred <= valid && low == 0) {
    prefixHeard(incoming.interface, high, preferred, valid);
  }
}

/** RFC 4191 §2.3: a network that the router leads to. */
function routeArrives(option: usize): void {
  const length: u32 = load<u8>(option, 2);
  const preference = (load<u8>(option, 3) >> 3) & 3;
  const size = optionSize(option);
  if (length > 128 || preference == 2 || size < 8 + ((<usize>(length + 63) >> 6) << 3)) return;
  const high: u64 = size >= 16 ? load<u64>(option, 8) : 0;
  const low: u64 = size >= 24 ? load<u64>(option, 16) : 0;
  if (isLinkLocal(high) || isMulticast(high, low)) return;
  const seconds = load32(option + 4);
  routeHeard(incoming.interface, high, low, length, incoming.fromHigh, incoming.fromLow, metricOf(preference), seconds);
}

/** RFC 4861 §6.3.4: what is 0 says nothing; a ReachableTime has an hour at most (§6.2.1), a RetransTimer no bound but ours. */
function heardTimers(entry: LinkInterface, reachable: u32, retransmit: u32): void {
  if (reachable != 0 && reachable <= HOUR && reachable != entry.baseReachable) {
    entry.baseReachable = reachable;
    entry.reachableDrawn = NEVER; // drawn anew
  }
  if (retransmit != 0) entry.retransmit = min(max(retransmit, LEAST_RETRANSMIT), MOST_RETRANSMIT);
}

/** Of the link, for both families: no larger than the device's, no smaller than IPv6 allows (RFC 4861 §6.3.4). */
function mtuHeard(entry: LinkInterface, number: u32, option: usize): void {
  if (option == 0 || optionSize(option) != 8) return;
  const mtu = load32(option + 4);
  if (mtu < LEAST_MTU6 || mtu > entry.deviceMtu || mtu == interfaceAt(number).mtu) return;
  interfaceAt(number).mtu = mtu;
  state.routeGeneration++;
}

/** Bytes before the options. */
export const ADVERTISEMENT: u32 = 16;

const ON_LINK: u8 = 0x80;
const AUTONOMOUS: u8 = 0x40;
/** Milliseconds. */
const HOUR: u32 = 3_600_000;
/** Less would make whoever advertises it the master of how much we send. */
const LEAST_RETRANSMIT: u32 = 100;
/**
 * More would let one packet stop resolution, and new addresses, for as long as it likes. No link takes longer to answer, and
 * half a minute for three attempts is over before a SYN is given up.
 */
const MOST_RETRANSMIT: u32 = 10_000;
