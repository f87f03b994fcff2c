/**
 * A listening port as programs see it: Bun's `TCPSocketListener`.
 * Not for: the sockets that it accepted (`socket.ts`).
 */
import type { Connection } from '../stack/connection.js';
import type { Connections } from '../stack/connections.js';
import { Hold } from '../stack/keep-alive.js';
import type { TlsConfig } from '../tls/config.js';
import type { HandlerBox } from './handlers.js';
import { parseReload, type SocketOptions } from './options.js';
import type { SocketParts } from './parts.js';
import { Socket } from './socket.js';
import { TlsTransport } from './tls/transport.js';

export class TCPSocketListener<Data = unknown> {
  /** The first `data` of sockets that are accepted from now on. */
  data: Data;
  /** The port in use; stays after `stop`. */
  readonly port: number;
  /** As given to `listen`. */
  readonly hostname: string;

  readonly #allowHalfOpen: boolean;
  readonly #tls: TlsConfig | undefined;
  #listening = true;
  readonly #box: HandlerBox;
  readonly #hold: Hold;
  readonly #handle: number;
  readonly #connections: Connections<Socket<unknown>>;

  /** For `listen` and `restore`, not for programs. */
  constructor(parts: ListenerParts<Data>) {
    this.data = parts.data;
    this.port = parts.port;
    this.hostname = parts.hostname;
    this.#box = parts.box;
    this.#handle = parts.handle;
    this.#connections = parts.connections;
    this.#tls = parts.tls;
    this.#hold = new Hold(parts.connections.port.keepAlive);
    this.#allowHalfOpen = parts.allowHalfOpen;
    this.#connections.accept(this.#handle, (connection) => this.adopt(connection, this.#allowHalfOpen));
    this.ref();
  }

  /** False once `stop` was called. */
  get listening(): boolean {
    return this.#listening;
  }

  get [Symbol.toStringTag](): string {
    return 'Listener';
  }

  /** Accepts no more. Sockets accepted before live on, unless `closeActiveConnections` is `true`. Idempotent. */
  stop(closeActiveConnections?: boolean): void {
    if (this.#listening) {
      this.#listening = false;
      this.#hold.set(false);
      this.#connections.unlisten(this.#handle);
    }
    if (closeActiveConnections !== true) return;
    for (const socket of this.#connections.owners()) {
      if (Socket.state(socket).listener === this) socket.close();
    }
  }

  /** As `stop(true)`. */
  [Symbol.dispose](): void {
    this.stop(true);
  }

  /** Keeps the process alive until `stop`, as it does from the start. */
  ref(): void {
    this.#hold.set(this.#listening);
  }

  unref(): void {
    this.#hold.set(false);
  }

  /** Replaces the handlers of all sockets of this listener, accepted or to come; what is left out is removed. */
  reload(options: Pick<SocketOptions<Data>, 'socket'>): void;
  reload(...given: unknown[]): void {
    this.#box.current = parseReload(given, 'object');
  }

  /** Makes the socket of an accepted connection; `null`: there is no room for it. For the stack, not for programs. */
  adopt(
    connection: Connection<Socket<unknown>>,
    allowHalfOpen: boolean,
    resumed?: SocketParts<unknown>['resumed'],
  ): Socket<unknown> | null {
    const tls = this.#tls && TlsTransport.over(connection, this.#tls);
    if (this.#tls !== undefined && tls === undefined) return null;
    const socket = new Socket<unknown>({
      connection: tls ?? connection,
      tls,
      keepAlive: this.#connections.port.keepAlive,
      box: this.#box,
      data: this.data,
      allowHalfOpen,
      listener: this,
      ...(resumed === undefined ? {} : { resumed }),
    });
    tls?.attach(socket);
    return socket;
  }

  /** What a snapshot has to remember. For the stack, not for programs. */
  static state(listener: TCPSocketListener<unknown>): ListenerState {
    const { hostname, port } = listener;
    const secure = listener.#tls !== undefined;
    return { handle: listener.#handle, hostname, port, allowHalfOpen: listener.#allowHalfOpen, secure };
  }
}

export interface ListenerState {
  handle: number;
  hostname: string;
  port: number;
  allowHalfOpen: boolean;
  /** It speaks TLS. */
  secure: boolean;
}

export interface ListenerParts<Data> {
  connections: Connections<Socket<unknown>>;
  handle: number;
  box: HandlerBox;
  data: Data;
  hostname: string;
  port: number;
  allowHalfOpen: boolean;
  tls?: TlsConfig | undefined;
}
