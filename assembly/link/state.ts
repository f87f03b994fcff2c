// What the link layer remembers beside its neighbours: of all Ethernet interfaces together, and of each.
// Not for: neighbours (link/cache/neighbor.ts), addresses (ip/addresses.ts).

import {
  ERROR_INVALID,
  INTERFACE_AUTOCONFIGURE,
  INTERFACE_DUPLICATE_TRANSMITS,
  INTERFACE_LINK_LOCAL,
  INTERFACE_MTU,
  LINK_ETHERNET,
} from '../abi/constants';
import { randomBelow } from '../crypto/random';
import { interfaceAt } from '../ip/interface';
import { wakeAt } from '../memory/deadlines';
import { LINK_BASE } from '../memory/map';
import { Micros, NEVER, state } from '../memory/state';

@unmanaged
export class LinkState {
  /** Addresses of the table of neighbours, of its hash buckets, and of the ring of those that owe; 0: nobody was asked for yet. */
  neighbors: usize;
  buckets: usize;
  ring: usize;
  ringHead: u32;
  ringCount: u32;
  free: u32; // the first free entry, or 0
  count: u32; // in use
  hand: u32; // where the search for one to push out goes on
  unresolved: u32; // INCOMPLETE ones
  oursHead: u32; // INCOMPLETE ones that packets of ours wait for, oldest first
  oursTail: u32;
  othersHead: u32; // those that only packets of others wait for
  othersTail: u32;
  probedHead: u32; // DELAY and PROBE
  probedTail: u32;
  generation: u32; // another number whenever a neighbour goes

  queued: u32; // bytes of slabs that packets for neighbours take
  failedHead: u32; // packets of others whose neighbour did not answer
  failedTail: u32;

  owes: u32; // OWES_*

  // How many solicitations for packets of others go out, RFC 6583.
  solicitWindow: Micros;
  solicitsLeft: u32;
}

@unmanaged
export class LinkInterface {
  autoconfigure: u8; // 1: routers are asked and heard (RFC 4862)
  linkLocal: u8; // 1: there is a link-local address (RFC 4291 §2.1)
  started: u8; // 1: its link-local address has been made
  solicits: u8; // router solicitations sent since the last advertisement
  advertised: u8; // 1: a router has been heard

  deviceMtu: u32; // before a router said otherwise
  baseReachable: u32; // milliseconds (RFC 4861 §6.3.2)
  reachable: u32;
  retransmit: u32;
  reachableDrawn: Micros; // when `reachable` was drawn last

  solicitAt: Micros; // when the next router solicitation is due
  solicitInterval: u32; // milliseconds (RFC 7559)

  // Whom the last packet went to, and what was found for it.
  lastHigh: u64;
  lastLow: u64;
  lastNeighbor: u32;
  lastGeneration: u32;
  lastRoutes: u32;

  names: u32; // address of what routers say about name servers (link/router/names.ts), or 0
  owes: u32; // 1: a router solicitation
}

export const link: LinkState = changetype<LinkState>(LINK_BASE);

export function linkAt(number: u32): LinkInterface {
  const entry = changetype<LinkInterface>(LINK_BASE + INTERFACES + <usize>(number * LINK_INTERFACE));
  if (entry.baseReachable == 0) begin(entry, number);
  return entry;
}

/** Sets INTERFACE_* of an Ethernet interface. */
export function interfaceOption(number: u32, option: u32, value: u32): i32 {
  if (number >= state.interfaceCount || interfaceAt(number).link != LINK_ETHERNET) return ERROR_INVALID;
  const entry = linkAt(number);
  if (option == INTERFACE_DUPLICATE_TRANSMITS && value <= MOST_TRANSMITS) {
    interfaceAt(number).duplicateTransmits = value;
  } else if (option == INTERFACE_LINK_LOCAL && value <= 1) entry.linkLocal = <u8>value;
  else if (option == INTERFACE_MTU && value >= LEAST_MTU && value <= entry.deviceMtu) {
    interfaceAt(number).mtu = value;
    state.routeGeneration++;
  } else if (option == INTERFACE_AUTOCONFIGURE && value <= 1) {
    entry.autoconfigure = <u8>value;
    if (value == 1) entry.linkLocal = 1;
  } else return ERROR_INVALID;
  wakeAt(state.now);
  return 0;
}

/** Another number whenever addresses have changed, or what routers say about names. */
export function addressGeneration(): u32 {
  return state.addressGeneration;
}

/** ReachableTime in microseconds, drawn anew every few hours (RFC 4861 §6.3.2, §6.3.4). */
export function reachableTime(entry: LinkInterface): Micros {
  if (entry.reachableDrawn > state.now || state.now - entry.reachableDrawn > REDRAW) {
    const half = entry.baseReachable >> 1;
    entry.reachable = half + randomBelow(entry.baseReachable + 1);
    entry.reachableDrawn = state.now;
  }
  return <Micros>entry.reachable * 1000;
}

/** Something of the link is to go out with the next `output`. */
export function owe(what: u32): void {
  link.owes |= what;
}

/** Addresses have probes or announcements to send. */
export const OWES_ADDRESSES: u32 = 1;
/** Interfaces have router solicitations to send. */
export const OWES_SOLICITATIONS: u32 = 2;
/** Neighbours on the ring. */
export const OWES_NEIGHBORS: u32 = 4;
/** Packets of others are to be answered with errors. */
export const OWES_ERRORS: u32 = 8;

/** What an interface has before anybody says otherwise. */
function begin(entry: LinkInterface, number: u32): void {
  entry.deviceMtu = interfaceAt(number).mtu;
  entry.baseReachable = REACHABLE_TIME;
  entry.retransmit = RETRANS_TIMER;
  entry.solicitAt = NEVER;
  entry.reachableDrawn = NEVER;
}

const INTERFACES: usize = 0x100;
const LINK_INTERFACE: u32 = 0x80;
/** RFC 791 §3.2: every host can receive that much. */
const LEAST_MTU: u32 = 576;
const MOST_TRANSMITS: u32 = 16;
/** REACHABLE_TIME and RETRANS_TIMER of RFC 4861 §10, in milliseconds. */
const REACHABLE_TIME: u32 = 30_000;
const RETRANS_TIMER: u32 = 1_000;
const REDRAW: Micros = 2 * 3600 * 1_000_000;
