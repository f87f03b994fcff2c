// What happens to a neighbour: neighbour unreachability detection (RFC 4861 §7.3.2), which serves ARP as well (RFC 1122
// §2.3.2.1), and what answers and questions of others tell of it (RFC 4861 §7.2.3, §7.2.5).
//
//   INCOMPLETE ──answer──→ REACHABLE ──time──→ STALE ──use──→ DELAY ──5 s──→ PROBE ──no answer──→ gone
//        └─no answer─→ gone     ↑──────────── answer, or TCP's forward progress ───────┘
//
// REACHABLE becomes STALE when somebody looks; only INCOMPLETE, DELAY and PROBE have deadlines.
// Not for: the table (link/cache/table.ts), what is said (link/messages.ts).

import { LINK_ETHERNET } from '../../abi/constants';
import { NEIGHBOR_DELAY, NEIGHBOR_INCOMPLETE, NEIGHBOR_REACHABLE, NEIGHBOR_STALE } from '../../abi/limits';
import { isMapped } from '../../ip/address';
import { interfaceAt } from '../../ip/interface';
import { choice, nextHopBy, routesOver } from '../../ip/route';
import { wakeAt } from '../../memory/deadlines';
import { Micros, state } from '../../memory/state';
import { link, linkAt, reachableTime } from '../state';
import {
  LIST_OTHERS,
  LIST_OURS,
  LIST_PROBED,
  listAppend,
  listRemove,
  NEIGHBOR_ASK,
  NEIGHBOR_FLUSH,
  NEIGHBOR_ROUTER,
  Neighbor,
} from './neighbor';
import { neighborEnter, neighborFind, neighborOwes, unresolvedRoom } from './table';

/** A new neighbour that is to be resolved; null when memory has run out. `forOthers`: no packet of ours waits for it. */
export function neighborResolve(number: u32, high: u64, low: u64, forOthers: bool): Neighbor | null {
  unresolvedRoom();
  const entry = neighborEnter(number, high, low);
  if (entry == null) return null;
  entry.state = NEIGHBOR_INCOMPLETE;
  link.unresolved++;
  listAppend(entry, forOthers ? LIST_OTHERS : LIST_OURS);
  neighborAsk(entry);
  return entry;
}

/** It is asked once more, and has so long for an answer. */
export function neighborAsk(entry: Neighbor): void {
  entry.attempts++;
  const own = isMapped(entry.high, entry.low) ? ARP_INTERVAL : <Micros>linkAt(entry.interface).retransmit * 1000;
  entry.nextAt = state.now + own;
  wakeAt(entry.nextAt);
  neighborOwes(entry, NEIGHBOR_ASK);
}

/** A packet goes to a neighbour whose address is known. */
export function neighborUse(entry: Neighbor): void {
  entry.usedAt = max<Micros>(state.now, 1);
  if (entry.state == NEIGHBOR_REACHABLE) {
    if (state.now - entry.confirmedAt <= reachableTime(linkAt(entry.interface))) return;
    entry.state = NEIGHBOR_STALE;
  }
  if (entry.state != NEIGHBOR_STALE) return;
  entry.state = NEIGHBOR_DELAY;
  entry.nextAt = state.now + DELAY_FIRST_PROBE_TIME;
  listAppend(entry, LIST_PROBED);
  wakeAt(entry.nextAt);
}

/**
 * The peer at the other end of a connection was heard to have got something new: so the next hop to it hears us (RFC 4861
 * §7.3.1). To be called for every such moment; costs little.
 */
export function neighborConfirm(number: u32, high: u64, low: u64): void {
  if (interfaceAt(number).link != LINK_ETHERNET) return;
  nextHopBy(number, high, low);
  const entry = neighborFind(number, choice.nextHopHigh, choice.nextHopLow);
  if (entry != null && entry.state != NEIGHBOR_INCOMPLETE) reached(entry);
}

/**
 * A neighbour named itself, unasked (the source of a solicitation, of an advertisement of a router, of an ARP request):
 * whether it hears us is not known. Makes an entry where `create` allows it.
 */
export function neighborSpoke(number: u32, high: u64, low: u64, hardware: u64, create: bool): Neighbor | null {
  let entry = neighborFind(number, high, low);
  if (entry == null) {
    if (!create) return null;
    entry = neighborEnter(number, high, low);
    if (entry == null) return null;
    entry.state = NEIGHBOR_STALE;
    entry.hardware = hardware;
    routesOver(number, high, low, true);
    return entry;
  }
  if (entry.state == NEIGHBOR_INCOMPLETE) resolved(entry, hardware);
  else if (entry.hardware != hardware) moved(entry, hardware);
  return entry;
}

/**
 * A neighbour advertised itself (RFC 4861 §7.2.5), or answered by ARP. `hardware` 0: it did not say. `solicited`: in answer to
 * us. `overrides`: what we knew is wrong. False: nothing of it is to be believed.
 */
export function neighborAdvertised(entry: Neighbor, hardware: u64, solicited: bool, overrides: bool): bool {
  if (entry.state == NEIGHBOR_INCOMPLETE) {
    if (hardware == 0) return false;
    resolved(entry, hardware);
    if (solicited) reached(entry);
    return true;
  }
  const other = hardware != 0 && hardware != entry.hardware;
  if (other && !overrides) {
    // Somebody says otherwise, but not firmly: it is looked into when a packet goes there.
    if (entry.state == NEIGHBOR_REACHABLE) entry.state = NEIGHBOR_STALE;
    return false;
  }
  if (other) moved(entry, hardware);
  if (solicited) reached(entry);
  return true;
}

function resolved(entry: Neighbor, hardware: u64): void {
  entry.hardware = hardware;
  listRemove(entry);
  link.unresolved--;
  entry.flags &= ~NEIGHBOR_ASK;
  entry.state = NEIGHBOR_STALE;
  routesOver(entry.interface, entry.high, entry.low, true);
  if (entry.queueHead != 0) neighborOwes(entry, NEIGHBOR_FLUSH);
}

function moved(entry: Neighbor, hardware: u64): void {
  entry.hardware = hardware;
  listRemove(entry);
  entry.flags &= ~NEIGHBOR_ASK;
  entry.state = NEIGHBOR_STALE;
}

function reached(entry: Neighbor): void {
  entry.confirmedAt = state.now;
  if (entry.state == NEIGHBOR_REACHABLE) return;
  listRemove(entry);
  entry.flags &= ~NEIGHBOR_ASK;
  entry.state = NEIGHBOR_REACHABLE;
  entry.attempts = 0;
}

/** Whether it said that it is a router. */
export function neighborRouter(entry: Neighbor, is: bool): void {
  if (is) entry.flags |= NEIGHBOR_ROUTER;
  else entry.flags &= ~NEIGHBOR_ROUTER;
}

const ARP_INTERVAL: Micros = 1_000_000; // RFC 1122 §2.3.2.1: no more than one a second
const DELAY_FIRST_PROBE_TIME: Micros = 5_000_000; // RFC 4861 §10
