/**
 * A listening port as programs see it: Bun's `TCPSocketListener`.
 * Not for: the sockets that it accepted (`socket.ts`).
 */
import { addressFamily } from '../core/address.js';
import type { Connection } from '../stack/connection.js';
import type { Acceptor, Connections } from '../stack/connections.js';
import { Hold } from '../stack/keep-alive.js';
import type { TlsConfig } from '../tls/config.js';
import { wrongType } from './errors.js';
import type { HandlerBox } from './handlers.js';
import { expose } from './members.js';
import { addressText, parseReload, type SocketOptions } from './options.js';
import type { SocketParts } from './parts.js';
import { Socket } from './socket.js';
import { TlsTransport } from './tls/transport.js';

/** What every listener has; `listen` gives a `TCPSocketListener`. */
export interface SocketListener<Data = undefined> extends Disposable {
  data: Data;
  stop(closeActiveConnections?: boolean): void;
  ref(): void;
  unref(): void;
  reload(options: Pick<SocketOptions<Data>, 'socket'>): void;
}

export class TCPSocketListener<Data = unknown> implements SocketListener<Data> {
  #data: Data;
  #listening = true;
  readonly #parts: ListenerParts<Data>;
  readonly #hold: Hold;
  readonly #acceptor: Acceptor<Socket<unknown>>;
  readonly #speaksIPv6: boolean;

  /** For `listen` and `restore`, not for programs. */
  constructor(parts: ListenerParts<Data>) {
    this.#data = parts.data;
    this.#parts = parts;
    this.#hold = new Hold(parts.connections.port.keepAlive);
    this.#speaksIPv6 = addressFamily(addressText(parts.hostname)) === 'IPv6';
    this.#acceptor = (connection) => this.adopt(connection, parts.allowHalfOpen);
    parts.listeners.add(this);
    parts.connections.accept(parts.handle, this.#acceptor);
    this.#hold.live = true;
  }

  /** The first `data` of sockets that are accepted from now on. */
  get data(): Data {
    return this.#data;
  }

  set data(data: Data) {
    this.#data = data;
  }

  /** The port in use; stays after `stop`. */
  get port(): number {
    return this.#parts.port;
  }

  /** As given to `listen`. */
  get hostname(): string {
    return this.#parts.hostname;
  }

  /** Always `undefined`: there are no unix domain sockets here. */
  get unix(): undefined {
    return undefined;
  }

  /** Always -1: no listener of this stack has a descriptor of the operating system. */
  get fd(): number {
    return -1;
  }

  /**
   * Writes `family`, `address` and `port` into the object given, as Bun does.
   * @throws TypeError for what is no object
   */
  getsockname(out: object): void {
    if (typeof out !== 'object' || out === null) throw wrongType('Expected object');
    const address = addressText(this.hostname);
    Object.assign(out, { family: addressFamily(address), address, port: this.port });
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
    const { connections, handle } = this.#parts;
    if (this.#listening) {
      this.#listening = false;
      this.#hold.live = false;
      this.#parts.listeners.delete(this);
      connections.leave(handle, this.#acceptor);
    }
    if (closeActiveConnections !== true) return;
    for (const socket of connections.owners()) {
      if (Socket.state(socket).listener === this) socket.close();
    }
  }

  /** As `stop(true)`. */
  [Symbol.dispose](): void {
    this.stop(true);
  }

  /** Keeps the process alive until `stop`, as it does from the start. */
  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  /** Replaces the handlers of all sockets of this listener, accepted or to come; what is left out is removed. */
  reload(options: Pick<SocketOptions<Data>, 'socket'>): void;
  reload(...given: unknown[]): void {
    this.#parts.box.current = parseReload(given, 'object');
  }

  /** Makes the socket of an accepted connection; `null`: there is no room for it. For the stack, not for programs. */
  adopt(
    connection: Connection<Socket<unknown>>,
    allowHalfOpen: boolean,
    resumed?: SocketParts<unknown>['resumed'],
  ): Socket<unknown> | null {
    const { tls: config, connections, box, paused = false } = this.#parts;
    connection.speaksIPv6 = this.#speaksIPv6;
    const tls = config && TlsTransport.over(connection, config);
    if (config !== undefined && tls === undefined) return null;
    const socket = new Socket<unknown>({
      connection: tls ?? connection,
      tls,
      keepAlive: connections.port.keepAlive,
      box,
      data: this.data,
      allowHalfOpen,
      paused,
      listener: this,
      ...(resumed === undefined ? {} : { resumed }),
    });
    tls?.attach(socket);
    return socket;
  }

  /** What a snapshot has to remember. For the stack, not for programs. */
  static state(listener: TCPSocketListener<unknown>): ListenerState {
    const { handle, hostname, port, allowHalfOpen, paused = false, tls } = listener.#parts;
    return { handle, hostname, port, allowHalfOpen, paused, secure: tls !== undefined };
  }

  static {
    expose(TCPSocketListener, ['adopt', 'listening']);
  }
}

export interface ListenerState {
  handle: number;
  hostname: string;
  port: number;
  allowHalfOpen: boolean;
  /** Its sockets start paused. */
  paused: boolean;
  /** It speaks TLS. */
  secure: boolean;
}

export interface ListenerParts<Data> {
  connections: Connections<Socket<unknown>>;
  /** Those of the stack that have not stopped. */
  listeners: Set<TCPSocketListener>;
  handle: number;
  box: HandlerBox;
  data: Data;
  hostname: string;
  port: number;
  allowHalfOpen: boolean;
  paused?: boolean;
  tls?: TlsConfig | undefined;
}
