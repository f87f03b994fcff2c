/**
 * The CryptoProvider on `@noble/*`, for browsers and other runtimes without `node:crypto`. RSA only verifies.
 * Not for: runtimes that have better (`node.ts`).
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import type { PrivateKey, PublicKey } from './keys.js';
import { open, seal } from './noble/aead.js';
import { nobleAgreements } from './noble/agreement.js';
import { nobleKeyDecryption } from './noble/decryption.js';
import { nobleHashes } from './noble/hashes.js';
import { nobleCurves, sign, verify } from './noble/signature.js';
import { CryptoError, type CryptoProvider, type RunningHash, type SignatureKind } from './provider.js';
import { suits } from './suitability.js';

export const nobleProvider: CryptoProvider = {
  name: 'noble',
  keyDecryption: nobleKeyDecryption,

  random(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += MAX_RANDOM) crypto.getRandomValues(bytes.subarray(at, at + MAX_RANDOM));
    return bytes;
  },

  hash: (name, data) => nobleHashes[name](data),

  createHash(name): RunningHash {
    const hash = nobleHashes[name].create();
    return { update: (data) => void hash.update(data), digest: () => hash.clone().digest() };
  },

  hmac: (name, key, data) => hmac(nobleHashes[name], key, data),

  offer: (group, secretKey) => nobleAgreements[group].offer(secretKey),

  respond: (group, share) => nobleAgreements[group].respond(share),

  sign(key: PrivateKey, kind: SignatureKind, data) {
    if (!suits(key.public, kind))
      throw new CryptoError(`a key of ${key.algorithm} makes no ${kind.algorithm} signature`);
    return sign(key, kind, data);
  },

  verify(key: PublicKey, kind: SignatureKind, data, signature) {
    try {
      return suits(key, kind) && verify(key, kind, data, signature);
    } catch {
      return false;
    }
  },

  publicPoint(curve, secret) {
    try {
      return curve === 'ed25519' ? ed25519.getPublicKey(secret) : nobleCurves[curve].getPublicKey(secret, false);
    } catch {
      throw new CryptoError(`not a private key of ${curve}`);
    }
  },

  canSign: (key) => key.algorithm === 'ec' || key.algorithm === 'ed25519',

  seal,

  open,

  equal(left, right) {
    if (left.length !== right.length) return false;
    return left.reduce((bits, byte, index) => bits | (byte ^ (right[index] ?? 0)), 0) === 0;
  },
};

/** Bytes that `getRandomValues` gives at once. */
const MAX_RANDOM = 65536;
