// The TCP header (RFC 9293 §3.1): offsets and accessors, no policy.
//
//   |          Source Port          |       Destination Port        |   0
//   |                        Sequence Number                        |   4
//   |                    Acknowledgment Number                      |   8
//   |  Data |       |C|E|U|A|P|R|S|F|                               |
//   | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |  12
//   |       |       |R|E|G|K|H|T|N|N|                               |
//   |           Checksum            |         Urgent Pointer        |  16
//   |                           [Options]                           |  20

import { load16, load32, store16, store32 } from '../memory/bytes';

export function sourcePort(header: usize): u32 {
  return load16(header);
}

export function destinationPort(header: usize): u32 {
  return load16(header + 2);
}

export function sequenceNumber(header: usize): u32 {
  return load32(header + 4);
}

export function acknowledgmentNumber(header: usize): u32 {
  return load32(header + 8);
}

/** Bytes of the header, options included. */
export function dataOffset(header: usize): u32 {
  return (<u32>load<u8>(header + 12) >> 4) << 2;
}

export function controlBits(header: usize): u32 {
  return load<u8>(header + 13);
}

export function windowField(header: usize): u32 {
  return load16(header + 14);
}

export function urgentPointer(header: usize): u32 {
  return load16(header + 18);
}

/** Writes all fields but the checksum and the urgent pointer, which are left 0. */
export function writeHeader(
  header: usize,
  ports: u32,
  sequence: u32,
  acknowledgment: u32,
  size: u32,
  control: u32,
  window: u32,
): void {
  store32(header, ports);
  store32(header + 4, sequence);
  store32(header + 8, acknowledgment);
  store16(header + 12, ((size >> 2) << 12) | control);
  store16(header + 14, window);
  store<u32>(header + 16, 0);
}

/** Makes what is before `pointer`, counted from the segment's first number, urgent. */
export function writeUrgent(header: usize, pointer: u32): void {
  store<u8>(header + 13, load<u8>(header + 13) | <u8>URG);
  store16(header + 18, pointer);
}

export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
export const PSH: u32 = 0x08;
export const ACK: u32 = 0x10;
export const URG: u32 = 0x20;
export const ECE: u32 = 0x40;
export const CWR: u32 = 0x80;

/** Bytes of a header without options. */
export const TCP_HEADER: u32 = 20;
/** Bytes of the longest one: the data offset counts to fifteen words. */
export const LONGEST_HEADER: u32 = 60;
/** Offset of the checksum field. */
export const CHECKSUM_AT: u32 = 16;
