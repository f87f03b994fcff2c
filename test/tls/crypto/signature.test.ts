/** Signatures by both providers: Wycheproof, each against the other, and keys that don't go with a signature. */
import {
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
  constants as NODE,
  sign as nodeSign,
  type RSAPSSKeyPairKeyObjectOptions,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PrivateKey } from '../../../host/tls/crypto/keys.js';
import { CryptoError, type HashName, type SignatureKind } from '../../../host/tls/crypto/provider.js';
import { PROVIDERS, privateKey, publicKey } from './kit.js';
import { bytes, MISSING, wycheproof } from './wycheproof.js';

const FILES: readonly (readonly [string, SignatureKind])[] = [
  ['ecdsa_secp256r1_sha256_test', { algorithm: 'ecdsa', hash: 'sha256' }],
  ['ecdsa_secp384r1_sha384_test', { algorithm: 'ecdsa', hash: 'sha384' }],
  ['ed25519_test', { algorithm: 'ed25519' }],
  ['rsa_signature_2048_sha256_test', { algorithm: 'rsa-pkcs1', hash: 'sha256' }],
  ['rsa_pss_2048_sha256_mgf1_32_test', { algorithm: 'rsa-pss', hash: 'sha256' }],
];
const DATA = new TextEncoder().encode('what is signed');
const HASHES = ['sha256', 'sha384', 'sha512'] as const satisfies readonly HashName[];
const P256 = ecKey('prime256v1');
const ED25519 = key(generateKeyPairSync('ed25519'));
const RSA = rsaKey(2048);
const PSS_SHA384 = key(
  generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha384',
    mgf1HashAlgorithm: 'sha384',
    saltLength: 40,
  } as object as RSAPSSKeyPairKeyObjectOptions), // whose declaration takes the salt's length for text
);

