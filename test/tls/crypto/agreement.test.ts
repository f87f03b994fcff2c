/** Key agreement by both providers: Wycheproof, each against the other, and what has to be refused. */
import node from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nobleMlKem768 } from '../../../host/tls/crypto/noble/mlkem.js';
import { nodeMlKem768 } from '../../../host/tls/crypto/node/mlkem.js';
import { CryptoError, type CryptoProvider, type GroupName } from '../../../host/tls/crypto/provider.js';
import { PROVIDERS } from './kit.js';
import { bytes, type Case, hex, MISSING, wycheproof } from './wycheproof.js';

interface Exchange {
  public: string;
  private: string;
  shared: string;
}

const GROUPS = ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1'] as const;
/** Milliseconds: noble's P-384 takes a few on a machine at rest, 790 times. */
const SLOW = 120_000;
const PAIRS = PROVIDERS.flatMap(([one, first]) => PROVIDERS.map(([two, second]) => [one, two, first, second] as const));

describe.each(PROVIDERS)('%s', (_, provider) => {
  /** The secret, or nothing when the share is refused. */
  function secret(group: GroupName, test: Exchange, size: number): string | undefined {
    const key = bytes(test.private.replace(/^(00)+(?=..)/, '').padStart(2 * size, '0'));
    return attempt(() => hex(provider.offer(group, key).finish(bytes(test.public))));
  }

  test.skipIf(MISSING)('X25519 is right in every case of Wycheproof, and refuses secrets of nothing but zeros', () => {
    for (const { tests } of wycheproof<Exchange>('x25519_test')) {
      for (const test of tests) {
        // The other acceptable cases, twists and values that are not reduced, RFC 7748 §5 accepts.
        const expected = test.flags.includes('ZeroSharedSecret') ? undefined : test.shared;
        expect(secret('x25519', test, 32), `case ${test.tcId}`).toBe(expected);
      }
    }
  });

  test.skipIf(MISSING).each([
    ['secp256r1', 'ecdh_secp256r1_ecpoint_test', 32],
    ['secp384r1', 'ecdh_secp384r1_ecpoint_test', 48],
  ] as const)(
    '%s is right in every case of Wycheproof, and takes no compressed points',
    (group, file, size) => {
      for (const { tests } of wycheproof<Exchange>(file)) {
        for (const test of tests) {
          expect(secret(group, test, size), `case ${test.tcId}`).toBe(
            test.result === 'valid' ? test.shared : undefined,
          );
        }
      }
    },
    SLOW,
  );

  test.each(GROUPS)('%s: no two offers are the same', (group) => {
    expect(provider.offer(group).share).not.toEqual(provider.offer(group).share);
  });

  test.each(GROUPS)('%s: a share that is too short, too long or empty is a CryptoError, on both sides', (group) => {
    const { share } = provider.offer(group);
    const answer = provider.respond(group, share).share;
    for (const wrong of [share.subarray(1), Uint8Array.of(...share, 0), new Uint8Array(0)]) {
      expect(() => provider.respond(group, wrong)).toThrow(CryptoError);
    }
    for (const wrong of [answer.subarray(1), Uint8Array.of(...answer, 0), new Uint8Array(0)]) {
      expect(() => provider.offer(group).finish(wrong)).toThrow(CryptoError);
    }
  });

  test('the hybrid share is ML-KEM’s first and X25519’s behind it, and so is the secret', () => {
    const seed = Uint8Array.from({ length: 96 }, (_, index) => index);
    const offer = provider.offer('X25519MLKEM768', seed);
    expect(offer.share).toHaveLength(1184 + 32);
    expect(offer.share.slice(1184)).toEqual(provider.offer('x25519', seed.slice(64)).share);
    expect(offer.share.slice(0, 1184)).toEqual(nobleMlKem768.offer(seed.slice(0, 64)).share);
    const { share, secret } = provider.respond('X25519MLKEM768', offer.share);
    expect(share).toHaveLength(1088 + 32);
    expect(secret.slice(32)).toEqual(provider.offer('x25519', seed.slice(64)).finish(share.slice(1088)));
    expect(offer.finish(share)).toEqual(secret);
  });

  test('the hybrid group refuses an ML-KEM key that is not reduced, and an X25519 share of low order', () => {
    const { share } = provider.offer('X25519MLKEM768');
    const unreduced = share.slice();
    unreduced.set([0xff, 0xff]); // The first coefficient becomes 4095, of 3329.
    expect(() => provider.respond('X25519MLKEM768', unreduced)).toThrow(CryptoError);
    const zero = share.slice().fill(0, 1184);
    expect(() => provider.respond('X25519MLKEM768', zero)).toThrow(CryptoError);
    const answer = provider.respond('X25519MLKEM768', share).share;
    expect(() => provider.offer('X25519MLKEM768').finish(answer.slice().fill(0, 1088))).toThrow(CryptoError);
  });
});

test.each(PAIRS)('%s offers, %s responds, and both have the same secret', (_, __, first, second) => {
  for (const group of GROUPS) agrees(first, second, group);
});

/** That of `node:crypto` stands in where the runtime has it: from Node 24.7. */
const KEMS = [['noble', nobleMlKem768] as const, ['node:crypto', nodeMlKem768(node)] as const].flatMap(([name, kem]) =>
  kem === undefined ? [] : [[name, kem] as const],
);

test.skipIf(MISSING).each(KEMS)('ML-KEM-768 of %s is right in every case of Wycheproof', (_, kem) => {
  interface Kem extends Case {
    seed: string;
    ek?: string;
    c: string;
    K: string;
  }
  for (const { tests } of wycheproof<Kem>('mlkem_768_test')) {
    for (const { seed, ek, c, K, result, tcId } of tests) {
      const found = attempt(() => {
        const offer = kem.offer(bytes(seed));
        if (ek !== undefined) expect(hex(offer.share)).toBe(ek);
        return hex(offer.finish(bytes(c)));
      });
      expect(found, `case ${tcId}`).toBe(result === 'valid' ? K : undefined);
    }
  }
});

test.each(KEMS)('ML-KEM-768 of %s: both sides have the same secret, and refuse keys that are not reduced', (_, kem) => {
  const offer = kem.offer();
  const { share, secret } = nobleMlKem768.respond(offer.share);
  expect(offer.finish(share)).toEqual(secret);
  const other = nobleMlKem768.offer();
  const response = kem.respond(other.share);
  expect(other.finish(response.share)).toEqual(response.secret);
  expect(() => kem.respond(Uint8Array.of(0xff, 0xff, ...other.share.slice(2)))).toThrow(CryptoError);
});

function agrees(first: CryptoProvider, second: CryptoProvider, group: GroupName): void {
  const offer = first.offer(group);
  const { share, secret } = second.respond(group, offer.share);
  expect(offer.finish(share)).toEqual(secret);
  expect(secret).toHaveLength({ X25519MLKEM768: 64, x25519: 32, secp256r1: 32, secp384r1: 48 }[group]);
}

/** `undefined` when it is refused; any error but a CryptoError is a failure. */
function attempt(action: () => string): string | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}
