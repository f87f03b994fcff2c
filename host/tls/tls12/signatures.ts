/**
 * Signatures inside the handshake of TLS 1.2: the numbers are those of TLS 1.3, but the curve of an ECDSA key is free
 * (RFC 8446 §4.2.3, RFC 8422 §5.1.1). Not for: choosing one to make (`../handshake/choose.ts`); certificates (`../x509/`).
 */
import { TlsError } from '../alert.js';
import type { TlsConfig } from '../config.js';
import type { PublicKey } from '../crypto/keys.js';
import { isFor } from '../handshake/choose.js';
import { type CipherSuite, SCHEMES, type SignatureScheme, TLS12 } from '../parameters.js';

/**
 * Checks a signature of the peer.
 * @param id as it stood in the message
 * @throws TlsError `illegal_parameter` for a scheme that was not offered or not made with such a key, `decrypt_error` for
 * a signature that is wrong
 */
export function checkSignature(
  { provider, signatureSchemes }: Pick<TlsConfig, 'provider' | 'signatureSchemes'>,
  key: PublicKey,
  id: number,
  content: Uint8Array,
  signature: Uint8Array,
): SignatureScheme {
  const name = signatureSchemes.find((scheme) => SCHEMES[scheme].id === id);
  if (name === undefined || !isFor(name, TLS12, key)) {
    const message = `the peer signed with scheme 0x${id.toString(16)}, which does not fit (illegal_parameter)`;
    throw new TlsError('illegal_parameter', 'WRONG_SIGNATURE_TYPE', message);
  }
  if (!provider.verify(key, SCHEMES[name].kind, content, signature)) {
    throw new TlsError('decrypt_error', 'BAD_SIGNATURE', "the peer's signature is wrong (decrypt_error)");
  }
  return name;
}

/**
 * The cipher suites that a key signs for: Ed25519 counts as ECDSA (RFC 8422 §5.10).
 * @returns `undefined` for a key that signs nothing
 */
export function authenticationOf({
  algorithm,
}: Pick<PublicKey, 'algorithm'>): CipherSuite['authentication'] | undefined {
  if (algorithm === 'unknown') return undefined;
  return algorithm === 'rsa' || algorithm === 'rsa-pss' ? 'rsa' : 'ecdsa';
}
