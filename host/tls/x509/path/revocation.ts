/**
 * Whether certificates of a path are revoked (RFC 5280 §6.3), by lists that are given. As OpenSSL does with
 * X509_V_FLAG_CRL_CHECK_ALL, a certificate that no list is about is refused. Not for: fetching lists; OCSP.
 */
import type { Certificate } from '../certificate.js';
import type { Crl } from '../crl.js';
import { equalBytes } from '../der.js';
import { KEY_USAGE } from '../extensions.js';
import { EXTENSION } from '../oids.js';
import type { Signatures } from '../signature.js';
import type { Profile } from './conformance.js';
import { type Failure, failure } from './failure.js';

export interface RevocationOptions {
  /** None: nothing is checked. */
  readonly crls: readonly Crl[];
  readonly at: number;
  readonly signatures: Signatures;
  readonly profile: Profile;
}

/**
 * @param path leaf first; the trust anchor at its end can't be revoked, least of all by itself
 * @throws DerError
 */
export function checkRevocation(path: readonly Certificate[], options: RevocationOptions): Failure | undefined {
  if (options.crls.length === 0) return undefined;
  for (const [index, certificate] of path.entries()) {
    const issuer = path[index + 1];
    const found = issuer && checkCertificate(certificate, issuer, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One list that is right and about the certificate decides; of lists that are not right, the first says why. */
function checkCertificate(
  certificate: Certificate,
  issuer: Certificate,
  options: RevocationOptions,
): Failure | undefined {
  let first: Failure | undefined;
  let covered = false;
  for (const crl of options.crls) {
    if (!crl.issuer.equals(certificate.issuer) || !isAbout(crl, certificate)) continue;
    const found = checkList(crl, issuer, options);
    if (found === undefined && crl.has(certificate.serialNumber)) {
      return failure('CERT_REVOKED', `${certificate} has been revoked by its issuer`);
    }
    covered ||= found === undefined;
    first ??= found;
  }
  if (covered) return undefined;
  return first ?? failure('UNABLE_TO_GET_CRL', `there is no revocation list for ${certificate}`);
}

/** §6.3.3 (b): lists for some certificates only. Lists of several issuers or of some reasons alone decide nothing. */
function isAbout(crl: Crl, certificate: Certificate): boolean {
  const point = crl.distributionPoint;
  if (point === undefined) return true;
  if (point.indirect || point.someReasons || point.onlyAttributes || point.relative) return false;
  if (certificate.isCa ? point.onlyUsers : point.onlyAuthorities) return false;
  const places = certificate.distributionPoints ?? [];
  return (
    point.names.length === 0 || point.names.some((name) => places.some((place) => equalBytes(place.raw, name.raw)))
  );
}

function checkList(crl: Crl, issuer: Certificate, { at, signatures, profile }: RevocationOptions): Failure | undefined {
  const unknown = [...crl.extensions.values()].find(({ oid, critical }) => critical && !UNDERSTOOD.has(oid));
  if (unknown !== undefined || crl.hasUnknownEntries) {
    return failure(
      'UNHANDLED_CRITICAL_CRL_EXTENSION',
      `the revocation list of ${issuer} has a critical extension that is not known`,
    );
  }
  // §5.2.3: every list has a number, and it is not critical.
  if (profile !== 'private' && !crl.extensions.has(EXTENSION.crlNumber)) {
    return failure('CERT_REJECTED', `the revocation list of ${issuer} has no number`);
  }
  if (((issuer.keyUsage ?? KEY_USAGE.crlSign) & KEY_USAGE.crlSign) === 0) {
    return failure('KEYUSAGE_NO_CRL_SIGN', `the key of ${issuer} is not for signing revocation lists`); // §6.3.3 (f)
  }
  if (!signatures.isRight(crl, issuer.publicKey)) {
    return failure('CRL_SIGNATURE_FAILURE', `the revocation list of ${issuer} has a wrong signature`);
  }
  const second = Math.floor(at / 1000) * 1000;
  if (second < crl.thisUpdate) return failure('CRL_NOT_YET_VALID', `the revocation list of ${issuer} is not yet valid`);
  if (crl.nextUpdate !== undefined && second > crl.nextUpdate) {
    return failure('CRL_HAS_EXPIRED', `the revocation list of ${issuer} has expired`);
  }
  return undefined;
}

const UNDERSTOOD = new Set<string>([EXTENSION.issuingDistributionPoint, EXTENSION.authorityKeyIdentifier]);
