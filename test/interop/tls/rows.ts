/**
 * The table of TLS interop: which peer in which role with what agreed upon. One thing is varied at a time: keys, suites
 * and groups in each version, then what else can be agreed upon, then bulk each way. Not for: playing it (`play.ts`).
 */
import type { KeyKind } from './files.js';
import { type Group, MEBIBYTES, type Peer, SUITES, type Suite, type Version } from './peer.js';
import { PEERS } from './peers/all.js';

export type Feature =
  /** A protocol is agreed upon by ALPN. */
  | 'alpn'
  /** The client shows a certificate. */
  | 'mutual'
  /** A second connection resumes the first. */
  | 'resume'
  /** The server wants another group than the client guessed: HelloRetryRequest. */
  | 'retry'
  /** The large text from the client to the server. */
  | 'up'
  /** The large text from the server to the client. */
  | 'down';

export interface Row {
  readonly name: string;
  /** What the peer is; Vitrine is the other one. */
  readonly role: 'server' | 'client';
  readonly peer: Peer;
  readonly version: Version;
  readonly key: KeyKind;
  readonly suite?: Suite;
  readonly group?: Group;
  readonly feature?: Feature;
}

/** What is agreed upon by ALPN. */
export const PROTOCOL = 'http/1.1';
/** The one group of a server that answers with a HelloRetryRequest: nobody sends a share of it unasked. */
export const RETRIED: Group = 'P-384';
export const VERSIONS: readonly Version[] = ['TLSv1.3', 'TLSv1.2'];

export function rows(): Row[] {
  return PEERS.flatMap((peer) => (['server', 'client'] as const).flatMap((role) => rowsOf(peer, role)));
}

function rowsOf(peer: Peer, role: Row['role']): Row[] {
  if (peer[role] === undefined) return [];
  const variants = VERSIONS.flatMap((version) => [
    ...peer.keys.map((key) => ({ version, key })),
    ...suitesOf(version).map((suite) => ({ version, key: suite.includes('_RSA_') ? RSA : ECDSA, suite })),
    ...peer.groups.map((group) => ({ version, key: KEYS[group], group })),
    ...featuresOf(peer, role, version).map((feature) => ({ version, key: ECDSA, feature })),
  ]);
  return variants.map((variant) => {
    const { version, key, suite, group, feature }: Omit<Row, 'name' | 'peer' | 'role'> = variant;
    const what = feature === undefined ? (suite ?? group ?? `a key of ${key}`) : FEATURES[feature];
    return { name: `${peer.name} as ${role}, ${version}, ${what}`, peer, role, ...variant };
  });
}

function suitesOf(version: Version): Suite[] {
  return (Object.keys(SUITES) as Suite[]).filter((suite) => suite.includes('_WITH_') === (version === 'TLSv1.2'));
}

function featuresOf(peer: Peer, role: Row['role'], version: Version): Feature[] {
  const features: Feature[] = ['mutual'];
  if (role === 'server' || (peer.resumes ?? VERSIONS).includes(version)) features.push('resume');
  if (peer.alpn) features.push('alpn');
  if (version === 'TLSv1.2') return features;
  if (role === 'client' || peer.serves?.group) features.push('retry');
  if (role === 'client' || peer.serves?.upload !== 'never') features.push('up');
  if (role === 'server' || !peer.writesSlowly) features.push('down');
  return features;
}

const FEATURES: Record<Feature, string> = {
  alpn: 'a protocol by ALPN',
  mutual: 'a certificate of the client',
  resume: 'a resumed session',
  retry: 'a HelloRetryRequest',
  up: `${MEBIBYTES} MiB from client to server`,
  down: `${MEBIBYTES} MiB from server to client`,
};
const ECDSA: KeyKind = 'p256';
const RSA: KeyKind = 'rsa';
/** In TLS 1.2 the groups that a client offers bind the curve of the server's key, too (RFC 8422 §5.1). */
const KEYS: Record<Group, KeyKind> = { X25519: 'rsa', 'P-256': 'p256', 'P-384': 'p384' };
