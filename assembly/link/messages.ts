// What we say on a link: ARP (RFC 826), solicitations and advertisements of neighbour discovery (RFC 4861 §4). Each answers
// false when the interface's queue is full: then it is still owed.
// Not for: when (link/output.ts).

import { COUNTER_PACKETS_OUT } from '../abi/constants';
import { isUnspecified, mappedBytes, withoutZone, withZone } from '../ip/address';
import { complement, pseudoSum, sum } from '../ip/checksum';
import { HEADER6, PROTOCOL_ICMP6, writeHeader6 } from '../ip/header6';
import { interfaceAt } from '../ip/interface';
import { transmitCommit, transmitRoom } from '../ip/transmit';
import { store16, store32 } from '../memory/bytes';
import { count } from '../memory/counters';
import { endsOf } from '../memory/ends';
import { state } from '../memory/state';
import { ETHERNET_HEADER, storeHardware, TYPE_ARP, writeFrame } from './ethernet';
import {
  ADVERTISED_ROUTER,
  ARP_SIZE,
  ETHERNET_IPV4,
  HOP_LIMIT,
  LINK_GROUP,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  OVERRIDE,
  ROUTER_SOLICITATION,
  SIZES,
  SOLICITATION,
  SOLICITED,
  SOURCE_LINK_LAYER,
  solicitedNode,
  TARGET_LINK_LAYER,
  TARGETED,
} from './header';
import { ethernetSend } from './send';

/** Sends an ARP message to `frameTo`. Addresses are low words; `hardware`: the target's, 0 when it is asked for. */
export function arpSend(number: u32, operation: u32, sender: u64, hardware: u64, target: u64, frameTo: u64): bool {
  const message = transmitRoom(number, ARP_SIZE);
  if (message == 0) return false;
  const own = interfaceAt(number).hardware;
  store32(message, ETHERNET_IPV4);
  store16(message + 4, SIZES);
  store16(message + 6, operation);
  storeHardware(message + 8, own);
  store<u32>(message + 14, mappedBytes(sender));
  storeHardware(message + 18, hardware);
  store<u32>(message + 24, mappedBytes(target));
  writeFrame(message, frameTo, own, TYPE_ARP);
  transmitCommit(number, message, ARP_SIZE, ETHERNET_HEADER);
  return true;
}

/** Asks for a neighbour (RFC 4861 §4.3): all that may be it (`multicast`), or the one that we know. From :: an address is probed for. */
export function solicitNeighbor(
  number: u32,
  fromHigh: u64,
  fromLow: u64,
  targetHigh: u64,
  targetLow: u64,
  multicast: bool,
): bool {
  const probing = isUnspecified(fromHigh, fromLow);
  const size = probing ? TARGETED : TARGETED + LINK_LAYER_OPTION;
  const message = begin(number, size, NEIGHBOR_SOLICITATION);
  if (message == 0) return false;
  putTarget(message, targetHigh, targetLow);
  if (!probing) putOption(message + TARGETED, SOURCE_LINK_LAYER, number);
  const toHigh = multicast ? withZone(LINK_GROUP, number) : targetHigh;
  const toLow = multicast ? solicitedNode(targetLow) : targetLow;
  finish(number, message, size, fromHigh, fromLow, toHigh, toLow);
  return true;
}

/** Says that an address is ours (RFC 4861 §4.4), to one who asked, or, where `solicited` is not set, to all. */
export function advertise(
  number: u32,
  targetHigh: u64,
  targetLow: u64,
  toHigh: u64,
  toLow: u64,
  solicited: bool,
): bool {
  const message = begin(number, TARGETED + LINK_LAYER_OPTION, NEIGHBOR_ADVERTISEMENT);
  if (message == 0) return false;
  const router = state.forwarding == 0 ? 0 : ADVERTISED_ROUTER;
  store32(message + 4, router | OVERRIDE | (solicited ? SOLICITED : 0));
  putTarget(message, targetHigh, targetLow);
  putOption(message + TARGETED, TARGET_LINK_LAYER, number);
  finish(number, message, TARGETED + LINK_LAYER_OPTION, targetHigh, targetLow, toHigh, toLow);
  return true;
}

/** Asks for routers (RFC 4861 §4.1). */
export function solicitRouters(number: u32, fromHigh: u64, fromLow: u64): bool {
  const message = begin(number, SOLICITATION + LINK_LAYER_OPTION, ROUTER_SOLICITATION);
  if (message == 0) return false;
  putOption(message + SOLICITATION, SOURCE_LINK_LAYER, number);
  finish(
    number,
    message,
    SOLICITATION + LINK_LAYER_OPTION,
    fromHigh,
    fromLow,
    withZone(LINK_GROUP, number),
    ALL_ROUTERS,
  );
  return true;
}

function begin(number: u32, size: u32, type: u32): usize {
  const packet = transmitRoom(number, HEADER6 + size);
  if (packet == 0) return 0;
  memory.fill(packet + HEADER6, 0, size);
  store<u8>(packet + HEADER6, <u8>type);
  return packet + HEADER6;
}

function finish(number: u32, message: usize, size: u32, fromHigh: u64, fromLow: u64, toHigh: u64, toLow: u64): void {
  const packet = message - HEADER6;
  const ends = endsOf(fromHigh, fromLow, toHigh, toLow);
  const pseudo = pseudoSum(ends, PROTOCOL_ICMP6, size);
  store<u16>(message + 2, complement(pseudo + sum(message, size)));
  writeHeader6(packet, size, PROTOCOL_ICMP6, ends, 0, 0, HOP_LIMIT);
  count(COUNTER_PACKETS_OUT);
  ethernetSend(number, packet, HEADER6 + size, toHigh, toLow);
}

function putTarget(message: usize, high: u64, low: u64): void {
  store<u64>(message + 8, withoutZone(high));
  store<u64>(message + 16, low);
}

function putOption(option: usize, type: u8, number: u32): void {
  store<u8>(option, type);
  store<u8>(option + 1, 1);
  storeHardware(option + 2, interfaceAt(number).hardware);
}

const ALL_ROUTERS: u64 = 0x0200000000000000;
const LINK_LAYER_OPTION: u32 = 8;
