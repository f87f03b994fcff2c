/**
 * The hashes of `@noble/hashes` by their names. Not for: anything else.
 */
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import type { HashName } from '../provider.js';

export const nobleHashes = { sha256, sha384, sha512 } satisfies Record<HashName, unknown>;
