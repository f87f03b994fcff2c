// What a socket sends. The host puts the data where the packet will lie, so that it is copied once; what no packet of its
// interface holds is put in scratch memory, and leaves in fragments.
//
//   udpSendReserve: where to, which way, from where, is there room → a place for the data
//   udpSendCommit:  UDP header, checksum, IP header, queue
//
// Not for: waiting for room (events.ts), datagrams that share a packet (together.ts).

import {
  COUNTER_DATAGRAMS_OUT,
  ERROR_ACCESS,
  ERROR_ADDRESS_NOT_AVAILABLE,
  ERROR_DESTINATION_REQUIRED,
  ERROR_INVALID,
  ERROR_MESSAGE_SIZE,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
  ERROR_STALE_HANDLE,
  OFFLOAD_CHECKSUM,
} from '../abi/constants';
import { LOOPBACK_INTERFACE, PACKET_LIMIT } from '../abi/limits';
import {
  isLimitedBroadcast,
  isMapped,
  isMulticast,
  isUnspecified,
  LOOPBACK4_LOW,
  LOOPBACK6_LOW,
  MAPPED,
  withZone,
  zoneOf,
} from '../ip/address';
import { isBroadcast, isOurs } from '../ip/addresses';
import { complement, fold, pseudoSum, sum } from '../ip/checksum';
import { sendFragmented } from '../ip/fragment/send';
import { FRAGMENTS, HEADER4, PROTOCOL_UDP } from '../ip/header4';
import { headerSize } from '../ip/header6';
import { pathMtu } from '../ip/icmp/paths';
import { interfaceAt } from '../ip/interface';
import { isMember } from '../ip/multicast/groups';
import { linkSend, packetBegin, packetHeader } from '../ip/output';
import { choice, route } from '../ip/route';
import { sourceFor } from '../ip/source';
import { transmitGrow } from '../ip/transmit';
import { copyOffload, writeDatagramSize, writeOffload, writePlain } from '../ip/virtio';
import { count } from '../memory/counters';
import { RESULT_BASE, setResult } from '../memory/map';
import { takeMemory } from '../memory/pages';
import { state } from '../memory/state';
import { draft } from './draft';
import { waitForRoom } from './events';
import { CHECKSUM_AT, UDP_HEADER, writeHeader } from './header';
import { BROADCASTS, MULTICAST_LOOPS, sameFamily, socketFind, UdpSocket } from './socket';
import { join, joined, sizeOfEach } from './together';

/**
 * A datagram of `length` bytes, to the address at result[0..3] and `port`, or, when that is 0, to the peer of a connected socket.
 * Answers 1, and the data goes to result[0]; 0 when there is no room (then UDP_DRAIN follows); ERROR_*.
 */
export function udpSendReserve(handle: u32, port: u32, length: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  if (port > u16.MAX_VALUE) return ERROR_INVALID;
  const fault = address(socket, port);
  if (fault != 0) return fault;
  const header = headerSize(draft.toHigh, draft.toLow);
  // RFC 768's length field counts the header; IPv4's counts its own too.
  if (length > PACKET_LIMIT - UDP_HEADER - (header == HEADER4 ? HEADER4 : 0)) return ERROR_MESSAGE_SIZE;
  draft.before = 0;
  draft.length = UDP_HEADER + length;
  const whole = header + UDP_HEADER + length;
  if (whole <= draft.mtu) {
    if (!join(header, length)) draft.packet = packetBegin(draft.interface, whole);
    if (draft.packet == 0) {
      waitForRoom(socket, draft.interface, whole);
      return 0;
    }
    draft.udp = draft.packet + header;
  } else {
    if (state.udpScratch == 0) state.udpScratch = takeMemory(PACKET_LIMIT + 1);
    if (state.udpScratch == 0) return ERROR_NO_BUFFERS;
    draft.packet = 0;
    draft.udp = state.udpScratch;
  }
  setResult(0, <u32>draft.udp + UDP_HEADER + draft.before);
  return 1;
}

