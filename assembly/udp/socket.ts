// UDP sockets: what each one remembers, in a pool with handles. Not for: how they are found (table.ts), what waits in them
// (receive.ts).

import { UDP_SOCKET_LIMIT } from '../abi/limits';
import { isMapped } from '../ip/address';
import { POOLS_BASE, UDP_DIRECTORY } from '../memory/map';
import { Pool, PoolItem, poolFind, poolGive, poolInitialize, poolScan, poolTake, slotOf } from '../memory/pool';
import { state } from '../memory/state';

@unmanaged
export class UdpSocket extends PoolItem {
  localHigh: u64; // unspecified: any
  localLow: u64;
  anyLow: u64; // what `localLow` is before `udpConnect` chooses, and after
  remoteHigh: u64; // of a connected socket
  remoteLow: u64;
  localPort: u16;
  remotePort: u16; // 0: not connected
  flags: u32;

  next: usize; // in its bucket
  readyNext: usize;
  waitNext: usize;
  events: u8; // UDP_* that the host has not been told of

  // What its datagrams leave with.
  lifetime: u8; // 0: SETTING_TIME_TO_LIVE
  multicastLifetime: u8;
  service: u8;
  multicastInterface: u8; // its number + 1; 0: by the route
  device: u8; // the only interface that it uses; 0: any
  waitInterface: u8; // whose queue had no room
  waitLength: u32; // for a packet of so many bytes

  // Datagrams that wait for the user.
  first: usize;
  last: usize;
  heldBytes: u32; // of those that have left the batch they came in
  receiveSize: u32; // how many there may be; 0: SETTING_UDP_RECEIVE_BUFFER
  dropped: u32;

  memberships: usize; // the first one

  // What an ICMP error says, until the user is told.
  error: i32;
  errorPort: u32;
  errorMtu: u32;
  errorHigh: u64; // where the datagram should have gone
  errorLow: u64;

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }

  set(flag: u32): void {
    this.flags |= flag;
  }

  clear(flag: u32): void {
    this.flags &= ~flag;
  }

  get connected(): bool {
    return this.remotePort != 0;
  }
}

export function socketsInitialize(): void {
  poolInitialize(udpPool, UDP_DIRECTORY, offsetof<UdpSocket>());
}

/** A socket that is bound to nothing; null when a limit is reached. */
export function socketNew(): UdpSocket | null {
  const socket = changetype<UdpSocket | null>(poolTake(udpPool, UDP_SOCKET_LIMIT));
  if (socket == null) return null;
  socket.multicastLifetime = 1; // RFC 1112 §6.1
  socket.set(MULTICAST_LOOPS);
  return socket;
}

/** A closed socket that stands on no list any more gives its memory back. */
export function socketFreeIfDone(socket: UdpSocket): void {
  if (socket.has(CLOSED) && !socket.has(ON_READY_LIST | ON_WAIT_LIST)) poolGive(udpPool, changetype<usize>(socket));
}

/** The socket that a handle names; null: none. */
export function socketFind(handle: u32): UdpSocket | null {
  const socket = changetype<UdpSocket | null>(poolFind(udpPool, handle));
  return socket == null || socket.has(CLOSED) ? null : socket;
}

/** The handle of the next socket after one (0: of the first), 0 at the end. */
export function udpNext(handle: u32): u32 {
  let address = poolScan(udpPool, handle == 0 ? 0 : slotOf(handle) + 1);
  for (; address != 0; ) {
    const socket = changetype<UdpSocket>(address);
    if (!socket.has(CLOSED)) return socket.handle;
    address = poolScan(udpPool, slotOf(socket.handle) + 1);
  }
  return 0;
}

/** Whether a socket may speak with an address at all: one on an address, or on any of one family, speaks that family only. */
export function sameFamily(socket: UdpSocket, high: u64, low: u64): bool {
  if (socket.localHigh == 0 && socket.localLow == 0) return !socket.has(IPV6_ONLY) || !isMapped(high, low);
  return isMapped(socket.localHigh, socket.localLow) == isMapped(high, low);
}

/** Bytes of datagrams that a socket may hold. */
export function receiveLimit(socket: UdpSocket): u32 {
  return socket.receiveSize == 0 ? state.udpReceiveBuffer : socket.receiveSize;
}

/** `::` means IPv6 alone. */
export const IPV6_ONLY: u32 = 1 << 0;
/** Others that say so, too, may have the same address and port. */
export const REUSE_ADDRESS: u32 = 1 << 1;
/** The same, and datagrams are shared among them. */
export const REUSE_PORT: u32 = 1 << 2;
/** It may send to broadcast addresses. */
export const BROADCASTS: u32 = 1 << 3;
/** What it sends to groups that we are in comes back to us. */
export const MULTICAST_LOOPS: u32 = 1 << 4;
/** It hears of every ICMP error, as with Linux's IP_RECVERR. */
export const ALL_ERRORS: u32 = 1 << 5;
/** It was not bound to an address before `udpConnect` chose one. */
export const ADDRESS_CHOSEN: u32 = 1 << 6;
export const ON_READY_LIST: u32 = 1 << 7;
export const ON_WAIT_LIST: u32 = 1 << 8;
export const CLOSED: u32 = 1 << 9;

export const udpPool: Pool = changetype<Pool>(POOLS_BASE + 0x400);
