/**
 * Key agreement as TLS sees it (RFC 8446 §4.2.8, §7.4): a first side that offers, a second one that responds. What is the
 * same whoever does the arithmetic: checks of shares, and the hybrid group of draft-ietf-tls-ecdhe-mlkem.
 * Not for: the arithmetic itself (`node/`, `noble/`).
 */
import { concat, wipe } from '../wire/bytes.js';
import { CryptoError, type GroupName, type KeyOffer, type KeyResponse } from './provider.js';

export interface Agreement {
  /** Bytes of the first side's share. */
  readonly offerSize: number;
  /** Bytes of the second side's share. */
  readonly responseSize: number;
  /** @param secretKey in tests: the private key or seed, instead of a fresh one */
  offer(secretKey?: Uint8Array): KeyOffer;
  /** @throws CryptoError for a share that is not one */
  respond(share: Uint8Array): KeyResponse;
}

/** One agreement for each group. */
export type Agreements = Readonly<Record<GroupName, Agreement>>;

/** X25519 (RFC 7748 §6.1), from functions that make a key pair and may throw at a bad share. */
export function x25519(offer: (secretKey?: Uint8Array) => KeyOffer): Agreement {
  return diffieHellman(X25519_SIZE, offer, {
    share: () => true,
    // RFC 8446 §7.4.2: a point of low order; all bytes are looked at, whatever they are.
    secret: (secret) => secret.reduce((bits, byte) => bits | byte, 0) !== 0,
  });
}

/** ECDH on a NIST curve whose coordinates have so many bytes, with uncompressed points only (RFC 8446 §4.2.8.2). */
export function ecdh(fieldSize: number, offer: (secretKey?: Uint8Array) => KeyOffer): Agreement {
  return diffieHellman(1 + 2 * fieldSize, offer, { share: (share) => share[0] === UNCOMPRESSED, secret: () => true });
}

/** X25519MLKEM768: ML-KEM's part stands first in both shares and in the secret (draft-ietf-tls-ecdhe-mlkem §4). */
export function hybrid(kem: Agreement, curve: Agreement): Agreement {
  const offerSize = kem.offerSize + curve.offerSize;
  const responseSize = kem.responseSize + curve.responseSize;
  return {
    offerSize,
    responseSize,
    offer(secretKey) {
      const first = kem.offer(secretKey?.subarray(0, MLKEM_SEED_SIZE));
      const second = curve.offer(secretKey?.subarray(MLKEM_SEED_SIZE));
      return {
        share: concat(first.share, second.share),
        finish(share) {
          checkSize(share, responseSize);
          const { responseSize: cut } = kem;
          return concatSecrets(first.finish(share.subarray(0, cut)), second.finish(share.subarray(cut)));
        },
      };
    },
    respond(share) {
      checkSize(share, offerSize);
      const first = kem.respond(share.subarray(0, kem.offerSize));
      const second = curve.respond(share.subarray(kem.offerSize));
      return { share: concat(first.share, second.share), secret: concatSecrets(first.secret, second.secret) };
    },
  };
}

/** @throws CryptoError unless a share, or a seed, has so many bytes */
export function checkSize(bytes: Uint8Array, size: number): void {
  if (bytes.length !== size) throw new CryptoError(`${bytes.length} bytes of key exchange instead of ${size}`);
}

interface Checks {
  share(share: Uint8Array): boolean;
  secret(secret: Uint8Array): boolean;
}

function diffieHellman(size: number, make: (secretKey?: Uint8Array) => KeyOffer, checks: Checks): Agreement {
  const offer = (secretKey?: Uint8Array): KeyOffer => {
    const pair = make(secretKey);
    return { share: pair.share, finish: (share) => agree(pair, share, size, checks) };
  };
  const respond = (share: Uint8Array): KeyResponse => {
    checkSize(share, size);
    const pair = offer();
    return { share: pair.share, secret: pair.finish(share) };
  };
  return { offerSize: size, responseSize: size, offer, respond };
}

function agree(pair: KeyOffer, share: Uint8Array, size: number, checks: Checks): Uint8Array<ArrayBuffer> {
  checkSize(share, size);
  if (!checks.share(share)) throw new CryptoError('a key share that is not an uncompressed point');
  let secret: Uint8Array<ArrayBuffer>;
  try {
    secret = pair.finish(share);
  } catch {
    throw new CryptoError('a key share that is not a point of its curve');
  }
  if (!checks.secret(secret)) throw new CryptoError('a key share of low order');
  return secret;
}

function concatSecrets(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = concat(left, right);
  wipe(left, right);
  return both;
}

/** Bytes of a seed of ML-KEM, d ‖ z (FIPS 203 §7.1). */
export const MLKEM_SEED_SIZE = 64;
const X25519_SIZE = 32;
const UNCOMPRESSED = 0x04;
