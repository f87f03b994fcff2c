/**
 * Project Wycheproof's cases through the core: no wrong accept, no wrong reject. Nonces of other sizes than 96 bits, and
 * AES-192, are none of its ciphers.
 */
import { describe, expect, test } from 'vitest';
import { MISSING, wycheproof } from '../tls/crypto/wycheproof.js';
import { CIPHERS, ciphers, fromHex, toHex } from './kit.js';

interface AeadCase {
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
}

interface AeadGroup {
  keySize: number;
  ivSize: number;
  tagSize: number;
}

/** `count`: cases with nonces of 96 bits, for keys of the ciphers that TLS has. */
const FILES = [
  { file: 'chacha20_poly1305_test', names: ['chacha20-poly1305'], count: 316 },
  { file: 'aes_gcm_test', names: ['aes-128-gcm', 'aes-256-gcm'], count: 133 },
];

describe.each(FILES)('the cases of $file', ({ file, names, count }) => {
  test('are sealed, opened and refused as they say', async ({ skip }) => {
    if (MISSING !== undefined) skip(MISSING);
    const { seal, open } = await ciphers();
    let judged = 0;
    for (const { tests, keySize, ivSize, tagSize } of wycheproof<AeadCase, AeadGroup>(file)) {
      const found = CIPHERS.find((each) => names.includes(each.name) && each.keySize * 8 === keySize);
      if (found === undefined || ivSize !== 96) continue;
      expect(tagSize).toBe(128);
      for (const { tcId, result, key, iv, aad, msg, ct, tag } of tests) {
        const parts = { key: fromHex(key), nonce: fromHex(iv), data: fromHex(aad) };
        const opened = open(found.cipher, parts, fromHex(ct + tag));
        expect(toHex(opened), `${file} ${tcId} opened`).toBe(result === 'valid' ? msg : undefined);
        if (result === 'valid')
          expect(toHex(seal(found.cipher, parts, fromHex(msg))), `${file} ${tcId}`).toBe(ct + tag);
        judged++;
      }
    }
    expect(judged).toBe(count);
  });
});
