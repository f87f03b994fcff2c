/**
 * Writes DER (ITU-T X.690) from the inside out: every function gives one whole element. For key structures and tests.
 * Not for: reading (`der.ts`).
 */
import { TAG } from './tags.js';

/** An element: identifier octet, length, and the parts of its content. */
export function writeElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = [tag, ...lengthBytes(length)];
  const element = new Uint8Array(header.length + length);
  element.set(header);
  let at = header.length;
  for (const part of parts) {
    element.set(part, at);
    at += part.length;
  }
  return element;
}

export function writeSequence(...elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return writeElement(TAG.sequence, ...elements);
}

/** A number ≥ 0, given as such or as its magnitude, big-endian; leading zeros are dropped. */
export function writeInteger(value: number | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof value === 'number' ? numberBytes(value) : value;
  const first = bytes.findIndex((byte) => byte !== 0);
  const magnitude = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return writeElement(TAG.integer, ...((magnitude[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : []), magnitude);
}

/** An object identifier, from its dotted text. */
export function writeOid(text: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return writeElement(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(arcBytes)));
}

export function writeOctetString(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return writeElement(TAG.octetString, content);
}

export function writeBitString(bytes: Uint8Array, unused = 0): Uint8Array<ArrayBuffer> {
  return writeElement(TAG.bitString, Uint8Array.of(unused), bytes);
}

export function writeNull(): Uint8Array<ArrayBuffer> {
  return writeElement(TAG.null);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes = numberBytes(length);
  return [0x80 | bytes.length, ...bytes];
}

function numberBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

function arcBytes(arc: number): number[] {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return bytes;
}
