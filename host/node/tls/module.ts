/**
 * `tlsOf`: all of `vitrine/tls` on one stack. Not for: what the parts do.
 */
import type { ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, rootCertificates } from 'node:tls';
import type { Stack } from '../../stack/stack.js';
import { SUITES } from '../../tls/parameters.js';
import { type ConnectOptions as NetConnectOptions, readArguments } from '../connect-options.js';
import type { ServerOptions } from '../server.js';
import { type ClientTlsOptions, contextOf } from './config.js';
import { createSecureContext, SecureContext } from './secure-context.js';
import { TlsServer, type TlsServerOptions } from './server.js';
import { TLSSocket, type TLSSocketOptions } from './socket.js';

export type ConnectOptions = Partial<Omit<NetConnectOptions, 'onread'>> &
  ClientTlsOptions & {
    /** What to speak TLS over, in place of a connection of its own: any stream. */
    socket?: Duplex | undefined;
  };

export interface Connect {
  /** As `createConnection` of a request of `node:https`. */
  (options: ClientRequestArgs, created?: (error: Error | null, socket: Duplex) => void): TLSSocket;
  (options: ConnectOptions, listener?: () => void): TLSSocket;
  (port: number, host?: string, options?: ConnectOptions, listener?: () => void): TLSSocket;
  (port: number, options?: ConnectOptions, listener?: () => void): TLSSocket;
  (port: number, host: string, listener?: () => void): TLSSocket;
  (port: number, listener?: () => void): TLSSocket;
}

export interface CreateServer {
  (options?: TlsServerOptions, listener?: (socket: TLSSocket) => void): TlsServer;
  (listener?: (socket: TLSSocket) => void): TlsServer;
}

/** What is in `vitrine/tls`. */
export interface Tls {
  TLSSocket: typeof TLSSocket;
  Server: typeof TlsServer;
  SecureContext: typeof SecureContext;
  connect: Connect;
  createServer: CreateServer;
  createSecureContext: typeof createSecureContext;
  checkServerIdentity: typeof checkServerIdentity;
  getCiphers(): string[];
  rootCertificates: typeof rootCertificates;
  DEFAULT_CIPHERS: string;
  DEFAULT_ECDH_CURVE: string;
  DEFAULT_MIN_VERSION: 'TLSv1.2';
  DEFAULT_MAX_VERSION: 'TLSv1.3';
}

/**
 * The module `vitrine/tls`, bound to a stack.
 * @param stack `undefined`: the default stack at the time of each call
 */
export function tlsOf(stack?: Stack): Tls {
  const bound = stack === undefined ? {} : { stack };

  class BoundSocket extends TLSSocket {
    constructor(stream?: Duplex | null, options?: TLSSocketOptions) {
      super(stream, { ...bound, ...options });
    }
  }
  class BoundServer extends TlsServer {
    constructor(options?: TlsServerOptions | ((socket: TLSSocket) => void), listener?: (socket: TLSSocket) => void) {
      if (typeof options === 'function') super(bound, options);
      else super(typeof options === 'object' ? { ...bound, ...options } : (options ?? bound), listener);
    }
  }
  const connect = (...given: unknown[]) => {
    const { options, listener } = readConnectArguments(given);
    // What is wrong with keys and certificates is told at once.
    const secure = { ...options, secureContext: contextOf(options) };
    const { socket: stream } = options;
    const socket = new BoundSocket(stream, { ...secure, isServer: false });
    if (listener !== undefined) socket.once('secureConnect', listener);
    if (stream != null) return socket;
    return socket.connect(options as Partial<NetConnectOptions>);
  };
  const createServer = (options?: TlsServerOptions & ServerOptions, listener?: (socket: TLSSocket) => void) =>
    new BoundServer(options, listener);

  return {
    TLSSocket: stack === undefined ? TLSSocket : BoundSocket,
    Server: stack === undefined ? TlsServer : (BoundServer as typeof TlsServer),
    SecureContext,
    connect: connect as Connect,
    createServer: createServer as CreateServer,
    createSecureContext,
    checkServerIdentity,
    getCiphers: () => [...new Set(SUITES.map(({ name }) => name.toLowerCase()))],
    rootCertificates,
    DEFAULT_CIPHERS: SUITES.map(({ name }) => name).join(':'),
    DEFAULT_ECDH_CURVE: 'auto',
    DEFAULT_MIN_VERSION: 'TLSv1.2',
    DEFAULT_MAX_VERSION: 'TLSv1.3',
  };
}

/** `(options, listener?)`, `(port, host?, options?, listener?)`; options that stand behind a port may not name another. */
function readConnectArguments(given: readonly unknown[]): { options: ConnectOptions; listener?: () => void } {
  const { options, listener } = readArguments(given);
  const [, second, third] = given;
  const behind = [second, third].find((value) => typeof value === 'object' && value !== null) as object | undefined;
  return { options: { ...behind, ...options }, ...(listener && { listener }) };
}
