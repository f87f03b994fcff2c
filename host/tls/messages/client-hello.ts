/**
 * ClientHello, RFC 8446 §4.1.2 and RFC 5246 §7.4.1.2, with the extensions that are spoken here.
 * Not for: choosing among what it offers (`../server/`), or making the offer (`../client/`).
 */
import { TlsError } from '../alert.js';
import { decode, type Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import { EXTENSION, type Extensions, readExtensions, writeExtensions } from './extension.js';
import * as codec from './extension-codec.js';
import { frame, HANDSHAKE, type HandshakeMessage } from './handshake.js';

/** What stands in every ClientHello. */
export interface ClientHelloFields {
  readonly legacyVersion: number;
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** At most 32 bytes. */
  readonly sessionId: Uint8Array;
  readonly suites: readonly number[];
  readonly compression: Uint8Array;
  readonly extensions: Extensions;
}

/** A ClientHello that was read: an extension that was absent is `undefined` or false. */
export interface ClientHello extends ClientHelloFields {
  /** The whole message, header included. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly serverName: string | undefined;
  readonly groups: readonly number[] | undefined;
  readonly schemes: readonly number[] | undefined;
  /** signature_algorithms_cert. */
  readonly certificateSchemes: readonly number[] | undefined;
  readonly alpn: readonly string[] | undefined;
  readonly versions: readonly number[] | undefined;
  readonly keyShares: readonly codec.KeyShareEntry[] | undefined;
  readonly psks: codec.OfferedPsks | undefined;
  readonly pskModes: readonly number[] | undefined;
  readonly earlyData: boolean;
  readonly renegotiationInfo: Uint8Array | undefined;
  readonly extendedMasterSecret: boolean;
  /** Of TLS 1.2; empty: the client has none but wants one. */
  readonly sessionTicket: Uint8Array | undefined;
  readonly pointFormats: readonly number[] | undefined;
}

/** @throws TlsError for anything that is malformed, in an extension of use to any version too */
export function readClientHello(message: HandshakeMessage): ClientHello {
  const fields = decode(message.body, 'ClientHello', readFields, 'CLIENTHELLO_PARSE_FAILED');
  return { ...fields, bytes: message.bytes, ...readKnown(fields.extensions) };
}

/** The whole message, header included. */
export function writeClientHello(fields: ClientHelloFields): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
    .u16(fields.legacyVersion)
    .bytes(fields.random)
    .vector8(fields.sessionId)
    .vector16((list) => fields.suites.forEach((suite) => void list.u16(suite)))
    .vector8(fields.compression);
  writeExtensions(writer, fields.extensions);
  return frame(HANDSHAKE.client_hello, writer.finish());
}

function readFields(reader: Reader): ClientHelloFields {
  const legacyVersion = reader.u16();
  const random = reader.take(32);
  const sessionId = reader.vector8(0, 32);
  const suites = reader.within(reader.vector16(2)).all((element) => element.u16());
  const compression = reader.vector8(1);
  // RFC 5246 §7.4.1.2: a ClientHello may end before the extensions.
  const extensions = reader.left === 0 ? NONE : readExtensions(reader);
  checkPskIsLast(extensions);
  return { legacyVersion, random, sessionId, suites, compression, extensions };
}

function readKnown(extensions: Extensions) {
  const known = <T>(type: number, read: (content: Uint8Array) => T): T | undefined => {
    const content = extensions.get(type);
    return content === undefined ? undefined : read(content);
  };
  checkOthers(extensions);
  return {
    serverName: known(EXTENSION.server_name, codec.readServerName),
    groups: known(EXTENSION.supported_groups, (content) => codec.readU16List(content, 'supported_groups')),
    schemes: known(EXTENSION.signature_algorithms, (content) => codec.readU16List(content, 'signature_algorithms')),
    certificateSchemes: known(EXTENSION.signature_algorithms_cert, (content) =>
      codec.readU16List(content, 'signature_algorithms_cert'),
    ),
    alpn: known(EXTENSION.application_layer_protocol_negotiation, codec.readAlpn),
    versions: known(EXTENSION.supported_versions, codec.readVersions),
    keyShares: known(EXTENSION.key_share, codec.readKeyShares),
    psks: known(EXTENSION.pre_shared_key, codec.readOfferedPsks),
    pskModes: known(EXTENSION.psk_key_exchange_modes, (content) => codec.readU8List(content, 'psk_key_exchange_modes')),
    earlyData: known(EXTENSION.early_data, (content) => codec.readEmpty(content, 'early_data')) ?? false,
    renegotiationInfo: known(EXTENSION.renegotiation_info, codec.readRenegotiationInfo),
    extendedMasterSecret:
      known(EXTENSION.extended_master_secret, (content) => codec.readEmpty(content, 'extended_master_secret')) ?? false,
    sessionTicket: extensions.get(EXTENSION.session_ticket),
    pointFormats: known(EXTENSION.ec_point_formats, (content) => codec.readU8List(content, 'ec_point_formats')),
  };
}

/** What is of no use here must be well-formed all the same. */
function checkOthers(extensions: Extensions): void {
  const authorities = extensions.get(EXTENSION.certificate_authorities);
  if (authorities !== undefined) codec.readAuthorities(authorities);
  const cookie = extensions.get(EXTENSION.cookie);
  if (cookie !== undefined) codec.readCookie(cookie);
}

// RFC 8446 §4.2.11: pre_shared_key is the last extension.
function checkPskIsLast(extensions: Extensions): void {
  if (!extensions.has(EXTENSION.pre_shared_key) || [...extensions.keys()].at(-1) === EXTENSION.pre_shared_key) return;
  throw new TlsError(
    'illegal_parameter',
    'PRE_SHARED_KEY_MUST_BE_LAST',
    'pre_shared_key is not the last extension (illegal_parameter)',
  );
}

const NONE: Extensions = new Map();
