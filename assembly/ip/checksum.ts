// The Internet checksum (RFC 1071), sixteen bytes a step.
//
// The sum of 16-bit words does not depend on byte order (RFC 1071 §2 (B)): words are added as this machine loads them
// and the result is stored as this machine stores it. Sums are u32 and unfolded; a sum of 64 KiB fits.

/** The sum of `length` bytes at `address`. */
export function sum(address: usize, length: u32): u32 {
  let lanes = i32x4.splat(0);
  let at = address;
  const end = address + (length & ~15);
  for (; at < end; at += 16) lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
  return addLanes(lanes) + sumTail(at, length & 15);
}

/** Copies `length` bytes and answers their sum: one pass over the payload. */
export function copySum(target: usize, source: usize, length: u32): u32 {
  let lanes = i32x4.splat(0);
  let at = source;
  const end = source + (length & ~15);
  const shift = target - source;
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    v128.store(at + shift, bytes);
    lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(bytes));
  }
  memory.copy(at + shift, at, length & 15);
  return addLanes(lanes) + sumTail(at, length & 15);
}

/** The sum of TCP's pseudo-header (RFC 9293 §3.1): addresses as they lie in memory, `length` of header and data. */
export function pseudoSum(from: u32, to: u32, length: u32): u32 {
  const words = (from & 0xffff) + (from >> 16) + (to & 0xffff) + (to >> 16);
  return words + (PROTOCOL_TCP << 8) + <u32>bswap<u16>(<u16>length);
}

/** Folds a sum to 16 bits. */
export function fold(value: u32): u32 {
  const once = (value & 0xffff) + (value >> 16);
  return (once & 0xffff) + (once >> 16);
}

/** The sum of bytes that begin at an odd offset (RFC 1071 §2 (B)): each byte counts in the other half of its word. */
export function swapped(value: u32): u32 {
  return <u32>bswap<u16>(<u16>fold(value));
}

/** What the checksum field takes. */
export function complement(value: u32): u16 {
  return <u16>~fold(value);
}

function addLanes(lanes: v128): u32 {
  // Each lane holds at most 2¹⁶ × 2 × length / 16: folded first, the four of them fit again.
  return (
    fold(<u32>i32x4.extract_lane(lanes, 0)) +
    fold(<u32>i32x4.extract_lane(lanes, 1)) +
    fold(<u32>i32x4.extract_lane(lanes, 2)) +
    fold(<u32>i32x4.extract_lane(lanes, 3))
  );
}

function sumTail(address: usize, length: u32): u32 {
  let value: u32 = 0;
  const even = length & ~1;
  for (let offset: u32 = 0; offset < even; offset += 2) value += load<u16>(address + offset);
  if (length & 1) value += load<u8>(address + even);
  return value;
}

/** The protocol number, as the last byte of its word. */
const PROTOCOL_TCP: u32 = 6;
