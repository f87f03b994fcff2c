// The ciphers of TLS records, by number: authenticated encryption with associated data (RFC 5116) in constant time.
//
// All functions work on addresses and allocate nothing. Source and target are the same or do not overlap. Which branches
// are taken and which addresses are touched depends on the lengths, and on whether a tag was right, but on no key, nonce
// or text. Not for: nonces, limits of use and the wiping of expanded keys, which are their owner's.

import { CIPHER_CHACHA20_POLY1305 } from '../abi/constants';
import { CHACHA_KEY, chachaOpen, chachaSeal } from './chacha20poly1305';

/** Bytes of an authentication tag. */
export const AEAD_TAG: u32 = 16;

/** Bytes of a nonce. */
export const AEAD_NONCE: u32 = 12;

/** Bytes of an expanded key, at most 4096. It begins at a multiple of sixteen. */
export function aeadKeySize(cipher: u32): u32 {
  checkCipher(cipher);
  return CHACHA_KEY;
}

/** Prepares a key for many records. */
export function aeadExpand(cipher: u32, key: usize, expanded: usize): void {
  checkCipher(cipher);
  memory.copy(expanded, key, CHACHA_KEY);
}

/** Encrypts `length` bytes; `target` gets them and then the tag, also of the additional data. */
export function aeadSeal(
  cipher: u32,
  expanded: usize,
  nonce: usize,
  data: usize,
  dataLength: u32,
  source: usize,
  length: u32,
  target: usize,
): void {
  checkCipher(cipher);
  chachaSeal(expanded, nonce, data, dataLength, source, length, target);
}

/**
 * Decrypts `length` bytes, behind which the tag stands, to as many at `target`.
 * @returns false: the tag is wrong, `target` is zeroed
 */
export function aeadOpen(
  cipher: u32,
  expanded: usize,
  nonce: usize,
  data: usize,
  dataLength: u32,
  source: usize,
  length: u32,
  target: usize,
): bool {
  checkCipher(cipher);
  return chachaOpen(expanded, nonce, data, dataLength, source, length, target);
}

function checkCipher(cipher: u32): void {
  assert(cipher == CIPHER_CHACHA20_POLY1305, 'unknown cipher');
}
