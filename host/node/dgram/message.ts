/**
 * The arguments of `send`, in all the forms that Node takes. Not for: sending.
 */
import { misuse, received, wrongType } from '../errors.js';

export type SendCallback = (error: Error | null, bytes?: number) => void;

/** A message once checked. */
export interface Message {
  list: readonly Uint8Array[];
  /** Of an unconnected socket, still to be checked. */
  port: unknown;
  address: unknown;
  callback: SendCallback | undefined;
}

/**
 * `(message, port, address?, callback?)`, `(message, offset, length, port, address?, callback?)`; a connected socket takes neither
 * port nor address.
 * @throws TypeError, RangeError with Node's codes
 */
export function readSend(given: readonly unknown[], connected: boolean): Message {
  const whole = connected ? readConnected(given) : readUnconnected(given);
  const callback = [whole.callback, whole.address].find((value) => typeof value === 'function') as
    | SendCallback
    | undefined;
  const address = typeof whole.address === 'function' ? undefined : whole.address;
  return { list: readList(whole.buffer), port: whole.port, address, callback };
}

function readUnconnected(given: readonly unknown[]): Whole {
  const [buffer, offset, length, port, address, callback] = given;
  if (address || (port && typeof port !== 'function'))
    return { buffer: slice(buffer, offset, length), port, address, callback };
  return { buffer, port: offset, address: length, callback: port };
}

function readConnected(given: readonly unknown[]): Whole {
  const [buffer, offset, length, port, address, callback] = given;
  if (typeof length !== 'number') {
    if (port || address) throw isConnected();
    return { buffer, port: undefined, address: undefined, callback: offset };
  }
  const sliced = slice(buffer, offset, length);
  const last = typeof port === 'function' ? port : callback;
  if ((port && typeof port !== 'function') || address) throw isConnected();
  return { buffer: sliced, port: undefined, address: undefined, callback: last };
}

function slice(buffer: unknown, offset: unknown, length: unknown): Uint8Array {
  const bytes = typeof buffer === 'string' ? Buffer.from(buffer) : view(buffer);
  if (bytes === undefined) throw wrongType('"buffer" argument', PART, buffer);
  const start = (offset as number) >>> 0;
  const size = (length as number) >>> 0;
  if (start > bytes.length) throw outside('offset');
  if (start + size > bytes.length) throw outside('length');
  return bytes.subarray(start, start + size);
}

function readList(buffer: unknown): readonly Uint8Array[] {
  if (!Array.isArray(buffer)) {
    const bytes = typeof buffer === 'string' ? Buffer.from(buffer) : view(buffer);
    if (bytes === undefined) throw wrongType('"buffer" argument', PART, buffer);
    return [bytes];
  }
  return buffer.map((part) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : view(part);
    if (bytes === undefined) {
      const words = `The "buffer list arguments" argument must be ${PART}. Received ${received(buffer)}`;
      throw misuse(TypeError, 'ERR_INVALID_ARG_TYPE', words);
    }
    return bytes;
  });
}

function view(value: unknown): Uint8Array | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function isConnected(): Error {
  return misuse(Error, 'ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
}

function outside(name: string): RangeError {
  return misuse(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', `"${name}" is outside of buffer bounds`);
}

interface Whole {
  buffer: unknown;
  port: unknown;
  address: unknown;
  callback: unknown;
}

const PART = 'of type string or an instance of Buffer, TypedArray, or DataView';
