/**
 * What one end of a TLS connection wants, after reading options (`options.ts`). A connection has a copy of its own, which
 * may be changed until the handshake starts. Not for: what was negotiated (`connection.ts`).
 */

import type { TlsError } from './alert.js';
import type { PrivateKey } from './crypto/keys.js';
import type { CryptoProvider, GroupName } from './crypto/provider.js';
import type { SignatureScheme, SuiteName } from './parameters.js';
import type { TlsVersion } from './records.js';
import type { TicketKeys } from './session/ticket-keys.js';
import type { Certificate } from './x509/certificate.js';
import type { Crl } from './x509/crl.js';
import type { TrustStore } from './x509/trust.js';

/** A certificate chain, the own certificate first, with its key. */
export interface Credentials {
  readonly chain: readonly Certificate[];
  readonly key: PrivateKey;
  /** What this key may sign with, by preference; absent: `TlsConfig.signatureSchemes`. */
  readonly schemes?: readonly SignatureScheme[];
}

/** A configuration in place of another; `undefined`: there is none, and the other one stays. */
export type Selected = TlsConfig | undefined;

export interface TlsConfig {
  role: 'client' | 'server';
  readonly provider: CryptoProvider;
  /** Milliseconds since 1970, for certificates and tickets. */
  readonly wall: () => number;
  minVersion: TlsVersion;
  maxVersion: TlsVersion;
  /** In order of preference. A server follows its own order, unless `honorClientOrder`. */
  readonly suites: readonly SuiteName[];
  readonly honorClientOrder: boolean;
  readonly groups: readonly GroupName[];
  /** What is accepted of the peer, by preference. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** In order of preference, each 1 … 255 bytes, as text of Latin-1 characters. */
  readonly alpn: readonly string[];
  /** The own certificates; a server picks the first one that the client can verify. */
  readonly credentials: readonly Credentials[];
  /** Whom to trust; `undefined`: nobody. */
  readonly trust: TrustStore | undefined;
  readonly crls: readonly Crl[];
  /**
   * A last word on the peer's chain, when it shows one and when a session stands for it.
   * @param verdict our own; `null`: nothing to complain about
   * @returns the verdict that counts
   */
  readonly judge?: ((chain: readonly Certificate[], verdict: TlsError | null) => TlsError | null) | undefined;
  /**
   * Client: finds out whether a chain that is valid is the one of `serverName`, in place of our own look at its names.
   * @returns why it is not
   */
  readonly identify?: ((serverName: string, chain: readonly Certificate[]) => Error | undefined) | undefined;
  /**
   * Client: who the server has to be, a host name or an IP address; a name goes out as SNI (an IP never does, RFC 6066 §3).
   */
  serverName: string | undefined;
  /** Server: ask for a certificate. */
  requestCert: boolean;
  /** Client: refuse a server that is not verified. Server that asks: refuse a client that has no verified certificate. */
  rejectUnauthorized: boolean;
  /** Server: the two above were set for this connection, and hold for what `select` chooses too. */
  verifyModeSet?: boolean;
  /** Client: what `session()` of an earlier connection gave. */
  session: Uint8Array | undefined;
  /** Server: what seals tickets; `undefined`: none are given. */
  readonly ticketKeys: TicketKeys | undefined;
  /** Server: another configuration for the name that the client asks for, if it does; `undefined`: this one. */
  readonly select: ((serverName: string | undefined) => Selected | Promise<Selected>) | undefined;
  /** Called when a handshake that waited for `select` goes on: there may be something to tell and to send. */
  readonly resumed?: (() => void) | undefined;
  /** Server: hears the name that the client asks for, before `select`. */
  readonly named?: ((serverName: string) => void) | undefined;
  /**
   * Server: chooses among the protocols that the client offers, each as text of Latin-1 characters.
   * @returns `null`: none of them will do; `undefined`: `alpn` decides
   */
  readonly chooseProtocol?:
    | ((serverName: string | undefined, offered: readonly string[]) => string | null | undefined)
    | undefined;
  /** Gets each line of the key log (the format of NSS), without line end. */
  readonly keylog: ((line: string) => void) | undefined;
  maxSendFragment: number;
}
