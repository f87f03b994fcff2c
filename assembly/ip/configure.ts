// Addresses come and go: by the user, by routers' advertisements, by their lifetimes (RFC 4862 §5.5.4). Each brings the route
// to its network. Not for: what is ours at the moment (ip/addresses.ts).

import {
  ADDRESS_DEPRECATED,
  ADDRESS_NO_NETWORK,
  ADDRESS_TENTATIVE,
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_INVALID,
  ERROR_MESSAGE_SIZE,
  ERROR_NO_BUFFERS,
  LINK_ETHERNET,
} from '../abi/constants';
import { ADDRESS_LIMIT, LOOPBACK_INTERFACE } from '../abi/limits';
import { wakeAt } from '../memory/deadlines';
import { RESULT_BASE, setResult } from '../memory/map';
import { Micros, NEVER, state } from '../memory/state';
import { isLoopback, isMapped, isUnicast, MAPPED_BITS, withZone } from './address';
import { ADDRESS_SIZE, Address, addressAt, addressFind } from './addresses';
import { LEAST_MTU6 } from './header6';
import { interfaceAt } from './interface';
import { solicitedJoin, solicitedLeave } from './multicast/groups';
import { routeConnect, routeDisconnect } from './route';

/** Gives an interface the address at result[0..3] on a network of `prefixLength` bits (of 128), for ever. `flags`: ADDRESS_*. */
export function addressAdd(number: u32, prefixLength: u32, flags: u32): i32 {
  if (number == LOOPBACK_INTERFACE || number >= state.interfaceCount || prefixLength > 128) return ERROR_INVALID;
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  if (!isUnicast(high, low) || isLoopback(high, low)) return ERROR_INVALID;
  if (isMapped(high, low)) {
    if (prefixLength < MAPPED_BITS) return ERROR_INVALID;
  } else if (interfaceAt(number).mtu < LEAST_MTU6) return ERROR_MESSAGE_SIZE; // RFC 8200 §5: such a link carries no IPv6
  const added = addressEnter(number, withZone(high, number), low, prefixLength, flags);
  if (added == null) return state.addressCount == ADDRESS_LIMIT ? ERROR_NO_BUFFERS : ERROR_ADDRESS_IN_USE;
  return 0;
}

/** Takes the address at result[0..3] from an interface. */
export function addressRemove(number: u32): i32 {
  const address = addressFind(withZone(load<u64>(RESULT_BASE), number), load<u64>(RESULT_BASE + 8));
  if (address == null || address.interface != number) return ERROR_ADDRESS_NOT_AVAILABLE;
  addressLeave(address);
  return 0;
}

/**
 * The `index`-th address, 1, or 0 behind the last: result[0..3] the address, [4] its interface, [5] bits of its prefix (of
 * 128), [6] ADDRESS_*, [7] seconds it is preferred, [8] seconds it is valid, both ffffffff for ever.
 */
export function addressShow(index: u32): i32 {
  if (index >= state.addressCount) return 0;
  const address = addressAt(index);
  store<u64>(RESULT_BASE, address.high);
  store<u64>(RESULT_BASE + 8, address.low);
  setResult(4, address.interface);
  setResult(5, address.prefixLength);
  setResult(6, address.flags);
  setResult(7, secondsUntil(address.preferredUntil));
  setResult(8, secondsUntil(address.validUntil));
  return 1;
}

/** Enters an address; null when it is there already, or there is no room. */
export function addressEnter(number: u32, high: u64, low: u64, prefixLength: u32, flags: u32): Address | null {
  if (addressFind(high, low) != null || state.addressCount == ADDRESS_LIMIT) return null;
  const address = addressAt(state.addressCount++);
  memory.fill(changetype<usize>(address), 0, ADDRESS_SIZE);
  address.high = high;
  address.low = low;
  address.interface = <u8>number;
  address.prefixLength = prefixLength;
  address.flags = flags;
  address.preferredUntil = NEVER;
  address.validUntil = NEVER;
  address.nextAt = NEVER;
  if (interfaceAt(number).link == LINK_ETHERNET) begin(address);
  if (prefixLength < 128 && !(flags & ADDRESS_NO_NETWORK)) routeConnect(number, high, low, prefixLength);
  state.routeGeneration++;
  state.addressGeneration++;
  return address;
}

/** On a link with others, an address may be somebody else's already (link/probe.ts). */
function begin(address: Address): void {
  const asks = interfaceAt(address.interface).duplicateTransmits > 0;
  if (!isMapped(address.high, address.low)) {
    if (asks) address.flags |= ADDRESS_TENTATIVE;
    solicitedJoin(address.interface, address.low); // RFC 4862 §5.4.2
  }
  address.nextAt = state.now;
  wakeAt(state.now);
}

/** The last one takes its place. */
export function addressLeave(address: Address): void {
  const called = interfaceAt(address.interface).link == LINK_ETHERNET && !isMapped(address.high, address.low);
  if (called) solicitedLeave(address.interface, address.low);
  routeDisconnect(address.interface, address.high, address.low);
  state.routeGeneration++;
  const last = addressAt(--state.addressCount);
  if (last != address) memory.copy(changetype<usize>(address), changetype<usize>(last), ADDRESS_SIZE);
  state.addressGeneration++;
}

/** Ends what has outlived its lifetimes. */
export function addressesExpire(): void {
  for (let index: u32 = 0; index < state.addressCount; ) {
    const address = addressAt(index);
    if (address.validUntil <= state.now) {
      addressLeave(address);
      continue;
    }
    if (address.preferredUntil <= state.now && !address.has(ADDRESS_DEPRECATED)) {
      address.flags |= ADDRESS_DEPRECATED;
      state.addressGeneration++;
    }
    wakeAt(address.has(ADDRESS_DEPRECATED) ? address.validUntil : address.preferredUntil);
    index++;
  }
}

function secondsUntil(moment: Micros): u32 {
  if (moment == NEVER) return u32.MAX_VALUE;
  return moment <= state.now ? 0 : <u32>min<Micros>((moment - state.now) / 1_000_000, u32.MAX_VALUE - 1);
}
