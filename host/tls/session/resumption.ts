/**
 * Whether a session may be used, and what it brings along. A session stands for a verdict on the peer, so it is bound to
 * all that the verdict depends on: server name, CA set, verification policy, client-certificate policy.
 * Not for: its bytes (`session.ts`).
 */
import type { TlsConfig } from '../config.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { HandshakeContext } from '../handshake/context.js';
import { SCHEMES, SUITES, schemeById, suiteById, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { concat, latin1, sameBytes } from '../wire/bytes.js';
import { encode } from '../wire/writer.js';
import { Certificate } from '../x509/certificate.js';
import type { Crl } from '../x509/crl.js';
import { asciiHost } from '../x509/names.js';
import type { Session } from './session.js';

/** What the states know of a session that begins; the rest is the context's. */
export interface NewSession {
  readonly version: TlsVersion;
  readonly secret: Uint8Array;
  /** Seconds. */
  readonly lifetime: number;
  readonly ageAdd: number;
  readonly ticket: Uint8Array;
}

/**
 * The session of this connection.
 * @param from the session that was resumed: its peer proved who it is then, and not again
 */
export function makeSession(context: HandshakeContext, begun: NewSession, from: Session | undefined): Session {
  const { config, facts } = context;
  const now = config.wall();
  return {
    ...begun,
    suite: facts.suite?.id ?? 0,
    lifetime: Math.min(begun.lifetime, MAX_LIFETIME),
    extendedMasterSecret: facts.extendedMasterSecret,
    serverName: boundName(facts.serverName) ?? NOBODY,
    authenticatedAt: from?.authenticatedAt ?? now,
    issuedAt: now,
    policy: policyOf(config),
    // Whoever does not insist on verification gets no authority from it later.
    authorized: facts.authorized && config.rejectUnauthorized,
    errorCode: facts.authorizationError?.code ?? '',
    errorMessage: facts.authorizationError?.message ?? '',
    peerScheme: facts.peerSignatureScheme === undefined ? 0 : SCHEMES[facts.peerSignatureScheme].id,
    chain: facts.peerChain.map(({ raw }) => raw),
  };
}

/** Whether a session may be resumed under this configuration, with this server name, now. */
export function isUsable(session: Session, config: TlsConfig, serverName: string | undefined): boolean {
  return (
    isSpoken(session, config) &&
    session.version >= config.minVersion &&
    session.version <= config.maxVersion &&
    session.serverName === boundName(serverName) &&
    sameBytes(session.policy, policyOf(config)) &&
    isFresh(session, config.wall()) &&
    (session.authorized || !mustBeAuthorized(config))
  );
}

/** Takes over what the session knows of the peer. */
export function restorePeer(context: HandshakeContext, session: Session): void {
  const { facts } = context;
  facts.resumed = true;
  facts.extendedMasterSecret = session.extendedMasterSecret;
  facts.peerChain = parseChain(session.chain);
  facts.peerSignatureScheme = schemeById(session.peerScheme);
  facts.authorized = session.authorized;
  facts.authorizationError = errorOf(session);
}

/** RFC 8446 §4.6.1: a suite with the same hash will do; in TLS 1.2 it has to be the same suite (RFC 5246 §7.4.1.3). */
function isSpoken(session: Session, { suites }: TlsConfig): boolean {
  const of = suiteById(session.suite);
  return SUITES.some(
    (suite) =>
      suites.includes(suite.standardName) &&
      (suite === of || (of?.version === TLS13 && suite.version === TLS13 && suite.hash === of.hash)),
  );
}

function isFresh(session: Session, now: number): boolean {
  const { issuedAt, authenticatedAt, lifetime } = session;
  if (now < issuedAt || now < authenticatedAt) return false;
  if (now >= issuedAt + 1000 * Math.min(lifetime, MAX_LIFETIME) || now >= authenticatedAt + 1000 * MAX_LIFETIME) {
    return false;
  }
  return !session.authorized || session.chain.length === 0 || isValidAt(session.chain[0], now);
}

/** A certificate that ran out since then verifies nothing any more. */
function isValidAt(der: Uint8Array | undefined, now: number): boolean {
  const [certificate] = der === undefined ? [] : parseChain([der]);
  return certificate !== undefined && now >= certificate.notBefore && now < certificate.notAfter + 1000;
}

function parseChain(chain: readonly Uint8Array[]): Certificate[] {
  try {
    return chain.map((der) => Certificate.parse(der));
  } catch {
    return [];
  }
}

function mustBeAuthorized({ role, rejectUnauthorized, requestCert }: TlsConfig): boolean {
  return rejectUnauthorized && (role === 'client' || requestCert);
}

function errorOf({ authorized, errorCode, errorMessage, chain }: Session): (Error & { code: string }) | null {
  if (authorized || (errorCode === '' && chain.length === 0)) return null;
  if (errorCode !== '') return Object.assign(new Error(errorMessage), { code: errorCode });
  const message = 'the session comes from a connection that did not insist on verification';
  return Object.assign(new Error(message), { code: 'CERT_UNTRUSTED' });
}

/** As a session names it, in bytes: in A-labels where it has other characters; `undefined` where that can't be. */
function boundName(serverName = ''): string | undefined {
  const name = /^[\0-\xff]*$/.test(serverName) ? serverName : asciiHost(serverName);
  return name === undefined || name.length > 255 ? undefined : name;
}

/** A digest of all that a verdict depends on, besides the name and the moment. */
function policyOf(config: TlsConfig): Uint8Array {
  const { provider, role, rejectUnauthorized, requestCert, trust, crls, credentials, identify } = config;
  const own = role === 'client' ? credentials.map(({ chain }) => chain[0]?.raw ?? new Uint8Array(0)) : [];
  const text = encode((writer) =>
    writer
      .u8(role === 'client' ? 0 : 1)
      .u8(rejectUnauthorized ? 1 : 0)
      .u8(role === 'server' && requestCert ? 1 : 0)
      .u8(identify === undefined ? 0 : 1)
      .vector16(latin1(trust?.id ?? ''))
      .vector16(digestOf(crls, provider))
      .vector16(provider.hash('sha256', concat(...own))),
  );
  return provider.hash('sha256', text);
}

/** The lists are the same for all connections of a configuration, and may be long: they are read once. */
function digestOf(crls: readonly Crl[], provider: CryptoProvider): Uint8Array {
  const digest = digests.get(crls) ?? provider.hash('sha256', concat(...crls.map(({ raw }) => raw)));
  digests.set(crls, digest);
  return digest;
}

const digests = new WeakMap<readonly Crl[], Uint8Array>();
/** Whom nobody can ask for. */
const NOBODY = '\0';
/** Seconds: 7 days, RFC 8446 §4.6.1. */
export const MAX_LIFETIME = 604_800;
