/** What the tests of the providers share. */
import { createPublicKey } from 'node:crypto';
import type { CurveName, PublicKey } from '../../../host/tls/crypto/keys.js';
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
  const [modulus, exponent] = [part('n'), part('e')];
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return { algorithm: 'rsa', spki, bytes: spki, bits, modulus, exponent };
}

function fail(): never {
  throw new Error('the tests run on Node and know the curves they use');
}

const CURVES: Record<string, CurveName> = { 'P-256': 'secp256r1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
