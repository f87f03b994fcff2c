// The messages of ARP (RFC 826) and of neighbour discovery (RFC 4861 §4): numbers and offsets, no policy.
//
//   ARP   hardware type u16 | protocol type u16 | 6 u8 | 4 u8 | operation u16
//         sender: hardware 6, protocol 4 | target: hardware 6, protocol 4
//
//   solicitation, advertisement of a neighbour   type u8 | code u8 | checksum u16 | flags u32 | target 16 | options
//   solicitation for routers                     type u8 | code u8 | checksum u16 | reserved u32 | options
//   option                                       type u8 | length in 8 bytes u8 | …

import { isGroup, loadHardware } from './ethernet';

/** The low word of the solicited-node group of an address, whose high word is LINK_GROUP (RFC 4291 §2.7.1). */
export function solicitedNode(low: u64): u64 {
  return SOLICITED_NODE | (low & 0xffffff0000000000);
}

/** Whether the options from `start` to `end` are whole, each of them longer than nothing (RFC 4861 §6.1, §7.1). */
export function optionsWhole(start: usize, end: usize): bool {
  while (start < end) {
    const size: usize = end - start < 8 ? 0 : optionSize(start);
    if (size == 0 || start + size > end) return false;
    start += size;
  }
  return true;
}

/** The first option of a type from `start` to `end`, 0 when there is none. */
export function optionFind(start: usize, end: usize, type: u8): usize {
  for (; start < end; start += optionSize(start)) if (load<u8>(start) == type) return start;
  return 0;
}

/** Bytes of an option. */
export function optionSize(option: usize): usize {
  return (<usize>load<u8>(option + 1)) << 3;
}

/** The link-layer address that an option of a type names, 0 when there is none. */
export function hardwareIn(options: usize, end: usize, type: u8): u64 {
  const option = optionFind(options, end, type);
  if (option == 0 || optionSize(option) != 8) return 0;
  const hardware = loadHardware(option + 2);
  return isGroup(hardware) ? 0 : hardware;
}

export const ARP_SIZE: u32 = 28;
export const ARP_REQUEST: u32 = 1;
export const ARP_REPLY: u32 = 2;
/** Ethernet, and IPv4. */
export const ETHERNET_IPV4: u32 = 0x0001_0800;
/** Bytes of their addresses. */
export const SIZES: u32 = 0x0604;

// ICMPv6 types (RFC 4861 §4).
export const ROUTER_SOLICITATION: u32 = 133;
export const ROUTER_ADVERTISEMENT: u32 = 134;
export const NEIGHBOR_SOLICITATION: u32 = 135;
export const NEIGHBOR_ADVERTISEMENT: u32 = 136;
export const REDIRECT: u32 = 137;

// Options (RFC 4861 §4.6, RFC 4191 §2.3, RFC 8106 §5).
export const SOURCE_LINK_LAYER: u8 = 1;
export const TARGET_LINK_LAYER: u8 = 2;
export const PREFIX_INFORMATION: u8 = 3;
export const LINK_MTU: u8 = 5;
export const ROUTE_INFORMATION: u8 = 24;
export const NAME_SERVERS: u8 = 25;
export const SEARCH_LIST: u8 = 31;

// Flags of a neighbour's advertisement.
export const ADVERTISED_ROUTER: u32 = 1 << 31;
export const SOLICITED: u32 = 1 << 30;
export const OVERRIDE: u32 = 1 << 29;

/** ff02::/64 as it lies in memory, and the low word of ff02::1. */
export const LINK_GROUP: u64 = 0x02ff;
export const ALL_NODES: u64 = 0x0100000000000000;
/** What no router forwards (RFC 4861 §7.1.1). */
export const HOP_LIMIT: u32 = 255;
/** Bytes of a solicitation for routers, and of messages with a target. */
export const SOLICITATION: u32 = 8;
export const TARGETED: u32 = 24;

/** ::1:ff00:0 */
const SOLICITED_NODE: u64 = 0x000000ff01000000;
