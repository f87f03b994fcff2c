// ARP input (RFC 826): who asks for us is owed an answer, who answers us becomes a neighbour. Whoever speaks with an address of
// ours is in conflict with us (RFC 5227).
//
// An entry is made only from the question of a neighbour on our network for one of our addresses: he is about to speak to
// us. Anything else changes an entry that is there, or nothing. Not for: sending (link/messages.ts).

import { ADDRESS_TENTATIVE } from '../abi/constants';
import { NEIGHBOR_INCOMPLETE, NEIGHBOR_PROBE } from '../abi/limits';
import { isUnicast4, isUnspecified, mappedLow } from '../ip/address';
import { addressFind, isBroadcast } from '../ip/addresses';
import { interfaceAt } from '../ip/interface';
import { choice, route } from '../ip/route';
import { load16, load32 } from '../memory/bytes';
import { REPLY_ARP, replyNew } from '../memory/replies';
import { neighborAdvertised, neighborSpoke } from './cache/reach';
import { neighborFind } from './cache/table';
import { isGroup, loadHardware } from './ethernet';
import { ARP_REPLY, ARP_REQUEST, ARP_SIZE, ETHERNET_IPV4, SIZES } from './header';
import { conflict, duplicateFound } from './probe';

/** Takes an ARP message. False: malformed. */
export function arpInput(message: usize, length: u32, number: u32): bool {
  if (length < ARP_SIZE || load32(message) != ETHERNET_IPV4 || load16(message + 4) != SIZES) return false;
  const operation = load16(message + 6);
  const hardware = loadHardware(message + 8);
  const sender = mappedLow(message + 14);
  const target = mappedLow(message + 24);
  if (isGroup(hardware) || hardware == 0) return false;
  if (!isUnspecified(0, sender) && (!isUnicast4(sender) || isBroadcast(0, sender))) return false;
  if (hardware == interfaceAt(number).hardware || meetsOurs(number, sender, target)) return true;
  if (operation == ARP_REQUEST) asked(number, hardware, sender, target);
  else if (operation == ARP_REPLY) answered(number, hardware, sender);
  return true;
}

/** Whether he has, or is about to take, an address that we have or are about to take (RFC 5227 §2.1.1, §2.4). */
function meetsOurs(number: u32, sender: u64, target: u64): bool {
  const same = addressFind(0, sender);
  if (same != null && same.interface == number) {
    if (same.has(ADDRESS_TENTATIVE)) duplicateFound(same);
    else conflict(same);
    return true;
  }
  if (!isUnspecified(0, sender)) return false;
  const wanted = addressFind(0, target);
  if (wanted == null || wanted.interface != number || !wanted.has(ADDRESS_TENTATIVE)) return false;
  duplicateFound(wanted);
  return true;
}

function asked(number: u32, hardware: u64, sender: u64, target: u64): void {
  const ours = addressFind(0, target);
  // Only what belongs to this interface is answered for: a router would else claim both of its sides on each.
  const forUs = ours != null && ours.interface == number && !ours.has(ADDRESS_TENTATIVE);
  if (!isUnspecified(0, sender)) neighborSpoke(number, 0, sender, hardware, forUs && isOnLink(number, sender));
  if (!forUs) return;
  const reply = replyNew(REPLY_ARP);
  if (reply == null) return;
  reply.interface = <u8>number;
  reply.localLow = target;
  reply.remoteLow = sender;
  reply.sequence = <u32>hardware;
  reply.acknowledgment = <u32>(hardware >> 32);
}

function answered(number: u32, hardware: u64, sender: u64): void {
  const entry = neighborFind(number, 0, sender);
  if (entry == null) return;
  // Only what was asked for says that he hears us.
  const solicited = entry.state == NEIGHBOR_INCOMPLETE || entry.state == NEIGHBOR_PROBE;
  neighborAdvertised(entry, hardware, solicited, true);
}

function isOnLink(number: u32, low: u64): bool {
  return route(0, low) == <i32>number && choice.nextHopLow == low && choice.nextHopHigh == 0;
}
