/**
 * The `tls` option of `connect`, `listen` and `upgradeTLS`: Bun's names, and Node's where they say more, checked with
 * Bun's words and turned into a TlsConfig. What is wrong throws at once. Not for: options of sockets (`../socket/options.ts`).
 */
import type { Blob } from 'node:buffer';
import type { Credentials, TlsConfig } from './config.js';
import { defaultProvider } from './crypto/default.js';
import type { CryptoProvider } from './crypto/provider.js';
import { pairCredentials } from './keys/credentials.js';
import { parseCiphers } from './options/ciphers.js';
import { readChains, readCrls, readKeys, readTrust } from './options/material.js';
import { readAlpn, readGroups, readSignatureSchemes } from './options/names.js';
import { bytesOf, readBoolean, readNumber, readString, type Source, wrongType, wrongValue } from './options/reading.js';
import { readVersions, type Versions } from './options/versions.js';
import { SUITES, type SuiteName, TLS12, TLS13 } from './parameters.js';
import { TicketKeys } from './session/ticket-keys.js';
import { concat, EMPTY } from './wire/bytes.js';
import { matchesHost } from './x509/names.js';
import { TrustStore } from './x509/trust.js';

/** PEM, or DER in bytes. A `Blob`, which Bun's types allow, throws: it can't be read at once outside Bun. */
type Material = string | ArrayBufferLike | ArrayBufferView | Blob;
type Materials = Material | readonly Material[] | null | undefined;

type Name = string | ArrayBufferLike | ArrayBufferView;

export interface TLSOptions {
  /** Private keys: PKCS#8, SEC1 or PKCS#1. RSA keys need `node:crypto` and have 2048 to 8192 bits. */
  key?: Material | readonly (Material | { pem: Material; passphrase?: string })[] | null | undefined;
  /** One chain for each key, own certificate first, without the root. */
  cert?: Materials;
  /** Whom to trust, instead of the runtime's own roots. On a server: whose clients to trust, nobody unless given. */
  ca?: Materials;
  /** Revocation lists: a peer's certificate that one of them names is refused. */
  crl?: Materials;
  /** For keys that are encrypted. */
  passphrase?: string;
  /**
   * On `connect`: whom to expect there, if not `hostname`. In an array on `listen`: which clients these options are for,
   * exactly or with `*` for one label.
   */
  serverName?: string;
  /** The same; `serverName` wins. */
  servername?: string;
  /** `false`: a peer that can't be verified is accepted, and `authorized` says so. `true` unless given. */
  rejectUnauthorized?: boolean;
  /** On `listen`: ask for the client's certificate. */
  requestCert?: boolean;
  /** By preference: an array of names, or the wire form. Anything else means none (and warns). */
  ALPNProtocols?: Name | readonly Name[] | null;
  /** OpenSSL's cipher list; names of TLS 1.3 suites may stand in it, without one all of them are there. */
  ciphers?: string;
  /** On `listen`: `false` follows the client's order of suites instead of ours. */
  honorCipherOrder?: boolean;
  /** `X25519MLKEM768:x25519:P-256:P-384`, by preference. */
  groups?: string;
  /** Node's name for `groups`. */
  ecdhCurve?: string;
  /** Signature algorithms, by preference: `ecdsa_secp256r1_sha256:RSA-PSS+SHA256`. */
  sigalgs?: string;
  /** `0x0303` or `'TLSv1.2'`, `0x0304` or `'TLSv1.3'`. */
  minVersion?: number | string;
  maxVersion?: number | string;
  /** Bits of OpenSSL: SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3, SSL_OP_NO_TICKET; others change nothing here. */
  secureOptions?: number | undefined;
  /** On `connect`: what `getSession()` of an earlier connection gave. */
  session?: ArrayBuffer | ArrayBufferView;
  /** Deprecated: files that are read at once. */
  keyFile?: string;
  certFile?: string;
  caFile?: string;
  /** Taken and without effect: there is no DHE, no renegotiation, and no buffer to release. */
  dhParamsFile?: string;
  lowMemoryMode?: boolean;
  clientRenegotiationLimit?: number;
  clientRenegotiationWindow?: number;
}

