/** Private keys in every form that OpenSSL writes, read for both providers; and forms that are refused, with reasons. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PrivateKey } from '../../../host/tls/crypto/keys.js';
import { readPrivateKey } from '../../../host/tls/keys/private-key.js';
import { PROVIDERS } from '../crypto/kit.js';
import { NO_OPENSSL, openssl } from './openssl.js';

const KINDS = {
  'P-256': '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  'P-384': '-algorithm EC -pkeyopt ec_paramgen_curve:P-384',
  'P-521': '-algorithm EC -pkeyopt ec_paramgen_curve:P-521',
  RSA: '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  'RSA-PSS':
    '-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256',
  Ed25519: '-algorithm ED25519',
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];
const EC_KINDS: readonly Kind[] = ['P-256', 'P-384', 'P-521'];
const PASSPHRASE = 'hörse-stäple';
const made = new Map<Kind, string>();

beforeAll(() => {
  if (NO_OPENSSL) return;
  for (const kind of KIND_NAMES) made.set(kind, openssl(`genpkey ${KINDS[kind]}`).toString());
});

describe.skipIf(NO_OPENSSL).each(PROVIDERS)('with %s', (_, provider) => {
  const read = (input: string | Uint8Array, passphrase?: string) => readPrivateKey(input, provider, passphrase);

  test.each(KIND_NAMES)('PKCS#8 of %s: PEM, PEM in bytes, DER', (kind) => {
    const pem = pemOf(kind);
    for (const input of [pem, new TextEncoder().encode(pem), openssl('pkey -outform DER', pem)])
      expectKey(read(input), kind);
  });

  test.each(EC_KINDS)('SEC1 of %s: PEM, DER, with a compressed point, without a point', (kind) => {
    for (const options of ['', ' -outform DER', ' -conv_form compressed', ' -no_public', ' -no_public -outform DER']) {
      const made = openssl(`ec${options}`, pemOf(kind));
      expectKey(read(made), kind);
    }
  });

  test('SEC1 behind the block of parameters that `openssl ecparam -genkey` writes', () => {
    const pem = openssl('ecparam -name prime256v1 -genkey').toString();
    expect(pem).toContain('EC PARAMETERS');
    expect(read(pem).curve).toBe('secp256r1');
  });

  test('PKCS#1 of RSA: PEM and DER', () => {
    for (const options of ['', ' -outform DER']) {
      expectKey(read(openssl(`rsa -traditional${options}`, pemOf('RSA'))), 'RSA');
    }
  });

  test.each(KIND_NAMES)('PKCS#8 of %s under a passphrase: PEM and DER', (kind) => {
    for (const options of ['', ' -outform DER']) {
      const pem = openssl(`pkcs8 -topk8 -v2 aes-256-cbc -passout pass:${PASSPHRASE}${options}`, pemOf(kind));
      expectKey(read(pem, PASSPHRASE), kind);
    }
  });

  test('the traditional encryption of PEM, with AES', () => {
    for (const cipher of ['aes128', 'aes192', 'aes256']) {
      const ec = openssl(`ec -${cipher} -passout pass:secret`, pemOf('P-256')).toString();
      expect(ec).toContain('Proc-Type: 4,ENCRYPTED');
      expectKey(read(ec, 'secret'), 'P-256');
      expectKey(read(openssl(`rsa -traditional -${cipher} -passout pass:secret`, pemOf('RSA')), 'secret'), 'RSA');
    }
  });

  test('what is signed with a key that was read, verifies with its public part', () => {
    for (const kind of ['P-256', 'P-384', 'Ed25519'] as const) {
      const key = read(pemOf(kind));
      const data = Uint8Array.of(1, 2, 3);
      const how =
        kind === 'Ed25519' ? ({ algorithm: 'ed25519' } as const) : ({ algorithm: 'ecdsa', hash: 'sha384' } as const);
      const signature = provider.sign(key, how, data);
      for (const [, other] of PROVIDERS) expect(other.verify(key.public, how, data, signature)).toBe(true);
    }
  });

  test('a scalar that is zero or not below the order is no key', () => {
    const pem = openssl('ec -no_public -outform DER', pemOf('P-256'));
    const at = pem.indexOf(Buffer.from([0x04, 0x20])) + 2;
    expect(() => read(Buffer.from(pem).fill(0, at, at + 32))).toThrow(coded('ERR_OSSL_EVP_INVALID_KEY', /order/));
    expect(() => read(Buffer.from(pem).fill(0xff, at, at + 32))).toThrow(coded('ERR_OSSL_EVP_INVALID_KEY', /order/));
  });
});

describe.skipIf(NO_OPENSSL).each(PROVIDERS)('encryption, with %s', (_, provider) => {
  const encrypted = (options = '-v2 aes-256-cbc') =>
    openssl(`pkcs8 -topk8 ${options} -passout pass:secret`, pemOf('P-256')).toString();

  test.each(['hmacWithSHA1', 'hmacWithSHA256', 'hmacWithSHA384', 'hmacWithSHA512'])('PBKDF2 with %s', (prf) => {
    for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc']) {
      expectKey(readPrivateKey(encrypted(`-v2 ${cipher} -v2prf ${prf} -iter 1000`), provider, 'secret'), 'P-256');
    }
  });

  test('a passphrase that is missing or wrong is told apart', () => {
    const traditional = openssl('ec -aes128 -passout pass:secret', pemOf('P-256')).toString();
    for (const pem of [encrypted(), traditional]) {
      expect(() => readPrivateKey(pem, provider)).toThrow(coded('ERR_MISSING_PASSPHRASE', /passphrase is needed/));
      expect(() => readPrivateKey(pem, provider, '')).toThrow(coded('ERR_OSSL_BAD_DECRYPT', /passphrase .* wrong/));
    }
  });

  test('a wrong passphrase that happens to leave good padding is as wrong', () => {
    const pem = openssl('ec -aes128 -passout pass:secret', pemOf('P-256')).toString();
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      const expected = coded('ERR_OSSL_BAD_DECRYPT', /passphrase .* wrong/);
      expect(() => readPrivateKey(pem, provider, `wrong ${attempt}`)).toThrow(expected);
    }
  });

  test.each([
    ['-v2 des3', 'AES-CBC'],
    ['-v2 aes-256-cbc -scrypt', 'key derivation'],
    ['-v1 PBE-SHA1-3DES', 'encryption 1.2'],
  ])('pkcs8 %s is refused by name', (options, words) => {
    const expected = coded('ERR_OSSL_PEM_UNSUPPORTED_ENCRYPTION', new RegExp(words));
    expect(() => readPrivateKey(encrypted(options), provider, 'secret')).toThrow(expected);
  });

  test('the traditional encryption with 3DES is refused by name', () => {
    const pem = openssl('ec -des3 -passout pass:secret', pemOf('P-256'));
    const expected = coded('ERR_OSSL_PEM_UNSUPPORTED_ENCRYPTION', /DES-EDE3-CBC/);
    expect(() => readPrivateKey(pem, provider, 'secret')).toThrow(expected);
  });

  test('a passphrase for a key that is not encrypted does no harm', () => {
    expectKey(readPrivateKey(pemOf('RSA'), provider, 'secret'), 'RSA');
  });
});

describe.skipIf(NO_OPENSSL)('what is refused', () => {
  const [[, provider]] = PROVIDERS as [(typeof PROVIDERS)[number]];
  const read = (input: string | Uint8Array) => () => readPrivateKey(input, provider);

  test('RSA keys below 2048 bits', () => {
    const pem = openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024').toString();
    expect(read(pem)).toThrow(coded('ERR_OSSL_RSA_KEY_SIZE_TOO_SMALL', /1024 bits/));
  });

  test.each([
    ['-algorithm ED448', /Ed448/],
    ['-algorithm X25519', /X25519/],
    ['-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1', /1\.3\.132\.0\.10/],
    ['-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit', /no name/],
  ])('genpkey %s', (options, words) => {
    const pem = openssl(`genpkey ${options}`).toString();
    expect(read(pem)).toThrow(coded('ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM', words));
  });

  test('a public key or a certificate in place of a private key', () => {
    const pem = openssl('pkey -pubout', pemOf('P-256')).toString();
    expect(read(pem)).toThrow(coded('ERR_OSSL_PEM_NO_START_LINE', /only "PUBLIC KEY"/));
    expect(read('nope')).toThrow(coded('ERR_OSSL_PEM_NO_START_LINE', /no PEM block/));
    expect(read('')).toThrow(coded('ERR_OSSL_PEM_NO_START_LINE', /no PEM block/));
    expect(read(new Uint8Array(0))).toThrow(coded('ERR_OSSL_PEM_NO_START_LINE', /no PEM block/));
  });

  test('every truncation of a key, in DER', () => {
    for (const kind of ['P-256', 'Ed25519'] as const) {
      const der = openssl('pkey -outform DER', pemOf(kind));
      for (let length = 1; length < der.length; length += 1) {
        expect(read(der.subarray(0, length)), `${length} bytes`).toThrow(
          expect.objectContaining({ code: expect.any(String), reason: expect.any(String) }),
        );
      }
      expect(read(Buffer.concat([der, Buffer.of(0)]))).toThrow(coded('ERR_OSSL_ASN1_WRONG_TAG', /behind the end/));
    }
  });

  test('a public point that is not the scalar’s', () => {
    const der = openssl('ec -outform DER', pemOf('P-256'));
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    expect(read(der)).toThrow(coded('ERR_OSSL_EVP_INVALID_KEY', /does not belong/));
  });

  test('RSA numbers that don’t belong together', () => {
    const der = openssl('rsa -traditional -outform DER', pemOf('RSA'));
    der[20] = (der[20] ?? 0) ^ 1; // inside the modulus
    expect(read(der)).toThrow(coded('ERR_OSSL_EVP_INVALID_KEY', /primes/));
  });
});

function pemOf(kind: Kind): string {
  return made.get(kind) ?? '';
}

/** The key is the one that `node:crypto` reads, in both of its parts. */
function expectKey(key: PrivateKey, kind: Kind): void {
  const expected = createPrivateKey(pemOf(kind));
  const again = createPrivateKey({ key: Buffer.from(key.pkcs8), format: 'der', type: 'pkcs8' });
  const pkcs8 = { format: 'der', type: 'pkcs8' } as const;
  expect(again.export(pkcs8).equals(expected.export(pkcs8))).toBe(true);
  expect(createPublicKey(expected).export({ format: 'der', type: 'spki' }).equals(key.public.spki)).toBe(true);
  expect(key.algorithm).toBe(
    { 'P-256': 'ec', 'P-384': 'ec', 'P-521': 'ec', RSA: 'rsa', 'RSA-PSS': 'rsa-pss', Ed25519: 'ed25519' }[kind],
  );
  expect(key.public.algorithm).toBe(key.algorithm);
  expect(key.public.curve).toBe(key.curve);
}

/** Matches a KeyMaterialError with this code. */
function coded(code: string, message: RegExp) {
  return expect.objectContaining({ code, message: expect.stringMatching(message) });
}
