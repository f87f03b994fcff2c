/**
 * Ethernet's addresses as text and as the six bytes of a frame.
 * Not for: addresses of IP (`address.ts`).
 */

/** What a frame to everybody says. */
export const BROADCAST_ADDRESS = 'ff:ff:ff:ff:ff:ff';

/**
 * Parses `02:00:5e:10:00:01`; `-` may stand in the place of `:`.
 * @returns `undefined` when the text is no such address
 */
export function parseHardwareAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\da-f]{2}(?:([:-])[\da-f]{2})(?:\1[\da-f]{2}){4}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (byte) => Number.parseInt(byte, 16));
}

/** The text of the six bytes at `offset`. */
export function formatHardwareAddress(bytes: Uint8Array, offset = 0): string {
  const six = bytes.subarray(offset, offset + HARDWARE_ADDRESS_SIZE);
  return Array.from(six, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Whether it can be that of one station: no group's, and not zero (IEEE 802 §8.2). */
export function isStationAddress(address: Uint8Array): boolean {
  return ((address[0] as number) & 1) === 0 && address.some((byte) => byte !== 0);
}

/** Bytes. */
export const HARDWARE_ADDRESS_SIZE = 6;
