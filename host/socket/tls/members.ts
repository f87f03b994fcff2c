/**
 * The members of a socket that concern TLS, as Bun's document describes them. A plain socket has them too and answers
 * that there is nothing. Not for: what was negotiated (`../../tls/connection.ts`).
 */
import type { X509Certificate } from 'node:crypto';
import type { CipherNameAndProtocol, EphemeralKeyInfo, PeerCertificate } from 'node:tls';
import type { TlsConnection } from '../../tls/connection.js';
import type { GroupName } from '../../tls/crypto/provider.js';
import { SCHEMES, type SignatureScheme, TLS13 } from '../../tls/parameters.js';
import type { Certificate } from '../../tls/x509/certificate.js';
import { legacyCertificate } from '../../tls/x509/legacy.js';
import { secureFailure } from '../errors.js';
import type { BufferSource } from '../payload.js';
import { LIVE, TRANSPORT, TransportMembers } from '../transport-members.js';

/** How the members reach the TLS of their socket; stays when the socket has closed. */
export const TLS: unique symbol = Symbol('tls');

export abstract class TlsMembers extends TransportMembers {
  abstract get [TLS](): TlsConnection | undefined;

  /**
   * Whether chain, validity, usage and name of the peer's certificate verify (S1); for a server: whether the client
   * gave a certificate that does. Stays after `close`.
   */
  get authorized(): boolean {
    return this[TLS]?.authorized ?? false;
  }

  /** The protocol that ALPN selected, `false` when none was; `null` before the handshake and without TLS (D16). */
  get alpnProtocol(): string | false | null {
    return this[TLS]?.alpnProtocol ?? null;
  }

  /** Why the peer is not `authorized`, with OpenSSL's code (S4); `null` when it is, and without TLS. Stays after `close`. */
  getAuthorizationError(): Error | null {
    const tls = this[TLS];
    if (tls === undefined || tls.authorized) return null;
    const { authorizationError } = tls;
    const ends = this[TRANSPORT]?.endpoints();
    return authorizationError === null ? nothingVerified() : secureFailure(authorizationError, 'handshake', ends);
  }

  /**
   * The cipher suite: `name` is OpenSSL's, `standardName` the registry's (D24). `undefined` without TLS, and names that are
   * `null` before the handshake is complete, which its type, Bun's, does not say.
   */
  getCipher(): CipherNameAndProtocol {
    const tls = this.#open;
    if (tls === undefined) return undefined as unknown as CipherNameAndProtocol;
    const { suite } = tls;
    if (suite === undefined || !isComplete(tls)) {
      return { name: null, standardName: null, version: null } as unknown as CipherNameAndProtocol;
    }
    return { name: suite.name, standardName: suite.standardName, version: versionName(tls) };
  }

  /** `'TLSv1.3'`, `'TLSv1.2'`, `'unknown'` before the handshake is complete, `null` without TLS and once closed (D23). */
  getTLSVersion(): string {
    const tls = this.#open;
    return (tls === undefined ? null : isComplete(tls) ? versionName(tls) : 'unknown') as string;
  }

  /** The key exchange of a client; `{}` before it is known; `null` on a server (D25). */
  getEphemeralKeyInfo(): EphemeralKeyInfo | object | null {
    const tls = this.#open;
    if (tls === undefined || tls.config.role === 'server') return null;
    return tls.group === undefined ? {} : { type: 'ECDH', ...GROUP_INFO[tls.group] };
  }

  /**
   * The signature algorithms that both sides know, by preference, in OpenSSL's words: `ECDSA+SHA256` (D28). `undefined`
   * without TLS and `null` once closed, which its type, Bun's, does not say.
   */
  getSharedSigalgs(): string[] {
    if (this[TLS] === undefined) return undefined as unknown as string[];
    const tls = this.#open;
    return (tls === undefined ? null : [...new Set(tls.sharedSignatureSchemes.map(schemeName))]) as string[];
  }

  /** Client: the name that the server has to prove; server: the one that the client asked for (D37). */
  getServername(): string {
    return this.#open?.serverName as string;
  }

