/**
 * What resumes a connection: the client keeps it as bytes that `session()` gives, the server seals it into a ticket
 * (`ticket-keys.ts`). Versioned, strictly parsed. Not for: whether it may be used (`resumption.ts`).
 */
import { suiteById, TLS12, TLS13 } from '../parameters.js';
import type { TlsVersion } from '../records.js';
import { latin1, latin1Text } from '../wire/bytes.js';
import { decode, type Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';

export interface Session {
  readonly version: TlsVersion;
  /** The number of the cipher suite. */
  readonly suite: number;
  /** TLS 1.3: the PSK; TLS 1.2: the master secret. */
  readonly secret: Uint8Array;
  /** TLS 1.2: whether the master secret is an extended one (RFC 7627). */
  readonly extendedMasterSecret: boolean;
  /** Whom the client asked for; empty: nobody by name. */
  readonly serverName: string;
  /** When the peer proved who it is, which resumption does not do: milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** When the ticket was given. */
  readonly issuedAt: number;
  /** Seconds after `issuedAt`. */
  readonly lifetime: number;
  /** RFC 8446 §4.6.1: hides the ticket's age. */
  readonly ageAdd: number;
  /** The ticket as it goes over the wire; empty inside a ticket. */
  readonly ticket: Uint8Array;
  /** What the verdict depends on (`resumption.ts`), 32 bytes. */
  readonly policy: Uint8Array;
  readonly authorized: boolean;
  /** The verdict's code and words; empty where there was nothing to complain about. */
  readonly errorCode: string;
  readonly errorMessage: string;
  /** The scheme with which the peer signed; 0: it did not. */
  readonly peerScheme: number;
  /** The peer's certificates, DER. */
  readonly chain: readonly Uint8Array[];
}

/** Bytes that hold secrets: whoever gets them may resume. */
export function encodeSession(session: Session): Uint8Array<ArrayBuffer> {
  return new Writer()
    .u8(FORMAT)
    .u16(session.version)
    .u16(session.suite)
    .vector8(session.secret)
    .u8((session.extendedMasterSecret ? EXTENDED : 0) | (session.authorized ? AUTHORIZED : 0))
    .vector8(latin1(session.serverName))
    .u48(session.authenticatedAt)
    .u48(session.issuedAt)
    .u32(session.lifetime)
    .u32(session.ageAdd)
    .vector16(session.ticket)
    .vector8(session.policy)
    .vector8(latin1(session.errorCode))
    .vector16(latin1(session.errorMessage.slice(0, MESSAGE_LIMIT)))
    .u16(session.peerScheme)
    .vector24((list) => session.chain.forEach((certificate) => void list.vector24(certificate)))
    .finishSecret();
}

/** @returns `undefined` for anything that `encodeSession` did not write */
export function decodeSession(bytes: Uint8Array): Session | undefined {
  try {
    return decode(bytes.slice(), 'session', readSession);
  } catch {
    return undefined;
  }
}

function readSession(reader: Reader): Session {
  if (reader.u8() !== FORMAT) throw reader.malformed('has another format');
  const version = reader.u16();
  const suite = reader.u16();
  if ((version !== TLS12 && version !== TLS13) || suiteById(suite)?.version !== version) {
    throw reader.malformed('is of another version');
  }
  const secret = reader.vector8(32, 64);
  const flags = reader.u8();
  if (flags > (EXTENDED | AUTHORIZED)) throw reader.malformed('has unknown flags');
  return {
    version,
    suite,
    secret,
    extendedMasterSecret: (flags & EXTENDED) !== 0,
    authorized: (flags & AUTHORIZED) !== 0,
    serverName: latin1Text(reader.vector8()),
    authenticatedAt: reader.u48(),
    issuedAt: reader.u48(),
    lifetime: reader.u32(),
    ageAdd: reader.u32(),
    ticket: reader.vector16(),
    policy: reader.vector8(32, 32),
    errorCode: latin1Text(reader.vector8()),
    errorMessage: latin1Text(reader.vector16(0, MESSAGE_LIMIT)),
    peerScheme: reader.u16(),
    chain: reader.within(reader.vector24()).all((list) => list.vector24(1)),
  };
}

const FORMAT = 1;
const EXTENDED = 1;
const AUTHORIZED = 2;
const MESSAGE_LIMIT = 500;
