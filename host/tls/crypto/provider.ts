/**
 * What TLS needs of public-key cryptography and hashing, synchronously: `node:crypto` where the runtime has it
 * (`node.ts`), `@noble/*` elsewhere (`noble.ts`). Not for: records, whose ciphers are the core's; parsing keys
 * (`../keys/`); deciding which algorithms are acceptable (`../parameters.ts`).
 */
import type { CurveName, PrivateKey, PublicKey } from './keys.js';

export type HashName = 'sha256' | 'sha384' | 'sha512';

/** RFC 8446 §4.2.7 and draft-ietf-tls-ecdhe-mlkem: the groups that are spoken. */
export type GroupName = 'X25519MLKEM768' | 'x25519' | 'secp256r1' | 'secp384r1';

/** How a signature is made. The curve of an ECDSA key is the key's; RSA-PSS salts are as long as the hash (RFC 8446 §4.2.3). */
export type SignatureKind =
  | { readonly algorithm: 'ecdsa' | 'rsa-pkcs1' | 'rsa-pss'; readonly hash: HashName; readonly saltLength?: number }
  | { readonly algorithm: 'ed25519' };

export interface CryptoProvider {
  readonly name: 'node' | 'noble';

  /** Fresh random bytes of the host's CSPRNG. */
  random(length: number): Uint8Array<ArrayBuffer>;

  hash(name: HashName, data: Uint8Array): Uint8Array<ArrayBuffer>;
  /** A hash that grows and may be asked in between: the handshake's transcript. */
  createHash(name: HashName): RunningHash;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer>;

  /**
   * The first side of a key exchange: makes a key pair.
   * @param secretKey in tests alone: the private key (X25519MLKEM768: the seed d ‖ z of ML-KEM, then X25519's), to repeat
   *   an exchange that was recorded
   */
  offer(group: GroupName, secretKey?: Uint8Array): KeyOffer;
  /**
   * The second side: makes its share and the secret from the first side's share.
   * @throws CryptoError for a share that is malformed or leads to an all-zero secret (RFC 8446 §7.4.2)
   */
  respond(group: GroupName, share: Uint8Array): KeyResponse;

  /** @throws CryptoError when this provider can't use the key */
  sign(key: PrivateKey, kind: SignatureKind, data: Uint8Array): Uint8Array<ArrayBuffer>;
  /** False for a wrong or malformed signature, and for a key of another algorithm. Never throws. */
  verify(key: PublicKey, kind: SignatureKind, data: Uint8Array, signature: Uint8Array): boolean;
  /**
   * The public part of a private key: an uncompressed point, or 32 bytes of Ed25519.
   * @param secret the scalar, as long as the field; the seed of Ed25519
   * @throws CryptoError for a scalar that is zero or not below the order
   */
  publicPoint(curve: CurveName | 'ed25519', secret: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Whether `sign` can use this key: without `node:crypto`, RSA only verifies. */
  canSign(key: PrivateKey): boolean;

  /** AEAD_CHACHA20_POLY1305 (RFC 8439) for tickets: what is sealed carries its tag at the end. */
  seal(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array): Uint8Array<ArrayBuffer>;
  /** `undefined` when the tag is wrong. */
  open(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, sealed: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
  /** For keys under a passphrase alone: MD5 and SHA-1 are good for nothing more. */
  readonly keyDecryption: KeyDecryption;
  /** Whether two byte strings are equal, in a time that depends on their lengths only. */
  equal(left: Uint8Array, right: Uint8Array): boolean;
}

export interface KeyDecryption {
  /** RFC 8018 §5.2. */
  pbkdf2(
    hash: HashName | 'sha1',
    passphrase: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
  ): Uint8Array<ArrayBuffer>;
  md5(data: Uint8Array): Uint8Array<ArrayBuffer>;
  /** AES-CBC with the padding of RFC 8018 §6.1.1; `undefined` when the padding is wrong. */
  openCbc(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
}

export interface RunningHash {
  update(data: Uint8Array): void;
  /** The hash of what came so far; more may follow. */
  digest(): Uint8Array<ArrayBuffer>;
}

export interface KeyOffer {
  /** As it stands in a key_share (RFC 8446 §4.2.8) or ClientKeyExchange (RFC 8422 §5.7). */
  readonly share: Uint8Array;
  /**
   * The secret, from the other side's share; to be called once.
   * @throws CryptoError as `respond`
   */
  finish(share: Uint8Array): Uint8Array<ArrayBuffer>;
}

export interface KeyResponse {
  /** As it stands in a key_share or ServerKeyExchange. */
  readonly share: Uint8Array;
  readonly secret: Uint8Array<ArrayBuffer>;
}

/** A key or share that is not what it should be. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
}
