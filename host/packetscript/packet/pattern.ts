/**
 * What the bytes of a script's data are: each tells its place in the stream, so that a byte which arrives, or leaves, at
 * the wrong place shows.
 */

/**
 * @param seq of the first byte, as a script counts: the first byte behind the SYN is 1
 */
export function pattern(seq: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => patternByte(seq + index));
}

/** @returns the index of the first byte that is out of place, -1 when all are right */
export function misplaced(bytes: Uint8Array, seq: number): number {
  return bytes.findIndex((byte, index) => byte !== patternByte(seq + index));
}

function patternByte(seq: number): number {
  return (Math.imul(seq >>> 0, 0x9e3779b1) >>> 24) & 0xff;
}
