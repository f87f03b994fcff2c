/**
 * Reading numbers and addresses out of packets, most significant byte first (RFC 791 appendix B).
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

/** The Internet checksum over `bytes`, RFC 1071: over a piece that contains its own checksum it is 0. */
export function internetChecksum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) sum += uint16At(bytes, offset);
  if (bytes.length % 2 === 1) sum += byteAt(bytes, bytes.length - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