/** Sends the datagram of the `udpSendReserve` before it. Answers 1; 0 when there is no room after all; ERROR_*. */
export function udpSendCommit(handle: u32): i32 {
  const socket = socketFind(handle);
  if (socket == null) return ERROR_STALE_HANDLE;
  writeHeader(draft.udp, draft.localPort, draft.port, draft.length);
  const answer = draft.packet == 0 ? sendParts(socket) : sendWhole(socket);
  if (answer == 1) count(COUNTER_DATAGRAMS_OUT);
  return answer;
}

/** Fills the draft with where the datagram goes, which way, and from where. Answers 0 or ERROR_*. */
function address(socket: UdpSocket, port: u32): i32 {
  if (port == 0) {
    if (!socket.connected) return ERROR_DESTINATION_REQUIRED;
    draft.toHigh = socket.remoteHigh;
    draft.toLow = socket.remoteLow;
    draft.port = socket.remotePort;
  } else {
    draft.toHigh = load<u64>(RESULT_BASE);
    draft.toLow = load<u64>(RESULT_BASE + 8);
    draft.port = port;
    if (!sameFamily(socket, draft.toHigh, draft.toLow)) return ERROR_NETWORK_UNREACHABLE;
  }
  return way(socket);
}

/** The interface of a datagram, its largest packet, and our address. */
function way(socket: UdpSocket): i32 {
  // "This host" is ourselves, as everywhere (RFC 1122 §3.2.1.3 (a) has it for sources only).
  if (isUnspecified(draft.toHigh, draft.toLow)) {
    draft.toLow = draft.toLow == 0 && !isMapped(socket.localHigh, socket.localLow) ? LOOPBACK6_LOW : LOOPBACK4_LOW;
  }
  const group = isMulticast(draft.toHigh, draft.toLow);
  const broadcast = !group && (isLimitedBroadcast(draft.toHigh, draft.toLow) || isBroadcast(draft.toHigh, draft.toLow));
  if (broadcast && !socket.has(BROADCASTS)) return ERROR_ACCESS;
  draft.many = group || broadcast ? 1 : 0;
  draft.localPort = socket.localPort;
  draft.service = socket.service;
  const lifetime: u32 = socket.lifetime == 0 ? state.timeToLive : socket.lifetime;
  draft.lifetime = group ? socket.multicastLifetime : lifetime;
  const number = interfaceFor(socket, group, broadcast);
  if (number < 0) return ERROR_NETWORK_UNREACHABLE;
  draft.interface = <u32>number;
  draft.toHigh = withZone(draft.toHigh, draft.interface);
  draft.mtu = pathMtu(draft.interface, draft.toHigh, draft.toLow);
  return source(socket);
}

function interfaceFor(socket: UdpSocket, group: bool, broadcast: bool): i32 {
  const zone = zoneOf(draft.toHigh);
  if (zone != 0 && !isOurs(draft.toHigh, draft.toLow))
    return zone < state.interfaceCount && (socket.device == 0 || socket.device == zone) ? <i32>zone : -1;
  if (socket.device != 0 && (group || broadcast)) return socket.device;
  if (group && socket.multicastInterface != 0) return <i32>socket.multicastInterface - 1;
  const number = route(draft.toHigh, draft.toLow);
  if (number >= 0 && number != <i32>LOOPBACK_INTERFACE && socket.device != 0) return socket.device;
  if (number >= 0 || !(group || isLimitedBroadcast(draft.toHigh, draft.toLow))) return number;
  // Nobody has said where groups are: on the first network there is.
  return state.interfaceCount > 1 ? 1 : <i32>LOOPBACK_INTERFACE;
}

function source(socket: UdpSocket): i32 {
  // A group or a broadcast address does not speak (RFC 1122 §3.2.1.3).
  if (!isUnspecified(socket.localHigh, socket.localLow) && isOurs(socket.localHigh, socket.localLow)) {
    draft.fromHigh = socket.localHigh;
    draft.fromLow = socket.localLow;
    return 0;
  }
  if (sourceFor(draft.interface, draft.toHigh, draft.toLow) && !(draft.many && draft.interface == LOOPBACK_INTERFACE)) {
    draft.fromHigh = choice.sourceHigh;
    draft.fromLow = choice.sourceLow;
    return 0;
  }
  // Who has no address yet asks everybody for one (RFC 2131 §4.1).
  const four = isMapped(draft.toHigh, draft.toLow);
  if (draft.many == 0) return ERROR_ADDRESS_NOT_AVAILABLE;
  draft.fromHigh = 0;
  if (draft.interface == LOOPBACK_INTERFACE) draft.fromLow = four ? LOOPBACK4_LOW : LOOPBACK6_LOW;
  else draft.fromLow = four ? MAPPED : 0;
  return 0;
}