/** What a configuration has from its stack. */
export interface TlsEnvironment {
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  readonly keylog?: ((line: string) => void) | undefined;
  /** `defaultProvider()` unless given. */
  readonly provider?: CryptoProvider | undefined;
  /** Of servers: what keys of tickets are made of, see `StackOptions.ticketSecret`. */
  readonly ticketSecret?: Uint8Array | undefined;
}

/**
 * In place of options: a configuration that is made for the stack that will use it. For `host/node/`, whose options are
 * Node's, not for programs.
 */
export class PreparedTls {
  constructor(readonly configure: (environment: TlsEnvironment) => TlsConfig) {}
}

/**
 * The client of a connection.
 * @param options `true` is `{}`
 * @param hostname where it connects to, which is whom it expects there unless the options say otherwise
 * @returns `undefined` when there is to be no TLS: `undefined`, `null`, `false`
 * @throws TypeError, KeyMaterialError, Error
 */
export function parseClientTls(
  options: unknown,
  environment: TlsEnvironment,
  hostname?: string,
): TlsConfig | undefined {
  if (options instanceof PreparedTls) return options.configure(environment);
  const source = sourceOf(options);
  if (source === undefined) return undefined;
  const config = parseTls(source, 'client', environment);
  return {
    ...config,
    trust: config.trust ?? TrustStore.system(),
    serverName: readServerName(source) ?? (hostname || undefined),
    session: readSession(source),
  };
}

/**
 * A server: one object, or an array whose entries are for the names in their `serverName`; the first is for everybody else.
 * @returns as `parseClientTls`
 * @throws as `parseClientTls`, and when a certificate is missing
 */
export function parseServerTls(options: unknown, environment: TlsEnvironment): TlsConfig | undefined {
  if (options instanceof PreparedTls) return options.configure(environment);
  return Array.isArray(options) ? parseServers(options, environment) : parseServer(options, environment)?.config;
}

function parseServers(options: readonly unknown[], environment: TlsEnvironment): TlsConfig {
  const entries = options.map((entry) => {
    const parsed = parseServer(entry, environment);
    if (parsed === undefined) throw wrongType(NOT_AN_OBJECT);
    return parsed;
  });
  const [first, ...others] = entries;
  if (first === undefined) throw wrongType(NOT_AN_OBJECT);
  if (others.some(({ name }) => name === undefined)) {
    throw wrongType('TLSOptions.serverName is needed in every entry but the first');
  }
  return { ...first.config, select: (name) => (name === undefined ? undefined : find(entries, name)?.config) };
}

interface Entry {
  readonly name: string | undefined;
  readonly config: TlsConfig;
}

function parseServer(options: unknown, environment: TlsEnvironment): Entry | undefined {
  const source = sourceOf(options);
  if (source === undefined) return undefined;
  const name = readServerName(source)?.toLowerCase();
  const config = parseTls(source, 'server', environment);
  if (config.credentials.length === 0) {
    throw missing('TLSOptions.key and TLSOptions.cert are needed: a TLS server has a certificate');
  }
  return { name, config };
}

/** An exact name wins over a wildcard. */
function find(entries: readonly Entry[], serverName: string): Entry | undefined {
  const host = serverName.toLowerCase();
  return (
    entries.find(({ name }) => name === host) ??
    entries.find(({ name }) => name !== undefined && matchesHost(name, host))
  );
}

/** Safety: every object means TLS, and so does an empty one. */
function sourceOf(options: unknown): Source | undefined {
  if (options === undefined || options === null || options === false) return undefined;
  if (options === true) return {};
  if (typeof options !== 'object' || Array.isArray(options)) throw wrongType(NOT_AN_OBJECT);
  const source = options as Source;
  for (const name of NOT_SUPPORTED) {
    if ((source[name] ?? undefined) === undefined) continue;
    throw wrongValue(`TLSOptions.${name} is not supported yet`, 'ERR_NOT_SUPPORTED');
  }
  return source;
}

/**
 * What both ends have in common. Whether there is a certificate, whom a client trusts and expects: that is up to the caller.
 * @throws TypeError, KeyMaterialError, Error
 */
