// The key stream of a record, of any length. Both ciphers spend the first block on authentication (RFC 8439 §2.6,
// SP 800-38D §7.1), so a text is treated as if zeros stood before it: one step in scratch memory makes that block and the
// first bytes of the text. Not for: whether the text is genuine (mac.ts).

import { aesXor } from './aes';
import { chachaXor } from './chacha20';
import { blockSize, isChaCha, roundsOf } from './ciphers';
import { GHASH_TABLES } from './ghash';
import { LEAD, REST, STEP } from './scratch';

/** Leaves the first block at LEAD, and behind it the first bytes of text, encrypted or decrypted. */
export function streamBegin(cipher: u32, key: usize, nonce: usize, source: usize, length: u32): void {
  const lead = blockSize(cipher);
  memory.fill(LEAD, 0, STEP);
  memory.copy(LEAD + lead, source, min(length, STEP - lead));
  xorSteps(cipher, key, nonce, 0, LEAD, 1, LEAD);
}

/** Writes the whole text: what `streamBegin` left, whole steps from place to place, the rest by way of scratch memory. */
export function streamFinish(cipher: u32, key: usize, nonce: usize, source: usize, length: u32, target: usize): void {
  const first = min(length, STEP - blockSize(cipher));
  const steps = (length - first) / STEP;
  const done = first + steps * STEP;
  memory.copy(target, LEAD + blockSize(cipher), first);
  xorSteps(cipher, key, nonce, 1, source + first, steps, target + first);
  if (done == length) return;
  memory.copy(REST, source + done, length - done);
  xorSteps(cipher, key, nonce, 1 + steps, REST, 1, REST);
  memory.copy(target + done, REST, length - done);
}

/** Wipes what a record left in scratch memory. */
export function streamWipe(): void {
  memory.fill(LEAD, 0, STEP);
  memory.fill(REST, 0, STEP);
}

/** Steps from number `step` on. The first block of ChaCha20 is block 0, that of GCM is block 1. */
function xorSteps(cipher: u32, key: usize, nonce: usize, step: u32, source: usize, steps: u32, target: usize): void {
  if (isChaCha(cipher)) chachaXor(key, nonce, step * 4, source, steps, target);
  else aesXor(key + GHASH_TABLES, roundsOf(cipher), nonce, 1 + step * 16, source, steps, target);
}
