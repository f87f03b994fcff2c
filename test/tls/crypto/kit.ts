/** What the tests of the providers share. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { CurveName, PrivateKey, PublicKey } from '../../../host/tls/crypto/keys.js';
import { nobleProvider } from '../../../host/tls/crypto/noble.js';
import { nodeProvider } from '../../../host/tls/crypto/node.js';
import type { CryptoProvider } from '../../../host/tls/crypto/provider.js';

/** Both providers, for `describe.each`. */
export const PROVIDERS: readonly (readonly [string, CryptoProvider])[] = [
  ['node:crypto', nodeProvider() ?? fail()],
  ['noble', nobleProvider],
];

/** A PublicKey from a SubjectPublicKeyInfo, read by `node:crypto` and not by the reader that is under test elsewhere. */
export function publicKey(spki: Uint8Array): PublicKey {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const jwk = key.asymmetricKeyType === 'rsa-pss' ? {} : key.export({ format: 'jwk' });
  const part = (name: 'n' | 'e' | 'x' | 'y') => new Uint8Array(Buffer.from(jwk[name] ?? '', 'base64url'));
  if (key.asymmetricKeyType === 'ed25519') return { algorithm: 'ed25519', spki, bytes: part('x'), bits: 256 };
  if (key.asymmetricKeyType === 'ec') {
    const curve = CURVES[jwk.crv ?? ''] ?? fail();
    const point = Uint8Array.of(4, ...part('x'), ...part('y'));
    return { algorithm: 'ec', curve, spki, bytes: point, bits: Number(curve.slice(4, 7)) };
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === 'rsa-pss') {
    // Node gives neither JWK nor PKCS#1 of it; the modulus begins behind the sign byte that 2048 bits have.
    const at = Buffer.from(spki).indexOf(Buffer.from([0x02, 0x82, bits >> 11, 1, 0]));
    const modulus = spki.slice(at + 5, at + 5 + bits / 8);
    return { algorithm: 'rsa-pss', spki, bytes: spki.slice(at - 4), bits, modulus, exponent: Uint8Array.of(1, 0, 1) };
  }
  const [modulus, exponent] = [part('n'), part('e')];
  const bytes = new Uint8Array(key.export({ format: 'der', type: 'pkcs1' }));
  return { algorithm: 'rsa', spki, bytes, bits, modulus, exponent };
}

/** The same of a PKCS#8 PrivateKeyInfo. */
export function privateKey(pkcs8: Uint8Array): PrivateKey {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const spki = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  const known = publicKey(spki);
  const { algorithm } = known;
  if (algorithm === 'unknown') return fail();
  const isRsa = algorithm === 'rsa' || algorithm === 'rsa-pss';
  // RSAPrivateKey is the last element, and begins with version 0 and a modulus of more than 255 bytes.
  const inner = Buffer.from(pkcs8).indexOf(Buffer.from([0x02, 0x01, 0x00, 0x02, 0x82])) - 4;
  const bytes = isRsa
    ? pkcs8.slice(inner)
    : new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const { curve } = known;
  return { algorithm, ...(curve && { curve }), pkcs8, bytes, public: known };
}

function fail(): never {
  throw new Error('the tests run on Node and know the curves they use');
}

const CURVES: Record<string, CurveName> = { 'P-256': 'secp256r1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
