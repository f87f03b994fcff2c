// The ciphers of TLS records, by number: authenticated encryption with associated data (RFC 5116) in constant time,
// AEAD_AES_128_GCM and AEAD_AES_256_GCM (SP 800-38D) and AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8).
//
// All functions work on addresses and allocate nothing. Source and target are the same or do not overlap. Which branches
// are taken and which addresses are touched depends on the lengths, and on whether a tag was right, but on no key, nonce
// or text. Not for: nonces, limits of use and the wiping of expanded keys, which are their owner's.

import { aesExpand, aesKeySize, aesZeros } from './aes';
import { checkCipher, isChaCha, roundsOf } from './ciphers';
import { GHASH_TABLES, ghashExpand } from './ghash';
import { macBegin, macEnd, macVerify } from './mac';
import { HASH_KEY } from './scratch';
import { streamBegin, streamOpen, streamSeal, streamWipe } from './stream';

/** Bytes of an authentication tag. */
export const AEAD_TAG: u32 = 16;

/** Bytes of a nonce. */
export const AEAD_NONCE: u32 = 12;

/** Bytes of an expanded key, at most 4096. */
export function aeadKeySize(cipher: u32): u32 {
  checkCipher(cipher);
  return isChaCha(cipher) ? CHACHA_KEY : GHASH_TABLES + aesKeySize(roundsOf(cipher));
}

/** Prepares a key for many records. */
export function aeadExpand(cipher: u32, key: usize, expanded: usize): void {
  checkCipher(cipher);
  if (isChaCha(cipher)) memory.copy(expanded, key, CHACHA_KEY);
  else expandGcm(key, roundsOf(cipher), expanded);
}

/** Encrypts `length` bytes; `target` gets them and then the tag, which covers the additional data too. */
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
  streamBegin(cipher, expanded, nonce, source, length);
  macBegin(cipher, expanded, data, dataLength);
  streamSeal(cipher, expanded, nonce, source, length, target);
  macEnd(cipher, expanded, dataLength, length, target + length);
  streamWipe();
}

/**
 * Decrypts `length` bytes, behind which the tag stands, to as many at `target`, and only then knows whether the tag is
 * right. What was not genuine is gone when the call returns, and nobody can look before.
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
  streamBegin(cipher, expanded, nonce, source, length);
  macBegin(cipher, expanded, data, dataLength);
  streamOpen(cipher, expanded, nonce, source, length, target);
  const genuine = macVerify(cipher, expanded, dataLength, length, source + length);
  if (!genuine) memory.fill(target, 0, length);
  streamWipe();
  return genuine;
}

/** Tables of the hash key, then round keys. */
function expandGcm(key: usize, rounds: u32, expanded: usize): void {
  const keys = expanded + GHASH_TABLES;
  aesExpand(key, rounds, keys);
  aesZeros(keys, rounds, HASH_KEY);
  ghashExpand(HASH_KEY, expanded);
  memory.fill(HASH_KEY, 0, 16);
}

const CHACHA_KEY: u32 = 32;
