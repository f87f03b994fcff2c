// The groups that a socket is in (RFC 1112 §6.1, RFC 3376 §2, RFC 3810 §3), and which of their datagrams it hears.
// Not for: what is told to routers (ip/multicast/).

import {
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  ERROR_NO_DEVICE,
  ERROR_STALE_HANDLE,
} from '../abi/constants';
import { LOOPBACK_INTERFACE, MEMBERSHIP_LIMIT } from '../abi/limits';
import { isMapped, isMulticast, withoutZone, withZone, zoneOf } from '../ip/address';
import { incoming } from '../ip/incoming';
import { groupJoin, groupJoinSource, groupLeave, groupLeaveSource } from '../ip/multicast/groups';
import { route } from '../ip/route';
import { POOLS_BASE, RESULT_BASE, UDP_MEMBERSHIP_DIRECTORY } from '../memory/map';
import { Pool, PoolItem, poolGive, poolInitialize, poolTake } from '../memory/pool';
import { state } from '../memory/state';
import { sameFamily, socketFind, UdpSocket } from './socket';

@unmanaged
class Membership extends PoolItem {
  high: u64; // the group
  low: u64;
  sourceHigh: u64; // unspecified: every source
  sourceLow: u64;
  next: usize; // of the same socket
  interface: u32;

  get everySource(): bool {
    return this.sourceHigh == 0 && this.sourceLow == 0;
  }
}

export function socketMembershipsInitialize(): void {
  poolInitialize(membershipPool, UDP_MEMBERSHIP_DIRECTORY, offsetof<Membership>());
}

/**
 * Joins (`join` 1) or leaves the group at result[0..3], for the source at result[4..7] (zero: every one), on an interface: its
 * number + 1, or 0 for the one that leads to the group.
 */
export function udpMembership(handle: u32, interfaceNumber: u32, join: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  const sourceHigh = load<u64>(RESULT_BASE + 16);
  const sourceLow = load<u64>(RESULT_BASE + 24);
  if (!isMulticast(high, low) || !sameFamily(socket, high, low)) return ERROR_INVALID;
  const every = sourceHigh == 0 && sourceLow == 0;
  if (!every && (isMulticast(sourceHigh, sourceLow) || isMapped(sourceHigh, sourceLow) != isMapped(high, low)))
    return ERROR_INVALID;
  const number = interfaceNumber == 0 ? interfaceFor(high, low) : <i32>interfaceNumber - 1;
  if (number < 0 || <u32>number >= state.interfaceCount) return ERROR_NO_DEVICE;
  const zoned = withZone(high, <u32>number);
  const source = withZone(sourceHigh, <u32>number);
  return join
    ? enter(socket, <u32>number, zoned, low, source, sourceLow)
    : leave(socket, <u32>number, zoned, low, source, sourceLow);
}

/** A socket closes. */
export function membershipsDrop(socket: UdpSocket): void {
  while (socket.memberships != 0) {
    const membership = changetype<Membership>(socket.memberships);
    socket.memberships = membership.next;
    end(membership);
  }
}

/**
 * Whether a socket hears the datagram in `incoming`, which is for many. As on kernels, one that is in no such group by itself hears
 * what the host has joined for others; one that asked for sources hears them alone.
 */
export function mayHear(socket: UdpSocket): bool {
  if (socket.device != 0 && socket.device != incoming.interface && incoming.interface != LOOPBACK_INTERFACE)
    return false;
  let chosen = false;
  for (let address = socket.memberships; address != 0; ) {
    const membership = changetype<Membership>(address);
    address = membership.next;
    if (!isOfIncoming(membership)) continue;
    if (membership.everySource) return true;
    if (membership.sourceLow == incoming.fromLow && membership.sourceHigh == incoming.fromHigh) return true;
    chosen = true;
  }
  return !chosen;
}

/** What comes over loopback was sent to the group on one of our interfaces, and does not say on which. */
function isOfIncoming(membership: Membership): bool {
  if (membership.low != incoming.toLow) return false;
  if (incoming.interface == LOOPBACK_INTERFACE) return withoutZone(membership.high) == withoutZone(incoming.toHigh);
  return membership.interface == incoming.interface && membership.high == incoming.toHigh;
}

function enter(socket: UdpSocket, number: u32, high: u64, low: u64, sourceHigh: u64, sourceLow: u64): i32 {
  const every = sourceHigh == 0 && sourceLow == 0;
  for (let address = socket.memberships; address != 0; ) {
    const other = changetype<Membership>(address);
    address = other.next;
    if (other.interface != number || other.low != low || other.high != high) continue;
    if (other.sourceLow == sourceLow && other.sourceHigh == sourceHigh) {
      return every ? ERROR_ADDRESS_IN_USE : ERROR_ADDRESS_NOT_AVAILABLE;
    }
    if (every != other.everySource) return every ? ERROR_ADDRESS_IN_USE : ERROR_INVALID;
  }
  const membership = changetype<Membership | null>(poolTake(membershipPool, MEMBERSHIP_LIMIT));
  if (membership == null) return ERROR_NO_BUFFERS;
  const joined = every ? groupJoin(number, high, low) : groupJoinSource(number, high, low, sourceHigh, sourceLow);
  if (!joined) {
    poolGive(membershipPool, changetype<usize>(membership));
    return ERROR_NO_BUFFERS;
  }
  membership.high = high;
  membership.low = low;
  membership.sourceHigh = sourceHigh;
  membership.sourceLow = sourceLow;
  membership.interface = number;
  membership.next = socket.memberships;
  socket.memberships = changetype<usize>(membership);
  return 0;
}

function leave(socket: UdpSocket, number: u32, high: u64, low: u64, sourceHigh: u64, sourceLow: u64): i32 {
  let at = changetype<usize>(socket) + offsetof<UdpSocket>('memberships');
  while (load<usize>(at) != 0) {
    const membership = changetype<Membership>(load<usize>(at));
    const same = membership.interface == number && membership.low == low && membership.high == high;
    if (same && membership.sourceLow == sourceLow && membership.sourceHigh == sourceHigh) {
      store<usize>(at, membership.next);
      end(membership);
      return 0;
    }
    at = changetype<usize>(membership) + offsetof<Membership>('next');
  }
  return ERROR_ADDRESS_NOT_AVAILABLE;
}

function end(membership: Membership): void {
  const number = membership.interface;
  if (membership.everySource) groupLeave(number, membership.high, membership.low);
  else groupLeaveSource(number, membership.high, membership.low, membership.sourceHigh, membership.sourceLow);
  poolGive(membershipPool, changetype<usize>(membership));
}

function interfaceFor(high: u64, low: u64): i32 {
  const zone = zoneOf(high);
  if (zone != 0) return <i32>zone;
  const number = route(high, low);
  if (number >= 0) return number;
  return state.interfaceCount > 1 ? 1 : <i32>LOOPBACK_INTERFACE;
}

const membershipPool: Pool = changetype<Pool>(POOLS_BASE + 0x440);
