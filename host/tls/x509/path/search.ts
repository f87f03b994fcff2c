/**
 * Finds a path from a certificate to a trust anchor (RFC 4158): depth first, anchors before other issuers, all that name
 * and key fit, until one path is accepted. Cross-signs, loops and hostile sets of certificates end in bounded work.
 * Not for: whether a path is valid (`verify.ts` gives the judge).
 */
import type { CryptoProvider } from '../../crypto/provider.js';
import type { Certificate } from '../certificate.js';
import { DerError, equalBytes } from '../der.js';
import { Signatures } from '../signature.js';
import type { TrustStore } from '../trust.js';
import { checkAlgorithm, checkAuthority, checkKey, checkTime } from './checks.js';
import { type Failure, failure } from './failure.js';

export interface SearchOptions {
  readonly intermediates: readonly Certificate[];
  readonly trust: TrustStore;
  readonly provider: CryptoProvider;
  readonly at: number;
  /** How many authorities that are not self-issued may lie between leaf and anchor. */
  readonly maxDepth: number;
  /** Judges a whole path, leaf first, anchor last, whose signatures are right. */
  readonly judge: (path: readonly Certificate[]) => Failure | undefined;
}

/** @returns the path that was accepted, or why the one that came nearest was not */
export function findPath(leaf: Certificate, options: SearchOptions): readonly Certificate[] | Failure {
  return new Search(options).run(leaf);
}

/** Reads what may be malformed; a DerError becomes a failure. */
export function guard(certificate: Certificate, check: () => Failure | undefined): Failure | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return failure('INVALID_EXTENSION', `${certificate} has a malformed extension: ${error.message}`);
  }
}

/** How near a path came; the nearest one's failure is told. */
const NEARNESS = { noIssuer: 0, wrongSignature: 1, badIssuer: 2, judged: 3 } as const;

class Search {
  readonly #bySubject = new Map<string, Certificate[]>();
  readonly #signatures: Signatures;
  #steps = MAX_STEPS;
  #judgements = MAX_JUDGEMENTS;
  #nearest: { readonly nearness: number; readonly length: number; readonly failure: Failure } | undefined;

  constructor(private readonly options: SearchOptions) {
    this.#signatures = new Signatures(options.provider);
    for (const certificate of options.intermediates) {
      if (options.trust.has(certificate)) continue;
      const { key } = certificate.subject;
      this.#bySubject.set(key, [...(this.#bySubject.get(key) ?? []), certificate]);
    }
  }

  run(leaf: Certificate): readonly Certificate[] | Failure {
    const found = this.#extend([leaf]);
    if (found !== undefined) return found;
    if (this.#exhausted && this.#nearest?.nearness !== NEARNESS.judged) {
      return failure('CERT_CHAIN_TOO_LONG', `too many ways to look for an issuer of ${leaf}`);
    }
    return this.#nearest?.failure ?? failure('UNSPECIFIED', `no path from ${leaf} to a trusted certificate`);
  }

