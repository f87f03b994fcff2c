// The IPv4 header (RFC 791 §3.1): offsets and accessors, no policy.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |Version|  IHL  |Type of Service|          Total Length         |   0
//   |         Identification        |Flags|     Fragment Offset     |   4
//   |  Time to Live |    Protocol   |        Header Checksum        |   8
//   |                         Source Address                        |  12
//   |                      Destination Address                      |  16

import { load16, store16, store32 } from '../memory/bytes';
import { complement, headerSum } from './checksum';

export function version(packet: usize): u32 {
  return load<u8>(packet) >> 4;
}

/** Bytes of the header, options included. */
export function headerLength(packet: usize): u32 {
  return (load<u8>(packet) & 15) << 2;
}

export function totalLength(packet: usize): u32 {
  return load16(packet + 2);
}

export function typeOfService(packet: usize): u32 {
  return load<u8>(packet + 1);
}

export function identification(packet: usize): u32 {
  return load16(packet + 4);
}

/** More fragments follow, or this is not the first one. */
export function isFragment(packet: usize): bool {
  return (load16(packet + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
}

/** Where a fragment belongs, in units of eight bytes. */
export function fragmentOffset(packet: usize): u32 {
  return load16(packet + 6) & FRAGMENT_OFFSET;
}

export function moreFragments(packet: usize): bool {
  return (load16(packet + 6) & MORE_FRAGMENTS) != 0;
}

export function dontFragment(packet: usize): bool {
  return (load16(packet + 6) & DONT_FRAGMENT) != 0;
}

export function timeToLive(packet: usize): u32 {
  return load<u8>(packet + 8);
}

export function protocol(packet: usize): u32 {
  return load<u8>(packet + 9);
}

/** Address of the source address. */
export function source(packet: usize): usize {
  return packet + 12;
}

/** Address of the destination address. */
export function destination(packet: usize): usize {
  return packet + 16;
}

/**
 * Writes a header without options. A packet that may not be fragmented is atomic, and its identification says nothing
 * (RFC 6864 §4.1). Addresses are given as they lie in memory. `service`: the Differentiated
 * Services field and ECN's two bits, and FRAGMENTS.
 */
export function writeHeader4(
  packet: usize,
  length: u32,
  proto: u32,
  from: u32,
  to: u32,
  service: u32,
  lifetime: u32,
  id: u32,
): void {
  store16(packet, 0x4500 | (service & 0xff));
  store16(packet + 2, length);
  store32(packet + 4, service & FRAGMENTS ? id << 16 : DONT_FRAGMENT);
  store16(packet + 8, (lifetime << 8) | proto);
  store<u16>(packet + 10, 0);
  store<u32>(packet + 12, from);
  store<u32>(packet + 16, to);
  store<u16>(packet + 10, complement(headerSum(packet, HEADER4)));
}

/** Bytes of a header without options. */
export const HEADER4: u32 = 20;
export const PROTOCOL_ICMP: u32 = 1;
export const PROTOCOL_IGMP: u32 = 2;
export const PROTOCOL_TCP: u32 = 6;
export const PROTOCOL_UDP: u32 = 17;
/** Beside the field of `service`: routers may fragment the packet. */
export const FRAGMENTS: u32 = 1 << 8;

const MORE_FRAGMENTS: u32 = 0x2000;
const FRAGMENT_OFFSET: u32 = 0x1fff;
const DONT_FRAGMENT: u32 = 0x4000;
