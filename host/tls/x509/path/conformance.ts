/**
 * What those who issue certificates have to do (RFC 5280 §4, and the Baseline Requirements of the CA/Browser Forum, "BR")
 * and what nobody has to check to be safe: a certificate that breaks it came from an authority that does not know its
 * trade. Not for: the rules of path validation (`checks.ts`).
 */
import type { Certificate } from '../certificate.js';
import { equalBytes } from '../der.js';
import { KEY_USAGE } from '../extensions.js';
import { addressBytes, isHostName } from '../names.js';
import { ATTRIBUTE, EXTENSION, USAGE } from '../oids.js';
import { type Failure, failure, type VerdictCode } from './failure.js';

/**
 * `strict`: all of RFC 5280's and the BR's rules for whoever issues, trust anchors included.
 * `public`: what the BR ask for; trust anchors are the business of those who chose them.
 * `private`: those of them that authorities made with `openssl req`, easy-rsa and the like keep, too.
 */
export type Profile = 'strict' | 'public' | 'private';

/**
 * @param path leaf first, trust anchor last
 * @throws DerError
 */
export function checkConformance(path: readonly Certificate[], profile: Profile): Failure | undefined {
  for (const [index, certificate] of path.entries()) {
    const isAnchor = index === path.length - 1;
    if (isAnchor && profile === 'public') continue;
    const rules = [
      COMMON,
      index === 0 ? LEAF : AUTHORITY,
      isAnchor ? ANCHOR : BELOW,
      profile === 'strict' ? STRICT : [],
    ];
    const binding = rules.flat().filter((rule) => profile !== 'private' || !rule.spared);
    const broken = binding.find((rule) => rule.breaks(certificate));
    if (broken !== undefined) return failure(broken.code, `${certificate} ${broken.words}`);
  }
  return undefined;
}

/** What is left to ask of a certificate that is trusted itself. */
export function checkTrustedLeaf(leaf: Certificate, profile: Profile): Failure | undefined {
  if (profile === 'private' || !isBadSerial(leaf)) return undefined;
  return failure('CERT_REJECTED', `${leaf} has a bad serial number`);
}

interface Rule {
  readonly code: VerdictCode;
  /** Behind the certificate's name. */
  readonly words: string;
  breaks(certificate: Certificate): boolean;
  /** Whoever has an authority of his own may break it. */
  readonly spared: boolean;
}

function rule(code: VerdictCode, words: string, breaks: (certificate: Certificate) => boolean): Rule {
  return { code, words, breaks, spared: false };
}

function publicRule(code: VerdictCode, words: string, breaks: (certificate: Certificate) => boolean): Rule {
  return { code, words, breaks, spared: true };
}

/** §4.1.2.2: positive, at most 20 octets. */
function isBadSerial({ serialNumber }: Certificate): boolean {
  const [first = 0] = serialNumber;
  return first >= 0x80 || (first === 0 && serialNumber.length === 1) || serialNumber.length > 20;
}

function mayNotSign(certificate: Certificate): boolean {
  return !certificate.isCa || ((certificate.keyUsage ?? KEY_USAGE.keyCertSign) & KEY_USAGE.keyCertSign) === 0;
}

/** BR 7.1.2.11.1 */
function namesIssuerByNumber({ authorityKeyIdentifier: aki }: Certificate): boolean {
  return aki?.issuer !== undefined || aki?.serialNumber !== undefined;
}

function namesNoKey({ authorityKeyIdentifier }: Certificate): boolean {
  return authorityKeyIdentifier?.keyIdentifier === undefined;
}

/** §4.2.1.6: the preferred syntax of RFC 1034, and no address as a name. */
function hasBadDnsName({ subjectAltName }: Certificate): boolean {
  return (subjectAltName ?? []).some((name) => name.kind === 'dns' && !isHostName(name.text.replace(/^\*\./, '')));
}

/** BR 7.1.4.2.1 */
function hasUnderscore({ subjectAltName }: Certificate): boolean {
  return (subjectAltName ?? []).some((name) => name.kind === 'dns' && name.text.includes('_'));
}

/**
 * BR 7.1.4.3: a common name is one of the alternative names, letter for letter. The parent of such a name is let pass, as
 * in a certificate for `*.example.com`.
 */
