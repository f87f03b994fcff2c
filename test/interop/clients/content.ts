/**
 * What travels between the clients and their servers: bytes that look random, each piece other ones, which both sides can
 * make by themselves.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pseudoRandomBytes, sha256 } from '../../../host/cli/demo/content.js';

export interface Digest {
  readonly length: number;
  readonly sha256: string;
}

/** The files that nginx serves under `/small/`: around the sizes at which something changes. */
export const SMALL_SIZES = [0, 1, 100, 1447, 1448, 1449, 4096, 16_383, 16_384, 16_385, 65_535, 65_536];

export function piece(name: string | number, length: number): Buffer {
  return Buffer.from(pseudoRandomBytes(`clients ${name}`, length));
}

export function digestOf(bytes: Uint8Array): Digest {
  return { length: bytes.length, sha256: sha256(bytes) };
}

/** Reads to the end, and keeps nothing. */
export async function digest(stream: Readable | AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, sha256: hash.digest('hex') };
}

/** Reads to the end. */
export async function read(stream: Readable | AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
