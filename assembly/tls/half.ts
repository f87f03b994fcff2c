// One direction of a record layer: its keys, how records look under them, and how many there may be. Expanded keys lie in a
// slab block of their own, which is zero-filled before it is given back.
// Not for: deriving keys (the host), the ciphers (assembly/crypto/aead.ts).

import {
  CIPHER_AES_128_GCM,
  CIPHER_AES_256_GCM,
  CIPHER_CHACHA20_POLY1305,
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
} from '../abi/constants';
import { AEAD_TAG, aeadExpand, aeadKeySize } from '../crypto/aead';
import { RESULT_BASE } from '../memory/map';
import { slabGive, slabSize, slabTake } from '../memory/slab';

@unmanaged
export class Half {
  sequence: u64; // of the next record (RFC 8446 §5.3)
  limit: u64; // records that the keys may be used for
  keys: usize; // expanded; 0: none
  iv0: u32; // the static nonce; of AES-GCM in TLS 1.2 the salt, in `iv0` alone
  iv1: u32;
  iv2: u32;
  version: u16; // of the keys in place
  nextVersion: u16; // of the next keys
  cipher: u8; // CIPHER_*, 0: records are not protected
}

export const TLS12: u32 = 0x0303;
export const TLS13: u32 = 0x0304;

/** Takes key and static nonce from the result area, in place of those before: the cipher changes with the next record. */
export function halfKeys(half: Half, cipher: u32): i32 {
  if (half.nextVersion == 0 || cipher - 1 >= <u32>CIPHER_CHACHA20_POLY1305) return ERROR_INVALID;
  const block = slabTake(slabSize(aeadKeySize(cipher)));
  if (block == 0) return ERROR_NO_BUFFERS;
  halfWipe(half);
  aeadExpand(cipher, RESULT_BASE, block);
  half.keys = block;
  half.cipher = <u8>cipher;
  half.version = half.nextVersion;
  half.iv0 = load<u32>(RESULT_BASE + KEY_SIZE);
  half.iv1 = load<u32>(RESULT_BASE + KEY_SIZE, 4);
  half.iv2 = load<u32>(RESULT_BASE + KEY_SIZE, 8);
  half.sequence = 0;
  half.limit = isGcm(cipher) ? GCM_LIMIT : CHACHA_LIMIT;
  return 0;
}

/** Zero-fills the keys and gives their storage back. */
export function halfWipe(half: Half): void {
  if (half.keys != 0) {
    const size = slabSize(aeadKeySize(half.cipher));
    memory.fill(half.keys, 0, size);
    slabGive(half.keys, size);
  }
  const nextVersion = half.nextVersion;
  memory.fill(changetype<usize>(half), 0, offsetof<Half>());
  half.nextVersion = nextVersion;
}

export function isVersion(value: u32): bool {
  return value == TLS12 || value == TLS13;
}

/** Whether records hide their content type (RFC 8446 §5.2). */
export function hidesType(half: Half): bool {
  return half.cipher != 0 && half.version == TLS13;
}

/** Bytes of the part of the nonce that a record carries before its content (RFC 5288 §3). */
export function explicitNonce(half: Half): u32 {
  return half.cipher != 0 && half.version == TLS12 && isGcm(half.cipher) ? 8 : 0;
}

/** Bytes that stand behind the content of a record: its hidden type, and the tag. */
export function trailer(half: Half): u32 {
  return half.cipher == 0 ? 0 : AEAD_TAG + (half.version == TLS13 ? 1 : 0);
}

/**
 * Writes the nonce of the record at hand to `nonce`, 12 bytes. It is the static one with the sequence number laid over its
 * end (RFC 8446 §5.3, RFC 7905 §2); AES-GCM in TLS 1.2: the salt, and the eight bytes at `explicit` (RFC 5288 §3).
 */
export function writeNonce(half: Half, nonce: usize, explicit: usize): void {
  store<u32>(nonce, half.iv0);
  if (explicitNonce(half) > 0) {
    store<u64>(nonce, load<u64>(explicit), 4);
    return;
  }
  const number = bswap<u64>(half.sequence);
  store<u32>(nonce, half.iv1 ^ <u32>number, 4);
  store<u32>(nonce, half.iv2 ^ <u32>(number >> 32), 8);
}

/** Zero-fills a nonce: of the first record it is the static one, which nobody else knows. */
export function wipeNonce(nonce: usize): void {
  store<u64>(nonce, 0);
  store<u32>(nonce, 0, 8);
}

/**
 * Writes to `data` what a record is authenticated with beside its content, and answers how many bytes that is: its header at
 * `header` (RFC 8446 §5.2), or, in TLS 1.2, number, type, version and length of the content (RFC 5246 §6.2.3.3).
 */
export function writeAdditional(half: Half, data: usize, header: usize, length: u32): u32 {
  if (half.version == TLS13) {
    memory.copy(data, header, 5);
    return 5;
  }
  store<u64>(data, bswap<u64>(half.sequence));
  memory.copy(data + 8, header, 3);
  store<u16>(data, bswap<u16>(<u16>length), 11);
  return 13;
}

/** Fewer records than the cipher allows, counted from the first one under these keys. */
export function limitSeals(half: Half, limit: u32): void {
  half.limit = min(half.limit, <u64>limit);
}

/** Records that may still be sealed. */
export function sealsLeft(half: Half): u64 {
  if (half.cipher == 0) return u64.MAX_VALUE;
  return half.limit > half.sequence ? half.limit - half.sequence : 0;
}

function isGcm(cipher: u32): bool {
  return cipher == CIPHER_AES_128_GCM || cipher == CIPHER_AES_256_GCM;
}

/** Bytes of the result area that a key has at most; the static nonce follows. */
const KEY_SIZE: usize = 32;
/** 2^24.5 records (RFC 8446 §5.5), whatever their size. */
const GCM_LIMIT: u64 = 23_726_566;
/** "The record sequence number would wrap before the safety limit is reached" (RFC 8446 §5.5): half of its range. */
const CHACHA_LIMIT: u64 = 1 << 63;
