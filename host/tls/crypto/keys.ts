/**
 * Keys after parsing, as both providers take them. Not for: reading PEM or DER (`../keys/`, `../x509/`).
 */
export type CurveName = 'secp256r1' | 'secp384r1' | 'secp521r1';

/** A SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
export interface PublicKey {
  /** `rsa-pss`: id-RSASSA-PSS keys, which make no other signatures (RFC 4055 §1.2). `unknown`: verifies nothing. */
  readonly algorithm: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'unknown';
  /** Of an `ec` key. */
  readonly curve?: CurveName;
  /** The whole structure, DER. */
  readonly spki: Uint8Array;
  /** The key itself: the point of an EC key, 32 bytes of Ed25519, RSAPublicKey in DER. */
  readonly bytes: Uint8Array;
  /** Bits of an RSA modulus, of a curve's field, 256 for Ed25519; 0 when unknown. */
  readonly bits: number;
  /** RSA: modulus and exponent, big-endian without leading zeros. */
  readonly modulus?: Uint8Array;
  readonly exponent?: Uint8Array;
}

export interface PrivateKey {
  readonly algorithm: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519';
  readonly curve?: CurveName;
  /** PKCS#8 PrivateKeyInfo, DER, unencrypted (RFC 5208). */
  readonly pkcs8: Uint8Array;
  /** EC: the scalar, as long as the field; Ed25519: the seed; RSA: RSAPrivateKey in DER. */
  readonly bytes: Uint8Array;
  readonly public: PublicKey;
}
