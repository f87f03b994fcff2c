/**
 * HKDF (RFC 5869) and HKDF-Expand-Label (RFC 8446 §7.1). Not for: what is derived with them (`key-schedule.ts`).
 */
import type { CryptoProvider, HashName } from '../crypto/provider.js';
import { concat, latin1 } from '../wire/bytes.js';
import { encode } from '../wire/writer.js';

/** A hash function and who computes it. */
export interface Hash {
  readonly provider: CryptoProvider;
  readonly name: HashName;
}

/** Bytes of the hash's output. */
export function hashLength({ name }: Hash): number {
  return LENGTHS[name];
}

/** HKDF-Extract, RFC 5869 §2.2. */
export function extract({ provider, name }: Hash, salt: Uint8Array, material: Uint8Array): Uint8Array<ArrayBuffer> {
  return provider.hmac(name, salt, material);
}

/** HKDF-Expand, RFC 5869 §2.3. @param length at most 255 times the hash's length */
export function expand(hash: Hash, key: Uint8Array, info: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(length);
  const size = hashLength(hash);
  if (length > 255 * size) throw new RangeError(`HKDF gives ${255 * size} bytes at most`);
  let block = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; at += size, counter++) {
    const input = concat(block, info, Uint8Array.of(counter));
    block.fill(0);
    block = hash.provider.hmac(hash.name, key, input);
    input.fill(0);
    output.set(block.subarray(0, length - at), at);
  }
  block.fill(0);
  return output;
}

/** HKDF-Expand-Label, RFC 8446 §7.1. @param label without `tls13 ` */
export function expandLabel(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  const info = encode((writer) =>
    writer
      .u16(length)
      .vector8(latin1(`tls13 ${label}`))
      .vector8(context),
  );
  return expand(hash, secret, info, length);
}

/** Derive-Secret, RFC 8446 §7.1. @param transcriptHash the hash of the messages */
export function deriveSecret(hash: Hash, secret: Uint8Array, label: string, transcriptHash: Uint8Array) {
  return expandLabel(hash, secret, label, transcriptHash, hashLength(hash));
}

const LENGTHS: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
