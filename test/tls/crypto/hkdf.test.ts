/** HKDF (RFC 5869) over the HMAC of both providers, as Wycheproof wants it. */
import { describe, expect, test } from 'vitest';
import { expand, extract } from '../../../host/tls/schedule/hkdf.js';
import { PROVIDERS } from './kit.js';
import { bytes, hex, MISSING, wycheproof } from './wycheproof.js';

interface Derivation {
  ikm: string;
  salt: string;
  info: string;
  size: number;
  okm: string;
}

describe.each(PROVIDERS)('%s', (_, provider) => {
  test.skipIf(MISSING).each(['sha256', 'sha384'] as const)(
    'HKDF of %s is right in every case of Wycheproof',
    (name) => {
      const hash = { provider, name };
      for (const { tests } of wycheproof<Derivation>(`hkdf_${name}_test`)) {
        for (const { ikm, salt, info, size, okm, result, tcId } of tests) {
          const derive = () => hex(expand(hash, extract(hash, bytes(salt), bytes(ikm)), bytes(info), size));
          // The invalid ones ask for more than 255 blocks.
          if (result === 'invalid') expect(derive, `case ${tcId}`).toThrow(RangeError);
          else expect(derive(), `case ${tcId}`).toBe(okm);
        }
      }
    },
  );
});
