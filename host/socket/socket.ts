/**
 * One TCP connection as programs see it: Bun's `Socket`. It turns events of the connection into handler calls and calls
 * of the program into calls of the connection. The contract in one page: `../README.md`.
 * Not for: bytes in flight (`../stack/connections.ts`), reading options (`options.ts`, `payload.ts`).
 */
import {
  ERROR_CONNECTION_ABORTED,
  ERROR_TIMED_OUT,
  OPTION_DISCARD,
  OPTION_NO_DELAY,
} from '../../assembly/abi/constants.js';
import type { OwnerEvents } from '../stack/connection.js';
import { Hold } from '../stack/keep-alive.js';
import type { TlsConnection } from '../tls/connection.js';
import { connectFailure, connectionFailure, failure, secureFailure } from './errors.js';
import { call, chooseProtocol, type HandlerBox, raise, type SocketHandler, shape, THREW } from './handlers.js';
import type { TCPSocketListener } from './listener.js';
import { expose } from './members.js';
import { parseReload, type SocketOptions } from './options.js';
import { OutputMembers, WRITABLE } from './output/members.js';
import type { Settle, SocketParts, SocketState } from './parts.js';
import { type Payload, parsePayload, utf8 } from './payload.js';
import { type Phase, READY_STATE, type ReadyState } from './ready-state.js';
import { TLS } from './tls/members.js';
import type { TlsTransport } from './tls/transport.js';
import { type TLSUpgradeOptions, upgrade } from './tls/upgrade.js';
import type { Transport } from './transport.js';
import { LIVE, TRANSPORT } from './transport-members.js';
import { parseTimeout } from './tuning.js';

export class Socket<Data = undefined> extends OutputMembers {
  /**
   * The listener that accepted this socket; absent for one from `connect` and once the listener has stopped. An accessor
   * could not have Bun's type, which is optional.
   */
  declare readonly listener?: TCPSocketListener<undefined>;

  // What `data` and `write` need comes first, behind the output's: among very many sockets each cache line is waited for.
  #connection: Transport | undefined;
  #phase: Phase;
  /** After `shutdown()`: what arrives is thrown away, and so is the news that it ended. */
  #discarding: boolean;
  readonly #box: HandlerBox;
  #tls: TlsTransport | undefined;
  #data: Data;
  /** TLS with a `handshake` handler, or no TLS: `open` was called when the connection was there, not when it was secure. */
  #openTold = false;
  /** Counts calls of `timeout`, so that one inside the handler can be noticed. */
  #timeouts = 0;
  #settle: Settle | undefined;
  readonly #allowHalfOpen: boolean;
  readonly #startsPaused: boolean;
  readonly #listener: TCPSocketListener<unknown> | undefined;
  readonly #hold: Hold;

