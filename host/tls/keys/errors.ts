/**
 * What can be wrong with keys and certificates that a program gives. Codes are those of Node and Bun, so that programs can
 * tell them apart; words are our own. Not for: what a peer sends (`../alert.ts`).
 */

/** An `Error`, as Bun's. `reason` is the end of OpenSSL's codes: `ERR_OSSL_PEM_NO_START_LINE` has `NO_START_LINE`. */
export interface KeyMaterialError extends Error {
  readonly code: KeyMaterialCode;
  readonly reason: string;
}

export function keyMaterialError(code: KeyMaterialCode, message: string, options?: ErrorOptions): KeyMaterialError {
  const reason = code.replace(/^ERR_(OSSL_)?((PEM|X509|ASN1|EVP|RSA|EC)_)?/, '');
  return Object.assign(new Error(message, options), { code, reason });
}

export type KeyMaterialCode =
  /** There is no PEM block where one has to be. */
  | 'ERR_OSSL_PEM_NO_START_LINE'
  /** A block without an end, or with one of another name. */
  | 'ERR_OSSL_PEM_BAD_END_LINE'
  | 'ERR_OSSL_PEM_BAD_BASE64_DECODE'
  /** A block that is encrypted in a way that is not known. */
  | 'ERR_OSSL_PEM_UNSUPPORTED_ENCRYPTION'
  /** Something that is not the structure that it should be. */
  | 'ERR_OSSL_ASN1_WRONG_TAG'
  /** A kind of key, curve or encryption that is not supported. */
  | 'ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM'
  /** Numbers that are not those of a key. */
  | 'ERR_OSSL_EVP_INVALID_KEY'
  | 'ERR_OSSL_RSA_KEY_SIZE_TOO_SMALL'
  | 'ERR_OSSL_RSA_MODULUS_TOO_LARGE'
  /** The passphrase is wrong. */
  | 'ERR_OSSL_BAD_DECRYPT'
  | 'ERR_MISSING_PASSPHRASE'
  /** The certificate is for another key. */
  | 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
