/**
 * `net.Server` in the shape of Node's, on a Bun-shaped listener. Not for: TLS (`tls/server.ts`), arguments
 * (`listen-options.ts`).
 */
import { EventEmitter } from 'node:events';
import type { AddressInfo, DropArgument, Server as NodeServer, ServerOpts } from 'node:net';
import { addressFamily } from '../core/address.js';
import { defaultStack } from '../socket/default-stack.js';
import type { TCPSocketListener } from '../socket/listener.js';
import type { Stack } from '../stack/stack.js';
import type { TLSOptions } from '../tls/options.js';
import { type Channel, endsOf } from './channel.js';
import type { StackOption } from './connect-options.js';
import { failure, systemError, wrongType } from './errors.js';
import { ADOPT } from './hooks.js';
import { type ListenOptions, readListenOptions } from './listen-options.js';
import { Socket, type SocketOptions } from './socket.js';

export type ServerOptions = ServerOpts & StackOption;

/** What a subclass adds: the socket of a connection, and the `tls` option of the listener. */
export const MAKE_SOCKET: unique symbol = Symbol('make socket');
export const LISTENER_TLS: unique symbol = Symbol('listener tls');

export class Server extends EventEmitter implements NodeServer {
  /** More connections than this are closed at once, and `drop` is emitted. */
  declare maxConnections: number;
  readonly allowHalfOpen: boolean;
  readonly pauseOnConnect: boolean;
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelay: number;
  readonly highWaterMark: number | undefined;
  readonly #stack: Stack | undefined;
  #listener: TCPSocketListener<Socket | undefined> | undefined;
  #connections = 0;
  #reffed = true;

  constructor(options?: ServerOptions, listener?: (socket: Socket) => void);
  constructor(listener?: (socket: Socket) => void);
  constructor(first?: ServerOptions | ((socket: Socket) => void), second?: (socket: Socket) => void) {
    super();
    const options = typeof first === 'function' ? {} : (first ?? {});
    const listener = typeof first === 'function' ? first : second;
    if (typeof options !== 'object') throw wrongType('"options" argument', 'of type object', options);
    this.#stack = options.stack;
    this.allowHalfOpen = options.allowHalfOpen ?? false;
    this.pauseOnConnect = options.pauseOnConnect ?? false;
    this.noDelay = Boolean(options.noDelay);
    this.keepAlive = Boolean(options.keepAlive);
    this.keepAliveInitialDelay = options.keepAliveInitialDelay ?? 0;
    this.highWaterMark = options.highWaterMark;
    if (listener !== undefined) this.on('connection', listener);
  }

  /** All forms of Node's. The port is taken at once; `listening`, or `error`, is emitted later. */
  listen(port?: number, host?: string, backlog?: number, listener?: () => void): this;
  listen(port?: number, host?: string, listener?: () => void): this;
  listen(port?: number, backlog?: number, listener?: () => void): this;
  listen(port?: number, listener?: () => void): this;
  listen(path: string, backlog?: number, listener?: () => void): this;
  listen(path: string, listener?: () => void): this;
  listen(options: object, listener?: () => void): this;
  listen(handle: object, backlog?: number, listener?: () => void): this;
  listen(...given: unknown[]): this {
    if (this.#listener !== undefined) {
      throw failure('ERR_SERVER_ALREADY_LISTEN', 'Listen method has been called more than once without closing.');
    }
    const options = readListenOptions(given);
    if (options.listener !== undefined) this.once('listening', options.listener);
    try {
      this.#listener = this.#start(options);
    } catch (error) {
      const { host: address, port } = options;
      process.nextTick(() => this.emit('error', systemError(error as Error, 'listen', { address, port })));
      return this;
    }
    if (!this.#reffed) this.#listener.unref();
    this.#obey(options.signal);
    process.nextTick(() => {
      if (this.#listener !== undefined) this.emit('listening');
    });
    return this;
  }

  /** Accepts no more; `close` is emitted when the last connection is closed. */
  close(callback?: (error?: Error) => void): this {
    if (typeof callback === 'function') {
      if (this.#listener === undefined) this.once('close', () => callback(notRunning()));
      else this.once('close', callback);
    }
    this.#listener?.stop();
    this.#listener = undefined;
    this.#emitCloseIfIdle();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.close((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  address(): AddressInfo | null {
    if (this.#listener === undefined) return null;
    const { hostname, port } = this.#listener;
    const address = hostname.toLowerCase() === 'localhost' ? '127.0.0.1' : hostname;
    return { address, family: addressFamily(address), port };
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#connections);
    return this;
  }

  /** Deprecated, as in Node: `getConnections`. */
  get connections(): number {
    return this.#connections;
  }

  get listening(): boolean {
    return this.#listener !== undefined;
  }

  ref(): this {
    this.#reffed = true;
    this.#listener?.ref();
    return this;
  }

  unref(): this {
    this.#reffed = false;
    this.#listener?.unref();
    return this;
  }

  [MAKE_SOCKET](options: SocketOptions): Socket {
    return new Socket(options);
  }

  [LISTENER_TLS](): TLSOptions | readonly TLSOptions[] | undefined {
    return undefined;
  }

  #start({ host: hostname, port, ipv6Only }: ListenOptions): TCPSocketListener<Socket | undefined> {
    const tls = this[LISTENER_TLS]();
    return (this.#stack ?? defaultStack()).listen<Socket | undefined>({
      hostname,
      port,
      ipv6Only,
      ...(tls !== undefined && { tls }),
      allowHalfOpen: true,
      data: undefined,
      socket: { ...Socket.handlers, open: (channel) => this.#accept(channel) },
    });
  }

  #accept(channel: Channel): void {
    if (this.maxConnections !== undefined && this.#connections >= this.maxConnections) {
      const dropped: DropArgument = endsOf(channel);
      channel.close();
      this.emit('drop', dropped);
      return;
    }
    const { allowHalfOpen, highWaterMark } = this;
    const socket = this[MAKE_SOCKET]({ allowHalfOpen, highWaterMark, stack: this.#stack });
    if (this.noDelay) socket.setNoDelay();
    if (this.keepAlive) socket.setKeepAlive(true, this.keepAliveInitialDelay);
    Object.assign(socket, { server: this, _server: this });
    socket[ADOPT](channel, this.pauseOnConnect);
    this.#connections += 1;
    socket.once('close', () => {
      this.#connections -= 1;
      this.#emitCloseIfIdle();
    });
    this.emit('connection', socket);
  }

  #obey(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const close = () => void this.close();
    if (signal.aborted) process.nextTick(close);
    else {
      signal.addEventListener('abort', close, { once: true });
      this.once('close', () => signal.removeEventListener('abort', close));
    }
  }

  #emitCloseIfIdle(): void {
    if (this.#listener !== undefined || this.#connections > 0) return;
    process.nextTick(() => {
      if (this.#listener === undefined && this.#connections === 0) this.emit('close');
    });
  }
}

function notRunning(): Error {
  return failure('ERR_SERVER_NOT_RUNNING', 'Server is not running.');
}
