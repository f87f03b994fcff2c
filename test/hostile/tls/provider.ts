/**
 * A CryptoProvider whose randomness follows from a seed and which remembers what it worked out: a handshake that begins as
 * one before it costs next to nothing, and a seed shows the same bytes again in every process.
 * Not for: secrets, and tests of cryptography.
 */
import { p256 } from '@noble/curves/nist.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { hybrid } from '../../../host/tls/crypto/agreement.js';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { PrivateKey, PublicKey } from '../../../host/tls/crypto/keys.js';
import { nobleMlKem768 } from '../../../host/tls/crypto/noble/mlkem.js';
import {
  CryptoError,
  type CryptoProvider,
  type GroupName,
  type HashName,
  type KeyOffer,
  type KeyResponse,
  type RunningHash,
  type SignatureKind,
} from '../../../host/tls/crypto/provider.js';
import { concat } from '../../../host/tls/wire/bytes.js';
import { Dice } from './dice.js';

export class SeededProvider implements CryptoProvider {
  readonly name = 'node';
  readonly keyDecryption = real.keyDecryption;
  readonly #dice: Dice;

  /** @param stream whose randomness it is: the client's, the server's */
  constructor(stream: number) {
    this.#dice = new Dice(1, stream);
  }

  random(length: number): Uint8Array<ArrayBuffer> {
    return this.#dice.bytes(length);
  }

  hash(name: HashName, data: Uint8Array): Uint8Array<ArrayBuffer> {
    if (data.length > LARGE) return real.hash(name, data);
    return hashes.of(`${name}:${text(data)}`, () => real.hash(name, data)).slice();
  }

  createHash(name: HashName): RunningHash {
    return new RememberingHash(name);
  }

  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
    if (data.length > LARGE) return real.hmac(name, key, data);
    return hmacs.of(`${name}:${text(key)}:${text(data)}`, () => real.hmac(name, key, data)).slice();
  }

  offer(group: GroupName): KeyOffer {
    const secret = this.#secretKey(group);
    const id = `${group}:${text(secret)}`;
    return {
      share: shares.of(id, () => real.offer(group, secret).share.slice()),
      finish: (share) => secrets.of(`${id}:${text(share)}`, () => real.offer(group, secret).finish(share)).slice(),
    };
  }

  respond(group: GroupName, share: Uint8Array): KeyResponse {
    if (group === 'X25519MLKEM768') return this.#respondHybrid(share);
    const own = this.offer(group);
    return { share: own.share, secret: own.finish(share) };
  }

  sign(key: PrivateKey, kind: SignatureKind, data: Uint8Array): Uint8Array<ArrayBuffer> {
    return signatures.of(`${kindText(kind)}:${text(key.bytes)}:${text(data)}`, () => sign(key, kind, data)).slice();
  }

  verify(key: PublicKey, kind: SignatureKind, data: Uint8Array, signature: Uint8Array): boolean {
    const id = `${kindText(kind)}:${text(key.bytes)}:${text(data)}:${text(signature)}`;
    return verdicts.of(id, () => real.verify(key, kind, data, signature));
  }

  publicPoint: CryptoProvider['publicPoint'] = (curve, secret) => real.publicPoint(curve, secret);

  canSign(): boolean {
    return true;
  }

  seal(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
    const id = `${text(key)}:${text(nonce)}:${text(data)}:${text(plaintext)}`;
    return sealed.of(id, () => real.seal(key, nonce, data, plaintext)).slice();
  }

  open(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, ciphertext: Uint8Array) {
    const id = `${text(key)}:${text(nonce)}:${text(data)}:${text(ciphertext)}`;
    return opened.of(id, () => real.open(key, nonce, data, ciphertext))?.slice();
  }

  equal(left: Uint8Array, right: Uint8Array): boolean {
    return real.equal(left, right);
  }

  /** Below the order of every curve. */
  #secretKey(group: GroupName): Uint8Array<ArrayBuffer> {
    const secret = this.random(SECRET_SIZES[group]);
    secret[0] = (secret[0] as number) & 0x7f;
    return secret;
  }

  /** `encapsulate` takes its randomness where a provider can't give it. */
  #respondHybrid(share: Uint8Array): KeyResponse {
    const message = this.random(32);
    const curve = this.offer('x25519');
    const id = `${text(message)}:${text(share)}`;
    const made = responses.of(id, () => respondHybrid(message, curve, share));
    return { share: made.share, secret: made.secret.slice() };
  }
}

