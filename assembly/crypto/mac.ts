// The tag of additional data and ciphertext: RFC 8439 §2.8 and SP 800-38D §7.1 put the same together, each padded to whole
// blocks, then both lengths, and differ in how they count. Not for: comparing tags in other places than records.

import { CRYPTO_SCRATCH } from '../memory/map';
import { isChaCha } from './ciphers';
import { ghashBlocks } from './ghash';
import { POLY_STATE, polyBegin, polyBlocks, polyEnd } from './poly1305';
import { LEAD } from './stream';

/** Writes the tag, 16 bytes. The first block of the key stream stands where `streamBegin` left it. */
export function authenticate(
  cipher: u32,
  key: usize,
  data: usize,
  dataLength: u32,
  text: usize,
  length: u32,
  tag: usize,
): void {
  if (isChaCha(cipher)) polyBegin(STATE, LEAD);
  absorb(cipher, key, data, dataLength);
  absorb(cipher, key, text, length);
  if (isChaCha(cipher)) {
    v128.store(BLOCK, i64x2(<i64>dataLength, <i64>length));
    blocks(cipher, key, BLOCK, 1);
    polyEnd(STATE, tag);
  } else {
    store<u64>(BLOCK, bswap<u64>((<u64>dataLength) << 3));
    store<u64>(BLOCK, bswap<u64>((<u64>length) << 3), 8);
    blocks(cipher, key, BLOCK, 1);
    v128.store(tag, v128.xor(v128.load(STATE), v128.load(LEAD)));
  }
  memory.fill(STATE, 0, SCRATCH_SIZE);
}

/** Whether the tag at `tag` is that of these bytes. Where the two differ, time does not tell. */
export function verify(
  cipher: u32,
  key: usize,
  data: usize,
  dataLength: u32,
  text: usize,
  length: u32,
  tag: usize,
): bool {
  authenticate(cipher, key, data, dataLength, text, length, TAG);
  const differs = v128.any_true(v128.xor(v128.load(TAG), v128.load(tag)));
  memory.fill(TAG, 0, 16);
  return !differs;
}

/** Takes in bytes and zeros up to a multiple of sixteen. */
function absorb(cipher: u32, key: usize, source: usize, length: u32): void {
  const rest = length & 15;
  blocks(cipher, key, source, length >> 4);
  if (rest == 0) return;
  v128.store(BLOCK, i64x2.splat(0));
  memory.copy(BLOCK, source + (length - rest), rest);
  blocks(cipher, key, BLOCK, 1);
}

function blocks(cipher: u32, key: usize, source: usize, count: u32): void {
  if (isChaCha(cipher)) polyBlocks(STATE, source, count);
  else ghashBlocks(key, STATE, source, count);
}

/** Of Poly1305, or the hash of GCM; zero between calls. */
const STATE: usize = CRYPTO_SCRATCH + 0x800;
const BLOCK: usize = STATE + POLY_STATE + 8;
const SCRATCH_SIZE: usize = BLOCK + 16 - STATE;
const TAG: usize = STATE + 0x100;
