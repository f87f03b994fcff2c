/**
 * Signatures by `@noble/curves`, and RSA verification (`rsa-verify.ts`).
 * Not for: which key may make which signature (`../suitability.ts`).
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { DerReader } from '../../x509/der.js';
import type { CurveName, PrivateKey, PublicKey } from '../keys.js';
import { CryptoError, type HashName, type SignatureKind } from '../provider.js';
import { saltOf } from '../suitability.js';
import { nobleHashes } from './hashes.js';
import { verifyPkcs1, verifyPss } from './rsa-verify.js';

export const nobleCurves: Readonly<Record<CurveName, typeof p256>> = {
  secp256r1: p256,
  secp384r1: p384,
  secp521r1: p521,
};

/** @throws CryptoError for RSA keys */
export function sign(key: PrivateKey, kind: SignatureKind, data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (kind.algorithm === 'ed25519') return ed25519.sign(data, key.bytes);
  if (kind.algorithm !== 'ecdsa' || key.curve === undefined) {
    throw new CryptoError('RSA signatures need node:crypto, which this runtime does not have');
  }
  const options = { prehash: false, lowS: false, format: 'der', extraEntropy: true } as const;
  return nobleCurves[key.curve].sign(nobleHashes[kind.hash](data), key.bytes, options);
}

/** May throw for what is malformed. */
export function verify(key: PublicKey, kind: SignatureKind, data: Uint8Array, signature: Uint8Array): boolean {
  switch (kind.algorithm) {
    case 'ed25519':
      // RFC 8032 §5.1.7 to the letter: ZIP 215 accepts encodings that others refuse.
      return ed25519.verify(signature, data, key.bytes, { zip215: false });
    case 'ecdsa':
      return verifyEcdsa(key, kind.hash, data, signature);
    case 'rsa-pkcs1':
      return verifyPkcs1(key, kind.hash, data, signature);
    case 'rsa-pss':
      return verifyPss(key, kind.hash, saltOf(kind), data, signature);
  }
}

/** ECDSA-Sig-Value (RFC 3279 §2.2.3) in strict DER. */
function verifyEcdsa({ curve, bytes }: PublicKey, hash: HashName, data: Uint8Array, signature: Uint8Array): boolean {
  if (curve === undefined) return false;
  const { verify: verifyCompact, lengths } = nobleCurves[curve];
  const size = (lengths.signature ?? 0) / 2;
  const outer = new DerReader(signature);
  const pair = outer.sequence();
  const [r, s] = [pair.unsigned(), pair.unsigned()];
  pair.end();
  outer.end();
  if (r.length > size || s.length > size) return false;
  const compact = new Uint8Array(2 * size);
  compact.set(r, size - r.length);
  compact.set(s, 2 * size - s.length);
  return verifyCompact(compact, nobleHashes[hash](data), bytes, { prehash: false, lowS: false });
}
