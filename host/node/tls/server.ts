/**
 * `tls.Server` in the shape of Node's: a `net.Server` whose connections speak TLS. Streams that a program hands to it, by
 * `emit('connection', stream)`, are served, too. Not for: the handshake.
 */
import type { SecureContext as NodeSecureContext, Server as NodeTlsServer } from 'node:tls';
import type { TLSOptions } from '../../tls/options.js';
import { notSupported, wrongType, wrongValue } from '../errors.js';
import { LISTENER_TLS, MAKE_SOCKET, Server, type ServerOptions } from '../server.js';
import type { Socket, SocketOptions } from '../socket.js';
import { askForContext, contextOf, type MaybeLater, type ServerTlsOptions, serverTls } from './config.js';
import { SecureContext, type SecureContextOptions } from './secure-context.js';
import { TLSSocket } from './socket.js';

export interface TlsServerOptions extends ServerOptions, ServerTlsOptions {
  /** Milliseconds; 30 s unless given, which is the most. */
  handshakeTimeout?: number | undefined;
}

export class TlsServer extends Server implements NodeTlsServer {
  readonly #options: TlsServerOptions;
  /** The context of who asks for no name that is known; replaced by `setSecureContext`. */
  #context: SecureContext;
  #replaced = false;
  /** Sockets of its own connections, which `connection` tells of, too. */
  readonly #own = new WeakSet<TLSSocket>();
  readonly #named: { pattern: RegExp; context: SecureContext }[] = [];

  /** @throws TypeError, KeyMaterialError, Error for options that mean nothing */
  constructor(options?: TlsServerOptions, listener?: (socket: TLSSocket) => void);
  constructor(listener?: (socket: TLSSocket) => void);
  constructor(first?: TlsServerOptions | ((socket: TLSSocket) => void), second?: (socket: TLSSocket) => void) {
    const options = typeof first === 'function' ? {} : (first ?? {});
    const listener = typeof first === 'function' ? first : second;
    super(options);
    this.#options = options;
    if (options.SNICallback != null && typeof options.SNICallback !== 'function') {
      throw wrongType('"options.SNICallback" property', 'of type function', options.SNICallback);
    }
    this.#context = contextOf(options);
    if (listener !== undefined) this.on('secureConnection', listener);
    this.on('connection', (stream: Socket) => {
      if (!(stream instanceof TLSSocket && this.#own.has(stream)))
        this.#serve(new TLSSocket(stream, this.#forSocket()));
    });
  }

  /** Serves whoever asks for this name, in which `*` stands for a label, with another context. The latest one counts. */
  addContext(servername: string, context: SecureContext | SecureContextOptions | NodeSecureContext): void {
    if (!servername) {
      throw wrongValue('ERR_TLS_REQUIRED_SERVER_NAME', '"servername" is required parameter for Server.addContext');
    }
    const labels = servername.split('*').map((text) => text.replace(/[.^$+?\-\\[\]{}()|]/g, '\\$&'));
    const pattern = new RegExp(`^${labels.join('[^.]*')}$`, 'i');
    this.#named.push({ pattern, context: SecureContext.of(context) });
  }

  /** Other keys and certificates for connections that come from now on. */
  setSecureContext(options: SecureContextOptions): void {
    this.#context = new SecureContext(options);
    this.#replaced = true;
  }

  /** @throws TypeError always */
  getTicketKeys(): Buffer<ArrayBuffer> {
    throw notSupported(TICKET_KEYS);
  }

  /** @throws TypeError always */
  setTicketKeys(): void {
    throw notSupported(TICKET_KEYS);
  }

  override [MAKE_SOCKET](options: SocketOptions): Socket {
    const socket = new TLSSocket(undefined, { ...this.#forSocket(), ...options });
    this.#own.add(socket);
    this.#serve(socket);
    return socket;
  }

  override [LISTENER_TLS](): TLSOptions {
    const { SNICallback } = this.#options;
    if (!this.#context.hasCertificate && SNICallback == null && this.#named.length === 0) {
      throw wrongValue('ERR_MISSING_ARGS', 'The options "key" and "cert" are needed: a TLS server has a certificate');
    }
    return serverTls({ ...this.#options, secureContext: this.#context }, (name) => this.#contextFor(name));
  }

  #forSocket() {
    const { ALPNCallback, ALPNProtocols, handshakeTimeout, rejectUnauthorized, requestCert } = this.#options;
    return {
      ALPNCallback,
      ALPNProtocols,
      handshakeTimeout,
      rejectUnauthorized,
      requestCert,
      secureContext: this.#context,
      contextFor: (name: string | undefined) => this.#contextFor(name),
      isServer: true,
      server: this,
    };
  }

  #serve(socket: TLSSocket): void {
    socket.once('secure', () => this.emit('secureConnection', socket));
  }

  /** @returns `undefined`: the context that the connection has already */
  #contextFor(servername: string | undefined): MaybeLater<SecureContext | undefined> {
    const chosen = servername === undefined ? undefined : this.#askedFor(servername);
    const orElse = (context: SecureContext | undefined) => context ?? (this.#replaced ? this.#context : undefined);
    return chosen instanceof Promise ? chosen.then(orElse) : orElse(chosen);
  }

  #askedFor(servername: string): MaybeLater<SecureContext | undefined> {
    const { SNICallback } = this.#options;
    if (SNICallback != null) return askForContext(SNICallback, servername);
    return this.#named.findLast(({ pattern }) => pattern.test(servername))?.context;
  }
}

const TICKET_KEYS = 'Keys of tickets are not given out: they change by themselves, and each server has its own';
