/**
 * Key agreement by `@noble/curves`. Not for: checks that hold for every provider (`../agreement.ts`).
 */
import { x25519 as curve25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { type Agreements, ecdh, hybrid, x25519 } from '../agreement.js';
import type { KeyOffer } from '../provider.js';
import { nobleMlKem768 } from './mlkem.js';

const curve = x25519(offerX25519);

export const nobleAgreements: Agreements = {
  X25519MLKEM768: hybrid(nobleMlKem768, curve),
  x25519: curve,
  secp256r1: ecdh(32, (secretKey) => offerEcdh(p256, secretKey)),
  secp384r1: ecdh(48, (secretKey) => offerEcdh(p384, secretKey)),
};

function offerX25519(given?: Uint8Array): KeyOffer {
  const secretKey = given ?? curve25519.utils.randomSecretKey();
  return {
    share: curve25519.getPublicKey(secretKey),
    finish: (share) => curve25519.getSharedSecret(secretKey, share),
  };
}

/** The secret is the x coordinate alone (RFC 8446 §7.4.2), which stands behind the first byte of a compressed point. */
function offerEcdh({ utils, getPublicKey, getSharedSecret }: typeof p256, given?: Uint8Array): KeyOffer {
  const secretKey = given ?? utils.randomSecretKey();
  return {
    share: getPublicKey(secretKey, false),
    finish: (share) => getSharedSecret(secretKey, share, true).slice(1),
  };
}
