// Neighbour discovery, what arrives (RFC 4861): each message is validated (§6.1, §7.1, §8.1), questions for us are owed an
// answer, answers go to the neighbour cache. A message that a router has forwarded, or that was fragmented (RFC 6980), is
// nobody's neighbour's.
//
//   ndpInput ── solicitation, advertisement     here
//            ├─ router/advertisement            prefixes, routers, parameters
//            └─ router/redirect
//
// Not for: sending; the checksum, which ICMP has checked.

import { ADDRESS_TENTATIVE, LINK_ETHERNET } from '../abi/constants';
import { isMulticast, isUnspecified, withZone } from '../ip/address';
import { addressFind } from '../ip/addresses';
import { INCOMING_FRAGMENT, INCOMING_REASSEMBLED, incoming } from '../ip/incoming';
import { interfaceAt } from '../ip/interface';
import { load32 } from '../memory/bytes';
import { REPLY_ADVERTISEMENT, replyNew } from '../memory/replies';
import { state } from '../memory/state';
import { NEIGHBOR_ROUTER } from './cache/neighbor';
import { neighborAdvertised, neighborRouter, neighborSpoke } from './cache/reach';
import { neighborFind } from './cache/table';
import {
  ADVERTISED_ROUTER,
  ALL_NODES,
  HOP_LIMIT,
  hardwareIn,
  LINK_GROUP,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  OVERRIDE,
  optionsWhole,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
  SOLICITATION,
  SOLICITED,
  SOURCE_LINK_LAYER,
  solicitedNode,
  TARGET_LINK_LAYER,
  TARGETED,
} from './header';
import { duplicateFound } from './probe';
import { ADVERTISEMENT, advertisementArrives } from './router/advertisement';
import { REDIRECTION, redirectArrives } from './router/redirect';
import { routerLost } from './router/routes';

/** Takes `incoming`, an ICMPv6 message of type 133 to 137. False: not valid. */
export function ndpInput(): bool {
  const message = incoming.payload;
  const type: u32 = load<u8>(message);
  const fixed = fixedSize(type);
  if (interfaceAt(incoming.interface).link != LINK_ETHERNET) return true;
  if (incoming.lifetime != HOP_LIMIT || incoming.has(INCOMING_FRAGMENT | INCOMING_REASSEMBLED)) return false;
  if (fixed == 0 || incoming.size < fixed || load<u8>(message, 1) != 0) return false;
  const options = message + fixed;
  const end = message + incoming.size;
  if (!optionsWhole(options, end)) return false;
  if (type == NEIGHBOR_SOLICITATION) return solicitationArrives(message, options, end);
  if (type == NEIGHBOR_ADVERTISEMENT) return neighborArrives(message, options, end);
  if (type == ROUTER_ADVERTISEMENT) return advertisementArrives(message, options, end);
  if (type == REDIRECT) return redirectArrives(message, options, end);
  return hostArrives(options, end);
}

/** Bytes before the options; 0 for what is no message of neighbour discovery. */
function fixedSize(type: u32): u32 {
  if (type == ROUTER_SOLICITATION) return SOLICITATION;
  if (type == ROUTER_ADVERTISEMENT) return ADVERTISEMENT;
  if (type == REDIRECT) return REDIRECTION;
  return type == NEIGHBOR_SOLICITATION || type == NEIGHBOR_ADVERTISEMENT ? TARGETED : 0;
}

/** RFC 4861 §7.1.1, §7.2.3; RFC 4862 §5.4.3. */
function solicitationArrives(message: usize, options: usize, end: usize): bool {
  const number = incoming.interface;
  const high = withZone(load<u64>(message, 8), number);
  const low = load<u64>(message, 16);
  if (isMulticast(high, low)) return false;
  const probing = isUnspecified(incoming.fromHigh, incoming.fromLow);
  const hardware = hardwareIn(options, end, SOURCE_LINK_LAYER);
  if (probing && (hardware != 0 || !isSolicitedNode(number))) return false;
  const address = addressFind(high, low);
  if (address == null || address.interface != number) return true;
  if (address.has(ADDRESS_TENTATIVE)) {
    if (probing) duplicateFound(address);
    return true;
  }
  if (!probing && hardware != 0) neighborSpoke(number, incoming.fromHigh, incoming.fromLow, hardware, true);
  const reply = replyNew(REPLY_ADVERTISEMENT);
  if (reply == null) return true;
  reply.interface = <u8>number;
  reply.localHigh = high;
  reply.localLow = low;
  // Who has no address yet hears it as all do (RFC 4861 §7.2.4).
  reply.remoteHigh = probing ? withZone(LINK_GROUP, number) : incoming.fromHigh;
  reply.remoteLow = probing ? ALL_NODES : incoming.fromLow;
  reply.control = probing ? 0 : 1;
  return true;
}

/** RFC 4861 §7.1.2, §7.2.5; RFC 4862 §5.4.4. */
function neighborArrives(message: usize, options: usize, end: usize): bool {
  const number = incoming.interface;
  const high = withZone(load<u64>(message, 8), number);
  const low = load<u64>(message, 16);
  const flags = load32(message + 4);
  const solicited = (flags & SOLICITED) != 0;
  if (isMulticast(high, low) || (solicited && isMulticast(incoming.toHigh, incoming.toLow))) return false;
  const own = addressFind(high, low);
  if (own != null && own.interface == number) {
    if (own.has(ADDRESS_TENTATIVE)) duplicateFound(own);
    return true;
  }
  const entry = neighborFind(number, high, low);
  if (entry == null) return true;
  const was = entry.has(NEIGHBOR_ROUTER);
  const is = (flags & ADVERTISED_ROUTER) != 0;
  const hardware = hardwareIn(options, end, TARGET_LINK_LAYER);
  if (!neighborAdvertised(entry, hardware, solicited, (flags & OVERRIDE) != 0)) return true;
  neighborRouter(entry, is);
  if (was && !is) routerLost(number, high, low);
  return true;
}

/** A host asks for routers (RFC 4861 §6.1.1, §6.2.6). */
function hostArrives(options: usize, end: usize): bool {
  const hardware = hardwareIn(options, end, SOURCE_LINK_LAYER);
  if (isUnspecified(incoming.fromHigh, incoming.fromLow)) return hardware == 0;
  if (hardware == 0) return true;
  const entry = neighborSpoke(incoming.interface, incoming.fromHigh, incoming.fromLow, hardware, state.forwarding != 0);
  if (entry != null) neighborRouter(entry, false);
  return true;
}

/** Whether the packet is for the group of an address of somebody, as a probe has to be. */
function isSolicitedNode(number: u32): bool {
  return incoming.toHigh == withZone(LINK_GROUP, number) && incoming.toLow == solicitedNode(incoming.toLow);
}
