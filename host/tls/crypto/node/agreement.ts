/**
 * Key agreement by `node:crypto`. Not for: checks that hold for every provider (`../agreement.ts`).
 */
import type { KeyObject } from 'node:crypto';
import { type Agreements, ecdh, hybrid, x25519 } from '../agreement.js';
import type { CurveName } from '../keys.js';
import { nobleMlKem768 } from '../noble/mlkem.js';
import type { KeyOffer } from '../provider.js';
import { nodeMlKem768 } from './mlkem.js';
import { type NodeCrypto, owned } from './module.js';

export function nodeAgreements(crypto: NodeCrypto): Agreements {
  const curve = x25519((secretKey) => offerX25519(crypto, secretKey));
  return {
    X25519MLKEM768: hybrid(nodeMlKem768(crypto) ?? nobleMlKem768, curve),
    x25519: curve,
    secp256r1: ecdh(32, (secretKey) => offerEcdh(crypto, 'prime256v1', secretKey)),
    secp384r1: ecdh(48, (secretKey) => offerEcdh(crypto, 'secp384r1', secretKey)),
  };
}

/** May throw for a secret out of range. */
export function publicPoint(crypto: NodeCrypto, curve: CurveName | 'ed25519', secret: Uint8Array) {
  if (curve === 'ed25519') {
    const key = Buffer.concat([ED25519_PKCS8, secret]);
    const known = crypto.createPublicKey(crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
    return owned(known.export({ format: 'der', type: 'spki' })).slice(-secret.length);
  }
  const pair = crypto.createECDH(curve === 'secp256r1' ? 'prime256v1' : curve);
  pair.setPrivateKey(secret);
  return owned(pair.getPublicKey());
}

/** Raw keys of X25519 travel inside the DER of RFC 8410, which is a fixed prefix before 32 bytes. */
function offerX25519(crypto: NodeCrypto, secretKey?: Uint8Array): KeyOffer {
  const [privateKey, publicKey] = keyPair(crypto, secretKey);
  return {
    share: owned(publicKey.export({ format: 'der', type: 'spki' })).subarray(X25519_SPKI.length),
    finish(share) {
      const peer = { key: Buffer.concat([X25519_SPKI, share]), format: 'der', type: 'spki' } as const;
      return owned(crypto.diffieHellman({ privateKey, publicKey: crypto.createPublicKey(peer) }));
    },
  };
}

function keyPair(crypto: NodeCrypto, secretKey?: Uint8Array): readonly [KeyObject, KeyObject] {
  if (secretKey === undefined) {
    const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519');
    return [privateKey, publicKey];
  }
  const key = Buffer.concat([X25519_PKCS8, secretKey]);
  const privateKey = crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return [privateKey, crypto.createPublicKey(privateKey)];
}

/** `computeSecret` refuses points that are not on the curve. */
function offerEcdh(crypto: NodeCrypto, curve: string, secretKey?: Uint8Array): KeyOffer {
  const pair = crypto.createECDH(curve);
  if (secretKey === undefined) pair.generateKeys();
  else pair.setPrivateKey(secretKey);
  return { share: owned(pair.getPublicKey()), finish: (share) => owned(pair.computeSecret(share)) };
}

const X25519_SPKI = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00]);
const ED25519_PKCS8 = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);
const X25519_PKCS8 = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
]);