function hasBadCommonName(certificate: Certificate): boolean {
  const names = certificate.subjectAltName ?? [];
  const hosts = names.flatMap((name) => (name.kind === 'dns' ? [name.text] : []));
  return certificate.subject.all(ATTRIBUTE.commonName).some((common) => {
    if (hosts.includes(common) || common.length > MAX_COMMON_NAME) return false;
    if (looksLikeAddress(common)) {
      const bytes = isCanonicalAddress(common) ? addressBytes(common) : undefined;
      return !names.some((name) => name.kind === 'ip' && bytes !== undefined && equalBytes(name.bytes, bytes));
    }
    const isHost = /^[^\s]+\.[^\s.]+$/.test(common);
    return isHost && hosts.length > 0 && !hosts.some((host) => host.endsWith(`.${common}`));
  });
}

/** Also in forms that only careless readers take for an address: `0xC0A80101`, `192.168.001.001`. */
function looksLikeAddress(text: string): boolean {
  return (
    /^0x[0-9a-f]{1,8}$/i.test(text) || /^\d+(\.\d+){3}$/.test(text) || /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(text)
  );
}

/** RFC 3986 §3.2.2 for IPv4, RFC 5952 §4 for IPv6: what the host of a URL becomes. */
function isCanonicalAddress(text: string): boolean {
  try {
    return new URL(`http://${text.includes(':') ? `[${text}]` : text}/`).hostname.replace(/[[\]]/g, '') === text;
  } catch {
    return false;
  }
}

/** Longer than any host name, and as much as patterns should have to look at. */
const MAX_COMMON_NAME = 256;

const COMMON: readonly Rule[] = [
  publicRule('CERT_REJECTED', 'is not of version 3', ({ version }) => version !== 3),
  rule('AUTHORITY_KEY_IDENTIFIER_CRITICAL', 'has a critical authority key identifier', (c) =>
    c.critical(EXTENSION.authorityKeyIdentifier),
  ), // §4.2.1.1
  rule('SUBJECT_KEY_IDENTIFIER_CRITICAL', 'has a critical subject key identifier', (c) =>
    c.critical(EXTENSION.subjectKeyIdentifier),
  ), // §4.2.1.2
  publicRule('CERT_REJECTED', 'names its issuer by serial number', namesIssuerByNumber),
  rule(
    'PATHLEN_INVALID_FOR_NON_CA',
    'is no authority and has a path length',
    (c) => !c.isCa && c.basicConstraints?.pathLength !== undefined,
  ), // §4.2.1.9
  rule(
    'PATHLEN_WITHOUT_KU_KEY_CERT_SIGN',
    'has a path length and may not sign certificates',
    (c) => c.basicConstraints?.pathLength !== undefined && mayNotSign(c),
  ), // §4.2.1.9
  rule(
    'CERT_REJECTED',
    'has an RSA key of an odd size',
    ({ publicKey }) => publicKey.algorithm.startsWith('rsa') && publicKey.bits % 8 !== 0,
  ), // BR 6.1.5
  rule(
    'CERT_REJECTED',
    'has policy constraints that are not critical',
    (c) => c.extensions.has(EXTENSION.policyConstraints) && !c.critical(EXTENSION.policyConstraints),
  ), // §4.2.1.11
  rule(
    'CERT_REJECTED',
    'inhibits any policy and does not call that critical',
    (c) => c.extensions.has(EXTENSION.inhibitAnyPolicy) && !c.critical(EXTENSION.inhibitAnyPolicy),
  ), // §4.2.1.14
];

