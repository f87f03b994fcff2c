/**
 * ML-KEM-768 (FIPS 203) of `@noble/post-quantum`: for both providers where the runtime has none of its own.
 * Not for: its place in TLS (`../agreement.ts`).
 */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { type Agreement, checkSize, MLKEM_SEED_SIZE } from '../agreement.js';
import { CryptoError } from '../provider.js';

export const nobleMlKem768: Agreement = {
  offerSize: 1184,
  responseSize: 1088,
  offer(seed) {
    if (seed !== undefined) checkSize(seed, MLKEM_SEED_SIZE);
    const { publicKey, secretKey } = seed === undefined ? ml_kem768.keygen() : ml_kem768.keygen(seed);
    return {
      share: publicKey,
      finish(ciphertext) {
        checkSize(ciphertext, nobleMlKem768.responseSize);
        // FIPS 203 §6.3: a ciphertext that is wrong yields another secret, not an error.
        const secret = ml_kem768.decapsulate(ciphertext, secretKey);
        secretKey.fill(0);
        return secret;
      },
    };
  },
  respond(publicKey) {
    checkSize(publicKey, nobleMlKem768.offerSize);
    try {
      // Checks that all coefficients are below q, as FIPS 203 §7.2 demands.
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey);
      return { share: cipherText, secret: sharedSecret };
    } catch {
      throw new CryptoError('an ML-KEM-768 key with coefficients that are not reduced');
    }
  },
};
