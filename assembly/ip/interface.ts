// Interfaces: where packets come from and go to. Number 0 is loopback, inside the stack; the others are devices.
// Routing is the longest prefix among the interfaces, then the default interface (RFC 1122 §3.3.1.1).
// Not for: the packets themselves (ip/transmit.ts).

import { ERROR_INVALID, ERROR_NO_BUFFERS, OFFLOAD_CHECKSUM } from '../abi/constants';
import { INTERFACE_LIMIT, LOOPBACK_INTERFACE, PACKET_LIMIT } from '../abi/limits';
import { INTERFACES_BASE, RESULT_BASE } from '../memory/map';
import { state } from '../memory/state';
import { isLoopback, isMapped, isUnspecified, mappedBytes, samePrefix4 } from './address';
import { transmitInitialize } from './transmit';

@unmanaged
export class Interface {
  high: u64;
  low: u64;
  prefixLength: u32;
  mtu: u32;
  offloads: u32;
  hasAddress: u32;
}

export function interfaceAt(number: u32): Interface {
  return changetype<Interface>(INTERFACES_BASE + <usize>(number * INTERFACE_SIZE));
}

/** Adds an interface. Answers its number, or ERROR_NO_BUFFERS when there are INTERFACE_LIMIT or memory has run out. */
export function interfaceAdd(mtu: u32, offloads: u32): i32 {
  if (mtu < MINIMUM_MTU || mtu > PACKET_LIMIT) return ERROR_INVALID;
  const number = state.interfaceCount;
  if (number == INTERFACE_LIMIT || !transmitInitialize(number)) return ERROR_NO_BUFFERS;
  const entry = interfaceAt(number);
  entry.mtu = mtu;
  entry.offloads = offloads;
  state.interfaceCount = number + 1;
  return <i32>number;
}

/** Loopback takes the largest packets, and checksums would only guard against memory itself. */
export function interfacesInitialize(): void {
  interfaceAdd(PACKET_LIMIT, OFFLOAD_CHECKSUM);
}

/** Gives an interface the address at result[0..3] on a network of `prefixLength` bits (of 32). */
export function interfaceAddress(number: u32, prefixLength: u32): i32 {
  if (number == LOOPBACK_INTERFACE || number >= state.interfaceCount || prefixLength > 32) return ERROR_INVALID;
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  if (!isMapped(high, low) || isUnspecified(high, low) || isLoopback(high, low)) return ERROR_INVALID;
  const entry = interfaceAt(number);
  entry.high = high;
  entry.low = low;
  entry.prefixLength = prefixLength;
  entry.hasAddress = 1;
  return 0;
}

/** Packets to addresses that no prefix holds go to this interface. */
export function interfaceDefault(number: u32): i32 {
  if (number == LOOPBACK_INTERFACE || number >= state.interfaceCount) return ERROR_INVALID;
  state.defaultInterface = number;
  return 0;
}

/** Whether an address is one of this stack's own. */
export function isOurs(high: u64, low: u64): bool {
  if (isLoopback(high, low)) return true;
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    const entry = interfaceAt(number);
    if (entry.hasAddress && entry.low == low && entry.high == high) return true;
  }
  return false;
}

/** Whether an IPv4 address is the broadcast address of a network that an interface is on (RFC 1122 §3.2.1.3 (e)). */
export function isBroadcast(low: u64): bool {
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    const entry = interfaceAt(number);
    const host = u32.MAX_VALUE >> entry.prefixLength;
    if (!entry.hasAddress || entry.prefixLength > 30) continue;
    const same = samePrefix4(mappedBytes(entry.low), mappedBytes(low), entry.prefixLength);
    if (same && (bswap<u32>(mappedBytes(low)) & host) == host) return true;
  }
  return false;
}

/** The interface that leads to an address, -1 when none does. Our own addresses are reached over loopback. */
export function route(high: u64, low: u64): i32 {
  if (isOurs(high, low)) return LOOPBACK_INTERFACE;
  if (!isMapped(high, low)) return -1;
  let best: i32 = state.defaultInterface == 0 ? -1 : <i32>state.defaultInterface;
  let longest: u32 = 0;
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    const entry = interfaceAt(number);
    if (!entry.hasAddress || entry.prefixLength <= longest) continue;
    if (!samePrefix4(mappedBytes(entry.low), mappedBytes(low), entry.prefixLength)) continue;
    best = <i32>number;
    longest = entry.prefixLength;
  }
  return best;
}

const INTERFACE_SIZE: u32 = 64;
/** RFC 791 §3.2: every host can receive 576 bytes, every link carries 68. */
const MINIMUM_MTU: u32 = 68;
