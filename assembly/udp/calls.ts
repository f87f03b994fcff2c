// What the host asks of a UDP socket: opening, connecting, options, closing (RFC 768, RFC 1122 §4.1.4).
// Not for: data (send.ts, receive.ts), groups (membership.ts).

import {
  BIND_IPV6_ONLY,
  ERROR_ADDRESS_IN_USE,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_INVALID,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  UDP_OPTION_BROADCAST,
  UDP_OPTION_ERRORS,
  UDP_OPTION_INTERFACE,
  UDP_OPTION_MULTICAST_INTERFACE,
  UDP_OPTION_MULTICAST_LOOPBACK,
  UDP_OPTION_MULTICAST_TIME_TO_LIVE,
  UDP_OPTION_RECEIVE_BUFFER,
  UDP_OPTION_SERVICE,
  UDP_OPTION_TIME_TO_LIVE,
  UDP_REUSE_ADDRESS,
  UDP_REUSE_PORT,
} from '../abi/constants';
import {
  isLimitedBroadcast,
  isMapped,
  isMulticast,
  isScoped,
  isUnspecified,
  LOOPBACK4_LOW,
  LOOPBACK6_LOW,
  withZone,
  zoneOf,
} from '../ip/address';
import { addressFind, isBroadcast, isOurs } from '../ip/addresses';
import { choice, route } from '../ip/route';
import { sourceFor } from '../ip/source';
import { RESULT_BASE, setResult } from '../memory/map';
import { state } from '../memory/state';
import { membershipsDrop } from './membership';
import { datagramsDrop } from './receive';
import {
  ADDRESS_CHOSEN,
  ALL_ERRORS,
  BROADCASTS,
  CLOSED,
  IPV6_ONLY,
  MULTICAST_LOOPS,
  REUSE_ADDRESS,
  REUSE_PORT,
  sameFamily,
  socketFind,
  socketFreeIfDone,
  socketNew,
  UdpSocket,
} from './socket';
import { ephemeralPort, tableCollides, tableInsert, tableRemove } from './table';

/**
 * A socket on the address at result[0..3] (`::` any, 0.0.0.0 any of IPv4, a group) and `port`, 0 to choose one. `flags`: BIND_*,
 * UDP_REUSE_*. Answers its handle; result[0] = the port.
 */
export function udpOpen(port: u32, flags: u32): i32 {
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  if (port > u16.MAX_VALUE || lacksZone(high)) return ERROR_INVALID;
  if (!mayBind(high, low)) return ERROR_ADDRESS_NOT_AVAILABLE;
  const traits = traitsOf(flags);
  const chosen = port == 0 ? ephemeralPort(high, low, traits) : port;
  if (chosen == 0 || (port != 0 && tableCollides(high, low, port, traits))) return ERROR_ADDRESS_IN_USE;
  const socket = socketNew();
  if (socket == null) return ERROR_NO_BUFFERS;
  socket.localHigh = high;
  socket.localLow = low;
  socket.anyLow = low;
  socket.localPort = <u16>chosen;
  socket.set(traits);
  tableInsert(socket);
  setResult(0, chosen);
  return <i32>socket.handle;
}

/**
 * From now on the socket speaks with the address at result[0..3] and `port` alone; `port` 0: with everybody again. A socket on any
 * address gets the one that leads there. A socket that can't speak with it speaks with everybody.
 */
export function udpConnect(handle: u32, port: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  if (port > u16.MAX_VALUE) return ERROR_INVALID;
  disconnect(socket);
  if (port == 0) return 0;
  let high = load<u64>(RESULT_BASE);
  let low = load<u64>(RESULT_BASE + 8);
  if (isUnspecified(high, low))
    low = isMapped(high, low) || isMapped(socket.localHigh, socket.localLow) ? LOOPBACK4_LOW : LOOPBACK6_LOW;
  if (!sameFamily(socket, high, low)) return ERROR_NETWORK_UNREACHABLE;
  const number =
    isMulticast(high, low) && socket.multicastInterface != 0 ? <i32>socket.multicastInterface - 1 : route(high, low);
  if (number < 0) return ERROR_NETWORK_UNREACHABLE;
  high = withZone(high, <u32>number);
  if (isUnspecified(socket.localHigh, socket.localLow)) {
    if (!sourceFor(<u32>number, high, low)) return ERROR_ADDRESS_NOT_AVAILABLE;
    socket.localHigh = choice.sourceHigh;
    socket.localLow = choice.sourceLow;
    socket.set(ADDRESS_CHOSEN);
  }
  socket.remoteHigh = high;
  socket.remoteLow = low;
  socket.remotePort = <u16>port;
  return 0;
}

