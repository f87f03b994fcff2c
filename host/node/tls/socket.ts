/**
 * `tls.TLSSocket` in the shape of Node's. TLS is below it: in the stack for its own connections and for `net.Socket`s,
 * in an engine beside it for every other stream. Not for: what is negotiated (`../../tls/`), options (`config.ts`).
 */
import type { X509Certificate } from 'node:crypto';
import type { Server as NodeServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  CipherNameAndProtocol,
  DetailedPeerCertificate,
  EphemeralKeyInfo,
  TLSSocket as NodeTLSSocket,
  PeerCertificate,
} from 'node:tls';
import type { PreparedTls, TLSOptions, TlsEnvironment } from '../../tls/options.js';
import type { Channel } from '../channel.js';
import type { Destination } from '../connect-options.js';
import { failure, notSupported } from '../errors.js';
import { ADOPT, BROKEN, CHANNEL, KEYLOG, SECURED, SESSION, TLS_OPTIONS, UPGRADE } from '../hooks.js';
import { Socket, type SocketOptions } from '../socket.js';
import type { SecureChannel } from './channel.js';
import { type ClientTlsOptions, clientTls, type MaybeLater, type ServerTlsOptions, serverTls } from './config.js';
import { DuplexChannel } from './duplex-channel.js';
import type { SecureContext } from './secure-context.js';

export interface TLSSocketOptions extends SocketOptions, ClientTlsOptions, ServerTlsOptions {
  isServer?: boolean | undefined;
  /** Which server hears of this socket. */
  server?: NodeServer | undefined;
  /** Whom a client expects, if there is no `servername`. */
  host?: string | undefined;
  /** Milliseconds; 30 s unless given, which is the most. */
  handshakeTimeout?: number | undefined;
  /** For servers: the context for the name that a client asks for, or for none. */
  contextFor?: ((servername: string | undefined) => MaybeLater<SecureContext | undefined>) | undefined;
}

export class TLSSocket extends Socket implements NodeTLSSocket {
  readonly encrypted = true as const;
  /** Whether the peer is who it should be: chain, validity, usage and name. */
  authorized = false;
  /** OpenSSL's code of why it is not; Node's type says `Error`, Node gives text. */
  authorizationError = null as unknown as Error;
  alpnProtocol: string | false | null = null;
  servername: string | false | null = null;
  /** Until the handshake has ended. */
  secureConnecting = true;
  readonly #options: TLSSocketOptions;
  #deadline: NodeJS.Timeout | undefined;

