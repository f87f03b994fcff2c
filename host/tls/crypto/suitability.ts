/**
 * Which key may make which signature, whoever computes it: the algorithm, the size of RSA keys, and the parameters that an
 * RSA-PSS key is bound to (RFC 4055 §3.3). Not for: what a connection accepts (`../parameters.ts`).
 */
import { contextConstructed, DerReader } from '../x509/der.js';
import type { PublicKey } from './keys.js';
import type { HashName, SignatureKind } from './provider.js';

export function suits(key: PublicKey, kind: SignatureKind): boolean {
  switch (kind.algorithm) {
    case 'ed25519':
      return key.algorithm === 'ed25519';
    case 'ecdsa':
      return key.algorithm === 'ec' && key.curve !== undefined;
    case 'rsa-pkcs1':
      return key.algorithm === 'rsa' && acceptableRsa(key);
    case 'rsa-pss':
      return (
        (key.algorithm === 'rsa' || (key.algorithm === 'rsa-pss' && permitsPss(key, kind.hash, saltOf(kind)))) &&
        acceptableRsa(key)
      );
  }
}

/** The length of an RSA-PSS salt: the hash's own unless something says otherwise (RFC 8446 §4.2.3). */
export function saltOf(kind: Extract<SignatureKind, { hash: HashName }>): number {
  return kind.saltLength ?? HASH_SIZES[kind.hash];
}

/** 2048 to 8192 bits; an odd public exponent from 3 to 33 bits, since verifying takes time in proportion. */
export function acceptableRsa({ bits, exponent, modulus }: PublicKey): boolean {
  if (modulus === undefined || exponent === undefined || bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) return false;
  if (exponent.length > 5 || (exponent.length === 5 && (exponent[0] ?? 0) > 1)) return false;
  const value = exponent.reduce((sum, byte) => sum * 256 + byte, 0);
  return value >= 3 && value % 2 === 1;
}

/** Whether a key without parameters, or whose parameters are these, makes such signatures (RFC 4055 §3.1, §3.3). */
function permitsPss(key: PublicKey, hash: HashName, salt: number): boolean {
  try {
    const algorithm = new DerReader(key.spki).sequence().sequence();
    algorithm.oid();
    if (algorithm.done) return true;
    const parameters = algorithm.sequence();
    const digest = parameters.optionalExplicit(0)?.sequence().oid();
    const mask = parameters.optionalExplicit(1)?.sequence();
    const isMgf1 = mask?.oid() === MGF1;
    const maskDigest = isMgf1 ? mask?.sequence().oid() : undefined;
    const leastSalt = parameters.optionalExplicit(2)?.smallInteger() ?? DEFAULT_SALT;
    if (parameters.nextTag === contextConstructed(3) && parameters.explicit(3).smallInteger() !== 1) return false;
    parameters.end();
    return digest === HASH_OIDS[hash] && maskDigest === digest && salt >= leastSalt;
  } catch {
    return false;
  }
}

export const MIN_RSA_BITS = 2048;
export const MAX_RSA_BITS = 8192;
export const HASH_SIZES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const HASH_OIDS: Readonly<Record<HashName, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};
const MGF1 = '1.2.840.113549.1.1.8';
const DEFAULT_SALT = 20;
