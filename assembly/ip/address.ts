// Addresses: always 16 bytes. An IPv4 address a.b.c.d is ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that everything above
// the IP layer knows one kind. In registers an address is two words as they lie in memory: `high` the first 8 bytes.
// Not for: which address belongs to us (ip/interface.ts).

/** The low word of the IPv4-mapped address whose four bytes lie at `address`. */
export function mappedLow(address: usize): u64 {
  return MAPPED | ((<u64>load<u32>(address)) << 32);
}

/** The four bytes of an IPv4-mapped address, as they lie in memory. */
export function mappedBytes(low: u64): u32 {
  return <u32>(low >> 32);
}

/** ::ffff:0:0/96 */
export function isMapped(high: u64, low: u64): bool {
  return high == 0 && <u32>low == <u32>MAPPED;
}

/** Unspecified: :: or 0.0.0.0. */
export function isUnspecified(high: u64, low: u64): bool {
  return high == 0 && (low == 0 || low == MAPPED);
}

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3). */
export function isLoopback(high: u64, low: u64): bool {
  return isMapped(high, low) && (<u32>(low >> 32) & 0xff) == 127;
}

/** Whether the IPv4 address at `address` can be that of one host: not 0/8, not multicast, not reserved (RFC 1122 §3.2.1.3). */
export function isUnicast4(address: usize): bool {
  const first = load<u8>(address);
  return first != 0 && first < 224;
}

/** Whether two IPv4 addresses (as they lie in memory) share their first `length` bits. */
export function samePrefix4(a: u32, b: u32, length: u32): bool {
  return length == 0 || bswap<u32>(a ^ b) >> (32 - length) == 0;
}

/** ::ffff:0:0 as it lies in memory. */
export const MAPPED: u64 = 0xffff0000;