describe.each(PROVIDERS)('%s', (_, provider) => {
  test.skipIf(MISSING).each(FILES)('%s: no wrong accepts, no wrong rejects', (file, kind) => {
    const groups = wycheproof<{ msg: string; sig: string }, { publicKeyDer: string }>(file);
    for (const { publicKeyDer, tests } of groups) {
      const key = publicKey(bytes(publicKeyDer));
      for (const { tcId, msg, sig, result } of tests) {
        // The one acceptable case, PKCS#1 without the NULL of DigestInfo, is not accepted (RFC 8017 §8.2.2, note).
        expect(provider.verify(key, kind, bytes(msg), bytes(sig)), `case ${tcId}`).toBe(result === 'valid');
      }
    }
  });

  test.each(['prime256v1', 'secp384r1', 'secp521r1'])('verifies ECDSA of %s with each hash', (curve) => {
    const key = ecKey(curve);
    for (const hash of HASHES) {
      const signature = nodeSign(hash, DATA, { ...nodeKey(key), dsaEncoding: 'der' });
      expect(provider.verify(key.public, { algorithm: 'ecdsa', hash }, DATA, signature)).toBe(true);
      expect(provider.verify(key.public, { algorithm: 'ecdsa', hash }, DATA.slice(1), signature)).toBe(false);
    }
  });

  test.each([2048, 2049, 2055, 3072, 4096])('verifies RSA of %i bits with each hash, padding and salt', (size) => {
    const key = rsaKey(size);
    for (const hash of HASHES) {
      const pkcs1 = nodeSign(hash, DATA, nodeKey(key));
      expect(provider.verify(key.public, { algorithm: 'rsa-pkcs1', hash }, DATA, pkcs1)).toBe(true);
      expect(provider.verify(key.public, { algorithm: 'rsa-pss', hash }, DATA, pkcs1)).toBe(false);
      for (const saltLength of [0, 20, 32, 64]) {
        const pss = nodeSign(hash, DATA, { ...nodeKey(key), padding: NODE.RSA_PKCS1_PSS_PADDING, saltLength });
        const kind = { algorithm: 'rsa-pss', hash, saltLength } as const;
        expect(provider.verify(key.public, kind, DATA, pss)).toBe(true);
        expect(provider.verify(key.public, { ...kind, saltLength: saltLength + 1 }, DATA, pss)).toBe(false);
        expect(provider.verify(key.public, { ...kind, algorithm: 'rsa-pkcs1' }, DATA, pss)).toBe(false);
      }
    }
  });

  test('a salt of RSA-PSS is as long as the hash where nothing is said (RFC 8446 §4.2.3)', () => {
    for (const [hash, saltLength] of [['sha256', 32] as const, ['sha384', 48] as const, ['sha512', 64] as const]) {
      const pss = nodeSign(hash, DATA, { ...nodeKey(RSA), padding: NODE.RSA_PKCS1_PSS_PADDING, saltLength });
      expect(provider.verify(RSA.public, { algorithm: 'rsa-pss', hash }, DATA, pss)).toBe(true);
    }
  });

  test('an RSA-PSS key signs with its own hash, and with salts no shorter than it says (RFC 4055 §3.3)', () => {
    const padding = NODE.RSA_PKCS1_PSS_PADDING;
    const pss = nodeSign('sha384', DATA, { ...nodeKey(PSS_SHA384), padding, saltLength: 48 });
    const kind = { algorithm: 'rsa-pss', hash: 'sha384' } as const;
    expect(provider.verify(PSS_SHA384.public, kind, DATA, pss)).toBe(true);
    expect(provider.verify(PSS_SHA384.public, { ...kind, hash: 'sha256' }, DATA, pss)).toBe(false);
    expect(provider.verify(PSS_SHA384.public, { ...kind, saltLength: 39 }, DATA, pss)).toBe(false);
    expect(provider.verify(PSS_SHA384.public, { algorithm: 'rsa-pkcs1', hash: 'sha384' }, DATA, pss)).toBe(false);
  });

  test('RSA keys below 2048 bits and above 8192 verify nothing', () => {
    const small = rsaKey(1024);
    const signature = nodeSign('sha256', DATA, nodeKey(small));
    expect(provider.verify(small.public, { algorithm: 'rsa-pkcs1', hash: 'sha256' }, DATA, signature)).toBe(false);
    const large = { ...RSA.public, bits: 8193 };
    const good = nodeSign('sha256', DATA, nodeKey(RSA));
    expect(provider.verify(RSA.public, { algorithm: 'rsa-pkcs1', hash: 'sha256' }, DATA, good)).toBe(true);
    expect(provider.verify(large, { algorithm: 'rsa-pkcs1', hash: 'sha256' }, DATA, good)).toBe(false);
  });

  test('a key verifies no signature of another algorithm, whatever the bytes are', () => {
    const kinds: readonly SignatureKind[] = FILES.map(([, kind]) => kind);
    for (const key of [P256, ED25519, RSA]) {
      for (const kind of kinds) {
        for (const signature of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(256), DATA]) {
          expect(provider.verify(key.public, kind, DATA, signature)).toBe(false);
        }
      }
    }
    const unknown = { ...P256.public, algorithm: 'unknown' } as const;
    expect(provider.verify(unknown, { algorithm: 'ecdsa', hash: 'sha256' }, DATA, new Uint8Array(70))).toBe(false);
  });

  test('a public key that is no point of its curve verifies nothing and throws nothing', () => {
    const signature = nodeSign('sha256', DATA, nodeKey(P256));
    const broken = publicBytes(P256, (point) => point.fill(1, 40));
    expect(provider.verify(broken, { algorithm: 'ecdsa', hash: 'sha256' }, DATA, signature)).toBe(false);
  });

  test('a private key makes no signature of another algorithm', () => {
    for (const [key, kind] of [
      [P256, { algorithm: 'ed25519' }],
      [P256, { algorithm: 'rsa-pss', hash: 'sha256' }],
      [ED25519, { algorithm: 'ecdsa', hash: 'sha256' }],
      [PSS_SHA384, { algorithm: 'rsa-pkcs1', hash: 'sha384' }],
      [PSS_SHA384, { algorithm: 'rsa-pss', hash: 'sha256' }],
    ] as const) {
      expect(() => provider.sign(key, kind, DATA)).toThrow(CryptoError);
    }
  });

  test('what one provider signs, both verify', () => {
    const kinds: readonly (readonly [PrivateKey, SignatureKind])[] = [
      [P256, { algorithm: 'ecdsa', hash: 'sha256' }],
      [ecKey('secp384r1'), { algorithm: 'ecdsa', hash: 'sha384' }],
      [ED25519, { algorithm: 'ed25519' }],
      [RSA, { algorithm: 'rsa-pss', hash: 'sha256' }],
      [RSA, { algorithm: 'rsa-pkcs1', hash: 'sha512' }],
      [PSS_SHA384, { algorithm: 'rsa-pss', hash: 'sha384' }],
    ];
    for (const [key, kind] of kinds.filter(([key]) => provider.canSign(key))) {
      const signature = provider.sign(key, kind, DATA);
      for (const [, other] of PROVIDERS) {
        expect(other.verify(key.public, kind, DATA, signature)).toBe(true);
        expect(other.verify(key.public, kind, DATA, flipped(signature))).toBe(false);
      }
    }
  });
});

test('noble signs with EC and Ed25519 keys and says that it can’t with RSA', () => {
  const [, [, noble]] = PROVIDERS as [unknown, (typeof PROVIDERS)[number]];
  expect([P256, ED25519, RSA, PSS_SHA384].map((key) => noble.canSign(key))).toEqual([true, true, false, false]);
  expect(() => noble.sign(RSA, { algorithm: 'rsa-pss', hash: 'sha256' }, DATA)).toThrow(/node:crypto/);
});

function key(pair: KeyPairKeyObjectResult): PrivateKey {
  return privateKey(new Uint8Array(pair.privateKey.export({ format: 'der', type: 'pkcs8' })));
}

function ecKey(namedCurve: string): PrivateKey {
  return key(generateKeyPairSync('ec', { namedCurve }));
}

function rsaKey(modulusLength: number): PrivateKey {
  return key(generateKeyPairSync('rsa', { modulusLength }));
}

function nodeKey({ pkcs8 }: PrivateKey) {
  return { key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' } as const;
}

/** The same key with its point changed, in both places where it stands. */
function publicBytes({ public: known }: PrivateKey, change: (bytes: Uint8Array) => void) {
  const point = known.bytes.slice();
  change(point);
  const spki = known.spki.slice();
  spki.set(point, spki.length - point.length);
  return { ...known, bytes: point, spki };
}

function flipped(signature: Uint8Array): Uint8Array {
  const wrong = signature.slice();
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
  return wrong;
}
