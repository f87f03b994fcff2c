// Linux's legacy virtio_net_hdr, little-endian, the ten bytes before a packet on devices with offloads
// (virtio 1.2 §5.1.6, without num_buffers).
//
//   0 flags | 1 gso_type | 2 hdr_len | 4 gso_size | 6 csum_start | 8 csum_offset

import { VNET_HEADER } from '../abi/limits';
import { complement, sum } from './checksum';
import { HEADER6 } from './header6';

/** The checksum of the packet's payload needs no check: it is partial (the packet never left this machine) or was verified. */
export function checksumKnown(packet: usize): bool {
  return (load<u8>(packet - VNET_HEADER) & (NEEDS_CHECKSUM | DATA_VALID)) != 0;
}

/** Nothing is left to the device. */
export function writePlain(packet: usize): void {
  store<u64>(packet - VNET_HEADER, 0);
  store<u16>(packet - 2, 0);
}

/** What the device has still to do for one packet has to be done for another one that is the same. */
export function copyOffload(target: usize, packet: usize): void {
  memory.copy(target - VNET_HEADER, packet - VNET_HEADER, VNET_HEADER);
}

/** Bytes of the largest packet that the device will make of this one; `length` when it stays as it is. */
export function pieceLength(packet: usize, length: u32): u32 {
  const header = packet - VNET_HEADER;
  return load<u8>(header, 1) == 0 ? length : <u32>load<u16>(header, 2) + load<u16>(header, 4);
}

/** Bytes of data of each datagram, but for the last, where a packet holds several behind one header; 0: it holds one. */
export function datagramSize(packet: usize): u32 {
  const header = packet - VNET_HEADER;
  return load<u8>(header, 1) == GSO_UDP_L4 ? load<u16>(header, 4) : 0;
}

/** The packet, whose checksum is left to the device, holds several datagrams of `size` bytes of data, the last of what is left. */
export function writeDatagramSize(packet: usize, size: u32): void {
  const header = packet - VNET_HEADER;
  store<u8>(header + 1, GSO_UDP_L4);
  store<u16>(header + 4, <u16>size);
}

/** Writes the checksum that was left to the device, if one was. */
export function completeChecksum(packet: usize, length: u32): void {
  const header = packet - VNET_HEADER;
  if (!(load<u8>(header) & NEEDS_CHECKSUM)) return;
  const start = <u32>load<u16>(header, 6);
  const offset = <u32>load<u16>(header, 8);
  const place = packet + start + offset;
  if (start >= length || place + 2 > packet + length) return;
  // What stands there is the sum of the pseudo-header.
  const checksum = complement(sum(packet + start, length - start));
  // A datagram whose checksum is 0 would have none (RFC 768).
  store<u16>(place, checksum == 0 && offset == UDP_CHECKSUM ? 0xffff : checksum);
  store<u8>(header, 0);
}

/**
 * The device completes the checksum, and cuts a TCP segment into pieces of `pieceSize` bytes when that is not 0. The transport
 * header begins at `transportAt`, behind an IP header of that size; `checksumAt` counts from there.
 */
export function writeOffload(packet: usize, headerSize: u32, transportAt: u32, checksumAt: u32, pieceSize: u32): void {
  const header = packet - VNET_HEADER;
  store<u8>(header, NEEDS_CHECKSUM);
  store<u8>(header + 1, pieceSize == 0 ? 0 : transportAt == HEADER6 ? GSO_TCPV6 : GSO_TCPV4);
  store<u16>(header + 2, <u16>headerSize);
  store<u16>(header + 4, <u16>pieceSize);
  store<u16>(header + 6, <u16>transportAt);
  store<u16>(header + 8, <u16>checksumAt);
}

const NEEDS_CHECKSUM: u8 = 1;
const DATA_VALID: u8 = 2;
/** Where in its header UDP has the checksum; no other protocol that a device completes has it there. */
const UDP_CHECKSUM: u32 = 6;
const GSO_TCPV4: u8 = 1;
const GSO_TCPV6: u8 = 4;
const GSO_UDP_L4: u8 = 5;
