// The tag of additional data and ciphertext: RFC 8439 §2.8 and SP 800-38D §7.1 put the same together, each padded to whole
// blocks, then both lengths, and differ in how they count. Not for: comparing tags in other places than records.

import { isChaCha } from './ciphers';
import { ghashBlocks } from './ghash';
import { POLY_STATE, polyBegin, polyBlocks, polyEnd } from './poly1305';
import { LEAD, MAC_BLOCK, MAC_STATE, MAC_TAG } from './scratch';

/** Takes in additional data. The first block of the key stream stands where `streamBegin` left it. */
export function macBegin(cipher: u32, key: usize, data: usize, length: u32): void {
  if (isChaCha(cipher)) polyBegin(MAC_STATE, LEAD);
  macBytes(cipher, key, data, length);
}

/** Takes in bytes and zeros up to a multiple of sixteen. */
export function macBytes(cipher: u32, key: usize, source: usize, length: u32): void {
  const rest = length & 15;
  blocks(cipher, key, source, length >> 4);
  if (rest == 0) return;
  v128.store(MAC_BLOCK, i64x2.splat(0));
  memory.copy(MAC_BLOCK, source + (length - rest), rest);
  blocks(cipher, key, MAC_BLOCK, 1);
}

/** Writes the tag, 16 bytes. */
export function macEnd(cipher: u32, key: usize, dataLength: u32, length: u32, tag: usize): void {
  if (isChaCha(cipher)) {
    v128.store(MAC_BLOCK, i64x2(<i64>dataLength, <i64>length));
    blocks(cipher, key, MAC_BLOCK, 1);
    polyEnd(MAC_STATE, tag);
  } else {
    store<u64>(MAC_BLOCK, bswap<u64>((<u64>dataLength) << 3));
    store<u64>(MAC_BLOCK, bswap<u64>((<u64>length) << 3), 8);
    blocks(cipher, key, MAC_BLOCK, 1);
    v128.store(tag, v128.xor(v128.load(MAC_STATE), v128.load(LEAD)));
  }
  memory.fill(MAC_STATE, 0, POLY_STATE);
  memory.fill(MAC_BLOCK, 0, 16);
}

/** Whether the tag at `tag` is that of what was taken in. Where the two differ, time does not tell. */
export function macVerify(cipher: u32, key: usize, dataLength: u32, length: u32, tag: usize): bool {
  macEnd(cipher, key, dataLength, length, MAC_TAG);
  const differs = v128.any_true(v128.xor(v128.load(MAC_TAG), v128.load(tag)));
  memory.fill(MAC_TAG, 0, 16);
  return !differs;
}

function blocks(cipher: u32, key: usize, source: usize, count: u32): void {
  if (isChaCha(cipher)) polyBlocks(MAC_STATE, source, count);
  else ghashBlocks(key, MAC_STATE, source, count);
}
