/**
 * AEAD_CHACHA20_POLY1305 (RFC 8439) of `@noble/ciphers`, for both providers: not every `node:crypto` has it, and tickets are
 * small. Not for: records, whose ciphers are the core's.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';

/** What is sealed carries its tag at the end. */
export function seal(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array) {
  return chacha20poly1305(key, nonce, data).encrypt(plaintext);
}

/** `undefined` when the tag is wrong. */
export function open(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, sealed: Uint8Array) {
  try {
    return chacha20poly1305(key, nonce, data).decrypt(sealed);
  } catch {
    return undefined;
  }
}
