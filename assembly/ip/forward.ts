// Forwarding: packets for others are passed on (RFC 1812 §5.2, RFC 8200 §3). Input notes where one goes; output sends it.
// Extension headers and options are left to the destination. Redirects are not sent: whoever takes a detour over us still
// arrives.
//
//   incoming ─ hops left? ─ a route? ─ fits? ─→ reply ─→ copied to the queue of its interface, one hop older

import { COUNTER_FORWARD_DROPPED, COUNTER_FORWARDED, OFFLOAD_CHECKSUM } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { count } from '../memory/counters';
import { REPLY_FORWARD, Reply, replyNew } from '../memory/replies';
import { isLinkLocal, isScoped, isUnspecified, mappedBytes } from './address';
import { complement, sum } from './checksum';
import { passFragmented } from './fragment/pass';
import { dontFragment, headerLength, version } from './header4';
import { icmpErrorOwe } from './icmp/errors';
import { BEYOND_SCOPE, LIFETIME_EXCEEDED, NO_ROUTE, TOO_BIG } from './icmp/kinds';
import { INCOMING_LINK_MULTICAST, incoming } from './incoming';
import { interfaceAt } from './interface';
import { linkSend, packetBegin } from './output';
import { route } from './route';
import { completeChecksum, copyOffload, pieceLength, writePlain } from './virtio';

/** Notes that `incoming` is to be passed on, if it can be. */
export function forward(): void {
  // A device without offloads leaves no header there, but what lay in that place before.
  if (!(interfaceAt(incoming.interface).offloads & OFFLOAD_CHECKSUM)) writePlain(incoming.packet);
  const number = nextInterface();
  if (number < 0 || !note(number)) count(COUNTER_FORWARD_DROPPED);
}

function note(number: i32): bool {
  const reply = replyNew(REPLY_FORWARD);
  if (reply == null) return false;
  reply.interface = <u8>number;
  reply.sequence = <u32>incoming.packet;
  reply.acknowledgment = incoming.length;
  reply.remoteHigh = incoming.toHigh;
  reply.remoteLow = incoming.toLow;
  return true;
}

/** Sends a packet that `forward` has noted; a full queue drops it, as a router does. */
export function forwardSend(reply: Reply): void {
  const from = <usize>reply.sequence;
  const length = reply.acknowledgment;
  const mtu = interfaceAt(reply.interface).mtu;
  if (pieceLength(from, length) > mtu) {
    completeChecksum(from, length);
    const passed = passFragmented(reply.interface, from, length, mtu, reply.remoteHigh, reply.remoteLow);
    count(passed ? COUNTER_FORWARDED : COUNTER_FORWARD_DROPPED);
    return;
  }
  const packet = packetBegin(reply.interface, length);
  if (packet == 0) {
    count(COUNTER_FORWARD_DROPPED);
    return;
  }
  copyOffload(packet, from);
  memory.copy(packet, from, length);
  age(packet);
  linkSend(reply.interface, packet, length, reply.remoteHigh, reply.remoteLow);
  count(COUNTER_FORWARDED);
}

/** Where the packet goes; -1: nowhere. */
function nextInterface(): i32 {
  // What was not meant for us alone, or goes no further than its link, is nobody's business (RFC 1812 §5.3.4, RFC 4291 §2.5.6).
  if (incoming.has(INCOMING_LINK_MULTICAST) || isUnspecified(incoming.fromHigh, incoming.fromLow)) return -1;
  if (isScoped(incoming.toHigh) || isAutomatic4(incoming.fromLow) || isAutomatic4(incoming.toLow)) return -1;
  if (isLinkLocal(incoming.fromHigh)) return refuse(BEYOND_SCOPE, 0);
  if (incoming.lifetime <= 1) return refuse(LIFETIME_EXCEEDED, 0);
  const number = route(incoming.toHigh, incoming.toLow);
  if (number < 0) return refuse(NO_ROUTE, 0);
  if (number == <i32>LOOPBACK_INTERFACE) return -1;
  const mtu = interfaceAt(number).mtu;
  if (pieceLength(incoming.packet, incoming.length) <= mtu || mayCut(incoming.packet)) return number;
  return refuse(TOO_BIG, mtu);
}

/** 169.254/16 means something on one link only (RFC 3927 §2.7). */
function isAutomatic4(low: u64): bool {
  return incoming.family == 4 && (mappedBytes(low) & 0xffff) == 0xfea9;
}

/** An IPv4 packet whose sender allows it (RFC 1812 §5.2.6), and that no device is to cut first. */
function mayCut(packet: usize): bool {
  return incoming.family == 4 && !dontFragment(packet) && pieceLength(packet, 0) == 0;
}

/** The sender is told why its packet goes nowhere (RFC 1812 §5.2.7, RFC 4443 §3). */
function refuse(kind: u32, parameter: u32): i32 {
  icmpErrorOwe(kind, parameter);
  return -1;
}

/** One hop less. */
function age(packet: usize): void {
  if (version(packet) == 6) {
    store<u8>(packet, load<u8>(packet, 7) - 1, 7);
    return;
  }
  store<u8>(packet, load<u8>(packet, 8) - 1, 8);
  store<u16>(packet, 0, 10);
  store<u16>(packet, complement(sum(packet, headerLength(packet))), 10);
}