  /** @param path from the leaf on, without an anchor yet */
  #extend(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const tip = path[path.length - 1] as Certificate;
    this.#steps -= 1;
    const anchors = likelyFirst(tip, this.options.trust.find(tip.issuer));
    const issuers = likelyFirst(tip, this.#bySubject.get(tip.issuer.key) ?? []);
    if (anchors.length + issuers.length === 0) this.#note(NEARNESS.noIssuer, path, () => noIssuer(path));
    for (const anchor of anchors) {
      if (this.#exhausted) return undefined;
      const whole = [...path, anchor];
      if (!this.#signed(path, tip, anchor)) continue;
      this.#judgements -= 1;
      const found = this.options.judge(whole);
      if (found === undefined) return whole;
      this.#note(NEARNESS.judged, whole, () => found);
    }
    for (const issuer of issuers) {
      if (this.#exhausted) return undefined;
      const found = this.#mayIssue(path, tip, issuer) && this.#extend([...path, issuer]);
      if (found) return found;
    }
    return undefined;
  }

  #mayIssue(path: readonly Certificate[], tip: Certificate, issuer: Certificate): boolean {
    if (path.some((certificate) => isSameAuthority(certificate, issuer))) {
      this.#note(NEARNESS.noIssuer, path, () => noIssuer(path)); // a loop (RFC 4158 §2.4.2)
      return false;
    }
    const { at, maxDepth } = this.options;
    const depth = path.slice(1).filter(({ selfIssued }) => !selfIssued).length + (issuer.selfIssued ? 0 : 1);
    const found =
      depth > maxDepth || path.length > MAX_LENGTH
        ? failure('CERT_CHAIN_TOO_LONG', `there are more than ${maxDepth} authorities above ${path[0]}`)
        : guard(issuer, () => checkAuthority(issuer, false) ?? checkTime(issuer, at));
    if (found !== undefined) {
      this.#note(NEARNESS.badIssuer, path, () => found);
      return false;
    }
    return this.#signed(path, tip, issuer);
  }

  #signed(path: readonly Certificate[], certificate: Certificate, issuer: Certificate): boolean {
    if (this.#signatures.isRight(certificate, issuer.publicKey)) return true;
    if (keyFits(certificate, issuer) === false) this.#note(NEARNESS.noIssuer, path, () => noIssuer(path));
    else this.#note(NEARNESS.wrongSignature, path, () => signatureFailure(certificate, issuer));
    return false;
  }

  get #exhausted(): boolean {
    return this.#steps <= 0 || this.#judgements <= 0 || this.#signatures.checks >= MAX_SIGNATURE_CHECKS;
  }

  /** @param found is asked only for what is nearer than all before: names may be long, and ways many */
  #note(nearness: number, { length }: readonly Certificate[], found: () => Failure): void {
    const nearest = this.#nearest;
    const nearer =
      nearest === undefined ||
      nearness > nearest.nearness ||
      (nearness === nearest.nearness && nearness === NEARNESS.noIssuer && length > nearest.length);
    if (nearer) this.#nearest = { nearness, length, failure: found() };
  }
}

/** OpenSSL's words for a chain that ends nowhere, as Node tells them. */
function noIssuer(path: readonly Certificate[]): Failure {
  const tip = path[path.length - 1] as Certificate;
  if (tip.selfIssued) {
    return path.length === 1
      ? failure('DEPTH_ZERO_SELF_SIGNED_CERT', `${tip} signed itself and is not trusted`)
      : failure('SELF_SIGNED_CERT_IN_CHAIN', `${tip}, at the end of the chain, signed itself and is not trusted`);
  }
  return path.length === 1
    ? failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE', `the issuer of ${tip} is not known: ${tip.issuer.shortened}`)
    : failure('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', `the issuer of ${tip} is not trusted: ${tip.issuer.shortened}`);
}

function signatureFailure(certificate: Certificate, issuer: Certificate): Failure {
  const wrong = failure('CERT_SIGNATURE_FAILURE', `${certificate} was not signed by ${issuer}`);
  return checkAlgorithm(certificate) ?? checkKey(issuer, false) ?? wrong;
}

/** The same name and the same key: certificates of one authority, whoever signed them. */
function isSameAuthority(left: Certificate, right: Certificate): boolean {
  return equalBytes(left.publicKey.spki, right.publicKey.spki) && left.subject.equals(right.subject);
}

/** Issuers whose key is the one that is named come first, those with another one last (RFC 4158 §3.5.12). */
function likelyFirst(certificate: Certificate, issuers: readonly Certificate[]): readonly Certificate[] {
  if (issuers.length < 2) return issuers;
  const rank = (issuer: Certificate) => ({ true: 0, undefined: 1, false: 2 })[`${keyFits(certificate, issuer)}`];
  return issuers
    .map((issuer) => ({ issuer, order: rank(issuer) }))
    .sort((a, b) => a.order - b.order)
    .map(({ issuer }) => issuer);
}

/** What the key identifiers say (RFC 5280 §4.2.1.1, §4.2.1.2); `undefined` when they do not, or can't be read. */
function keyFits(certificate: Certificate, issuer: Certificate): boolean | undefined {
  try {
    const [wanted, found] = [certificate.authorityKeyIdentifier?.keyIdentifier, issuer.subjectKeyIdentifier];
    return wanted && found && equalBytes(wanted, found);
  } catch {
    return undefined;
  }
}

/** A chain of 100 KiB has at most a few hundred certificates; honest ones need a handful of steps. */
const MAX_STEPS = 1000;
const MAX_SIGNATURE_CHECKS = 100;
/** Whole paths: a certificate with thousands of names takes milliseconds each time. */
const MAX_JUDGEMENTS = 32;
const MAX_LENGTH = 64;
