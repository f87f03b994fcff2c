/**
 * The CryptoProvider on `node:crypto`, for Node, Bun and Deno. Not for: runtimes without it (`noble.ts`).
 */
import type { KeyObject, SignKeyObjectInput } from 'node:crypto';
import { concat } from '../wire/bytes.js';
import type { Agreements } from './agreement.js';
import type { CurveName, PrivateKey, PublicKey } from './keys.js';
import { open, seal } from './noble/aead.js';
import { nodeAgreements, publicPoint } from './node/agreement.js';
import { type NodeCrypto, nodeCrypto, owned } from './node/module.js';
import {
  CryptoError,
  type CryptoProvider,
  type GroupName,
  type HashName,
  type KeyDecryption,
  type KeyOffer,
  type KeyResponse,
  type RunningHash,
  type SignatureKind,
} from './provider.js';
import { saltOf, suits } from './suitability.js';

/** @returns `undefined` in runtimes without `node:crypto` */
export function nodeProvider(): CryptoProvider | undefined {
  const crypto = nodeCrypto();
  return crypto === undefined ? undefined : new NodeProvider(crypto);
}

class NodeProvider implements CryptoProvider {
  readonly name = 'node';
  readonly keyDecryption: KeyDecryption;
  readonly seal = seal;
  readonly open = open;
  readonly #crypto: NodeCrypto;
  readonly #agreements: Agreements;
  /** Reading a key takes longer than verifying with it. */
  readonly #publicKeys = new WeakMap<PublicKey, KeyObject>();
  readonly #privateKeys = new WeakMap<PrivateKey, KeyObject>();

  constructor(crypto: NodeCrypto) {
    this.#crypto = crypto;
    this.#agreements = nodeAgreements(crypto);
    this.keyDecryption = keyDecryption(crypto);
  }

  random(length: number): Uint8Array<ArrayBuffer> {
    return owned(this.#crypto.randomBytes(length));
  }

  hash(name: HashName, data: Uint8Array): Uint8Array<ArrayBuffer> {
    return owned(this.#crypto.createHash(name).update(data).digest());
  }

  createHash(name: HashName): RunningHash {
    const hash = this.#crypto.createHash(name);
    return { update: (data) => void hash.update(data), digest: () => owned(hash.copy().digest()) };
  }

  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
    return owned(this.#crypto.createHmac(name, key).update(data).digest());
  }

  offer(group: GroupName, secretKey?: Uint8Array): KeyOffer {
    return this.#agreements[group].offer(secretKey);
  }

  respond(group: GroupName, share: Uint8Array): KeyResponse {
    return this.#agreements[group].respond(share);
  }

  sign(key: PrivateKey, kind: SignatureKind, data: Uint8Array): Uint8Array<ArrayBuffer> {
    if (!suits(key.public, kind))
      throw new CryptoError(`a key of ${key.algorithm} makes no ${kind.algorithm} signature`);
    try {
      return owned(this.#crypto.sign(digestOf(kind), data, this.#options(this.#privateKey(key), kind)));
    } catch (cause) {
      throw new CryptoError('the private key could not be used', { cause });
    }
  }

  verify(key: PublicKey, kind: SignatureKind, data: Uint8Array, signature: Uint8Array): boolean {
    if (!suits(key, kind)) return false;
    try {
      return this.#crypto.verify(digestOf(kind), data, this.#options(this.#publicKey(key), kind), signature);
    } catch {
      return false;
    }
  }

  publicPoint(curve: CurveName | 'ed25519', secret: Uint8Array): Uint8Array<ArrayBuffer> {
    try {
      return publicPoint(this.#crypto, curve, secret);
    } catch {
      throw new CryptoError(`not a private key of ${curve}`);
    }
  }

  canSign(_key: PrivateKey): boolean {
    return true;
  }

  equal(left: Uint8Array, right: Uint8Array): boolean {
    return left.length === right.length && this.#crypto.timingSafeEqual(left, right);
  }

  #options(key: KeyObject, kind: SignatureKind): SignKeyObjectInput {
    const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = this.#crypto.constants;
    switch (kind.algorithm) {
      case 'ed25519':
        return { key };
      case 'ecdsa':
        return { key, dsaEncoding: 'der' };
      case 'rsa-pkcs1':
        return { key, padding: RSA_PKCS1_PADDING };
      case 'rsa-pss':
        return { key, padding: RSA_PKCS1_PSS_PADDING, saltLength: saltOf(kind) };
    }
  }

  #publicKey(key: PublicKey): KeyObject {
    const known = this.#publicKeys.get(key);
    if (known !== undefined) return known;
    const made = this.#crypto.createPublicKey(
      isRsa(key)
        ? { key: Buffer.from(key.bytes), format: 'der', type: 'pkcs1' }
        : { key: Buffer.from(key.spki), format: 'der', type: 'spki' },
    );
    this.#publicKeys.set(key, made);
    return made;
  }

  #privateKey(key: PrivateKey): KeyObject {
    const known = this.#privateKeys.get(key);
    if (known !== undefined) return known;
    const made = this.#crypto.createPrivateKey(
      isRsa(key)
        ? { key: Buffer.from(key.bytes), format: 'der', type: 'pkcs1' }
        : { key: Buffer.from(key.pkcs8), format: 'der', type: 'pkcs8' },
    );
    this.#privateKeys.set(key, made);
    return made;
  }
}

function keyDecryption(crypto: NodeCrypto): KeyDecryption {
  return {
    pbkdf2: (hash, passphrase, salt, iterations, length) =>
      owned(crypto.pbkdf2Sync(passphrase, salt, iterations, length, hash)),
    md5: (data) => owned(crypto.createHash('md5').update(data).digest()),
    openCbc(key, iv, data) {
      const cipher = crypto.createDecipheriv(`aes-${8 * key.length}-cbc`, key, iv);
      const first = cipher.update(data);
      try {
        return concat(first, cipher.final());
      } catch {
        return undefined;
      }
    },
  };
}

/** What an RSA-PSS key may do `suits` knows; without the name it is a key that every library takes. */
function isRsa({ algorithm }: PublicKey | PrivateKey): boolean {
  return algorithm === 'rsa' || algorithm === 'rsa-pss';
}

function digestOf(kind: SignatureKind): HashName | null {
  return kind.algorithm === 'ed25519' ? null : kind.hash;
}