  /** How connections tell their sockets. For the stack, not for programs. */
  static readonly events: OwnerEvents<Socket<unknown>> = {
    opened: (socket) => socket.#opened(),
    received: (socket, chunk) => socket.#received(chunk),
    drained: (socket) => socket.#drained(),
    ended: (socket) => socket.#ended(),
    timedOut: (socket) => socket.#timedOut(),
    closed: (socket, cause) => socket.#closed(cause),
    awaited: (socket) => Number(socket.#tls === undefined),
    secured: (socket) => socket.#secured(),
    failed: (socket, error, early) => socket.#tlsFailed(error, early),
    session: (socket, session) => void socket.#call('session', Buffer.from(session)),
    wantsKeys: (socket) => socket.#box.current.keylog !== undefined,
    keylog: (socket, line) => void socket.#call('keylog', Buffer.from(`${line}\n`)),
    named: (socket, name) => void socket.#call('serverName', socket.#listener?.data, name),
    chooseProtocol: (socket, name, offered) => chooseProtocol(socket, socket.#box.current, name, offered),
  };

  static {
    const get = function (this: Socket<unknown>): unknown {
      return this.#isLive && this.#listener?.listening ? this.#listener : undefined;
    };
    Object.defineProperty(Socket.prototype, 'listener', { get, configurable: true });
    expose(Socket);
  }

  /** For `connect`, listeners and `restore`, not for programs. */
  constructor(parts: SocketParts<Data>) {
    super(parts.resumed?.bytesWritten);
    this.#data = parts.data;
    this.#connection = parts.connection;
    this.#box = parts.box;
    this.#allowHalfOpen = parts.allowHalfOpen;
    this.#startsPaused = parts.paused ?? false;
    this.#listener = parts.listener;
    this.#hold = new Hold(parts.keepAlive);
    this.#settle = parts.settle;
    this.#tls = parts.tls;
    this.#phase = parts.resumed?.phase ?? 'connecting';
    this.#discarding = parts.resumed?.discarding ?? false;
    this.#updateHold();
  }

  /** What the program keeps with this socket; stays after `close`. */
  get data(): Data {
    return this.#data;
  }

  set data(data: Data) {
    this.#data = data;
  }

  /** The phase of this object: 2 connecting, 1 open, −2 we have ended, 0 closed, −1 never connected. */
  get readyState(): ReadyState {
    return READY_STATE[this.#phase];
  }

  get [Symbol.toStringTag](): string {
    return this.#tls === undefined ? 'TCPSocket' : 'TLSSocket';
  }

  get [TLS](): TlsConnection | undefined {
    return this.#tls?.tls;
  }

  get [LIVE](): boolean {
    return this.#isLive;
  }

  /**
   * Sends the final chunk, all of it, and FIN behind it. The socket stays readable until the peer ends, then closes.
   * @returns the bytes of the final chunk; −1 when closed or shutting down
   * @throws TypeError, RangeError for arguments that mean nothing; the socket stays open then
   */
  end(data?: Payload, byteOffset?: number, byteLength?: number): number;
  end(): void;
  end(data?: Payload, byteOffset?: number, byteLength?: number): number {
    if (this.#phase !== 'open' || this.#connection === undefined || this.#tls?.tls.phase === 'failed') return -1;
    const payload = parsePayload(data, byteOffset, byteLength);
    const bytes = typeof payload === 'string' ? utf8(payload) : payload;
    this.#endWriting(bytes.length === 0 ? undefined : bytes);
    return bytes.length;
  }

  /** As `end()`. */
  [Symbol.dispose](): number {
    return this.end();
  }

  /**
   * Closes both directions; `close` fires before this returns. Bytes already accepted are still delivered; what arrives
   * later is answered with RST.
   */
  close(): void {
    this.#leave((connection) => connection.abandon(this.#hold.held));
  }

  /** Closes with RST, forgetting what was not sent yet; `close` fires before this returns. */
  terminate(): void {
    OutputMembers.output.abandon(this);
    this.#leave((connection) => connection.abort());
  }

  /**
   * Shuts the write half (`true`), or both: then neither `data` nor `end` fires any more, and `close` does when the peer
   * ends.
   */
  shutdown(halfClose?: boolean): void {
    if (!this.#isLive) return;
    if (!halfClose) {
      this.#discarding = true;
      this.#connection?.setOption(OPTION_DISCARD, 1);
      if (this.#connection?.paused) this.#connection.resume();
    }
    if (this.#phase === 'open') this.#endWriting(undefined);
  }

  /**
   * After so many seconds, counted from this call, the `timeout` handler runs and the socket is closed, unless the
   * handler calls `timeout` again. Fractions count; 0 cancels.
   */
  timeout(seconds: number): void;
  timeout(...given: [seconds?: number]): void {
    const milliseconds = parseTimeout(given);
    this.#timeouts++;
    this.#connection?.setTimeout(milliseconds);
  }

  /** No `data` until `resume`; the window closes, so that the peer has to wait. */
  pause(): void {
    if (this.#isLive && !this.#discarding) this.#connection?.pause();
  }

  /** Keeps the process alive until this socket is closed, as it does from the start. */
  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  /** Replaces the handlers: of all sockets of the listener, or of this one if it came from `connect`. */
  reload(handler: SocketHandler<Data> | Pick<SocketOptions<Data>, 'socket'>): void;
  reload(...given: unknown[]): void {
    this.#box.current = parseReload(given, 'option');
  }

  /**
   * Goes on with TLS on this connection: as its server if a listener accepted it, else as its client. This socket is detached.
   * @returns `raw`, which keeps the handlers and sees the ciphertext, and `tls`, which has the handlers given here
   * @throws Error, TypeError for options that mean nothing and when not connected
   */
  upgradeTLS<Next>(options: TLSUpgradeOptions<Next>): [raw: Socket<Next>, tls: Socket<Next>];
  upgradeTLS(...given: unknown[]): [raw: Socket<unknown>, tls: Socket<unknown>] | undefined {
    if (this.#tls !== undefined) return undefined;
    const original = {
      connection: this.#phase === 'open' ? this.#connection : undefined,
      keepAlive: this.#hold.keepAlive,
      box: this.#box,
      data: undefined,
      allowHalfOpen: this.#allowHalfOpen,
      listener: this.#listener,
    };
    const pair = upgrade(given, original, (parts) => new Socket<unknown>(parts));
    this.#phase = 'detached';
    this.#connection = undefined;
    this.#updateHold();
    OutputMembers.output.close(this, undefined);
    return pair;
  }

  #opened(): void {
    if (this.#phase === 'connecting') this.#phase = 'open';
    this.#connection?.setOption(OPTION_NO_DELAY, 1);
    if (this.#startsPaused && this.#tls === undefined) this.pause();
    this.#settle?.resolve(this);
    this.#settle = undefined;
    if (this.#tls === undefined || this.#box.current.handshake !== undefined) this.#tellOpen();
  }

  #tellOpen(): void {
    this.#openTold = true;
    const answer = this.#call('open');
    if (answer instanceof Error) raise(this, this.#box.current, answer);
    if (answer instanceof Error || answer === THREW) this.close();
  }

  #received(chunk: Uint8Array<ArrayBuffer>): void {
    if (!this.#discarding) this.#call('data', shape(chunk, this.#box.current.binaryType));
  }

  #drained(): void {
    const transport = this[WRITABLE];
    if (transport !== undefined && OutputMembers.output.drained(this, transport)) this.#call('drain');
  }

  #ended(): void {
    if (this.#discarding) return;
    this.#call('end');
    if (!this.#allowHalfOpen && this.#phase === 'open') this.#endWriting(undefined, false);
  }

  #timedOut(): void {
    const timeouts = this.#timeouts;
    this.#call('timeout');
    if (this.#timeouts !== timeouts) return;
    if (this.#phase === 'connecting') this.#abandonConnect(ERROR_TIMED_OUT);
    else this.close();
  }

  #closed(cause: number | Error): void {
    const ends = this.#connection?.endpoints();
    if (this.#phase !== 'connecting') this.#finish(cause === 0 ? undefined : failure(cause, connectionFailure, ends));
    else this.#failed(failure(cause || ERROR_CONNECTION_ABORTED, connectFailure, ends));
  }

  /** Bun's `success` is false for a name that does not match even where that was allowed. */
  #secured(): void {
    if (this.#startsPaused) this.pause();
    const error = this.getAuthorizationError() as { code?: string } | null;
    if (!this.#openTold) this.#tellOpen();
    else this.#call('handshake', error?.code !== 'ERR_TLS_CERT_ALTNAME_INVALID', error);
  }

  /** Whoever has the handler for it hears why there; who has none hears it with `close`. */
  #tlsFailed(error: Error, early: boolean): void {
    if (!this.#isLive) return;
    const heard = early ? this.#openTold : this.#box.current.error !== undefined;
    const failure = secureFailure(error, early ? 'handshake' : 'read', this.#connection?.endpoints());
    if (!early) this.#call('error', failure);
    else if (heard) this.#call('handshake', false, failure);
    else this.#tellOpen();
    this.#leave((connection) => connection.abandon(this.#hold.held), heard ? undefined : failure);
  }

  #endWriting(bytes: Uint8Array | undefined, chosen: boolean = true): void {
    this.#phase = 'shutdown';
    this.#connection?.finish(OutputMembers.output.end(this, bytes, chosen));
  }

  #leave(how: (connection: Transport) => void, error?: Error): void {
    if (this.#phase === 'connecting') {
      this.#abandonConnect(ERROR_CONNECTION_ABORTED);
    } else if (this.#isLive && this.#giveUpHandshake()) {
      this.#phase = 'closed';
      if (this.#connection !== undefined) how(this.#connection);
      this.#finish(error);
    }
  }

  /** Who waits for the end of the handshake hears that it won't come. @returns whether the socket is still to be closed */
  #giveUpHandshake(): boolean {
    const [error, ends] = [this.#openTold ? this.#tls?.giveUp() : undefined, this.#connection?.endpoints()];
    if (error !== undefined) this.#call('handshake', false, secureFailure(error, 'handshake', ends));
    return this.#isLive;
  }

  #abandonConnect(cause: number): void {
    const ends = this.#connection?.endpoints();
    this.#connection?.abort();
    this.#failed(failure(cause, connectFailure, ends));
  }

  #finish(error: Error | undefined): void {
    this.#phase = 'closed';
    this.#connection = undefined;
    this.#updateHold();
    OutputMembers.output.close(this, error);
    this.#call('close', error);
  }

  /** `connectError` first, then the rejection; if it throws, that is the rejection. Of one that was accepted nobody has heard. */
  #failed(error: Error): void {
    this.#phase = 'detached';
    this.#connection = undefined;
    this.#updateHold();
    const settle = this.#settle;
    this.#settle = undefined;
    try {
      if (this.#listener === undefined) this.#box.current.connectError?.call(this, this, error);
      settle?.reject(error);
    } catch (thrown) {
      settle?.reject(thrown);
    }
  }

  #call(name: Parameters<typeof call>[2], argument?: unknown, further?: unknown): unknown {
    return call(this, this.#box.current, name, argument, further);
  }

  #updateHold(): void {
    this.#hold.live = this.#phase === 'connecting' || this.#isLive;
  }

  get #isLive(): boolean {
    return this.#phase === 'open' || this.#phase === 'shutdown';
  }

  get [TRANSPORT](): Transport | undefined {
    return this.#connection;
  }

  get [WRITABLE](): Transport | undefined {
    return this.#phase === 'open' ? this.#connection : undefined;
  }

  /** Gives a socket that was connecting by name its connection. For `connect`, not for programs. */
  static adopt(socket: Socket<unknown>, connection: Transport, tls: TlsTransport | undefined): void {
    [socket.#connection, socket.#tls] = [connection, tls];
  }

  /** What `stack.snapshot` has to remember beside the core's memory. For the stack, not for programs. */
  static state(socket: Socket<unknown>): SocketState {
    return {
      phase: socket.#phase,
      bytesWritten: socket.bytesWritten,
      discarding: socket.#discarding,
      allowHalfOpen: socket.#allowHalfOpen,
      listener: socket.#listener,
    };
  }
}
