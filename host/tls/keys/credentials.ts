/**
 * Which certificate goes with which private key. Not for: whether anybody believes the certificate (`../x509/`).
 */
import type { Credentials } from '../config.js';
import type { PrivateKey, PublicKey } from '../crypto/keys.js';
import { sameBytes } from '../wire/bytes.js';
import type { Certificate } from '../x509/certificate.js';
import { type KeyMaterialError, keyMaterialError } from './errors.js';

/**
 * Chains with their keys, in the order of the chains; keys may come in another one.
 * @param chains own certificate first
 * @throws KeyMaterialError for a chain without its key or a key without its chain
 */
export function pairCredentials(
  chains: readonly (readonly Certificate[])[],
  keys: readonly PrivateKey[],
): readonly Credentials[] {
  const pairs = chains.map((chain) => {
    const key = keys.find((candidate) => isKeyOf(chain[0], candidate.public));
    if (key !== undefined) return { chain, key };
    throw mismatch(`no private key belongs to the certificate of ${chain[0]}`);
  });
  if (keys.some((key) => pairs.every((pair) => pair.key !== key))) throw mismatch('a private key has no certificate');
  return pairs;
}

function isKeyOf(certificate: Certificate | undefined, key: PublicKey): boolean {
  const certified = certificate?.publicKey;
  return (
    certified?.algorithm === key.algorithm && certified.curve === key.curve && sameBytes(certified.bytes, key.bytes)
  );
}

function mismatch(what: string): KeyMaterialError {
  return keyMaterialError('ERR_OSSL_X509_KEY_VALUES_MISMATCH', what);
}
