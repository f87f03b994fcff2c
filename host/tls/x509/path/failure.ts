/**
 * Why a certificate is not believed: OpenSSL's codes, and the alert that goes with each (RFC 8446 §6.2).
 * Not for: finding out (`checks.ts` and the others here).
 */
import type { AlertName } from '../../alert.js';

/** The names of OpenSSL's X509_V_ERR_…, and Node's for a certificate of somebody else. */
export type VerdictCode = keyof typeof ALERTS;

export interface Failure {
  readonly code: VerdictCode;
  /** In plain words, with the certificate's name. */
  readonly message: string;
}

export function failure(code: VerdictCode, message: string): Failure {
  return { code, message };
}

export function alertFor(code: VerdictCode): AlertName {
  return ALERTS[code];
}

const ALERTS = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown_ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown_ca',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown_ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown_ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown_ca',
  INVALID_CA: 'unknown_ca',
  CERT_CHAIN_TOO_LONG: 'unknown_ca',
  PATH_LENGTH_EXCEEDED: 'unknown_ca',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_expired',
  CERT_REVOKED: 'certificate_revoked',
  CERT_SIGNATURE_FAILURE: 'bad_certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'bad_certificate',
  ISSUER_NAME_EMPTY: 'bad_certificate',
  SUBJECT_NAME_EMPTY: 'bad_certificate',
  CERT_REJECTED: 'bad_certificate',
  INVALID_EXTENSION: 'bad_certificate',
  INVALID_PURPOSE: 'unsupported_certificate',
  UNHANDLED_CRITICAL_EXTENSION: 'unsupported_certificate',
  UNSUPPORTED_SIGNATURE_ALGORITHM: 'unsupported_certificate',
  EE_KEY_TOO_SMALL: 'unsupported_certificate',
  CA_KEY_TOO_SMALL: 'unsupported_certificate',
  CA_MD_TOO_WEAK: 'unsupported_certificate',
  PERMITTED_VIOLATION: 'certificate_unknown',
  EXCLUDED_VIOLATION: 'certificate_unknown',
  UNSUPPORTED_CONSTRAINT_TYPE: 'certificate_unknown',
  UNSUPPORTED_CONSTRAINT_SYNTAX: 'certificate_unknown',
  UNSUPPORTED_NAME_SYNTAX: 'certificate_unknown',
  UNABLE_TO_GET_CRL: 'certificate_unknown',
  CRL_SIGNATURE_FAILURE: 'certificate_unknown',
  CRL_NOT_YET_VALID: 'certificate_unknown',
  CRL_HAS_EXPIRED: 'certificate_unknown',
  KEYUSAGE_NO_CRL_SIGN: 'certificate_unknown',
  UNHANDLED_CRITICAL_CRL_EXTENSION: 'certificate_unknown',
  UNSPECIFIED: 'certificate_unknown',
  // What OpenSSL checks with X509_V_FLAG_X509_STRICT.
  CA_BCONS_NOT_CRITICAL: 'bad_certificate',
  KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: 'bad_certificate',
  PATHLEN_INVALID_FOR_NON_CA: 'bad_certificate',
  PATHLEN_WITHOUT_KU_KEY_CERT_SIGN: 'bad_certificate',
  MISSING_AUTHORITY_KEY_IDENTIFIER: 'bad_certificate',
  MISSING_SUBJECT_KEY_IDENTIFIER: 'bad_certificate',
  AUTHORITY_KEY_IDENTIFIER_CRITICAL: 'bad_certificate',
  SUBJECT_KEY_IDENTIFIER_CRITICAL: 'bad_certificate',
  EMPTY_SUBJECT_SAN_NOT_CRITICAL: 'bad_certificate',
} as const satisfies Record<string, AlertName>;
