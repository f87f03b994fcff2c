// Forwarding: packets for others are passed on (RFC 1812 §5.2, RFC 8200 §3). Input notes where one goes; output sends it.
// Extension headers and options are left to the destination. Redirects are not sent: whoever takes a detour over us still
// arrives.
//
//   incoming ─ hops left? ─ a route? ─ fits? ─→ reply ─→ copied to the queue of its interface, one hop older

import { COUNTER_FORWARD_DROPPED, COUNTER_FORWARDED } from '../abi/constants';
import { LOOPBACK_INTERFACE } from '../abi/limits';
import { count } from '../memory/counters';
import { REPLY_FORWARD, Reply, replyNew } from '../memory/replies';
import { isLinkLocal, isScoped, isUnspecified } from './address';
import { complement, sum } from './checksum';
import { headerLength, version } from './header4';
import { INCOMING_LINK_MULTICAST, incoming } from './incoming';
import { interfaceAt } from './interface';
import { linkSend, packetBegin } from './output';
import { route } from './route';
import { copyOffload, pieceLength } from './virtio';

/** Notes that `incoming` is to be passed on, if it can be. */
export function forward(): void {
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
  if (isLinkLocal(incoming.fromHigh) || isScoped(incoming.toHigh)) return -1;
  if (incoming.lifetime <= 1) return -1;
  const number = route(incoming.toHigh, incoming.toLow);
  if (number <= <i32>LOOPBACK_INTERFACE) return -1;
  return pieceLength(incoming.packet, incoming.length) > interfaceAt(number).mtu ? -1 : number;
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
