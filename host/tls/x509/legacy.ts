/**
 * A certificate as the plain object that Node and Bun give for `getPeerCertificate` and `getCertificate`. For display: no
 * decision rests on it. Not for: the certificate itself (`certificate.ts`).
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { defaultProvider } from '../crypto/default.js';
import type { CurveName, PublicKey } from '../crypto/keys.js';
import type { Certificate } from './certificate.js';
import { equalBytes } from './der.js';
import { altNameText, generalNameText } from './general-name.js';
import type { Name } from './name.js';
import { ATTRIBUTE_NAMES } from './oids.js';
import type { TrustStore } from './trust.js';

/** Values are as Node prints them; what a certificate has not is `undefined`. */
export interface LegacyCertificate {
  subject: Record<string, string | string[]>;
  issuer: Record<string, string | string[]>;
  /** `DNS:example.com, IP Address:127.0.0.1` */
  subjectaltname: string | undefined;
  /** `{ 'OCSP - URI': ['http://…'] }` */
  infoAccess: Record<string, string[]> | undefined;
  modulus?: string;
  exponent?: string;
  bits: number | undefined;
  pubkey: Buffer | undefined;
  asn1Curve: string | undefined;
  nistCurve: string | undefined;
  /** `Nov 27 00:02:52 2026 GMT` */
  valid_from: string;
  valid_to: string;
  /** SHA-1, SHA-256 and SHA-512 of the certificate, in pairs of digits between colons. */
  fingerprint: string;
  fingerprint256: string;
  fingerprint512: string;
  /** Object identifiers. */
  ext_key_usage: string[] | undefined;
  serialNumber: string;
  raw: Buffer;
  ca: boolean;
  /** Of the full chain; a root is its own. */
  issuerCertificate?: LegacyCertificate;
}

/**
 * @param chain the certificate, then others in any order
 * @param withIssuers with `issuerCertificate`, as far as issuers are in the chain or trusted
 * @throws TypeError for an empty chain
 */
export function legacyCertificate(
  chain: readonly Certificate[],
  withIssuers: boolean,
  trust?: TrustStore,
): LegacyCertificate {
  const [leaf, ...others] = chain;
  if (leaf === undefined) throw new TypeError('a chain has at least one certificate');
  const first = legacyObject(leaf);
  if (!withIssuers) return first;
  let [object, certificate]: [LegacyCertificate, Certificate] = [first, leaf];
  const left = new Set(others);
  while (!certificate.selfIssued) {
    const issuer = findIssuer(certificate, [...left, ...(trust?.find(certificate.issuer) ?? [])]);
    // An issuer that is trusted may name another one, and that one the first.
    if (issuer === undefined || chainLength(first) > MAX_CHAIN) return first;
    left.delete(issuer);
    object.issuerCertificate = legacyObject(issuer);
    [object, certificate] = [object.issuerCertificate, issuer];
  }
  object.issuerCertificate = object;
  return first;
}

function legacyObject(certificate: Certificate): LegacyCertificate {
  const { publicKey, raw } = certificate;
  const { modulus, exponent } = publicKey;
  const names = readable(() => certificate.subjectAltName);
  const provider = defaultProvider();
  return {
    subject: nameObject(certificate.subject),
    issuer: nameObject(certificate.issuer),
    subjectaltname: names && altNameText(names),
    infoAccess: readable(() => infoAccess(certificate)),
    ...(modulus &&
      exponent && {
        modulus: hex(modulus).replace(/^0/, ''),
        exponent: `0x${hex(exponent).replace(/^0/, '').toLowerCase()}`,
      }),
    ...keyObject(publicKey),
    valid_from: dateText(certificate.notBefore),
    valid_to: dateText(certificate.notAfter),
    fingerprint: colons(sha1(raw)),
    fingerprint256: colons(provider.hash('sha256', raw)),
    fingerprint512: colons(provider.hash('sha512', raw)),
    ext_key_usage: readable(() => certificate.extendedKeyUsage?.slice()),
    serialNumber: serialText(certificate.serialNumber),
    raw: Buffer.from(raw),
    ca: readable(() => certificate.isCa) ?? false,
  };
}

/** An attribute that is there several times is a list. */
function nameObject(name: Name): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = Object.create(null);
  for (const { type, text = '' } of name.rdns.flat()) {
    const key = ATTRIBUTE_NAMES.get(type) ?? type;
    const known = object[key];
    object[key] = known === undefined ? text : [...(Array.isArray(known) ? known : [known]), text];
  }
  return object;
}

function infoAccess(certificate: Certificate): Record<string, string[]> | undefined {
  const descriptions = certificate.authorityInfoAccess;
  if (descriptions === undefined) return undefined;
  const object: Record<string, string[]> = Object.create(null);
  for (const { method, location } of descriptions) {
    const text = generalNameText(location);
    const colon = text.indexOf(':');
    const key = `${METHODS.get(method) ?? method} - ${text.slice(0, colon)}`;
    object[key] = [...(object[key] ?? []), text.slice(colon + 1)];
  }
  return object;
}

function keyObject(key: PublicKey): Pick<LegacyCertificate, 'bits' | 'pubkey' | 'asn1Curve' | 'nistCurve'> {
  const curve = key.curve && CURVES[key.curve];
  const isRsa = key.modulus !== undefined;
  return {
    bits: isRsa || curve ? key.bits : undefined,
    pubkey: isRsa ? Buffer.from(key.spki) : curve && Buffer.from(key.bytes),
    asn1Curve: curve?.asn1,
    nistCurve: curve?.nist,
  };
}

function findIssuer(certificate: Certificate, candidates: readonly Certificate[]): Certificate | undefined {
  return candidates.find((candidate) => {
    if (!candidate.subject.equals(certificate.issuer)) return false;
    const named = readable(() => certificate.authorityKeyIdentifier?.keyIdentifier);
    const own = readable(() => candidate.subjectKeyIdentifier);
    return named === undefined || own === undefined || equalBytes(named, own);
  });
}

function chainLength(first: LegacyCertificate): number {
  let length = 1;
  for (let object = first.issuerCertificate; object !== undefined; object = object.issuerCertificate) length += 1;
  return length;
}

/** What is malformed is left out. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** As ASN1_TIME_print: the day of the month in two places. */
function dateText(time: number): string {
  const [, day = '', month = '', year = '', clock = ''] = new Date(time).toUTCString().split(' ');
  return `${month} ${String(Number(day)).padStart(2)} ${clock} ${Number(year)} GMT`;
}

/** Two's complement as BN_bn2hex prints it. */
function serialText(bytes: Uint8Array): string {
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex(bytes) || '0'}`));
  const digits = (value < 0n ? -value : value).toString(16).toUpperCase();
  const whole = digits === '0' || digits.length % 2 === 0 ? digits : `0${digits}`;
  return value < 0n ? `-${whole}` : whole;
}

function colons(bytes: Uint8Array): string {
  return Array.from(bytes, byteText).join(':');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byteText).join('');
}

function byteText(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}

const MAX_CHAIN = 32;
const METHODS = new Map([
  ['1.3.6.1.5.5.7.48.1', 'OCSP'],
  ['1.3.6.1.5.5.7.48.2', 'CA Issuers'],
]);
const CURVES: Readonly<Record<CurveName, { asn1: string; nist: string }>> = {
  secp256r1: { asn1: 'prime256v1', nist: 'P-256' },
  secp384r1: { asn1: 'secp384r1', nist: 'P-384' },
  secp521r1: { asn1: 'secp521r1', nist: 'P-521' },
};