  /**
   * @param stream what to speak TLS over; without it `connect` makes a connection
   * @throws TypeError, KeyMaterialError, Error for options that mean nothing
   */
  constructor(stream?: Duplex | null, options: TLSSocketOptions = {}) {
    const { allowHalfOpen = stream?.allowHalfOpen, highWaterMark, signal, stack } = options;
    super({ allowHalfOpen, highWaterMark, signal, stack });
    this.#options = { ...options };
    if (stream == null) return;
    const tls = this.#prepare(options.host ?? (stream as { _host?: string })._host);
    if ((stream as Partial<Socket>).connecting) this.#await(stream, tls);
    else this[ADOPT](this.#over(stream, tls));
  }

  /** Chooses whom to ask for, before the handshake. */
  setServername(name: string): void {
    this.#options.servername = name;
  }

  /** Resumes a session, given before the handshake. */
  setSession(session: Uint8Array): void {
    this.#options.session = session;
  }

  /** @param detailed with the chain, through `issuerCertificate` */
  getPeerCertificate(detailed: true): DetailedPeerCertificate;
  getPeerCertificate(detailed?: false): PeerCertificate;
  getPeerCertificate(detailed?: boolean): PeerCertificate | DetailedPeerCertificate;
  getPeerCertificate(detailed = false): PeerCertificate {
    return this.#secure?.getPeerCertificate(!detailed) ?? (null as unknown as PeerCertificate);
  }

  getCertificate(): PeerCertificate | object | null {
    return this.#secure?.getCertificate() ?? null;
  }

  getX509Certificate(): X509Certificate | undefined {
    return this.#secure?.getX509Certificate();
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    return this.#secure?.getPeerX509Certificate();
  }

  getCipher(): CipherNameAndProtocol {
    return this.#secure?.getCipher() as CipherNameAndProtocol;
  }

  /** `unknown` before the handshake is complete, `null` once closed. */
  getProtocol(): string | null {
    return this.#secure?.getTLSVersion() ?? null;
  }

  getEphemeralKeyInfo(): EphemeralKeyInfo | object | null {
    return this.#secure?.getEphemeralKeyInfo() ?? null;
  }

  getSharedSigalgs(): string[] {
    return this.#secure?.getSharedSigalgs() ?? [];
  }

  getFinished(): Buffer<ArrayBuffer> | undefined {
    return this.#secure?.getTLSFinishedMessage() as Buffer<ArrayBuffer> | undefined;
  }

  getPeerFinished(): Buffer<ArrayBuffer> | undefined {
    return this.#secure?.getTLSPeerFinishedMessage() as Buffer<ArrayBuffer> | undefined;
  }

  getSession(): Buffer<ArrayBuffer> | undefined {
    return this.#secure?.getSession() as Buffer<ArrayBuffer> | undefined;
  }

  getTLSTicket(): Buffer<ArrayBuffer> | undefined {
    return this.#secure?.getTLSTicket() as Buffer<ArrayBuffer> | undefined;
  }

  isSessionReused(): boolean {
    return this.#secure?.isSessionReused() ?? false;
  }

  setMaxSendFragment(size: number): boolean {
    return this.#secure?.setMaxSendFragment(size) ?? false;
  }

  /** @throws Error before the handshake is complete */
  exportKeyingMaterial(length: number, label: string, context?: Buffer): Buffer<ArrayBuffer> {
    const secure = this.secureConnecting ? undefined : this.#secure;
    if (secure === undefined) {
      throw failure('ERR_TLS_INVALID_STATE', 'TLS socket connection must be securely established');
    }
    return secure.exportKeyingMaterial(length, label, context) as Buffer<ArrayBuffer>;
  }

  /** There is none: the callback gets an error. */
  renegotiate(_options: object, callback?: (error: Error | null) => void): boolean {
    const words = 'Vitrine never renegotiates: open another connection instead';
    if (callback !== undefined) process.nextTick(callback, failure('ERR_TLS_RENEGOTIATION_DISABLED', words));
    return false;
  }

  /** It is disabled always. */
  disableRenegotiation(): void {}

  /** @throws TypeError always */
  enableTrace(): void {
    throw notSupported('enableTrace is not supported: use the event keylog, and Wireshark');
  }

  /** @throws TypeError always */
  setKeyCert(): void {
    throw notSupported('setKeyCert is not supported: choose the context with SNICallback');
  }

  override _final(done: (error?: Error | null) => void): void {
    // To end before the handshake is complete would lose what was written.
    if (!this.connecting && this.secureConnecting) this.once('secure', () => super._final(done));
    else super._final(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#deadline);
    super._destroy(error, done);
  }

  override [TLS_OPTIONS]({ host }: Destination): TLSOptions {
    return this.#prepare(this.#options.host ?? host);
  }

  override [ADOPT](channel: Channel, paused?: boolean): void {
    super[ADOPT](channel, paused);
    const { handshakeTimeout = 0 } = this.#options;
    if (handshakeTimeout > 0) this.#deadline = setTimeout(() => this.#refuse(late()), handshakeTimeout).unref();
  }

  override [SECURED](_success: boolean, error: Error | null): void {
    const secure = this.#secure;
    if (secure === undefined) return;
    // Before the handshake is complete there is no answer, not even `false`.
    if (secure.alpnProtocol === null) {
      this.#refuse(error ?? late());
      return;
    }
    const { isServer, requestCert } = this.#options;
    clearTimeout(this.#deadline);
    this.secureConnecting = false;
    this.alpnProtocol = secure.alpnProtocol;
    this.servername = secure.getServername() ?? false;
    this.authorized = secure.authorized;
    const verdict = isServer && !requestCert ? null : (secure.getAuthorizationError() as { code?: string } | null);
    this.authorizationError = (verdict?.code ?? null) as unknown as Error;
    this.emit('secure');
    if (!isServer) this.emit('secureConnect');
  }

  override [BROKEN](error: Error): void {
    if (this.secureConnecting) this.#refuse(error);
    else super[BROKEN](error);
  }

  override [SESSION](session: Buffer): void {
    this.emit('session', session);
  }

  override [KEYLOG](line: Buffer): void {
    this.emit('keylog', line);
    this.#options.server?.emit('keylog', line, this);
  }

  get #secure(): SecureChannel | undefined {
    return this[CHANNEL] as SecureChannel | undefined;
  }

  /** A server hears of it; where there is none, it is the error of this socket. */
  #refuse(error: Error): void {
    const told = error.cause instanceof Error ? error.cause : error;
    const { server } = this.#options;
    if (server === undefined) {
      super[BROKEN](told);
      return;
    }
    server.emit('tlsClientError', told, this);
    this.destroy();
  }

  #prepare(host: string | undefined): PreparedTls & TLSOptions {
    const { isServer, contextFor = () => undefined } = this.#options;
    return isServer ? serverTls(this.#options, contextFor) : clientTls(this.#options, host);
  }

  #over(stream: Duplex, tls: PreparedTls & TLSOptions): Channel {
    const upgraded = stream instanceof Socket ? stream[UPGRADE](tls, this) : undefined;
    return upgraded ?? new DuplexChannel(stream, tls.configure(ENVIRONMENT), Socket.handlers);
  }

  /** The stream is a socket that connects. */
  #await(stream: Duplex, tls: PreparedTls & TLSOptions): void {
    this.connecting = true;
    const fail = (error?: Error) => void this.destroy(error);
    stream.once('error', fail).once('close', fail);
    stream.once('connect', () => {
      stream.off('error', fail).off('close', fail);
      if (this.destroyed) return;
      this.connecting = false;
      this[ADOPT](this.#over(stream, tls));
      this.emit('connect');
    });
  }
}

function late(): Error {
  return failure('ERR_TLS_HANDSHAKE_TIMEOUT', 'TLS handshake timeout');
}

/** For streams that belong to no stack. */
const ENVIRONMENT: TlsEnvironment = { wall: Date.now };