/** Sets UDP_OPTION_*. */
export function udpOption(handle: u32, option: u32, value: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  if (option == UDP_OPTION_TIME_TO_LIVE && value >= 1 && value <= 255) socket.lifetime = <u8>value;
  else if (option == UDP_OPTION_MULTICAST_TIME_TO_LIVE && value <= 255) socket.multicastLifetime = <u8>value;
  else if (option == UDP_OPTION_SERVICE && value <= 255) socket.service = <u8>value;
  else if (option == UDP_OPTION_BROADCAST) flag(socket, BROADCASTS, value);
  else if (option == UDP_OPTION_MULTICAST_LOOPBACK) flag(socket, MULTICAST_LOOPS, value);
  else if (option == UDP_OPTION_ERRORS) flag(socket, ALL_ERRORS, value);
  else if (option == UDP_OPTION_RECEIVE_BUFFER && value >= SMALLEST_BUFFER && value <= LARGEST_BUFFER)
    socket.receiveSize = value;
  else if (option == UDP_OPTION_MULTICAST_INTERFACE && value <= state.interfaceCount)
    socket.multicastInterface = <u8>value;
  else if (option == UDP_OPTION_INTERFACE && value < state.interfaceCount) socket.device = <u8>value;
  else return ERROR_INVALID;
  return 0;
}

/** result[0..3] local address, [4..7] the peer's, [8] local port, [9] the peer's, [10] bytes that wait, [11] datagrams dropped. */
export function udpEndpoints(handle: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  store<u64>(RESULT_BASE, socket.localHigh);
  store<u64>(RESULT_BASE + 8, socket.localLow);
  store<u64>(RESULT_BASE + 16, socket.remoteHigh);
  store<u64>(RESULT_BASE + 24, socket.remoteLow);
  setResult(8, socket.localPort);
  setResult(9, socket.remotePort);
  setResult(10, socket.heldBytes);
  setResult(11, socket.dropped);
  return 0;
}

/** Closes a socket. What it has sent is on its way; what it has not read is gone. */
export function udpClose(handle: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  datagramsDrop(socket);
  membershipsDrop(socket);
  tableRemove(socket);
  socket.events = 0;
  socket.set(CLOSED);
  socketFreeIfDone(socket);
  return 0;
}

/** The interface that has the address at result[0..3]; -1: none. */
export function udpInterfaceOf(): i32 {
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  const zone = zoneOf(high);
  if (zone != 0) return zone < state.interfaceCount ? <i32>zone : -1;
  const address = addressFind(high, low);
  if (address != null) return address.interface;
  return isOurs(high, low) ? 0 : -1;
}

/** An address of one link has to say of which (RFC 4007 §6), where there is any. */
function lacksZone(high: u64): bool {
  return isScoped(high) && state.interfaceCount > 1 && zoneOf(high) - 1 >= state.interfaceCount - 1;
}

function mayBind(high: u64, low: u64): bool {
  if (isUnspecified(high, low) || isOurs(high, low) || isMulticast(high, low)) return true;
  return isLimitedBroadcast(high, low) || isBroadcast(high, low);
}

function disconnect(socket: UdpSocket): void {
  socket.remotePort = 0;
  socket.remoteHigh = 0;
  socket.remoteLow = 0;
  if (!socket.has(ADDRESS_CHOSEN)) return;
  socket.clear(ADDRESS_CHOSEN);
  socket.localHigh = 0;
  socket.localLow = socket.anyLow;
}

function traitsOf(flags: u32): u32 {
  let traits: u32 = 0;
  if (flags & BIND_IPV6_ONLY) traits |= IPV6_ONLY;
  if (flags & UDP_REUSE_ADDRESS) traits |= REUSE_ADDRESS;
  if (flags & UDP_REUSE_PORT) traits |= REUSE_PORT;
  return traits;
}

function flag(socket: UdpSocket, which: u32, on: u32): void {
  if (on) socket.set(which);
  else socket.clear(which);
}

const SMALLEST_BUFFER: u32 = 1 << 11;
const LARGEST_BUFFER: u32 = 1 << 26;
