/**
 * Verifying RSA signatures (RFC 8017 §8.1.2, §8.2.2): only public values are computed with, so time does not matter.
 * Not for: signing; the size of keys (`../suitability.ts`).
 */
import { hex, sameBytes } from '../../wire/bytes.js';
import type { PublicKey } from '../keys.js';
import type { HashName } from '../provider.js';
import { HASH_SIZES } from '../suitability.js';
import { nobleHashes } from './hashes.js';

/** RFC 8017 §8.2.2: what has to stand there is built anew and compared, never parsed. */
export function verifyPkcs1(key: PublicKey, hash: HashName, data: Uint8Array, signature: Uint8Array): boolean {
  const message = encodedMessage(key, signature);
  if (message === undefined) return false;
  const info = [...DIGEST_INFO_HEAD[hash], ...nobleHashes[hash](data)];
  const expected = new Uint8Array(message.length).fill(0xff);
  expected.set([0x00, 0x01]);
  expected.set([0x00, ...info], message.length - info.length - 1);
  return sameBytes(message, expected);
}

/** RFC 8017 §8.1.2 and §9.1.2, with MGF1 over the same hash. */
export function verifyPss(
  key: PublicKey,
  hash: HashName,
  saltLength: number,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const whole = encodedMessage(key, signature);
  if (whole === undefined) return false;
  // The message is one bit shorter than the modulus: of a modulus of 8n + 1 bits the first byte has to be empty.
  const bits = key.bits - 1;
  const length = Math.ceil(bits / 8);
  if (length < whole.length && whole[0] !== 0) return false;
  const message = whole.subarray(whole.length - length);
  const size = HASH_SIZES[hash];
  const maskedLength = length - size - 1;
  const spare = 8 * length - bits;
  const padding = maskedLength - saltLength - 1;
  if (padding < 0 || message[length - 1] !== 0xbc) return false;
  if ((message[0] ?? 0) >> (8 - spare) !== 0) return false;
  const digest = message.subarray(maskedLength, length - 1);
  const block = mgf1(hash, digest, maskedLength).map((byte, index) => byte ^ (message[index] ?? 0));
  block[0] = (block[0] ?? 0) & (0xff >> spare);
  if (block.subarray(0, padding).some((byte) => byte !== 0) || block[padding] !== 1) return false;
  const { create } = nobleHashes[hash];
  const again = create()
    .update(new Uint8Array(8))
    .update(nobleHashes[hash](data))
    .update(block.subarray(padding + 1));
  return sameBytes(again.digest(), digest);
}

/** RSAVP1 (RFC 8017 §5.2.2), as many bytes as the modulus; `undefined` for a signature out of range. */
function encodedMessage({ modulus, exponent }: PublicKey, signature: Uint8Array): Uint8Array | undefined {
  if (modulus === undefined || exponent === undefined || signature.length !== modulus.length) return undefined;
  const n = toNumber(modulus);
  const s = toNumber(signature);
  return s < n ? toBytes(power(s, toNumber(exponent), n), modulus.length) : undefined;
}

/** base^exponent mod modulus. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** RFC 8017 §B.2.1. */
function mgf1(hash: HashName, seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  const size = HASH_SIZES[hash];
  for (let counter = 0; counter * size < length; counter += 1) {
    const suffix = Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter);
    const block = nobleHashes[hash].create().update(seed).update(suffix).digest();
    mask.set(block.subarray(0, length - counter * size), counter * size);
  }
  return mask;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(bytes)}`);
}

function toBytes(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16).padStart(2 * length, '0');
  return Uint8Array.from({ length }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

/** DigestInfo up to the hash itself (RFC 8017 §9.2, note 1). */
const DIGEST_INFO_HEAD: Readonly<Record<HashName, readonly number[]>> = {
  sha256: digestInfoHead(1, 32),
  sha384: digestInfoHead(2, 48),
  sha512: digestInfoHead(3, 64),
};

/** SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.`arc`, NULL }, OCTET STRING of `size` bytes }. */
function digestInfoHead(arc: number, size: number): readonly number[] {
  const oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc];
  return [0x30, size + 17, 0x30, 0x0d, ...oid, 0x05, 0x00, 0x04, size];
}
