// The text of a record, of any length: encrypted or decrypted, and its ciphertext taken into the tag. Both ciphers spend the
// first block of key stream on authentication (RFC 8439 §2.6, SP 800-38D §7.1), so a text is treated as if zeros stood before
// it: one step in scratch memory makes that block and the first bytes of the text. Whole steps go from place to place, the
// rest by way of scratch memory. Not for: whether the text is genuine (mac.ts).

import { aesXor } from './aes';
import { chachaXor } from './chacha20';
import { blockSize, isChaCha, roundsOf } from './ciphers';
import { GHASH_TABLES } from './ghash';
import { macBytes } from './mac';
import { LEAD, REST, STEP } from './scratch';

/** Leaves the first block at LEAD, and behind it the first bytes of text, encrypted or decrypted. */
export function streamBegin(cipher: u32, key: usize, nonce: usize, source: usize, length: u32): void {
  const lead = blockSize(cipher);
  memory.fill(LEAD, 0, STEP);
  memory.copy(LEAD + lead, source, min(length, STEP - lead));
  xorSteps(cipher, key, nonce, 0, LEAD, 1, LEAD, 0);
}

/** Encrypts all, and takes it into the tag. */
export function streamSeal(cipher: u32, key: usize, nonce: usize, source: usize, length: u32, target: usize): void {
  const first = min(length, STEP - blockSize(cipher));
  memory.copy(target, LEAD + blockSize(cipher), first);
  const steps = (length - first) / STEP;
  let done = first;
  let hashed: u32 = 0;
  if (isChaCha(cipher) && steps > 1) {
    // What one step made, the next takes in.
    xorSteps(cipher, key, nonce, 1, source + done, 1, target + done, 0);
    macBytes(cipher, key, target, first);
    xorSteps(cipher, key, nonce, 2, source + done + STEP, steps - 1, target + done + STEP, target + done);
    hashed = done + (steps - 1) * STEP;
  } else {
    xorSteps(cipher, key, nonce, 1, source + done, steps, target + done, 0);
  }
  done += steps * STEP;
  xorRest(cipher, key, nonce, 1 + steps, source + done, length - done, target + done);
  macBytes(cipher, key, target + hashed, length - hashed);
}

/** Takes all into the tag, and decrypts it. */
export function streamOpen(cipher: u32, key: usize, nonce: usize, source: usize, length: u32, target: usize): void {
  const first = min(length, STEP - blockSize(cipher));
  const steps = (length - first) / STEP;
  const done = first + steps * STEP;
  if (isChaCha(cipher)) {
    macBytes(cipher, key, source, first);
    xorSteps(cipher, key, nonce, 1, source + first, steps, target + first, source + first);
    macBytes(cipher, key, source + done, length - done);
  } else {
    macBytes(cipher, key, source, length);
    xorSteps(cipher, key, nonce, 1, source + first, steps, target + first, 0);
  }
  memory.copy(target, LEAD + blockSize(cipher), first);
  xorRest(cipher, key, nonce, 1 + steps, source + done, length - done, target + done);
}

/** Wipes what a record left in scratch memory. */
export function streamWipe(): void {
  memory.fill(LEAD, 0, STEP);
  memory.fill(REST, 0, STEP);
}

/** Less than a step, from number `step` on. */
function xorRest(cipher: u32, key: usize, nonce: usize, step: u32, source: usize, length: u32, target: usize): void {
  if (length == 0) return;
  memory.copy(REST, source, length);
  xorSteps(cipher, key, nonce, step, REST, 1, REST, 0);
  memory.copy(target, REST, length);
}

/** Steps from number `step` on. The first block of ChaCha20 is block 0, that of GCM is block 1. */
function xorSteps(
  cipher: u32,
  key: usize,
  nonce: usize,
  step: u32,
  source: usize,
  steps: u32,
  target: usize,
  hashed: usize,
): void {
  if (isChaCha(cipher)) chachaXor(key, nonce, step * 4, source, steps, target, hashed);
  else aesXor(key + GHASH_TABLES, roundsOf(cipher), nonce, 1 + step * 16, source, steps, target);
}
