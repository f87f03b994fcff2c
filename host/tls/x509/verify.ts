/**
 * Whether a chain of certificates is to be believed (RFC 5280 §6), and if not, why: with OpenSSL's codes.
 * Not for: what a verdict does to a connection.
 */
import type { AlertName } from '../alert.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { Certificate } from './certificate.js';
import type { Crl } from './crl.js';
import { nameMismatch } from './names.js';
import {
  checkAlgorithm,
  checkAuthority,
  checkEach,
  checkExtendedUsage,
  checkLeafUsage,
  checkPathLength,
  checkTime,
  type Purpose,
} from './path/checks.js';
import { checkConformance, checkTrustedLeaf } from './path/conformance.js';
import { checkNameConstraints, type NameBudget } from './path/constraints.js';
import { alertFor, type Failure, failure, type VerdictCode } from './path/failure.js';
import { checkRevocation } from './path/revocation.js';
import { findPath, guard } from './path/search.js';
import { Signatures } from './signature.js';
import { TrustStore } from './trust.js';

export type { Purpose } from './path/checks.js';
export type { VerdictCode } from './path/failure.js';

export interface VerifyOptions {
  /** The peer's certificate, then others that may help, in any order. */
  readonly chain: readonly Certificate[];
  /** `undefined`: nobody is trusted. Its `profile` says how much is asked of those who issue. */
  readonly trust: TrustStore | undefined;
  /** What the peer is. */
  readonly purpose: Purpose;
  /** A host name or an address that the certificate has to be for; `undefined`: any. */
  readonly name?: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** With any, each certificate below the anchor has to be on none, and one of them has to be about it. */
  readonly crls?: readonly Crl[];
  readonly provider: CryptoProvider;
  /** How many authorities may lie between the peer's certificate and the trust anchor; self-issued ones do not count. */
  readonly maxDepth?: number | undefined;
}

export type Verdict = Authorized | Refused;

export interface Authorized {
  readonly authorized: true;
  readonly code: undefined;
  readonly message: undefined;
  readonly alert: undefined;
  /** The chain is right. */
  readonly chainValid: true;
  /** The peer's certificate first, the trust anchor last. */
  readonly path: readonly Certificate[];
}

export interface Refused {
  readonly authorized: false;
  readonly code: VerdictCode;
  readonly message: string;
  /** What to tell the peer when this ends the connection. */
  readonly alert: AlertName;
  /** The chain is right, but it is for another name. */
  readonly chainValid: boolean;
  /** Empty unless the chain is right. */
  readonly path: readonly Certificate[];
}

/** Never throws for what certificates contain. */
export function verifyChain(options: VerifyOptions): Verdict {
  const [leaf] = options.chain;
  if (leaf === undefined) return refused(failure('UNABLE_TO_GET_ISSUER_CERT', 'the peer gave no certificate'));
  const path = trustedPath(leaf, options);
  if (!isPath(path)) return refused(path);
  const { name } = options;
  const mismatch = name === undefined ? undefined : nameMismatch(leaf, name);
  if (mismatch !== undefined) return refused(failure('ERR_TLS_CERT_ALTNAME_INVALID', mismatch), path);
  return { authorized: true, code: undefined, message: undefined, alert: undefined, chainValid: true, path };
}

/** What the paths of one chain have in common, so that many of them are not many times the work. */
interface Shared {
  readonly names: NameBudget;
  /** Those of revocation lists. */
  readonly signatures: Signatures;
}

function trustedPath(leaf: Certificate, options: VerifyOptions): readonly Certificate[] | Failure {
  const { trust = NOBODY, chain, provider, at, maxDepth = DEFAULT_DEPTH } = options;
  // A certificate that is itself trusted needs no issuer, be it self-signed or not, an authority or not.
  if (trust.has(leaf)) return guard(leaf, () => judgeTrusted(leaf, options)) ?? [leaf];
  const shared = { names: { comparisons: MAX_NAME_COMPARISONS }, signatures: new Signatures(provider) };
  const judge = (path: readonly Certificate[]) => guard(leaf, () => judgePath(path, options, shared));
  const found = findPath(leaf, { intermediates: chain.slice(1), trust, provider, at, maxDepth, judge });
  if (isPath(found)) return found;
  // OpenSSL tells what it found last: that a certificate is outdated comes after that nobody knows its issuer.
  return checkTime(leaf, at) ?? found;
}

function judgeTrusted(leaf: Certificate, { at, purpose, trust = NOBODY }: VerifyOptions): Failure | undefined {
  leaf.checkExtensions();
  return (
    checkTime(leaf, at) ??
    checkEach(leaf, true) ??
    checkLeafUsage(leaf, purpose) ??
    checkTrustedLeaf(leaf, trust.profile)
  );
}

/**
 * RFC 5280 §6.1.3 to §6.1.5, for a path whose names and signatures fit. The trust anchor is held to the same rules, as
 * OpenSSL does: it is a certificate, with dates and constraints that its owner wanted to be kept.
 */
function judgePath(path: readonly Certificate[], options: VerifyOptions, shared: Shared): Failure | undefined {
  const { at, purpose, crls = [], trust = NOBODY } = options;
  const { names, signatures } = shared;
  for (const certificate of path) {
    const malformed = guard(certificate, () => void certificate.checkExtensions());
    if (malformed !== undefined) return malformed;
  }
  const [leaf, ...authorities] = path as readonly [Certificate, ...Certificate[]];
  const anchor = authorities[authorities.length - 1];
  return (
    first(path, (certificate) => checkTime(certificate, at)) ??
    first(path, (certificate) => checkEach(certificate, certificate === leaf)) ??
    first(authorities, (certificate) => checkAuthority(certificate, certificate === anchor)) ??
    first(path.slice(0, -1), checkAlgorithm) ??
    checkPathLength(path) ??
    checkLeafUsage(leaf, purpose) ??
    first(authorities, (certificate) => checkExtendedUsage(certificate, purpose)) ??
    checkNameConstraints(path, names) ??
    checkConformance(path, trust.profile) ??
    checkRevocation(path, { crls, at, signatures, profile: trust.profile })
  );
}

function first<T>(items: readonly T[], check: (item: T) => Failure | undefined): Failure | undefined {
  for (const item of items) {
    const found = check(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPath(found: readonly Certificate[] | Failure): found is readonly Certificate[] {
  return Array.isArray(found);
}

function refused({ code, message }: Failure, path: readonly Certificate[] = []): Refused {
  return { authorized: false, code, message, alert: alertFor(code), chainValid: path.length > 0, path };
}

const NOBODY = TrustStore.of([]);
/** Public chains have three, and five where roots are cross-signed. */
const DEFAULT_DEPTH = 16;
const MAX_NAME_COMPARISONS = 250_000;
