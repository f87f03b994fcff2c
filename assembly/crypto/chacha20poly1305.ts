// AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8). The expanded key is the key itself.
//
// The one-time key is the first half of block 0 of the key stream (§2.6) and the text begins with block 1, so a text is
// treated as if 64 zero bytes stood before it: one step of ChaCha20 in scratch memory makes both the key and the first
// 192 bytes of text. Not for: choosing nonces.

import { CRYPTO_SCRATCH } from '../memory/map';
import { CHACHA_STEP, chachaXor } from './chacha20';
import { POLY_STATE, polyBegin, polyBlocks, polyEnd } from './poly1305';
import { equal16 } from './tag';

/** Bytes of a key. */
export const CHACHA_KEY: u32 = 32;

/** See `aeadSeal`. */
export function chachaSeal(
  key: usize,
  nonce: usize,
  data: usize,
  dataLength: u32,
  source: usize,
  length: u32,
  target: usize,
): void {
  beginText(key, nonce, source, length);
  finishText(key, nonce, source, length, target);
  authenticate(data, dataLength, target, length, target + length);
  memory.fill(CRYPTO_SCRATCH, 0, SCRATCH_SIZE);
}

/** See `aeadOpen`. Nothing is written to `target` before the tag has been found to be right. */
export function chachaOpen(
  key: usize,
  nonce: usize,
  data: usize,
  dataLength: u32,
  source: usize,
  length: u32,
  target: usize,
): bool {
  beginText(key, nonce, source, length);
  authenticate(data, dataLength, source, length, TAG);
  const genuine = equal16(TAG, source + length);
  if (genuine) finishText(key, nonce, source, length, target);
  else memory.fill(target, 0, length);
  memory.fill(CRYPTO_SCRATCH, 0, SCRATCH_SIZE);
  return genuine;
}

/** Leaves the one-time key and the first bytes of text, encrypted or decrypted, in scratch memory. */
function beginText(key: usize, nonce: usize, source: usize, length: u32): void {
  memory.fill(HEAD, 0, CHACHA_STEP);
  memory.copy(HEAD_TEXT, source, min(length, HEAD_LENGTH));
  chachaXor(key, nonce, 0, HEAD, 1, HEAD);
}

/** Writes the whole text: what `beginText` left, whole steps from place to place, the rest by way of scratch memory. */
function finishText(key: usize, nonce: usize, source: usize, length: u32, target: usize): void {
  const first = min(length, HEAD_LENGTH);
  const steps = (length - first) / CHACHA_STEP;
  const done = first + steps * CHACHA_STEP;
  memory.copy(target, HEAD_TEXT, first);
  chachaXor(key, nonce, 4, source + first, steps, target + first);
  if (done == length) return;
  memory.copy(TAIL, source + done, length - done);
  chachaXor(key, nonce, 4 + 4 * steps, TAIL, 1, TAIL);
  memory.copy(target + done, TAIL, length - done);
}

/** The tag of additional data and ciphertext. */
function authenticate(data: usize, dataLength: u32, text: usize, length: u32, tag: usize): void {
  polyBegin(STATE, HEAD);
  absorb(data, dataLength);
  absorb(text, length);
  store<u64>(BLOCK, dataLength);
  store<u64>(BLOCK, length, 8);
  polyBlocks(STATE, BLOCK, 1);
  polyEnd(STATE, tag);
}

/** Takes in bytes and zeros up to a multiple of sixteen. */
function absorb(source: usize, length: u32): void {
  const rest = length & 15;
  polyBlocks(STATE, source, length >> 4);
  if (rest == 0) return;
  v128.store(BLOCK, i64x2.splat(0));
  memory.copy(BLOCK, source + (length - rest), rest);
  polyBlocks(STATE, BLOCK, 1);
}

const HEAD: usize = CRYPTO_SCRATCH;
const HEAD_TEXT: usize = HEAD + 64;
const HEAD_LENGTH: u32 = 192;
const TAIL: usize = HEAD + CHACHA_STEP;
const BLOCK: usize = TAIL + CHACHA_STEP;
const TAG: usize = BLOCK + 16;
const STATE: usize = TAG + 16;
const SCRATCH_SIZE: usize = STATE + POLY_STATE - CRYPTO_SCRATCH;
