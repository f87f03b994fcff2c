/**
 * EncryptedExtensions, RFC 8446 §4.3.1. Not for: whether they were offered (`../client/`).
 */
import { decode } from '../wire/reader.js';
import { encode } from '../wire/writer.js';
import { type Extensions, readExtensions, writeExtensions } from './extension.js';

export function readEncryptedExtensions(body: Uint8Array): Extensions {
  return decode(body, 'EncryptedExtensions', (reader) => readExtensions(reader));
}

export function writeEncryptedExtensions(extensions: Extensions): Uint8Array {
  return encode((writer) => writeExtensions(writer, extensions));
}
