// The IPv6 header (RFC 8200 §3): offsets and accessors, no policy.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |Version| Traffic Class |           Flow Label                  |   0
//   |         Payload Length        |  Next Header  |   Hop Limit   |   4
//   |                         Source Address                        |   8
//   |                      Destination Address                      |  24

import { load16, load32, store16, store32 } from '../memory/bytes';
import { Ends } from '../memory/ends';
import { isMapped, withoutZone } from './address';
import { HEADER4 } from './header4';

/** The Traffic Class: DSCP and ECN's two bits (RFC 8200 §7). */
export function trafficClass(packet: usize): u32 {
  return (load32(packet) >> 20) & 0xff;
}

/** Bytes behind the header, extension headers included. */
export function payloadLength(packet: usize): u32 {
  return load16(packet + 4);
}

export function nextHeader(packet: usize): u32 {
  return load<u8>(packet + 6);
}

export function hopLimit(packet: usize): u32 {
  return load<u8>(packet + 7);
}

/** Address of the source address. */
export function source6(packet: usize): usize {
  return packet + 8;
}

/** Address of the destination address. */
export function destination6(packet: usize): usize {
  return packet + 24;
}

/** Bytes of the IP header of packets to an address, of either family. */
export function headerSize(high: u64, low: u64): u32 {
  return isMapped(high, low) ? HEADER4 : HEADER6;
}

/** Writes a header. `length` counts what follows it; `flow` is the Flow Label (RFC 6437). Zones do not leave the host. */
export function writeHeader6(
  packet: usize,
  length: u32,
  next: u32,
  ends: Ends,
  service: u32,
  flow: u32,
  limit: u32,
): void {
  store32(packet, (6 << 28) | ((service & 0xff) << 20) | (flow & FLOW_LABEL));
  store16(packet + 4, length);
  store16(packet + 6, (next << 8) | limit);
  store<u64>(packet + 8, withoutZone(ends.fromHigh));
  store<u64>(packet + 16, ends.fromLow);
  store<u64>(packet + 24, withoutZone(ends.toHigh));
  store<u64>(packet + 32, ends.toLow);
}

/** Bytes of the header. */
export const HEADER6: u32 = 40;
/** RFC 8200 §5: every link carries packets of this size. */
export const LEAST_MTU6: u32 = 1280;
export const FLOW_LABEL: u32 = 0xfffff;

// Next Header values (RFC 8200 §4 and IANA's registry).
export const HOP_BY_HOP: u32 = 0;
export const ROUTING: u32 = 43;
export const FRAGMENT: u32 = 44;
export const PROTOCOL_ICMP6: u32 = 58;
export const NO_NEXT_HEADER: u32 = 59;
export const DESTINATION_OPTIONS: u32 = 60;
