// Which of our addresses a packet leaves with (RFC 6724 §5; for IPv4, RFC 1122 §3.3.4.3). Rules 4 (mobility) and 5.5 (which
// router advertised the prefix) have no place here. Not for: which of the peer's addresses to try (host/dns/).

import { ADDRESS_DEPRECATED, ADDRESS_TEMPORARY, ADDRESS_TENTATIVE } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { RESULT_BASE } from '../memory/map';
import { state } from '../memory/state';
import { commonPrefix, isLinkLocal, isMapped, isMulticast, isScoped, LOOPBACK4_LOW, LOOPBACK6_LOW } from './address';
import { Address, addressAt } from './addresses';
import { choice, route } from './route';

/**
 * Chooses our address for packets that leave by an interface to a destination, in `choice`; false when we have none of its
 * family and scope.
 */
export function sourceFor(interfaceNumber: u32, high: u64, low: u64): bool {
  if (interfaceNumber == LOOPBACK_INTERFACE) {
    // To ourselves, from the address that is called (RFC 1122 §3.2.1.3 (g) for 127/8).
    const within127 = isMapped(high, low) && (<u32>(low >> 32) & 0xff) == 127;
    choice.sourceHigh = high;
    choice.sourceLow = within127 ? LOOPBACK4_LOW : low;
    return true;
  }
  let best: Address | null = null;
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const candidate = addressAt(index);
    if (!isCandidate(candidate, interfaceNumber, high, low)) continue;
    if (best == null || isBetter(candidate, best, interfaceNumber, high, low)) best = candidate;
  }
  if (best == null) return false;
  choice.sourceHigh = best.high;
  choice.sourceLow = best.low;
  return true;
}

/**
 * Puts the address that packets to the one at result[0..3] leave with in its place; 0 when there is no route or no address.
 */
export function sourceShow(): i32 {
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  const number = route(high, low);
  if (number < 0 || !sourceFor(number, high, low)) return 0;
  store<u64>(RESULT_BASE, choice.sourceHigh);
  store<u64>(RESULT_BASE + 8, choice.sourceLow);
  return 1;
}

/** An address of another interface will do where its own has none (RFC 6724 §4), but for what goes no further than the link. */
function isCandidate(candidate: Address, interfaceNumber: u32, high: u64, low: u64): bool {
  if (candidate.flags & ADDRESS_TENTATIVE || isMapped(candidate.high, candidate.low) != isMapped(high, low))
    return false;
  const own = candidate.interface == interfaceNumber;
  return own || (!isScoped(high) && !isLinkLocal(candidate.high));
}

function isBetter(a: Address, b: Address, interfaceNumber: u32, high: u64, low: u64): bool {
  const scopes = compareScopes(a, b, high, low); // rule 2
  if (scopes != 0) return scopes > 0;
  const deprecated = a.has(ADDRESS_DEPRECATED); // rule 3
  if (deprecated != b.has(ADDRESS_DEPRECATED)) return !deprecated;
  const outgoing = a.interface == interfaceNumber; // rule 5
  if (outgoing != (b.interface == interfaceNumber)) return outgoing;
  const wanted = label(high, low); // rule 6
  const matches = label(a.high, a.low) == wanted;
  if (matches != (label(b.high, b.low) == wanted)) return matches;
  const temporary = a.has(ADDRESS_TEMPORARY); // rule 7
  if (temporary != b.has(ADDRESS_TEMPORARY)) return temporary;
  // Rule 8: no further than the prefix of the candidate.
  const common = min(commonPrefix(a.high, a.low, high, low), a.prefixLength);
  return common > min(commonPrefix(b.high, b.low, high, low), b.prefixLength);
}

/** Rule 2: the smaller scope if it is large enough for the destination, else the larger one. */
function compareScopes(a: Address, b: Address, high: u64, low: u64): i32 {
  const first = scope(a.high, a.low);
  const second = scope(b.high, b.low);
  if (first == second) return 0;
  const least = scope(high, low);
  return first < second ? (first < least ? -1 : 1) : second < least ? 1 : -1;
}

/** RFC 6724 §3.1, §3.2: scopes of unicast addresses in the numbers of multicast ones. */
function scope(high: u64, low: u64): u32 {
  if (isMapped(high, low)) {
    const bytes = <u32>(low >> 32);
    return (bytes & 0xff) == 127 || (bytes & 0xffff) == AUTOMATIC4 ? LINK_SCOPE : GLOBAL_SCOPE;
  }
  if (isMulticast(high, low)) return (<u32>high >> 8) & 15;
  if (isLinkLocal(high) || (high == 0 && low == LOOPBACK6_LOW)) return LINK_SCOPE;
  return (<u32>high & 0xc0ff) == SITE_LOCAL ? SITE_SCOPE : GLOBAL_SCOPE;
}

/** The default policy table of RFC 6724 §2.1. */
function label(high: u64, low: u64): u32 {
  if (high == 0) return low == LOOPBACK6_LOW ? 0 : isMapped(high, low) ? 4 : <u32>low == 0 ? 3 : 1;
  const first = bswap<u16>(<u16>high);
  if (first == 0x2002) return 2; // 6to4
  if (<u32>high == TEREDO) return 5;
  if ((first & 0xfe00) == 0xfc00) return 13; // unique local
  if ((first & 0xffc0) == 0xfec0) return 11; // site-local
  return first == 0x3ffe ? 12 : 1;
}

/** 169.254/16 as it lies in memory. */
const AUTOMATIC4: u32 = 0xfea9;
const SITE_LOCAL: u32 = 0xc0fe;
/** 2001:0::/32 as it lies in memory. */
const TEREDO: u32 = 0x00000120;
const LINK_SCOPE: u32 = 2;
const SITE_SCOPE: u32 = 5;
const GLOBAL_SCOPE: u32 = 14;
