/**
 * The pseudorandom function of TLS 1.2 (RFC 5246 §5), with the hash of the cipher suite.
 * Not for: what is derived with it (`secrets.ts`); TLS 1.3, which has HKDF (`../schedule/`).
 */
import type { CryptoProvider, HashName } from '../crypto/provider.js';
import { concat, latin1 } from '../wire/bytes.js';

/**
 * PRF(secret, label, seed) = P_hash(secret, label + seed), cut to `length` bytes.
 * @param label ASCII
 */
export function prf(
  provider: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  const labelled = concat(latin1(label), seed);
  const output = new Uint8Array(length);
  // A(0) = seed, A(i) = HMAC(secret, A(i−1)); P_hash is HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + …
  let a = provider.hmac(hash, secret, labelled);
  const input = new Uint8Array(a.length + labelled.length);
  input.set(labelled, a.length);
  for (let filled = 0; filled < length; ) {
    input.set(a);
    const block = provider.hmac(hash, secret, input);
    output.set(block.subarray(0, length - filled), filled);
    filled += block.length;
    a = provider.hmac(hash, secret, a);
  }
  return output;
}