function respondHybrid(message: Uint8Array, offer: KeyOffer, share: Uint8Array): KeyResponse {
  const kem = {
    ...nobleMlKem768,
    respond(publicKey: Uint8Array): KeyResponse {
      try {
        const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, message);
        return { share: cipherText, secret: sharedSecret };
      } catch {
        throw new CryptoError('an ML-KEM-768 key with coefficients that are not reduced');
      }
    },
  };
  const curve = {
    offerSize: 32,
    responseSize: 32,
    offer: () => offer,
    respond: (theirs: Uint8Array) => ({ share: offer.share, secret: offer.finish(theirs) }),
  };
  return hybrid(kem, curve).respond(share);
}

/** ECDSA after RFC 6979, which needs no randomness; Ed25519 and RSA-PKCS1 need none anyway. */
function sign(key: PrivateKey, kind: SignatureKind, data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (kind.algorithm !== 'ecdsa') return real.sign(key, kind, data);
  const digest = real.hash(kind.hash, data);
  return Uint8Array.from(p256.sign(digest, key.bytes, { prehash: false, lowS: false, format: 'der' }));
}

/** A transcript: its state is named by what it was and what came. */
class RememberingHash implements RunningHash {
  #state: number;
  readonly #parts: Uint8Array[] = [];

  constructor(private readonly hash: HashName) {
    this.#state = states.of(hash, newState);
  }

  update(data: Uint8Array): void {
    this.#state = states.of(`${this.#state}:${text(data)}`, newState);
    this.#parts.push(data.slice());
  }

  digest(): Uint8Array<ArrayBuffer> {
    return digests.of(`${this.#state}`, () => real.hash(this.hash, concat(...this.#parts))).slice();
  }
}

function newState(): number {
  return ++lastState;
}

/** What has been worked out; all is forgotten when it becomes too much. */
class Memory<T> {
  readonly #known = new Map<string, T>();

  constructor(private readonly limit = 5000) {}

  of(id: string, make: () => T): T {
    const known = this.#known.get(id);
    if (known !== undefined || this.#known.has(id)) return known as T;
    const made = make();
    if (this.#known.size >= this.limit) this.#known.clear();
    this.#known.set(id, made);
    return made;
  }
}

function kindText(kind: SignatureKind): string {
  return kind.algorithm === 'ed25519' ? kind.algorithm : `${kind.algorithm} ${kind.hash}`;
}

/** One character a byte. */
function text(bytes: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length);
}

const real: CryptoProvider = defaultProvider();
const SECRET_SIZES: Readonly<Record<GroupName, number>> = {
  X25519MLKEM768: 96,
  x25519: 32,
  secp256r1: 32,
  secp384r1: 48,
};
/** Bytes of what is too long to be remembered. */
const LARGE = 4096;
const hashes = new Memory<Uint8Array<ArrayBuffer>>();
const hmacs = new Memory<Uint8Array<ArrayBuffer>>(20_000);
const digests = new Memory<Uint8Array<ArrayBuffer>>();
const states = new Memory<number>();
const shares = new Memory<Uint8Array>();
const secrets = new Memory<Uint8Array<ArrayBuffer>>();
const responses = new Memory<KeyResponse>();
const signatures = new Memory<Uint8Array<ArrayBuffer>>();
const verdicts = new Memory<boolean>();
const sealed = new Memory<Uint8Array<ArrayBuffer>>();
const opened = new Memory<Uint8Array<ArrayBuffer> | undefined>();
let lastState = 0;
