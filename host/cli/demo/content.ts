/**
 * What the demonstration sends: bytes that look random and are the same every time.
 * Not for: secrets.
 */
import { createCipheriv, createHash } from 'node:crypto';

export interface Content {
  path: string;
  /** In bytes. */
  length: number;
}

export const PLAIN: Content = { path: '/64MiB.bin', length: 64 * 1024 * 1024 };
/** What goes over TLS. */
export const SECURE: Content = { path: '/16MiB.bin', length: 16 * 1024 * 1024 };
export const CONTENT_TYPE = 'application/octet-stream';

/** The key stream of AES-128 in counter mode, keyed with `name`. */
export function pseudoRandomBytes(name: string, length: number): Uint8Array {
  const key = createHash('sha256').update(name).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
