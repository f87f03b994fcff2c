// Where the ciphers work, below CRYPTO_SCRATCH: no two of these places overlap, and all are zero between calls.

import { CRYPTO_SCRATCH } from '../memory/map';

/** Bytes of key stream that either cipher makes in one step: four blocks of ChaCha20, sixteen of AES. */
export const STEP: u32 = 256;

/** The first step of a record's key stream: the block that authentication takes, then text. STEP bytes. */
export const LEAD: usize = CRYPTO_SCRATCH;

/** The last bytes of a text, which are no whole step. STEP bytes. */
export const REST: usize = CRYPTO_SCRATCH + 0x100;

/** Of ChaCha20: the state of four blocks before the rounds, and in them. 256 bytes each. */
export const CHACHA_INITIAL: usize = CRYPTO_SCRATCH + 0x200;
export const CHACHA_STATE: usize = CRYPTO_SCRATCH + 0x300;

/** Of AES: sixteen blocks. STEP bytes. */
export const AES_BLOCKS: usize = CRYPTO_SCRATCH + 0xa00;

/** Of AES: the words of a key schedule. 240 bytes. */
export const AES_SCHEDULE: usize = CRYPTO_SCRATCH + 0xb00;

/** Of GHASH: halves of four blocks, products with the powers of x or the last blocks of a piece, then a product. */
export const GHASH_WORK: usize = CRYPTO_SCRATCH + 0xc00;
export const GHASH_WORK_SIZE: u32 = 160;

/** Of GCM: the hash key. 16 bytes. */
export const HASH_KEY: usize = CRYPTO_SCRATCH + 0xca0;

/** Of authentication: the state of Poly1305, or the hash of GCM. 80 bytes. */
export const MAC_STATE: usize = CRYPTO_SCRATCH + 0xd00;

/** Of authentication: a block that is padded. 16 bytes. */
export const MAC_BLOCK: usize = CRYPTO_SCRATCH + 0xd50;

/** Of authentication: the tag that a record ought to have. 16 bytes. */
export const MAC_TAG: usize = CRYPTO_SCRATCH + 0xd60;
