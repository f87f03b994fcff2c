// What differs between the ciphers of records, by their numbers.

import { CIPHER_AES_128_GCM, CIPHER_AES_256_GCM, CIPHER_CHACHA20_POLY1305 } from '../abi/constants';

/** Asserts that there is such a cipher. */
export function checkCipher(cipher: u32): void {
  assert(
    cipher == CIPHER_AES_128_GCM || cipher == CIPHER_AES_256_GCM || cipher == CIPHER_CHACHA20_POLY1305,
    'unknown cipher',
  );
}

export function isChaCha(cipher: u32): bool {
  return cipher == CIPHER_CHACHA20_POLY1305;
}

/** Rounds of AES (FIPS 197 §5). */
export function roundsOf(cipher: u32): u32 {
  return cipher == CIPHER_AES_256_GCM ? 14 : 10;
}

/** Bytes of a block of key stream; the first is spent on authentication. */
export function blockSize(cipher: u32): u32 {
  return isChaCha(cipher) ? 64 : 16;
}
