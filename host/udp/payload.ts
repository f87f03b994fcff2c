/**
 * What can be sent in a datagram, as bytes. Not for: sending it.
 */
import type { BufferSource } from '../socket/payload.js';
import { expected } from './errors.js';

/**
 * @param what names the argument where it is wrong
 * @throws TypeError in Bun's words
 */
export function payloadOf(data: unknown, what: string): Uint8Array {
  if (typeof data === 'string' || data instanceof String) return encoder.encode(String(data));
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (isBuffer(data)) return new Uint8Array(data);
  throw expected(`ArrayBufferView or string as ${what}`);
}

function isBuffer(data: unknown): data is Exclude<BufferSource, ArrayBufferView> {
  if (data instanceof ArrayBuffer) return true;
  return typeof SharedArrayBuffer !== 'undefined' && data instanceof SharedArrayBuffer;
}

const encoder = new TextEncoder();
