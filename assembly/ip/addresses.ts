// The addresses that are ours (RFC 4291 §2.8, RFC 1122 §3.2.1.3). An address belongs to an interface, but packets for it are
// taken from any (the weak host model of RFC 1122 §3.3.4.2), except where its zone says otherwise.
// Loopback's are ours without standing here.
// Not for: how they come and go (ip/configure.ts), which address a packet leaves with (ip/source.ts).

import { ADDRESS_TENTATIVE } from '../abi/constants';
import { ADDRESSES_BASE } from '../memory/map';
import { Micros, state } from '../memory/state';
import { isLoopback, isMapped, MAPPED_BITS, mappedBytes, samePrefix } from './address';

@unmanaged
export class Address {
  high: u64;
  low: u64;
  preferredUntil: Micros; // deprecated from then on (RFC 4862 §5.5.4)
  validUntil: Micros; // gone from then on
  prefixLength: u32; // of 128
  flags: u32; // ADDRESS_*
  interface: u8;
  // Duplicate address detection (link/probe.ts).
  attempts: u8;
  phase: u8;
  owes: u8;
  owner: u32; // what made it, for whoever did
  nextAt: Micros; // when it goes on
  defendedAt: Micros; // when somebody else used it last; 0: never

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }
}

/** The entry of an address of ours, null when it is none. */
export function addressFind(high: u64, low: u64): Address | null {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.low == low && address.high == high) return address;
  }
  return null;
}

/** Whether packets for an address are for this stack. A tentative one is not ours yet (RFC 4862 §5.4). */
export function isOurs(high: u64, low: u64): bool {
  if (isLoopback(high, low)) return true;
  const address = addressFind(high, low);
  return address != null && !address.has(ADDRESS_TENTATIVE);
}

/** Whether an address is the broadcast address of an IPv4 network that we are on (RFC 1122 §3.2.1.3 (d), (e)). */
export function isBroadcast(high: u64, low: u64): bool {
  if (!isMapped(high, low)) return false;
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    // A network of one or two addresses has none (RFC 3021).
    if (address.prefixLength > 126 || !samePrefix(high, low, address.high, address.low, address.prefixLength)) continue;
    const host = u32.MAX_VALUE >> (address.prefixLength - MAPPED_BITS);
    if ((bswap<u32>(mappedBytes(low)) & host) == host) return true;
  }
  return false;
}

export function addressAt(index: u32): Address {
  return changetype<Address>(ADDRESSES_BASE + <usize>(index * ADDRESS_SIZE));
}

/** Bytes of an entry. */
export const ADDRESS_SIZE: u32 = 64;
