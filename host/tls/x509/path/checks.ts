/**
 * The rules of path validation for each certificate (RFC 5280 §6.1), the ones that protect whoever verifies: they hold for
 * everybody's certificates. Not for: what public authorities have to do besides (`conformance.ts`).
 */
import { acceptableRsa } from '../../crypto/suitability.js';
import type { Certificate } from '../certificate.js';
import { KEY_USAGE } from '../extensions.js';
import { EXTENSION, USAGE } from '../oids.js';
import { type Failure, failure } from './failure.js';

/** What a certificate is used for: to be the server, or the client, of a connection. */
export type Purpose = 'server' | 'client';

/**
 * RFC 5280 §4.1.2.5: both ends belong to the period, which counts whole seconds.
 * @param at milliseconds since 1970
 */
export function checkTime(certificate: Certificate, at: number): Failure | undefined {
  const second = Math.floor(at / 1000) * 1000;
  if (second < certificate.notBefore) {
    return failure('CERT_NOT_YET_VALID', `${certificate} is not valid before ${dateText(certificate.notBefore)}`);
  }
  if (second > certificate.notAfter) {
    return failure('CERT_HAS_EXPIRED', `${certificate} has expired on ${dateText(certificate.notAfter)}`);
  }
  return undefined;
}

/** Names, critical extensions and the key; for every certificate of a path. */
export function checkEach(certificate: Certificate, isLeaf: boolean): Failure | undefined {
  if (certificate.issuer.empty) return failure('ISSUER_NAME_EMPTY', `${certificate} names no issuer`); // §4.1.2.4
  return checkCritical(certificate) ?? checkKey(certificate, isLeaf);
}

/**
 * §4.2: what is critical and not understood rejects. Policies have nothing to say unless somebody asks for one
 * (§6.1.1 (c), (e)): then they would have to be followed, which is not done here.
 */
function checkCritical(certificate: Certificate): Failure | undefined {
  for (const { oid, critical } of certificate.extensions.values()) {
    if (critical && !UNDERSTOOD.has(oid)) {
      return failure(
        'UNHANDLED_CRITICAL_EXTENSION',
        `${certificate} has the critical extension ${oid}, which is not known`,
      );
    }
  }
  if (certificate.policyConstraints?.requiresPolicy) {
    return failure(
      'UNHANDLED_CRITICAL_EXTENSION',
      `${certificate} asks for certificate policies, which are not followed`,
    );
  }
  return undefined;
}

/** RSA 2048 to 8192 bits, P-256, P-384, P-521, Ed25519. */
export function checkKey(certificate: Certificate, isLeaf: boolean): Failure | undefined {
  const { publicKey } = certificate;
  const isRsa = publicKey.algorithm === 'rsa' || publicKey.algorithm === 'rsa-pss';
  if (isRsa ? acceptableRsa(publicKey) : publicKey.algorithm !== 'unknown') return undefined;
  const kind = isRsa ? `an RSA key of ${publicKey.bits} bits` : 'a key of a kind that is not accepted';
  return failure(isLeaf ? 'EE_KEY_TOO_SMALL' : 'CA_KEY_TOO_SMALL', `${certificate} has ${kind}`);
}

/**
 * §4.2.1.3, §4.2.1.12. Here every key exchange is signed, so a key has to be for signatures.
 * @throws DerError
 */
export function checkLeafUsage(certificate: Certificate, purpose: Purpose): Failure | undefined {
  const { keyUsage } = certificate;
  if (keyUsage !== undefined && (keyUsage & KEY_USAGE.digitalSignature) === 0) {
    return failure('INVALID_PURPOSE', `the key of ${certificate} is not for digital signatures`);
  }
  return checkExtendedUsage(certificate, purpose);
}

/** As browsers and OpenSSL do, an authority that is limited to other usages can't pass this one on. */
export function checkExtendedUsage(certificate: Certificate, purpose: Purpose): Failure | undefined {
  const usages = certificate.extendedKeyUsage;
  const wanted = purpose === 'server' ? USAGE.serverAuth : USAGE.clientAuth;
  if (usages === undefined || usages.includes(wanted) || usages.includes(USAGE.any)) return undefined;
  return failure('INVALID_PURPOSE', `${certificate} is not for TLS ${purpose}s`);
}

/**
 * §6.1.4 (k), (n): an issuer is an authority that may sign certificates.
 * @param isAnchor an anchor of version 1, which has no extensions, is what its owner took it for (§6.1.1 (d))
 * @throws DerError
 */
export function checkAuthority(certificate: Certificate, isAnchor: boolean): Failure | undefined {
  if (certificate.subject.empty) return failure('SUBJECT_NAME_EMPTY', 'an authority has no name'); // §4.1.2.6
  if (!certificate.isCa && !(isAnchor && certificate.version === 1)) {
    return failure('INVALID_CA', `${certificate} is not a certificate authority`);
  }
  const { keyUsage } = certificate;
  if (keyUsage !== undefined && (keyUsage & KEY_USAGE.keyCertSign) === 0) {
    return failure('INVALID_CA', `the key of ${certificate} is not for signing certificates`);
  }
  return undefined;
}

/**
 * §4.2.1.9, §6.1.4 (l), (m): self-issued certificates do not count, and neither does the leaf.
 * @param path leaf first
 */
export function checkPathLength(path: readonly Certificate[]): Failure | undefined {
  let between = 0;
  for (const [index, certificate] of path.entries()) {
    if (index === 0) continue;
    const limit = certificate.basicConstraints?.pathLength;
    if (limit !== undefined && between > limit) {
      return failure('PATH_LENGTH_EXCEEDED', `${certificate} allows ${limit} authorities below it, not ${between}`);
    }
    if (!certificate.selfIssued) between += 1;
  }
  return undefined;
}

/** The signature algorithm that a certificate was signed with; whether the signature is right is another question. */
export function checkAlgorithm(certificate: Certificate): Failure | undefined {
  if (certificate.algorithm.kind !== undefined) return undefined;
  const { oid } = certificate.algorithm;
  if (WEAK.has(oid)) return failure('CA_MD_TOO_WEAK', `${certificate} is signed with a hash that is broken`);
  return failure('UNSUPPORTED_SIGNATURE_ALGORITHM', `${certificate} is signed with ${oid}, which is not accepted`);
}

function dateText(time: number): string {
  return new Date(time).toISOString().replace('.000', '');
}

const UNDERSTOOD = new Set<string>([
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.extendedKeyUsage,
  EXTENSION.crlDistributionPoints,
  EXTENSION.certificatePolicies,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.inhibitAnyPolicy,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.subjectKeyIdentifier,
]);

/** RSA with MD2, MD5 and SHA-1; ECDSA with SHA-1; DSA with SHA-1. */
const WEAK = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10045.4.1',
  '1.2.840.10040.4.3',
]);
