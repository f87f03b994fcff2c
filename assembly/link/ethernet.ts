// The Ethernet header (RFC 894 for IPv4, RFC 2464 for IPv6): offsets and accessors, no policy. An address of six bytes is a
// u64, its first byte lowest, as it lies in memory.
//
//   destination 6 | source 6 | type u16 | payload
//
// A type below 0x600 is a length: a frame of IEEE 802.3, which carries nothing that we speak.

import { isMapped, mappedBytes } from '../ip/address';
import { load16, store16 } from '../memory/bytes';

export function frameDestination(frame: usize): u64 {
  return loadHardware(frame);
}

export function frameSource(frame: usize): u64 {
  return loadHardware(frame + 6);
}

export function frameType(frame: usize): u32 {
  return load16(frame + 12);
}

/** Writes the header of the frame whose payload begins at `payload`. */
export function writeFrame(payload: usize, destination: u64, source: u64, type: u32): void {
  const frame = payload - ETHERNET_HEADER;
  store<u64>(frame, destination | (source << 48));
  store<u32>(frame + 8, <u32>(source >> 16));
  store16(frame + 12, type);
}

export function loadHardware(address: usize): u64 {
  return <u64>load<u32>(address) | ((<u64>load<u16>(address, 4)) << 32);
}

export function storeHardware(address: usize, hardware: u64): void {
  store<u32>(address, <u32>hardware);
  store<u16>(address, <u16>(hardware >> 32), 4);
}

/** Whether a frame to this address is for more than one station (IEEE 802 §8.2). */
export function isGroup(hardware: u64): bool {
  return (hardware & 1) != 0;
}

/** Where packets for a multicast group go: 01:00:5e and 23 bits of IPv4's (RFC 1112 §6.4), 33:33 and 32 of IPv6's (RFC 2464 §7). */
export function groupHardware(high: u64, low: u64): u64 {
  if (isMapped(high, low)) return GROUP4 | ((<u64>(mappedBytes(low) & 0xffff7f00)) << 16);
  return GROUP6 | ((low >> 32) << 16);
}

export const ETHERNET_HEADER: u32 = 14;
export const BROADCAST_HARDWARE: u64 = 0xffffffffffff;
export const TYPE_IPV4: u32 = 0x0800;
export const TYPE_ARP: u32 = 0x0806;
export const TYPE_IPV6: u32 = 0x86dd;

const GROUP4: u64 = 0x5e0001;
const GROUP6: u64 = 0x3333;
