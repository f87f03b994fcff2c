/**
 * What opens keys under a passphrase, of `@noble/*`. Not for: anything that needs a good hash.
 */
import { cbc } from '@noble/ciphers/aes.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import type { KeyDecryption } from '../provider.js';
import { nobleHashes } from './hashes.js';

export const nobleKeyDecryption: KeyDecryption = {
  pbkdf2: (hash, passphrase, salt, iterations, length) =>
    pbkdf2(hash === 'sha1' ? sha1 : nobleHashes[hash], passphrase, salt, { c: iterations, dkLen: length }),

  md5: (data) => md5(data),

  openCbc(key, iv, data) {
    try {
      return cbc(key, iv).decrypt(data);
    } catch {
      return undefined;
    }
  },
};
