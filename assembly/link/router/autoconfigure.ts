// Addresses that nobody has given: link-local ones (RFC 4862 §5.3) and those from prefixes that routers advertise (§5.5). Their
// lower halves are different on each network and say nothing of the hardware (RFC 7217, RFC 8064). They last as long as
// the stack's secret: with the same seed they are the same.
// Not for: whether somebody has them already (link/probe.ts).

import {
  ADDRESS_AUTOMATIC,
  ADDRESS_DEPRECATED,
  ADDRESS_DUPLICATE,
  ADDRESS_NO_NETWORK,
  LINK_ETHERNET,
} from '../../abi/constants';
import { sipHash } from '../../crypto/siphash';
import { isLinkLocal, isMapped, withoutZone, withZone } from '../../ip/address';
import { Address, addressAt, addressFind } from '../../ip/addresses';
import { addressEnter, addressLeave } from '../../ip/configure';
import { LEAST_MTU6 } from '../../ip/header6';
import { interfaceAt } from '../../ip/interface';
import { wakeAt } from '../../memory/deadlines';
import { Micros, NEVER, state } from '../../memory/state';
import { linkAt } from '../state';

/** Gives interfaces that have just begun their link-local addresses, and makes anew what somebody else has. */
export function autoconfigure(): void {
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    if (interfaceAt(number).link != LINK_ETHERNET || interfaceAt(number).mtu < LEAST_MTU6) continue;
    const entry = linkAt(number);
    if (entry.linkLocal == 0 || entry.started == 1) continue;
    entry.started = 1;
    make(number, LINK_LOCAL, 0, NEVER, NEVER);
  }
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (!address.has(ADDRESS_DUPLICATE) || !isOurMaking(address) || address.nextAt > state.now) continue;
    remake(address);
    index--;
  }
}

/** The link-local address of an interface, null when it has none. */
export function linkLocalOf(number: u32): Address | null {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.interface == number && isLinkLocal(address.high)) return address;
  }
  return null;
}

/**
 * A router advertises a prefix of 64 bits for addresses (RFC 4862 §5.5.3), preferred and valid for so many seconds; ffffffff:
 * for ever.
 */
export function prefixHeard(number: u32, high: u64, preferred: u32, valid: u32): void {
  const address = addressOf(number, high);
  if (address == null) {
    if (valid != 0 && automaticAddresses(number) < AUTOMATIC_LIMIT) {
      make(number, high, 0, moment(preferred), moment(valid));
    }
    return;
  }
  address.preferredUntil = moment(preferred);
  if (preferred != 0 && address.has(ADDRESS_DEPRECATED)) {
    address.flags &= ~(<u32>ADDRESS_DEPRECATED);
    state.addressGeneration++;
  }
  // Nobody but time can end an address within two hours (RFC 4862 §5.5.3 e).
  const least = state.now + TWO_HOURS;
  const wanted = moment(valid);
  if (wanted > least || wanted > address.validUntil) address.validUntil = wanted;
  else if (address.validUntil > least) address.validUntil = least;
  wakeAt(min(address.preferredUntil, address.validUntil));
}

function make(number: u32, high: u64, counter: u32, preferred: Micros, valid: Micros): void {
  const zoned = withZone(high, number);
  let low = identifier(number, high, counter);
  // Reserved for all subnets alike (RFC 5453), or there already: the next one.
  while (isReserved(low) || addressFind(zoned, low) != null) low = identifier(number, high, ++counter);
  const address = addressEnter(number, zoned, low, 64, ADDRESS_AUTOMATIC | ADDRESS_NO_NETWORK);
  if (address == null) return;
  address.owner = counter;
  address.preferredUntil = preferred;
  address.validUntil = valid;
  wakeAt(min(preferred, valid));
}

/** Somebody has it: another one, three times at most (RFC 7217 §6). */
function remake(address: Address): void {
  const number = address.interface;
  const high = withoutZone(address.high);
  const counter = address.owner;
  const preferred = address.preferredUntil;
  const valid = address.validUntil;
  if (counter >= RETRIES) {
    address.nextAt = NEVER;
    return;
  }
  addressLeave(address);
  make(number, high, counter + 1, preferred, valid);
}

/** RFC 7217 §5: a keyed hash of prefix, interface and attempt. */
function identifier(number: u32, high: u64, counter: u32): u64 {
  return sipHash(state.isnKey0, state.isnKey1, high, interfaceAt(number).hardware, number, counter, LABEL);
}

/** Zero (RFC 4291 §2.6.1), fdff:ffff:ffff:ff80 and above (RFC 2526). */
function isReserved(low: u64): bool {
  return low == 0 || bswap<u64>(low) - ANYCAST < 0x80;
}

function addressOf(number: u32, high: u64): Address | null {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.interface == number && address.high == high && isOurMaking(address)) return address;
  }
  return null;
}

function isOurMaking(address: Address): bool {
  return address.has(ADDRESS_AUTOMATIC) && !isMapped(address.high, address.low);
}

function automaticAddresses(number: u32): u32 {
  let count: u32 = 0;
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.interface == number && isOurMaking(address)) count++;
  }
  return count;
}

function moment(seconds: u32): Micros {
  return seconds == u32.MAX_VALUE ? NEVER : state.now + <Micros>seconds * 1_000_000;
}

/** fe80:: as it lies in memory. */
const LINK_LOCAL: u64 = 0x80fe;
const LABEL: u64 = 0x736c616163;
const ANYCAST: u64 = 0xfdffffffffffff80;
/** IDGEN_RETRIES. */
const RETRIES: u32 = 3;
const TWO_HOURS: Micros = 7200 * 1_000_000;
/** Addresses that we make for one interface. */
const AUTOMATIC_LIMIT: u32 = 16;
