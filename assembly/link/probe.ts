// Whether an address is somebody else's: duplicate address detection of IPv6 (RFC 4862 §5.4), and what RFC 5227 does for IPv4.
//
//   IPv6   wait ≤ 1 s, solicitation × DupAddrDetectTransmits, RetransTimer each → ours
//   IPv4   tentative: wait ≤ 1 s, probe × 3, 1 to 2 s apart, 2 s → ours; then announced twice, 2 s apart
//
// We deviate: an IPv4 address that a program gives is not probed for first (RFC 5227 §2.1), since it would be of no use for
// seven seconds; it is announced, and defended. One of DHCP's is entered as tentative, and probed for.
// Not for: sending (link/output.ts).

import { ADDRESS_AUTOMATIC, ADDRESS_DUPLICATE, ADDRESS_TENTATIVE, LINK_ETHERNET } from '../abi/constants';
import { randomBelow } from '../crypto/random';
import { isMapped } from '../ip/address';
import { Address, addressAt } from '../ip/addresses';
import { interfaceAt } from '../ip/interface';
import { wakeAt } from '../memory/deadlines';
import { Micros, NEVER, state } from '../memory/state';
import { linkAt, OWES_ADDRESSES, owe } from './state';

/** Goes on with every address whose time has come. */
export function addressesProbe(): void {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (interfaceAt(address.interface).link != LINK_ETHERNET) continue;
    if (address.nextAt <= state.now) step(address);
    wakeAt(address.nextAt);
  }
}

/** Somebody else has a tentative address (RFC 4862 §5.4.5, RFC 5227 §2.1.1): it stays tentative, and is told so. */
export function duplicateFound(address: Address): void {
  if (address.has(ADDRESS_DUPLICATE)) return;
  address.flags |= ADDRESS_DUPLICATE | ADDRESS_TENTATIVE;
  address.owes = 0;
  // One that we made ourselves is made anew, in a moment (link/router/autoconfigure.ts).
  const remade = address.has(ADDRESS_AUTOMATIC) && !isMapped(address.high, address.low);
  address.nextAt = remade ? state.now : NEVER;
  if (remade) wakeAt(state.now);
  state.addressGeneration++;
  state.routeGeneration++;
}

/**
 * Somebody else uses an address that is ours (RFC 5227 §2.4): it is defended, once in ten seconds at most. One that DHCP
 * has given is given up at the second time (b); one that a program gave is kept (c).
 */
export function conflict(address: Address): void {
  const last = address.defendedAt;
  const recently = last != 0 && state.now - last < DEFEND_INTERVAL;
  if (recently) {
    if (address.has(ADDRESS_AUTOMATIC)) duplicateFound(address);
    return;
  }
  address.defendedAt = max<Micros>(state.now, 1);
  address.owes |= OWES_ANNOUNCEMENT;
  owe(OWES_ADDRESSES);
}

function step(address: Address): void {
  if (address.has(ADDRESS_DUPLICATE)) return;
  if (isMapped(address.high, address.low)) step4(address);
  else step6(address);
}

function step6(address: Address): void {
  const transmits = interfaceAt(address.interface).duplicateTransmits;
  if (!address.has(ADDRESS_TENTATIVE)) {
    address.nextAt = NEVER;
  } else if (address.phase == PHASE_NEW && transmits > 0) {
    address.phase = PHASE_PROBES;
    address.nextAt = state.now + random(MAX_DELAY);
  } else if (<u32>address.attempts < transmits) {
    probe(address, <Micros>linkAt(address.interface).retransmit * 1000);
  } else succeed(address);
}

function step4(address: Address): void {
  if (!address.has(ADDRESS_TENTATIVE) && address.phase != PHASE_ANNOUNCED) {
    address.phase = PHASE_ANNOUNCED;
    address.attempts = 0;
  }
  if (address.phase == PHASE_NEW) {
    address.phase = PHASE_PROBES;
    address.nextAt = state.now + random(MAX_DELAY);
  } else if (address.phase == PHASE_PROBES) {
    if (address.attempts == PROBE_NUM) succeed(address);
    else probe(address, address.attempts + 1 == PROBE_NUM ? ANNOUNCE_WAIT : PROBE_MIN + random(PROBE_MIN));
  } else {
    address.attempts++;
    address.owes |= OWES_ANNOUNCEMENT;
    owe(OWES_ADDRESSES);
    address.nextAt = address.attempts == ANNOUNCE_NUM ? NEVER : state.now + ANNOUNCE_INTERVAL;
  }
}

function probe(address: Address, wait: Micros): void {
  address.attempts++;
  address.owes |= OWES_PROBE;
  owe(OWES_ADDRESSES);
  address.nextAt = state.now + wait;
}

/** Nobody has objected: it is ours. */
function succeed(address: Address): void {
  address.flags &= ~(<u32>ADDRESS_TENTATIVE);
  address.attempts = 0;
  state.addressGeneration++;
  state.routeGeneration++;
  const four = isMapped(address.high, address.low);
  address.nextAt = four ? state.now : NEVER;
  if (four) step4(address);
}

function random(most: Micros): Micros {
  return <Micros>randomBelow(<u32>most);
}

/** Of `Address.owes`. */
export const OWES_PROBE: u8 = 1;
export const OWES_ANNOUNCEMENT: u8 = 2;

const PHASE_NEW: u8 = 0;
const PHASE_PROBES: u8 = 1;
const PHASE_ANNOUNCED: u8 = 2;
/** MAX_RTR_SOLICITATION_DELAY of RFC 4861 §10, PROBE_WAIT of RFC 5227 §1.1. */
const MAX_DELAY: Micros = 1_000_000;
// RFC 5227 §1.1.
const PROBE_NUM: u8 = 3;
const PROBE_MIN: Micros = 1_000_000;
const ANNOUNCE_WAIT: Micros = 2_000_000;
const ANNOUNCE_NUM: u8 = 2;
const ANNOUNCE_INTERVAL: Micros = 2_000_000;
const DEFEND_INTERVAL: Micros = 10_000_000;
