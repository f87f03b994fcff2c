/**
 * The arguments of `write` and `end`: which bytes are meant. Not for: sending them.
 */
import { outOfRange, wrongType } from './errors.js';

/** Bytes in any view or buffer. */
export type BufferSource = ArrayBufferView | ArrayBufferLike;

/** What can be sent. */
export type Payload = string | BufferSource;

/**
 * @param data a string, a buffer or a view; `undefined` is nothing
 * @param offset in bytes; for a string instead the name of its encoding, and numbers are ignored
 * @param length in bytes, the remainder by default
 * @returns a string that is to be sent as UTF-8, or the bytes
 * @throws TypeError, RangeError
 */
export function parsePayload(data: unknown, offset: unknown, length: unknown): string | Uint8Array {
  if (typeof data === 'string') return encode(data, offset);
  if (data === undefined) return '';
  if (data instanceof String) return encode(String(data), offset);
  const bytes = view(data);
  if (offset === undefined && length === undefined) return bytes;
  if (typeof offset === 'string') return bytes;
  const start = parseInteger('byteOffset', offset, 0, bytes.length);
  const count = parseInteger('byteLength', length, bytes.length - start, bytes.length - start);
  return bytes.subarray(start, start + count);
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

function encode(text: string, encoding: unknown): string | Uint8Array {
  if (typeof encoding !== 'string' || typeof Buffer === 'undefined') return text;
  const name = encoding.toLowerCase();
  return !Buffer.isEncoding(name) || name === 'utf8' || name === 'utf-8' ? text : Buffer.from(text, name);
}

function view(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return detached(data) ? new Uint8Array(0) : new Uint8Array(data);
  if (typeof SharedArrayBuffer !== 'undefined' && data instanceof SharedArrayBuffer) return new Uint8Array(data);
  throw wrongType(`The "data" argument must be of type string, buffer, or blob. Received ${received(data)}`);
}

function detached(buffer: ArrayBuffer): boolean {
  return buffer.byteLength === 0;
}

function parseInteger(name: string, value: unknown, absent: number, limit: number): number {
  if (value === undefined) return absent;
  if (!Number.isInteger(value)) throw wrongType(`Expected ${name} to be a integer for 'Socket.write'.`);
  const integer = value as number;
  if (integer >= 0 && integer <= limit) return integer;
  const bound = integer < 0 ? Number.MAX_SAFE_INTEGER : limit;
  throw outOfRange(`The value of "${name}" is out of range. It must be >= 0 and <= ${bound}. Received ${integer}`);
}

/** How Node names a value of the wrong type. */
function received(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') return `an instance of ${value.constructor?.name ?? 'Object'}`;
  return `type ${typeof value} (${typeof value === 'bigint' ? `${value}n` : String(value)})`;
}

const encoder = new TextEncoder();
