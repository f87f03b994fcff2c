// Who gets a datagram: sockets by their local port. A connected socket comes before one on the very address, that before one
// on any (RFC 1122 §4.1.3.5). Not for: what is done with it (input.ts).

import { randomBelow } from '../crypto/random';
import { sipHash } from '../crypto/siphash';
import { isMapped, isUnspecified } from '../ip/address';
import { UDP_BUCKETS } from '../memory/map';
import { ownPort, ownPorts } from '../memory/share';
import { state } from '../memory/state';
import { IPV6_ONLY, REUSE_ADDRESS, REUSE_PORT, sameFamily, UdpSocket } from './socket';

/** Enters a socket that is bound. The newest comes first. */
export function tableInsert(socket: UdpSocket): void {
  const head = bucket(socket.localPort);
  socket.next = load<usize>(head);
  store<usize>(head, changetype<usize>(socket));
}

export function tableRemove(socket: UdpSocket): void {
  let at = bucket(socket.localPort);
  while (load<usize>(at) != changetype<usize>(socket)) at = load<usize>(at) + offsetof<UdpSocket>('next');
  store<usize>(at, socket.next);
}

/** The socket for a datagram between two ends, the one that fits best; null: none. */
export function tableFind(
  localHigh: u64,
  localLow: u64,
  localPort: u32,
  remoteHigh: u64,
  remoteLow: u64,
  remotePort: u32,
): UdpSocket | null {
  let best: UdpSocket | null = null;
  let rank: u32 = 0;
  let shared: u32 = 0; // how many are as good as the best, all of them with `reusePort`
  for (let address = tableFirst(localPort); address != 0; address = tableNext(address)) {
    const socket = changetype<UdpSocket>(address);
    if (!takes(socket, localHigh, localLow, remoteHigh, remoteLow, remotePort)) continue;
    const fits = rankOf(socket);
    if (best == null || fits > rank) {
      best = socket;
      rank = fits;
      shared = socket.has(REUSE_PORT) ? 1 : 0;
    } else if (fits == rank && shared > 0 && socket.has(REUSE_PORT)) shared++;
  }
  if (shared < 2) return best;
  // Datagrams of one sender stay with one of them.
  const hash = sipHash(
    state.hashKey0,
    state.hashKey1,
    remoteHigh,
    remoteLow,
    localHigh,
    localLow,
    between(localPort, remotePort),
  );
  let left = <u32>(hash % shared);
  for (let address = changetype<usize>(best); address != 0; address = tableNext(address)) {
    const socket = changetype<UdpSocket>(address);
    if (rankOf(socket) != rank || !socket.has(REUSE_PORT)) continue;
    if (!takes(socket, localHigh, localLow, remoteHigh, remoteLow, remotePort)) continue;
    if (left-- == 0) return socket;
  }
  return best;
}

/** Whether a socket is there for datagrams to one end from another. */
export function takes(
  socket: UdpSocket,
  localHigh: u64,
  localLow: u64,
  remoteHigh: u64,
  remoteLow: u64,
  remotePort: u32,
): bool {
  if (!isUnspecified(socket.localHigh, socket.localLow)) {
    if (socket.localLow != localLow || socket.localHigh != localHigh) return false;
  } else if (!sameFamily(socket, localHigh, localLow)) return false;
  if (!socket.connected) return true;
  return socket.remotePort == remotePort && socket.remoteLow == remoteLow && socket.remoteHigh == remoteHigh;
}

/** The first socket on a port; 0: none. */
export function tableFirst(port: u32): usize {
  return onPort(load<usize>(bucket(port)), port);
}

/** The one behind it. */
export function tableNext(address: usize): usize {
  const socket = changetype<UdpSocket>(address);
  return onPort(socket.next, socket.localPort);
}

/** Whether a local end is taken for a socket with these flags: by one that shares an address with it and not the port. */
export function tableCollides(high: u64, low: u64, port: u32, flags: u32): bool {
  for (let address = tableFirst(port); address != 0; address = tableNext(address)) {
    const socket = changetype<UdpSocket>(address);
    if (flags & socket.flags & (REUSE_ADDRESS | REUSE_PORT)) continue;
    if (overlaps(socket, high, low, flags)) return true;
  }
  return false;
}

/** A free port, which nobody can foretell (RFC 6056 §3.3.1); 0 when every one is taken. */
export function ephemeralPort(high: u64, low: u64, flags: u32): u32 {
  const offset = randomBelow(ownPorts());
  for (let tried: u32 = 0; tried < ownPorts(); tried++) {
    const port = ownPort(offset + tried);
    if (!tableCollides(high, low, port, flags & ~(REUSE_ADDRESS | REUSE_PORT))) return port;
  }
  return 0;
}

/** Whether some address is that of both. */
function overlaps(socket: UdpSocket, high: u64, low: u64, flags: u32): bool {
  if (socket.localLow == low && socket.localHigh == high) return true;
  if (!isUnspecified(high, low) && !isUnspecified(socket.localHigh, socket.localLow)) return false;
  return (families(high, low, flags) & families(socket.localHigh, socket.localLow, socket.flags)) != 0;
}

/** Which families a local address stands for: 1 IPv4, 2 IPv6. */
function families(high: u64, low: u64, flags: u32): u32 {
  if (high == 0 && low == 0) return flags & IPV6_ONLY ? 2 : 3;
  return isMapped(high, low) ? 1 : 2;
}

function rankOf(socket: UdpSocket): u32 {
  return (socket.connected ? 2 : 0) + (isUnspecified(socket.localHigh, socket.localLow) ? 0 : 1);
}

function between(localPort: u32, remotePort: u32): u32 {
  return (localPort << 16) | remotePort;
}

function onPort(address: usize, port: u32): usize {
  while (address != 0 && changetype<UdpSocket>(address).localPort != port)
    address = changetype<UdpSocket>(address).next;
  return address;
}

function bucket(port: u32): usize {
  return UDP_BUCKETS + <usize>((port & (BUCKETS - 1)) << 2);
}

const BUCKETS: u32 = 1024;
