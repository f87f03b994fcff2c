// What the link owes goes out: probes and announcements of addresses, solicitations, packets whose neighbour has answered,
// errors for those whose neighbour has not. What finds no room on a full queue is still owed at the next call.
//
// How often strangers make us ask is bounded (RFC 6583 §7.1): OTHERS_RATE solicitations a second for packets of others.
// Not for: packets whose next hop is known (link/send.ts).

import { NEIGHBOR_INCOMPLETE, NEIGHBOR_PROBE } from '../abi/limits';
import { isMapped, MAPPED } from '../ip/address';
import { Address, addressAt } from '../ip/addresses';
import { mayAnswer } from '../ip/icmp/errors';
import { ADDRESS_UNREACHABLE } from '../ip/icmp/kinds';
import { icmpReport } from '../ip/icmp/report';
import { incoming } from '../ip/incoming';
import { parse } from '../ip/input';
import { choice } from '../ip/route';
import { sourceFor } from '../ip/source';
import { transmitRoom } from '../ip/transmit';
import { Reply } from '../memory/replies';
import { state } from '../memory/state';
import { LIST_OTHERS, NEIGHBOR_ASK, NEIGHBOR_FLUSH, Neighbor } from './cache/neighbor';
import { blockLength, blockPacket, queueGive, queueTake } from './cache/queue';
import { neighborUse } from './cache/reach';
import { neighborOwes, ringTake } from './cache/table';
import { failedTake } from './cache/unreachable';
import { BROADCAST_HARDWARE } from './ethernet';
import { ARP_REPLY, ARP_REQUEST } from './header';
import { advertise, arpSend, solicitNeighbor, solicitRouters } from './messages';
import { OWES_ANNOUNCEMENT } from './probe';
import { linkLocalOf } from './router/autoconfigure';
import { commit } from './send';
import { link, linkAt, OWES_ADDRESSES, OWES_ERRORS, OWES_NEIGHBORS, OWES_SOLICITATIONS, owe } from './state';

/** Puts what is owed on the transmit queues. */
export function linkOutput(): void {
  const owes = link.owes;
  if (owes == 0) return;
  link.owes = 0;
  if (owes & OWES_ADDRESSES) sendAddresses();
  if (owes & OWES_SOLICITATIONS) sendSolicitations();
  if (owes & OWES_NEIGHBORS) sendNeighbors();
  if (owes & OWES_ERRORS) sendErrors();
}

/** Answers an ARP request that input has noted. */
export function arpReply(reply: Reply): void {
  const hardware = <u64>reply.sequence | ((<u64>reply.acknowledgment) << 32);
  arpSend(reply.interface, ARP_REPLY, reply.localLow, hardware, reply.remoteLow, hardware);
}

/** Answers a solicitation that input has noted. */
export function advertisementReply(reply: Reply): void {
  const number = reply.interface;
  advertise(number, reply.localHigh, reply.localLow, reply.remoteHigh, reply.remoteLow, reply.control != 0);
}

function sendAddresses(): void {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.owes == 0) continue;
    const sent = isMapped(address.high, address.low) ? sendArp(address) : sendProbe(address);
    if (sent) address.owes = 0;
    else owe(OWES_ADDRESSES);
  }
}

/** RFC 5227 §2.1.1 (a probe, from nobody) and §2.3 (an announcement, from the address to the address). */
function sendArp(address: Address): bool {
  const from = address.owes & OWES_ANNOUNCEMENT ? address.low : MAPPED;
  return arpSend(address.interface, ARP_REQUEST, from, 0, address.low, BROADCAST_HARDWARE);
}

/** RFC 4862 §5.4.2. */
function sendProbe(address: Address): bool {
  return solicitNeighbor(address.interface, 0, 0, address.high, address.low, true);
}

function sendSolicitations(): void {
  for (let number: u32 = 1; number < state.interfaceCount; number++) {
    const entry = linkAt(number);
    if (entry.owes == 0) continue;
    const own = linkLocalOf(number);
    if (own != null && !solicitRouters(number, own.high, own.low)) owe(OWES_SOLICITATIONS);
    else entry.owes = 0;
  }
}

function sendNeighbors(): void {
  for (let left = link.ringCount; left > 0; left--) {
    const entry = ringTake();
    if (entry == null) return;
    if (entry.flags & NEIGHBOR_ASK) {
      entry.flags &= ~NEIGHBOR_ASK;
      if (!ask(entry)) neighborOwes(entry, NEIGHBOR_ASK);
    }
    if (entry.flags & NEIGHBOR_FLUSH) {
      entry.flags &= ~NEIGHBOR_FLUSH;
      if (!flush(entry)) neighborOwes(entry, NEIGHBOR_FLUSH);
    }
  }
}

/** False: no room. */
function ask(entry: Neighbor): bool {
  const number = entry.interface;
  const all = entry.state == NEIGHBOR_INCOMPLETE;
  if (!all && entry.state != NEIGHBOR_PROBE) return true;
  if (entry.list == LIST_OTHERS && !mayAskForOthers()) return true; // the next attempt may
  if (isMapped(entry.high, entry.low)) {
    const from = sourceOn(number, entry.low);
    if (from == 0) return true;
    return arpSend(number, ARP_REQUEST, from, 0, entry.low, all ? BROADCAST_HARDWARE : entry.hardware);
  }
  if (!sourceFor(number, entry.high, entry.low)) return true;
  return solicitNeighbor(number, choice.sourceHigh, choice.sourceLow, entry.high, entry.low, all);
}

/** The IPv4 address to ask from: one of the interface, of the network that the neighbour is on if there is one; 0: none. */
function sourceOn(number: u32, low: u64): u64 {
  if (sourceFor(number, 0, low) && ownedBy(number, choice.sourceLow)) return choice.sourceLow;
  return 0;
}

function ownedBy(number: u32, low: u64): bool {
  for (let index: u32 = 0; index < state.addressCount; index++) {
    const address = addressAt(index);
    if (address.interface == number && address.low == low && address.high == 0) return true;
  }
  return false;
}

/** Sends what has waited. False: some of it found no room. */
function flush(entry: Neighbor): bool {
  while (entry.queueHead != 0) {
    const block = <usize>entry.queueHead;
    const length = blockLength(block);
    const packet = transmitRoom(entry.interface, length);
    if (packet == 0) return false;
    memory.copy(packet, blockPacket(block), length);
    queueGive(queueTake(entry));
    neighborUse(entry);
    commit(entry.interface, packet, length, entry.hardware);
  }
  return true;
}

/** RFC 1812 §5.2.7.1, RFC 4443 §3.1: to whoever sent a packet that could not be passed on. */
function sendErrors(): void {
  for (let block = failedTake(); block != 0; block = failedTake()) {
    report(blockPacket(block), blockLength(block));
    queueGive(block);
  }
}

/** Where it came from is not remembered: no address of a packet that is passed on has a zone. */
function report(packet: usize, length: u32): void {
  incoming.interface = 0;
  incoming.packet = packet;
  incoming.flags = 0;
  if (parse(packet, length) && mayAnswer(ADDRESS_UNREACHABLE))
    icmpReport(ADDRESS_UNREACHABLE, packet, length, incoming);
}

function mayAskForOthers(): bool {
  if (state.now - link.solicitWindow >= 1_000_000 || link.solicitWindow == 0) {
    link.solicitWindow = max<i64>(state.now, 1);
    link.solicitsLeft = OTHERS_RATE;
  }
  if (link.solicitsLeft == 0) return false;
  link.solicitsLeft--;
  return true;
}

const OTHERS_RATE: u32 = 1000;
