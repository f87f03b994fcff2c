// Addresses: always 16 bytes. An IPv4 address a.b.c.d is ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that everything above
// the IP layer knows one kind. In registers an address is two words as they lie in memory: `high` the first 8 bytes.
//
// An address that means something on one link only (RFC 4007) carries the number of its interface in the fourth byte,
// which is zero on the wire: so fe80::1 on one link and on another are two addresses everywhere above the IP layer.
//
//   fe 80 00 zz 00 00 00 00 …      ff x2 00 zz 00 00 00 00 …
//
// Not for: which address belongs to us (ip/addresses.ts).

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

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3) and ::1 (RFC 4291 §2.5.3). */
export function isLoopback(high: u64, low: u64): bool {
  return high == 0 && (low == LOOPBACK6_LOW || (<u32>low == <u32>MAPPED && (<u32>(low >> 32) & 0xff) == 127));
}

/** ff00::/8 (RFC 4291 §2.7) and 224.0.0.0/4 (RFC 1112 §4). */
export function isMulticast(high: u64, low: u64): bool {
  return (<u32>high & 0xff) == 0xff || (isMapped(high, low) && (<u32>(low >> 32) & 0xf0) == 0xe0);
}

/** 255.255.255.255, which means the link it is sent on (RFC 1122 §3.2.1.3 (c)). */
export function isLimitedBroadcast(high: u64, low: u64): bool {
  return high == 0 && low == BROADCAST;
}

/** fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(high: u64): bool {
  return (<u32>high & 0xc0ff) == 0x80fe;
}

/** Link-local, or a multicast address of the link's scope or a smaller one: it carries the number of its interface. */
export function isScoped(high: u64): bool {
  return isLinkLocal(high) || ((<u32>high & 0xff) == 0xff && ((<u32>high >> 8) & 0x0f) - 1 < 2);
}

/** The same address on the link of an interface; one that means the same everywhere stays as it is, and all do on loopback. */
export function withZone(high: u64, interfaceNumber: u32): u64 {
  return interfaceNumber != 0 && isScoped(high) ? (high & ~ZONE) | ((<u64>interfaceNumber) << ZONE_SHIFT) : high;
}

/** As the address stands in packets. */
export function withoutZone(high: u64): u64 {
  return isScoped(high) ? high & ~ZONE : high;
}

/** The interface whose link a scoped address means; 0: it does not say. */
export function zoneOf(high: u64): u32 {
  return isScoped(high) ? <u32>((high & ZONE) >> ZONE_SHIFT) : 0;
}

/** Whether an IPv4-mapped address can be that of one host: not 0/8, not multicast, not reserved (RFC 1122 §3.2.1.3). */
export function isUnicast4(low: u64): bool {
  const first = mappedBytes(low) & 0xff;
  return first != 0 && first < 224;
}

/** Whether an address can be that of one host. */
export function isUnicast(high: u64, low: u64): bool {
  return isMapped(high, low) ? isUnicast4(low) : low + high != 0 && (<u32>high & 0xff) != 0xff;
}

/** Whether two addresses share their first `length` bits, of 128. */
export function samePrefix(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64, length: u32): bool {
  return commonPrefix(aHigh, aLow, bHigh, bLow) >= length;
}

/** How many bits two addresses share at their beginning, of 128. */
export function commonPrefix(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): u32 {
  if (aHigh != bHigh) return <u32>clz<u64>(bswap<u64>(aHigh ^ bHigh));
  return 64 + <u32>clz<u64>(bswap<u64>(aLow ^ bLow));
}

/** ::ffff:0:0 as it lies in memory. */
export const MAPPED: u64 = 0xffff0000;
/** Bits of the prefix that makes an address IPv4-mapped. */
export const MAPPED_BITS: u32 = 96;
/** The low word of ::1. */
export const LOOPBACK6_LOW: u64 = 0x0100000000000000;
/** The low word of 127.0.0.1. */
export const LOOPBACK4_LOW: u64 = MAPPED | ((<u64>0x0100007f) << 32);

/** The low word of 255.255.255.255. */
const BROADCAST: u64 = 0xffffffffffff0000;
const ZONE: u64 = 0xffff0000;
const ZONE_SHIFT: u64 = 24;