function sendWhole(socket: UdpSocket): i32 {
  const packet = draft.packet;
  const header = <u32>(draft.udp - packet);
  if (interfaceAt(draft.interface).offloads & OFFLOAD_CHECKSUM) {
    store<u16>(draft.udp, <u16>fold(pseudo()), CHECKSUM_AT);
    writeOffload(packet, header + UDP_HEADER, header, <u32>CHECKSUM_AT, 0);
    if (draft.before > 0) writeDatagramSize(packet, sizeOfEach());
  } else {
    writeChecksum();
    writePlain(packet);
  }
  const loops = loopsBack(socket);
  if (leaves()) {
    writeIp(packet, header, draft.lifetime);
    const length = header + draft.length;
    if (draft.before > 0) transmitGrow(draft.interface, packet, length);
    else linkSend(draft.interface, packet, length, draft.toHigh, draft.toLow);
    joined();
  }
  if (loops) loopBack(packet, header);
  return 1;
}

/** A copy for those here. When loopback has no room it is lost, as any datagram may be. */
function loopBack(packet: usize, header: u32): void {
  const length = header + draft.length;
  const copy = packetBegin(LOOPBACK_INTERFACE, length);
  if (copy == 0) return;
  memory.copy(copy + header, packet + header, draft.length);
  copyOffload(copy, packet);
  writeIp(copy, header, max<u32>(draft.lifetime, 1));
  linkSend(LOOPBACK_INTERFACE, copy, length, draft.toHigh, draft.toLow);
}

function writeIp(packet: usize, header: u32, lifetime: u32): void {
  packetHeader(packet, PROTOCOL_UDP, header + draft.length, draft, draft.service, lifetime);
}

/** More than a packet holds leaves in fragments. */
function sendParts(socket: UdpSocket): i32 {
  writeChecksum();
  const answer = leaves() ? fragmentsTo(draft.interface, draft.mtu) : 0;
  if (answer == ERROR_NO_BUFFERS) {
    waitForRoom(socket, draft.interface, draft.mtu);
    return 0;
  }
  if (answer == 0 && loopsBack(socket)) fragmentsTo(LOOPBACK_INTERFACE, PACKET_LIMIT);
  return answer == 0 ? 1 : answer;
}

function fragmentsTo(interfaceNumber: u32, mtu: u32): i32 {
  return sendFragmented(
    interfaceNumber,
    PROTOCOL_UDP,
    draft,
    draft.udp,
    draft.length,
    draft.service | FRAGMENTS,
    max<u32>(draft.lifetime, 1),
    mtu,
  );
}

function writeChecksum(): void {
  const checksum = complement(pseudo() + fold(sum(draft.udp, draft.length)));
  // Zero would mean that there is none (RFC 768).
  store<u16>(draft.udp, checksum == 0 ? 0xffff : checksum, CHECKSUM_AT);
}

function pseudo(): u32 {
  return pseudoSum(draft, PROTOCOL_UDP, draft.length);
}

/** A group's lifetime of nothing keeps a datagram on this host (RFC 1112 §6.1). */
function leaves(): bool {
  return draft.lifetime != 0 || draft.interface == LOOPBACK_INTERFACE;
}

/** Whether what goes out to many is for us, too. */
function loopsBack(socket: UdpSocket): bool {
  if (draft.many == 0 || draft.interface == LOOPBACK_INTERFACE) return false;
  if (!isMulticast(draft.toHigh, draft.toLow)) return true;
  return socket.has(MULTICAST_LOOPS) && isMember(draft.interface, draft.toHigh, draft.toLow);
}
