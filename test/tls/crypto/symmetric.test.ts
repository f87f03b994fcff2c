/** Hashes, HMAC, random bytes, the AEAD of tickets and comparison, by both providers. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { defaultProvider } from '../../../host/tls/crypto/default.js';
import type { HashName } from '../../../host/tls/crypto/provider.js';
import { PROVIDERS } from './kit.js';
import { bytes, hex, MISSING, wycheproof } from './wycheproof.js';

const HASHES = ['sha256', 'sha384', 'sha512'] as const satisfies readonly HashName[];
const LONG = Uint8Array.from({ length: 1000 }, (_, index) => index * 7);

describe.each(PROVIDERS)('%s', (_, provider) => {
  test.each(HASHES)('%s is what everybody computes, at once and in pieces, and can be asked in between', (name) => {
    const expected = (data: Uint8Array) => createHash(name).update(data).digest('hex');
    expect(hex(provider.hash(name, LONG))).toBe(expected(LONG));
    const running = provider.createHash(name);
    expect(hex(running.digest())).toBe(expected(new Uint8Array(0)));
    running.update(LONG.subarray(0, 300));
    expect(hex(running.digest())).toBe(expected(LONG.subarray(0, 300)));
    running.update(LONG.subarray(300));
    expect(hex(running.digest())).toBe(expected(LONG));
    expect(hex(running.digest())).toBe(expected(LONG));
  });

  test.skipIf(MISSING).each(['sha256', 'sha384'] as const)(
    'HMAC of %s is right in every case of Wycheproof',
    (name) => {
      interface Mac {
        key: string;
        msg: string;
        tag: string;
      }
      for (const { tests, tagSize } of wycheproof<Mac, { tagSize: number }>(`hmac_${name}_test`)) {
        for (const { key, msg, tag, result, tcId } of tests) {
          const mac = provider.hmac(name, bytes(key), bytes(msg)).subarray(0, tagSize / 8);
          expect(provider.equal(mac, bytes(tag)), `case ${tcId}`).toBe(result === 'valid');
        }
      }
    },
  );

  test('HMAC takes an empty key and one longer than a block', () => {
    for (const key of [new Uint8Array(0), LONG]) {
      expect(hex(provider.hmac('sha512', key, LONG))).toBe(createHmac('sha512', key).update(LONG).digest('hex'));
    }
  });

  test.skipIf(MISSING)('ChaCha20-Poly1305 is right in every case of Wycheproof with nonces of 96 bits', () => {
    interface Aead {
      key: string;
      iv: string;
      aad: string;
      msg: string;
      ct: string;
      tag: string;
    }
    for (const { tests, ivSize } of wycheproof<Aead, { ivSize: number }>('chacha20_poly1305_test')) {
      for (const { key, iv, aad, msg, ct, tag, result, tcId } of ivSize === 96 ? tests : []) {
        const [k, n, a] = [bytes(key), bytes(iv), bytes(aad)];
        const opened = provider.open(k, n, a, bytes(ct + tag));
        expect(opened && hex(opened), `case ${tcId}`).toBe(result === 'valid' ? msg : undefined);
        if (result === 'valid') expect(hex(provider.seal(k, n, a, bytes(msg))), `case ${tcId}`).toBe(ct + tag);
      }
    }
  });

  test('something shorter than a tag can’t be opened', () => {
    expect(provider.open(new Uint8Array(32), new Uint8Array(12), LONG, new Uint8Array(15))).toBeUndefined();
  });

  test('random bytes differ, also beyond what the system gives at once', () => {
    for (const length of [0, 1, 32, 65536, 200_000]) expect(provider.random(length)).toHaveLength(length);
    expect(provider.random(32)).not.toEqual(provider.random(32));
    expect(provider.random(200_000).subarray(-32)).not.toEqual(new Uint8Array(32));
  });

  test('only equal bytes are equal', () => {
    expect(provider.equal(LONG, LONG.slice())).toBe(true);
    expect(provider.equal(LONG, LONG.subarray(1))).toBe(false);
    expect(provider.equal(new Uint8Array(0), new Uint8Array(0))).toBe(true);
    for (const at of [0, 500, 999]) {
      const other = LONG.slice();
      other[at] = (other[at] ?? 0) ^ 0x80;
      expect(provider.equal(LONG, other)).toBe(false);
    }
  });
});

test('the default provider is that of node:crypto here, and always the same', () => {
  expect(defaultProvider().name).toBe('node');
  expect(defaultProvider()).toBe(defaultProvider());
});

test.each([
  ['a runtime without node:crypto', { getBuiltinModule: () => undefined }],
  ['a browser', undefined],
])('in %s the default provider is noble’s, and nothing fails to load', async (_, process) => {
  vi.resetModules();
  vi.stubGlobal('process', process);
  try {
    const fresh: typeof import('../../../host/tls/crypto/default.js') = await import(
      '../../../host/tls/crypto/default.js'
    );
    expect(fresh.defaultProvider().name).toBe('noble');
  } finally {
    vi.unstubAllGlobals();
    vi.resetModules();
  }
});