const LEAF: readonly Rule[] = [
  rule('INVALID_PURPOSE', 'is a certificate authority, not a host', ({ isCa }) => isCa), // BR 7.1.2.7.8
  rule(
    'KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA',
    'is no authority and may sign certificates',
    ({ keyUsage = 0 }) => (keyUsage & KEY_USAGE.keyCertSign) !== 0,
  ), // §4.2.1.9
  rule('CERT_REJECTED', 'is no authority and has name constraints', (c) => c.extensions.has(EXTENSION.nameConstraints)), // §4.2.1.10
  rule(
    'EMPTY_SUBJECT_SAN_NOT_CRITICAL',
    'has an empty subject and alternative names that are not critical',
    (c) => c.subject.empty && !c.critical(EXTENSION.subjectAltName),
  ), // §4.2.1.6
  rule(
    'CERT_REJECTED',
    'has a subject and alternative names that are critical',
    (c) => !c.subject.empty && c.critical(EXTENSION.subjectAltName),
  ), // BR 7.1.2.7.12
  rule('CERT_REJECTED', 'has a malformed host name', hasBadDnsName),
  publicRule('CERT_REJECTED', 'has a host name with an underscore', hasUnderscore),
  rule('CERT_REJECTED', 'has a common name that is none of its alternative names', hasBadCommonName),
  publicRule(
    'INVALID_PURPOSE',
    'is for any usage',
    ({ extendedKeyUsage }) => extendedKeyUsage?.includes(USAGE.any) ?? false,
  ), // BR 7.1.2.7.10
];

const AUTHORITY: readonly Rule[] = [
  publicRule(
    'CA_BCONS_NOT_CRITICAL',
    'has basic constraints that are not critical',
    (c) => !c.critical(EXTENSION.basicConstraints),
  ), // §4.2.1.9
  publicRule(
    'MISSING_SUBJECT_KEY_IDENTIFIER',
    'has no subject key identifier',
    ({ subjectKeyIdentifier }) => !subjectKeyIdentifier?.length,
  ), // §4.2.1.2
  publicRule('UNSUPPORTED_CONSTRAINT_SYNTAX', 'has a DNS constraint with a dot in front', ({ nameConstraints: nc }) =>
    [...(nc?.permitted ?? []), ...(nc?.excluded ?? [])].some(
      (name) => name.kind === 'dns' && name.text.startsWith('.'),
    ),
  ), // §4.2.1.10
];

/** §4.1.2.2, and §4.2.1.1: whoever did not sign itself says by which key it was signed. There are roots with the number 0. */
const BELOW: readonly Rule[] = [
  publicRule('CERT_REJECTED', 'has a bad serial number', isBadSerial),
  publicRule('MISSING_AUTHORITY_KEY_IDENTIFIER', 'has no authority key identifier', namesNoKey),
  // `openssl x509 -req` without extensions of its own gives neither identifier.
  rule(
    'MISSING_AUTHORITY_KEY_IDENTIFIER',
    'identifies its own key and not the one of its authority',
    (c) => namesNoKey(c) && c.subjectKeyIdentifier !== undefined && !namesIssuerByNumber(c),
  ),
];

const ANCHOR: readonly Rule[] = [
  publicRule(
    'MISSING_AUTHORITY_KEY_IDENTIFIER',
    'has no authority key identifier',
    (c) =>
      (!c.selfIssued || c.authorityKeyIdentifier !== undefined) &&
      c.authorityKeyIdentifier?.keyIdentifier === undefined,
  ), // §4.2.1.1, BR 7.1.2.1.3
  rule(
    'CERT_REJECTED',
    'signed itself and names another key',
    ({ selfIssued, authorityKeyIdentifier, subjectKeyIdentifier }) => {
      const named = selfIssued ? authorityKeyIdentifier?.keyIdentifier : undefined;
      return named !== undefined && (subjectKeyIdentifier === undefined || !equalBytes(named, subjectKeyIdentifier));
    },
  ), // BR 7.1.2.1.3
  publicRule(
    'INVALID_PURPOSE',
    'is a root with an extended key usage',
    (c) => c.selfIssued && c.extendedKeyUsage !== undefined,
  ), // BR 7.1.2.1.2
];

/** What RFC 5280 asks for and the BR do not, and what the BR ask for and many do not. */
const STRICT: readonly Rule[] = [
  publicRule(
    'CERT_REJECTED',
    'has name constraints that are not critical',
    (c) => c.extensions.has(EXTENSION.nameConstraints) && !c.critical(EXTENSION.nameConstraints),
  ), // §4.2.1.10
  publicRule('CERT_REJECTED', 'has a critical extended key usage', (c) => c.critical(EXTENSION.extendedKeyUsage)), // BR 7.1.2.7.6
];
