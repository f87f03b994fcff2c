/**
 * What a client offers: the ClientHello of RFC 8446 §4.1.2, for both versions at once, with the secrets behind its shares.
 * Not for: reading the answer (`expect-server-hello.ts`).
 */
import { TlsError } from '../alert.js';
import type { TlsConfig } from '../config.js';
import type { GroupName, KeyOffer } from '../crypto/provider.js';
import type { HandshakeContext } from '../handshake/context.js';
import { writeClientHello } from '../messages/client-hello.js';
import { EXTENSION, type Extensions } from '../messages/extension.js';
import * as codec from '../messages/extension-codec.js';
import { GROUPS, SCHEMES, SUITES, suiteById, TLS12, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { hashLength } from '../schedule/hkdf.js';
import { finishedData, KeySchedule } from '../schedule/key-schedule.js';
import { isUsable } from '../session/resumption.js';
import { decodeSession, type Session } from '../session/session.js';
import { EMPTY, wipe } from '../wire/bytes.js';
import { asciiHost } from '../x509/names.js';

/** A ClientHello that was made, and what belongs to it. */
export interface ClientOffer {
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** Never empty where TLS 1.3 or a ticket of TLS 1.2 is offered: then its echo says something. */
  readonly sessionId: Uint8Array;
  /** The highest first. */
  readonly versions: readonly TlsVersion[];
  readonly suites: readonly number[];
  /** The session whose ticket is offered. */
  readonly session: Session | undefined;
  readonly keyOffers: ReadonlyMap<GroupName, KeyOffer>;
  readonly extensions: Extensions;
  /** The whole message. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a HelloRetryRequest wants changed, RFC 8446 §4.1.4. */
export interface Retry {
  readonly group: GroupName | undefined;
  readonly cookie: Uint8Array | undefined;
  /** Of its suite: a PSK for another hash is not offered again. */
  readonly hash: string;
}

type Draft = Omit<ClientOffer, 'extensions' | 'bytes'>;

/** The first ClientHello. @throws TlsError when the configuration allows no version at all */
export function makeOffer(context: HandshakeContext): ClientOffer {
  const { config, provider } = context;
  const versions = offeredVersions(config);
  const suites = suitesOf(config, versions);
  const session = findSession(config, versions);
  if (session !== undefined) context.own(session.secret);
  const needsId = versions.includes(TLS13) || session !== undefined;
  const draft = {
    random: provider.random(32),
    sessionId: needsId ? provider.random(32) : EMPTY,
    versions,
    suites,
    session,
    keyOffers: versions.includes(TLS13) ? offerKeys(context, firstGroups(config)) : new Map(),
  };
  return finish(context, draft, undefined);
}

/** The second ClientHello: the first, with what the server asked for (RFC 8446 §4.1.2). */
export function makeRetryOffer(context: HandshakeContext, first: ClientOffer, retry: Retry): ClientOffer {
  const { session } = first;
  const fits = session === undefined || session.version === TLS12 || suiteById(session.suite)?.hash === retry.hash;
  const draft = {
    ...first,
    session: fits ? session : undefined,
    keyOffers: retry.group === undefined ? first.keyOffers : offerKeys(context, [retry.group]),
  };
  return finish(context, draft, retry.cookie);
}

function finish(context: HandshakeContext, draft: Draft, cookie: Uint8Array | undefined): ClientOffer {
  const { config } = context;
  const extensions = new Map<number, Uint8Array>();
  addNames(extensions, config);
  if (draft.versions.includes(TLS12)) addOld(extensions, draft.session);
  addAlgorithms(extensions, config);
  if (draft.versions.includes(TLS13)) addNew(extensions, draft, cookie, config.wall());
  const bytes = writeClientHello({ ...draft, legacyVersion: TLS12, compression: Uint8Array.of(0), extensions });
  if (extensions.has(EXTENSION.pre_shared_key) && draft.session !== undefined) {
    fillBinder(context, draft.session, bytes);
  }
  return { ...draft, extensions, bytes };
}

function addNames(extensions: Map<number, Uint8Array>, { serverName, alpn }: TlsConfig): void {
  const name = indication(serverName);
  if (name !== undefined) extensions.set(EXTENSION.server_name, codec.writeServerName(name));
  if (alpn.length > 0) extensions.set(EXTENSION.application_layer_protocol_negotiation, codec.writeAlpn(alpn));
}

/** What only TLS 1.2 knows: RFC 7627 §5.1, RFC 5746 §3.4, RFC 8422 §5.1.2, RFC 5077 §3.2. */
function addOld(extensions: Map<number, Uint8Array>, session: Session | undefined): void {
  extensions.set(EXTENSION.extended_master_secret, EMPTY);
  extensions.set(EXTENSION.renegotiation_info, codec.writeRenegotiationInfo(EMPTY));
  extensions.set(EXTENSION.ec_point_formats, codec.writeU8List([UNCOMPRESSED]));
  extensions.set(EXTENSION.session_ticket, session?.version === TLS12 ? session.ticket : EMPTY);
}

function addAlgorithms(extensions: Map<number, Uint8Array>, { groups, signatureSchemes }: TlsConfig): void {
  const schemes = signatureSchemes.map((name) => SCHEMES[name].id);
  extensions.set(EXTENSION.supported_groups, codec.writeU16List(groups.map((name) => GROUPS[name])));
  extensions.set(EXTENSION.signature_algorithms, codec.writeU16List(schemes));
}

/** What only TLS 1.3 knows; pre_shared_key last (RFC 8446 §4.2.11). */
function addNew(extensions: Map<number, Uint8Array>, draft: Draft, cookie: Uint8Array | undefined, now: number): void {
  const { versions, keyOffers, session } = draft;
  const shares = [...keyOffers].map(([name, { share }]) => ({ group: GROUPS[name], share }));
  extensions.set(EXTENSION.supported_versions, codec.writeVersions(versions));
  extensions.set(EXTENSION.key_share, codec.writeKeyShares(shares));
  extensions.set(EXTENSION.psk_key_exchange_modes, codec.writeU8List([PSK_DHE_KE]));
  if (cookie !== undefined) extensions.set(EXTENSION.cookie, codec.writeCookie(cookie));
  const suite = session?.version === TLS13 ? suiteById(session.suite) : undefined;
  if (session === undefined || suite === undefined) return;
  const age = (Math.floor(now - session.issuedAt) + session.ageAdd) % 2 ** 32; // RFC 8446 §4.2.11.1
  const psk = codec.writeOfferedPsk({ identity: session.ticket, age }, suite.hash === 'sha384' ? 48 : 32);
  extensions.set(EXTENSION.pre_shared_key, psk);
}

/** RFC 8446 §4.2.11.2: the binder covers the message up to the list of binders, which ends it. */
function fillBinder(context: HandshakeContext, session: Session, bytes: Uint8Array): void {
  const suite = suiteById(session.suite);
  if (suite === undefined) return;
  const hash = { provider: context.provider, name: suite.hash };
  const length = hashLength(hash);
  const schedule = new KeySchedule(hash, session.secret);
  const key = schedule.binderKey();
  const covered = bytes.subarray(0, bytes.length - length - BINDERS_OVERHEAD);
  bytes.set(finishedData(hash, key, context.transcript.hashWith(suite.hash, covered)), bytes.length - length);
  schedule.wipe();
  wipe(key);
}

function offeredVersions({ minVersion, maxVersion, suites }: TlsConfig): TlsVersion[] {
  const versions = [TLS13, TLS12].filter(
    (version) =>
      version >= minVersion &&
      version <= maxVersion &&
      SUITES.some((suite) => suite.version === version && suites.includes(suite.standardName)),
  );
  if (versions.length > 0) return versions;
  throw new TlsError('internal_error', 'NO_SUPPORTED_VERSIONS_ENABLED', 'the configuration allows no version of TLS');
}

function suitesOf({ suites }: TlsConfig, versions: readonly TlsVersion[]): number[] {
  return suites
    .map((name) => SUITES.find(({ standardName }) => standardName === name))
    .filter((suite) => suite !== undefined && versions.includes(suite.version))
    .map((suite) => suite?.id ?? 0);
}

/** What was given may be anything: it counts only where it is well-formed, of now, and bound to this configuration. */
function findSession(config: TlsConfig, versions: readonly TlsVersion[]): Session | undefined {
  const session = config.session === undefined ? undefined : decodeSession(config.session);
  if (session === undefined || !versions.includes(session.version)) return undefined;
  if (session.ticket.length === 0 || session.ticket.length > TICKET_LIMIT) return undefined;
  return isUsable(session, config, config.serverName) ? session : undefined;
}

/** Shares for the favourite, and for x25519 when that is a hybrid one that older servers do not know. */
function firstGroups({ groups }: TlsConfig): GroupName[] {
  const [favourite] = groups;
  if (favourite === undefined) return [];
  return favourite === 'X25519MLKEM768' && groups.includes('x25519') ? [favourite, 'x25519'] : [favourite];
}

function offerKeys(context: HandshakeContext, groups: readonly GroupName[]): Map<GroupName, KeyOffer> {
  return new Map(groups.map((name) => [name, context.provider.offer(name)]));
}

/** RFC 6066 §3: a host name in A-labels, without a trailing dot, and never an IP address. */
function indication(serverName: string | undefined): string | undefined {
  const name = serverName && asciiHost(serverName);
  if (name === undefined || name.length > 255 || !/^[\w.-]+$/.test(name) || /^[\d.]+$/.test(name)) return undefined;
  return name;
}

/** Bytes of a ticket that leave room for all other extensions of a ClientHello (RFC 8446 §4.1.2). */
const TICKET_LIMIT = 32_768;
/** Of the list and of the one binder in it. */
const BINDERS_OVERHEAD = 3;
const UNCOMPRESSED = 0;
const PSK_DHE_KE = 1;
