/**
 * ML-KEM-768 (FIPS 203) of `node:crypto`, which Node has from 24.7 with OpenSSL 3.5.
 * Not for: its place in TLS (`../agreement.ts`); older runtimes (`../noble/mlkem.ts`).
 */
import type { KeyObject } from 'node:crypto';
import { concat } from '../../wire/bytes.js';
import { type Agreement, checkSize, MLKEM_SEED_SIZE } from '../agreement.js';
import { CryptoError } from '../provider.js';
import { type NodeCrypto, owned } from './module.js';

/** @returns `undefined` where there is none */
export function nodeMlKem768(crypto: NodeCrypto): Agreement | undefined {
  if (!hasMlKem(crypto)) return undefined;
  return {
    offerSize: OFFER_SIZE,
    responseSize: RESPONSE_SIZE,
    offer(seed) {
      const { privateKey, publicKey } = keyPair(crypto, seed);
      return {
        share: owned(publicKey.export({ format: 'der', type: 'spki' })).slice(SPKI.length),
        finish(ciphertext) {
          checkSize(ciphertext, RESPONSE_SIZE);
          return owned(crypto.decapsulate(privateKey, ciphertext));
        },
      };
    },
    respond(publicKey) {
      checkSize(publicKey, OFFER_SIZE);
      try {
        // Reading the key checks that all coefficients are below q, as FIPS 203 §7.2 demands.
        const key = Buffer.from(concat(SPKI, publicKey));
        const { ciphertext, sharedKey } = crypto.encapsulate(
          crypto.createPublicKey({ key, format: 'der', type: 'spki' }),
        );
        return { share: owned(ciphertext), secret: owned(sharedKey) };
      } catch {
        throw new CryptoError('an ML-KEM-768 key with coefficients that are not reduced');
      }
    },
  };
}

/** What the declarations for Node 20 do not have. */
interface MlKemCrypto extends NodeCrypto {
  encapsulate(key: KeyObject): { sharedKey: Uint8Array; ciphertext: Uint8Array };
  decapsulate(key: KeyObject, ciphertext: Uint8Array): Uint8Array;
}

/** There may be the function and an OpenSSL below it that does not know the algorithm. */
function hasMlKem(crypto: NodeCrypto): crypto is MlKemCrypto {
  if (!('encapsulate' in crypto)) return false;
  try {
    return keyPair(crypto).publicKey.type === 'public';
  } catch {
    return false;
  }
}

function keyPair(crypto: NodeCrypto, seed?: Uint8Array): { publicKey: KeyObject; privateKey: KeyObject } {
  // The declarations know no such type.
  if (seed === undefined) return crypto.generateKeyPairSync('ml-kem-768' as 'x25519');
  checkSize(seed, MLKEM_SEED_SIZE);
  const key = Buffer.from(concat(PKCS8, seed));
  const privateKey = crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: crypto.createPublicKey(privateKey) };
}

const OFFER_SIZE = 1184;
const RESPONSE_SIZE = 1088;
/** id-alg-ml-kem-768, 2.16.840.1.101.3.4.4.2 (RFC 9935). */
const ALGORITHM = [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x02];
/** SubjectPublicKeyInfo up to the key. */
const SPKI = Uint8Array.from([0x30, 0x82, 0x04, 0xb2, ...ALGORITHM, 0x03, 0x82, 0x04, 0xa1, 0x00]);
/** PrivateKeyInfo up to the seed. */
const PKCS8 = Uint8Array.from([0x30, 0x54, 0x02, 0x01, 0x00, ...ALGORITHM, 0x04, 0x42, 0x80, 0x40]);