export function parseTls(source: Source, role: TlsConfig['role'], environment: TlsEnvironment): TlsConfig {
  const { wall, provider = defaultProvider(), keylog } = environment;
  checkUnused(source);
  const versions = readVersions(source);
  const suites = readSuites(source, versions);
  const credentials = readCredentials(source, role, provider);
  return {
    role,
    provider,
    wall,
    keylog,
    ...suites,
    honorClientOrder: readBoolean(source, 'honorCipherOrder') === false,
    groups: readGroups(source),
    signatureSchemes: readSignatureSchemes(source),
    alpn: readAlpn(source),
    credentials,
    trust: readTrust(source),
    crls: readCrls(source),
    serverName: undefined,
    requestCert: readBoolean(source, 'requestCert') ?? false,
    rejectUnauthorized: readBoolean(source, 'rejectUnauthorized') ?? true,
    session: undefined,
    ticketKeys: role === 'server' && versions.tickets ? ticketKeys(environment, provider, credentials) : undefined,
    select: undefined,
    maxSendFragment: MAX_FRAGMENT,
  };
}

/** Who has another certificate is another server, and opens none of the tickets (RFC 8446 §4.6.1 leaves it to names alone). */
function ticketKeys(
  { wall, ticketSecret: secret }: TlsEnvironment,
  provider: CryptoProvider,
  credentials: readonly Credentials[],
): TicketKeys {
  const certificates = concat(...credentials.map(({ chain }) => chain[0]?.raw ?? EMPTY));
  return new TicketKeys({ provider, wall, secret, context: provider.hash('sha256', certificates) });
}

/** A list without suites of TLS 1.2 leaves TLS 1.3 alone, as in Node, and the other way round. */
function readSuites(
  source: Source,
  { minVersion, maxVersion }: Versions,
): Pick<TlsConfig, 'suites' | 'minVersion' | 'maxVersion'> {
  const list = readString(source, 'ciphers') || undefined;
  const suites = list === undefined ? ALL_SUITES : parseCiphers(list);
  const versions = SUITES.filter(({ standardName }) => suites.includes(standardName)).map(({ version }) => version);
  const least = versions.includes(TLS12) ? minVersion : TLS13;
  const most = versions.includes(TLS13) ? maxVersion : TLS12;
  if (least > most) throw wrongValue('Invalid ciphers', 'ERR_BORINGSSL');
  return { suites, minVersion: least, maxVersion: most };
}

function readCredentials(source: Source, role: TlsConfig['role'], provider: CryptoProvider): readonly Credentials[] {
  const chains = readChains(source);
  const keys = readKeys(source, provider);
  if ((chains.length === 0) !== (keys.length === 0)) {
    // Bun lets a client have one without the other, which then shows no certificate.
    if (role === 'client') return [];
    const [given, absent] = keys.length === 0 ? ['cert', 'key'] : ['key', 'cert'];
    throw missing(`TLSOptions.${absent} is missing beside TLSOptions.${given}`);
  }
  for (const key of keys) {
    if (!provider.canSign(key)) {
      const words = 'TLSOptions.key: RSA keys need node:crypto, which this runtime does not have';
      throw wrongValue(words, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
    }
    if (key.curve === 'secp521r1') throw wrongValue('TLSOptions.key: P-521 is not supported', 'ERR_NOT_SUPPORTED');
  }
  return pairCredentials(chains, keys);
}

function readSession(source: Source): Uint8Array | undefined {
  const session = source.session ?? undefined;
  const bytes = bytesOf(session);
  if (session === undefined || bytes !== undefined) return bytes?.slice();
  throw wrongType('TLSOptions.session must be of type ArrayBuffer, or null');
}

function readServerName(source: Source): string | undefined {
  const [first, second] = [readString(source, 'serverName'), readString(source, 'servername')];
  const name = first || second || undefined;
  if (name?.includes('\0')) throw wrongType('TLSOptions.serverName must not contain null bytes');
  return name;
}

function checkUnused(source: Source): void {
  readString(source, 'dhParamsFile');
  readBoolean(source, 'lowMemoryMode');
  readNumber(source, 'clientRenegotiationLimit');
  readNumber(source, 'clientRenegotiationWindow');
}

function missing(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_MISSING_ARGS' });
}

const NOT_AN_OBJECT = 'TLSOptions must be an object';
/** To go on without these would do something else than what was asked for. */
const NOT_SUPPORTED = ['pfx', 'checkServerIdentity', 'SNICallback', 'pskCallback', 'secureContext', 'secureProtocol'];
const ALL_SUITES: readonly SuiteName[] = SUITES.map(({ standardName }) => standardName);
const MAX_FRAGMENT = 16384;
