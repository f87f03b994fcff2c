/**
 * ServerHello and HelloRetryRequest, RFC 8446 §4.1.3 and §4.1.4, RFC 5246 §7.4.1.3.
 * Not for: whether what it says was offered (`../client/`).
 */

import { sameBytes } from '../wire/bytes.js';
import { decode, type Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { type Extensions, readExtensions, writeExtensions } from './extension.js';
import type { HandshakeMessage } from './handshake.js';

export interface ServerHello {
  readonly legacyVersion: number;
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** At most 32 bytes. */
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly compression: number;
  readonly extensions: Extensions;
}

export function readServerHello(message: HandshakeMessage): ServerHello {
  return decode(message.body, 'ServerHello', readFields);
}

/** The body, without header. */
export function writeServerHello(hello: ServerHello): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
    .u16(hello.legacyVersion)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .u16(hello.suite)
    .u8(hello.compression);
  writeExtensions(writer, hello.extensions);
  return writer.finish();
}

export function isHelloRetryRequest(hello: ServerHello): boolean {
  return sameBytes(hello.random, RETRY_RANDOM);
}

function readFields(reader: Reader): ServerHello {
  const fields = {
    legacyVersion: reader.u16(),
    random: reader.take(32),
    sessionId: reader.vector8(0, 32),
    suite: reader.u16(),
    compression: reader.u8(),
  };
  // RFC 5246 §7.4.1.3: a ServerHello may end before the extensions.
  if (reader.left === 0) return { ...fields, extensions: new Map() };
  const isRetry = sameBytes(fields.random, RETRY_RANDOM);
  return { ...fields, extensions: readExtensions(reader, isRetry ? 'illegal_parameter' : 'decode_error') };
}

/** RFC 8446 §4.1.3: SHA-256 of "HelloRetryRequest", the random value of a HelloRetryRequest. */
export const RETRY_RANDOM: Uint8Array = Uint8Array.from([
  0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
  0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
]);
