/**
 * The registries of TLS as far as they are spoken here: cipher suites, groups, signature schemes.
 * Not for: choosing among them (`client/`, `server/`).
 */

import type { CurveName } from './crypto/keys.js';
import type { GroupName, HashName, SignatureKind } from './crypto/provider.js';
import type { AeadName, TlsVersion } from './records.js';

export const TLS12: TlsVersion = 0x0303;
export const TLS13: TlsVersion = 0x0304;

export interface CipherSuite {
  /** The number on the wire. */
  readonly id: number;
  /** The name in the registry: `TLS_AES_128_GCM_SHA256`. */
  readonly standardName: SuiteName;
  /** OpenSSL's name: `ECDHE-RSA-AES128-GCM-SHA256`; in TLS 1.3 the same as `standardName`. */
  readonly name: string;
  readonly version: TlsVersion;
  readonly aead: AeadName;
  readonly hash: HashName;
  /** TLS 1.2: the kind of key that signs the key exchange. */
  readonly authentication: 'any' | 'ecdsa' | 'rsa';
}

/** By preference where nobody says otherwise: without AES instructions ChaCha20 is the faster one. */
export const SUITES: readonly CipherSuite[] = [
  suite(0x1303, 'TLS_CHACHA20_POLY1305_SHA256', 'chacha20-poly1305', 'sha256'),
  suite(0x1301, 'TLS_AES_128_GCM_SHA256', 'aes-128-gcm', 'sha256'),
  suite(0x1302, 'TLS_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384'),
  suite(
    0xcca9,
    'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    'chacha20-poly1305',
    'sha256',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ),
  suite(
    0xcca8,
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'chacha20-poly1305',
    'sha256',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ),
  suite(0xc02b, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm', 'sha256', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
  suite(0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm', 'sha256', 'ECDHE-RSA-AES128-GCM-SHA256'),
  suite(0xc02c, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384', 'ECDHE-ECDSA-AES256-GCM-SHA384'),
  suite(0xc030, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384', 'ECDHE-RSA-AES256-GCM-SHA384'),
];

export type SuiteName =
  | 'TLS_CHACHA20_POLY1305_SHA256'
  | 'TLS_AES_128_GCM_SHA256'
  | 'TLS_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384';

/** Groups by preference, with their numbers (RFC 8446 §4.2.7). */
export const GROUPS: Readonly<Record<GroupName, number>> = {
  X25519MLKEM768: 0x11ec,
  x25519: 0x001d,
  secp256r1: 0x0017,
  secp384r1: 0x0018,
};

export interface Scheme {
  readonly id: number;
  readonly kind: SignatureKind;
  /** The keys that make such signatures; the curve counts in TLS 1.3 only. */
  readonly key: 'ec' | 'rsa' | 'rsa-pss' | 'ed25519';
  readonly curve?: CurveName;
  /** Not for CertificateVerify of TLS 1.3 (RFC 8446 §4.2.3): certificates and TLS 1.2 only. */
  readonly legacy?: true;
}

export type SignatureScheme =
  | 'ecdsa_secp256r1_sha256'
  | 'ecdsa_secp384r1_sha384'
  | 'ed25519'
  | 'rsa_pss_rsae_sha256'
  | 'rsa_pss_rsae_sha384'
  | 'rsa_pss_rsae_sha512'
  | 'rsa_pss_pss_sha256'
  | 'rsa_pss_pss_sha384'
  | 'rsa_pss_pss_sha512'
  | 'rsa_pkcs1_sha256'
  | 'rsa_pkcs1_sha384'
  | 'rsa_pkcs1_sha512';

/** By preference. There is no SHA-1 and no MD5. */
export const SCHEMES: Readonly<Record<SignatureScheme, Scheme>> = {
  ecdsa_secp256r1_sha256: { id: 0x0403, kind: { algorithm: 'ecdsa', hash: 'sha256' }, key: 'ec', curve: 'secp256r1' },
  ecdsa_secp384r1_sha384: { id: 0x0503, kind: { algorithm: 'ecdsa', hash: 'sha384' }, key: 'ec', curve: 'secp384r1' },
  ed25519: { id: 0x0807, kind: { algorithm: 'ed25519' }, key: 'ed25519' },
  rsa_pss_rsae_sha256: { id: 0x0804, kind: { algorithm: 'rsa-pss', hash: 'sha256' }, key: 'rsa' },
  rsa_pss_rsae_sha384: { id: 0x0805, kind: { algorithm: 'rsa-pss', hash: 'sha384' }, key: 'rsa' },
  rsa_pss_rsae_sha512: { id: 0x0806, kind: { algorithm: 'rsa-pss', hash: 'sha512' }, key: 'rsa' },
  rsa_pss_pss_sha256: { id: 0x0809, kind: { algorithm: 'rsa-pss', hash: 'sha256' }, key: 'rsa-pss' },
  rsa_pss_pss_sha384: { id: 0x080a, kind: { algorithm: 'rsa-pss', hash: 'sha384' }, key: 'rsa-pss' },
  rsa_pss_pss_sha512: { id: 0x080b, kind: { algorithm: 'rsa-pss', hash: 'sha512' }, key: 'rsa-pss' },
  rsa_pkcs1_sha256: { id: 0x0401, kind: { algorithm: 'rsa-pkcs1', hash: 'sha256' }, key: 'rsa', legacy: true },
  rsa_pkcs1_sha384: { id: 0x0501, kind: { algorithm: 'rsa-pkcs1', hash: 'sha384' }, key: 'rsa', legacy: true },
  rsa_pkcs1_sha512: { id: 0x0601, kind: { algorithm: 'rsa-pkcs1', hash: 'sha512' }, key: 'rsa', legacy: true },
};

/** The suite with this number on the wire, if it is spoken. */
export function suiteById(id: number): CipherSuite | undefined {
  return SUITES.find((candidate) => candidate.id === id);
}

/** The group with this number, if it is spoken. */
export function groupById(id: number): GroupName | undefined {
  return (Object.keys(GROUPS) as GroupName[]).find((name) => GROUPS[name] === id);
}

/** The signature scheme with this number, if it is spoken. */
export function schemeById(id: number): SignatureScheme | undefined {
  return (Object.keys(SCHEMES) as SignatureScheme[]).find((name) => SCHEMES[name].id === id);
}

function suite(
  id: number,
  standardName: SuiteName,
  aead: AeadName,
  hash: HashName,
  name: string = standardName,
): CipherSuite {
  const authentication = name.includes('ECDSA') ? 'ecdsa' : name.includes('RSA') ? 'rsa' : 'any';
  return { id, standardName, name, version: authentication === 'any' ? TLS13 : TLS12, aead, hash, authentication };
}
