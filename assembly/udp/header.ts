// The UDP header (RFC 768): offsets and accessors, no policy.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |          Source Port          |       Destination Port        |   0
//   |            Length             |           Checksum            |   4

import { load16, store16 } from '../memory/bytes';

export function sourcePort(udp: usize): u32 {
  return load16(udp);
}

export function destinationPort(udp: usize): u32 {
  return load16(udp + 2);
}

/** Bytes of the header and the data. */
export function lengthField(udp: usize): u32 {
  return load16(udp + 4);
}

/** As it lies in memory; 0: the sender has made none. */
export function checksumField(udp: usize): u32 {
  return load<u16>(udp, CHECKSUM_AT);
}

/** Writes all but the checksum. */
export function writeHeader(udp: usize, source: u32, destination: u32, length: u32): void {
  store16(udp, source);
  store16(udp + 2, destination);
  store16(udp + 4, length);
  store<u16>(udp, 0, CHECKSUM_AT);
}

export const UDP_HEADER: u32 = 8;
/** Where the checksum stands in the header. */
export const CHECKSUM_AT: usize = 6;