  /**
   * Chooses the server's name, before the handshake: in `open`, when there is a `handshake` handler.
   * @throws Error later, and on a server
   */
  setServername(name: string): void;
  setServername(...given: [name?: string]): void {
    const [name] = given;
    const tls = this[TLS];
    if (tls === undefined) return;
    if (tls.config.role === 'server') throw new Error('Cannot issue SNI from a TLS server-side socket');
    if (!this[LIVE]) return;
    if (given.length === 0) throw new Error('Expected 1 argument');
    if (typeof name !== 'string') throw new Error('Expected "serverName" to be a string');
    if (tls.phase !== 'idle') throw new Error('Already started.');
    if (name !== '') tls.config.serverName = name;
  }

  /** What `setSession` of a later connection takes; `undefined` while there is nothing (D33). */
  getSession(): Buffer | undefined {
    return buffer(this.#open?.session());
  }

  /**
   * Resumes a session, before the handshake. What is no session, is too old or belongs to another server is not used.
   * @throws Error for a value that is neither text (Latin-1) nor bytes
   */
  setSession(session: string | Buffer | BufferSource): void {
    const tls = this.#open;
    if (tls === undefined) return;
    const bytes = typeof session === 'string' ? Buffer.from(session, 'latin1') : view(session);
    if (bytes === undefined) throw new Error('Expected session to be a string, Buffer or TypedArray');
    if (tls.phase === 'idle' && tls.config.role === 'client') tls.config.session = bytes;
  }

  /** Whether the handshake resumed an earlier session (D32). */
  isSessionReused(): boolean {
    return this.#open?.resumed ?? false;
  }

  /** Client: the ticket, once one came (D31). */
  getTLSTicket(): Buffer | undefined {
    return buffer(this.#open?.ticket());
  }

  /** The latest Finished that was sent, in TLS 1.3 too (D29). */
  getTLSFinishedMessage(): Buffer | undefined {
    return buffer(this.#open?.finished);
  }

  /** The latest Finished that the peer sent (D30). */
  getTLSPeerFinishedMessage(): Buffer | undefined {
    return buffer(this.#open?.peerFinished);
  }

  /**
   * Keying material for other protocols (RFC 5705, RFC 8446 §7.5): both ends get the same bytes (D35).
   * @throws Error before the handshake is complete, and for arguments that mean nothing
   */
  exportKeyingMaterial(length: number, label: string, context: Buffer): Buffer;
  exportKeyingMaterial(length: number, label: string, context?: string | BufferSource): Buffer;
  exportKeyingMaterial(length: number, label: string, context?: unknown): Buffer {
    const tls = this.#open;
    if (tls === undefined) return undefined as unknown as Buffer;
    if (length === undefined || label === undefined) throw new Error('Expected length and label to be provided');
    if (typeof length !== 'number') throw new Error('Expected length to be a number');
    if (!(length >= 0)) throw new Error('Expected length to be a positive number');
    if (typeof label !== 'string') throw new Error('Expected label to be a string');
    const given =
      context === undefined ? undefined : typeof context === 'string' ? Buffer.from(context) : view(context);
    if (context !== undefined && given === undefined)
      throw new Error('Expected context to be a string, Buffer or TypedArray');
    return buffer(tls.exportKeyingMaterial(Math.trunc(length), label, given)) as Buffer;
  }

  /** Our certificate; `{}` when there is none, `null` once closed (D27). */
  getCertificate(): PeerCertificate | object | null {
    if (!this[LIVE]) return null;
    const certificate = this.#localCertificate;
    return certificate === undefined ? {} : legacyCertificate([certificate], false);
  }

  /**
   * The peer's certificate; `{}` when it gave none, `null` once closed (D26).
   * @param abbreviated `false`: with the chain, through `issuerCertificate`
   */
  getPeerCertificate(abbreviated: boolean = true): PeerCertificate {
    if (typeof abbreviated !== 'boolean') throw new Error('Expected abbreviated to be a boolean');
    if (!this[LIVE]) return null as unknown as PeerCertificate;
    const tls = this[TLS];
    if (tls?.peerChain[0] === undefined) return {} as PeerCertificate;
    return legacyCertificate(tls.peerChain, !abbreviated, tls.config.trust) as unknown as PeerCertificate;
  }

  /** As `getCertificate`, as an object of `node:crypto`; `undefined` when there is none, and in a runtime without it. */
  getX509Certificate(): X509Certificate | undefined {
    return this[LIVE] ? x509(this.#localCertificate) : undefined;
  }

  /**
   * As `getPeerCertificate`, as an object of `node:crypto`; `undefined` when there is none, and in a runtime without it,
   * which its type, Bun's, does not say.
   */
  getPeerX509Certificate(): X509Certificate {
    return x509(this.#open?.peerChain[0]) as X509Certificate;
  }

  /** The most plaintext in a record that we send; `false` outside 512 … 16384, and without TLS (D36). */
  setMaxSendFragment(size: number = 16384): boolean {
    if (typeof size !== 'number') throw new Error('Expected size to be a number');
    const tls = this.#open;
    if (tls === undefined || !(size >= 512 && size <= 16384)) return false;
    tls.setMaxSendFragment(Math.trunc(size));
    return true;
  }

  /**
   * Whether to ask the client for a certificate, and whether to refuse who is not verified (D38).
   * @throws Error once the handshake has started
   */
  setVerifyMode(requestCert: boolean, rejectUnauthorized: boolean): void {
    const tls = this[TLS];
    if (tls === undefined) return;
    if (rejectUnauthorized === undefined) throw new Error('Expected requestCert and rejectUnauthorized arguments');
    if (typeof requestCert !== 'boolean' || typeof rejectUnauthorized !== 'boolean') {
      throw new Error('Expected requestCert and rejectUnauthorized arguments to be boolean');
    }
    if (!this[LIVE]) return;
    if (tls.phase !== 'idle') throw failure('ERR_TLS_HANDSHAKE_STARTED', 'The TLS handshake has started already');
    tls.config.requestCert = requestCert;
    tls.config.rejectUnauthorized = rejectUnauthorized;
    tls.config.verifyModeSet = true;
  }

  /** There is none, in either version: who asks for it gets a fatal alert, and `error` is called (D39). */
  disableRenegotiation(): void {}

  /** @throws Error `ERR_TLS_RENEGOTIATION_DISABLED`, always: TLS 1.3 has none, and in 1.2 it is not spoken (D39) */
  renegotiate(): void {
    if (this.#open === undefined) return;
    throw failure('ERR_TLS_RENEGOTIATION_DISABLED', 'Vitrine never renegotiates: open another connection instead');
  }

  /** A server has one from the start, though another may be chosen for the client. */
  get #localCertificate(): Certificate | undefined {
    const tls = this[TLS];
    return tls?.localChain[0] ?? (tls?.config.role === 'server' ? tls.config.credentials[0]?.chain[0] : undefined);
  }

  /** TLS, while the socket is not closed. */
  get #open(): TlsConnection | undefined {
    return this[LIVE] ? this[TLS] : undefined;
  }
}

function isComplete(tls: TlsConnection): boolean {
  return tls.alpnProtocol !== null;
}

function versionName(tls: TlsConnection): string {
  return tls.version === TLS13 ? 'TLSv1.3' : 'TLSv1.2';
}

/** OpenSSL's name of a scheme: `RSA-PSS+SHA256`. */
function schemeName(scheme: SignatureScheme): string {
  const { kind } = SCHEMES[scheme];
  if (kind.algorithm === 'ed25519') return 'Ed25519';
  const name = kind.algorithm === 'rsa-pkcs1' ? 'RSA' : kind.algorithm.toUpperCase();
  return `${name}+${kind.hash.toUpperCase()}`;
}

function buffer(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes);
}

function view(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
}

function x509(certificate: Certificate | undefined): X509Certificate | undefined {
  const crypto = globalThis.process?.getBuiltinModule?.('node:crypto');
  return certificate && crypto && new crypto.X509Certificate(certificate.raw);
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Before the verdict, and for a client that gave no certificate, asked for one or not. */
function nothingVerified(): Error {
  return Object.assign(failure('UNABLE_TO_GET_ISSUER_CERT', 'unable to get issuer certificate'), { errno: 0 });
}

/** Names as OpenSSL has them, and the bits of the curve's order; of a hybrid, of its curve. */
const GROUP_INFO: Readonly<Record<GroupName, { name: string; size: number }>> = {
  X25519MLKEM768: { name: 'X25519MLKEM768', size: 253 },
  x25519: { name: 'X25519', size: 253 },
  secp256r1: { name: 'prime256v1', size: 256 },
  secp384r1: { name: 'secp384r1', size: 384 },
};
