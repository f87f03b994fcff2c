/**
 * Reading numbers and addresses out of packets, most significant byte first (RFC 791 appendix B), and the checksum that
 * most of them carry (RFC 1071).
 * Not for: what they mean.
 */

/** @throws RangeError behind the end of `bytes`; decoders check lengths before they ask */
export function byteAt(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new RangeError(`byte ${offset} of ${bytes.length}`);
  return byte;
}

export function uint16At(bytes: Uint8Array, offset: number): number {
  return (byteAt(bytes, offset) << 8) | byteAt(bytes, offset + 1);
}

export function uint32At(bytes: Uint8Array, offset: number): number {
  return uint16At(bytes, offset) * 0x10000 + uint16At(bytes, offset + 2);
}

export function ipv4AddressAt(bytes: Uint8Array, offset: number): string {
  return [0, 1, 2, 3].map((index) => byteAt(bytes, offset + index)).join('.');
}

/** As RFC 5952 writes it: lower case, no leading zeros, `::` for the longest run of zeros, the first of several. */
export function ipv6AddressAt(bytes: Uint8Array, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => uint16At(bytes, offset + 2 * index));
  const embedded = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (embedded) return `::ffff:${ipv4AddressAt(bytes, offset + 12)}`;
  const { start, length } = longestZeros(groups);
  const text = (from: number, to: number) => groups.slice(from, to).map(hexadecimal).join(':');
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** `02:00:00:00:00:01` */
export function hardwareAddressAt(bytes: Uint8Array, offset: number): string {
  const octets = Array.from({ length: 6 }, (_, index) => byteAt(bytes, offset + index));
  return octets.map((octet) => hexadecimal(octet).padStart(2, '0')).join(':');
}

/** The Internet checksum over `bytes`, RFC 1071: over a piece that contains its own checksum it is 0. */
export function internetChecksum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) sum += uint16At(bytes, offset);
  if (bytes.length % 2 === 1) sum += byteAt(bytes, bytes.length - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/**
 * What the pseudo-header adds to a checksum (RFC 9293 §3.1, RFC 768, RFC 8200 §8.1).
 * @param addresses source and destination, 8 bytes or 32
 * @param length of header and data of the protocol
 */
export function pseudoHeaderSum(addresses: Uint8Array, protocol: number, length: number): number {
  let sum = protocol + (length & 0xffff) + Math.floor(length / 0x10000);
  for (let offset = 0; offset < addresses.length; offset += 2) sum += uint16At(addresses, offset);
  return sum;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  return longest;
}

function hexadecimal(value: number): string {
  return value.toString(16);
}
