/**
 * `net.Socket`: a Duplex in the shape and with the words of Node's, on a Bun-shaped socket (`../socket/socket.ts`), whose
 * partial writes become a write that calls back, and whose handlers become events.
 * Not for: arguments (`connect-options.ts`), names (`lookup.ts`), TLS (`tls/socket.ts`).
 */
import type { Socket as NodeSocket, SocketReadyState } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { defaultStack } from '../socket/default-stack.js';
import { type SocketHandler, uncaught } from '../socket/handlers.js';
import type { Stack } from '../stack/stack.js';
import type { TLSOptions } from '../tls/options.js';
import { type Channel, type Ends, endsOf, Outgoing, tell, upgrade } from './channel.js';
import {
  type ConnectOptions,
  type Destination,
  NO_DESCRIPTORS,
  readArguments,
  readDestination,
  type SocketOptions,
} from './connect-options.js';
import { Dial } from './dial.js';
import { DuplexWithEnds, ENDS } from './ends.js';
import { closedBeforeConnection, endedByPeer, notSupported, socketClosed, systemError, wrongType } from './errors.js';
import { ADOPT, BROKEN, CHANNEL, KEYLOG, SECURED, SESSION, TLS_OPTIONS, UPGRADE } from './hooks.js';
import { Idle, readDelay } from './idle.js';

export type { SocketOptions } from './connect-options.js';

export class Socket extends DuplexWithEnds implements NodeSocket {
  /** From `connect` until the connection is there. */
  connecting = false;
  /** What `setTimeout` was given. */
  timeout?: number;
  /** Absent before a name with several addresses was connected to. */
  declare autoSelectFamilyAttemptedAddresses: string[];
  #stack: Stack | undefined;
  #channel: Channel | undefined;
  #ends: Ends | undefined;
  /** The call of `connect` that is under way. */
  #dial: Dial | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #outgoing = new Outgoing();
  #idle: Idle | undefined;
  /** The channel is paused: `_read` lets it go on. */
  #held = false;
  #reffed = true;
  #noDelay: boolean | undefined;
  #keepAlive: { enable: boolean; delay: number } | undefined;
  #reset = false;
  /** There is, or was, something to close. */
  #begun = false;
  /** FIN is on its way, behind all that was written. */
  #finished = false;
  #peerEnded = false;
  /** The secure socket that has taken over. */
  #secure: Socket | undefined;
  #bytesRead = 0;

  /** The handlers of every channel; its `data` says whose it is. For servers and subclasses. */
  static readonly handlers: SocketHandler<Socket | undefined> = {
    open: (channel) => tell(channel, (socket) => socket.#opened(channel)),
    data: (channel, chunk) => tell(channel, (socket) => socket.#received(chunk)),
    drain: (channel) => tell(channel, (socket) => socket.#drained()),
    end: (channel) => tell(channel, (socket) => socket.#ended()),
    close: (channel, error) => tell(channel, (socket) => socket.#closed(error)),
    // What TLS found is for the socket; what a listener threw is for the process.
    error: (channel, error) => ('alert' in error ? tell(channel, (socket) => socket[BROKEN](error)) : uncaught(error)),
    connectError: (channel, error) => tell(channel, (socket) => socket.#failed(error)),
    handshake: (channel, success, error) => tell(channel, (socket) => socket[SECURED](success, error)),
    session: (channel, session) => tell(channel, (socket) => socket[SESSION](session)),
    keylog: (channel, line) => tell(channel, (socket) => socket[KEYLOG](line)),
  };

  constructor(options: SocketOptions = {}) {
    const { allowHalfOpen = false, signal, highWaterMark, readable, writable, stack } = options;
    if ((options as { fd?: unknown }).fd !== undefined) throw notSupported(NO_DESCRIPTORS);
    super({
      allowHalfOpen,
      emitClose: false,
      ...(highWaterMark !== undefined && { highWaterMark }),
      ...(readable === false && { readable }),
      ...(writable === false && { writable }),
    });
    this.#stack = stack;
    this.#signal = signal;
    // Not by the base class, which would obey before there is anything here.
    if (signal != null) addAbortSignal(signal, this);
  }

  /**
   * Opens a connection; all forms of Node's. What is wrong with the arguments throws at once, what the network does is
   * told by events.
   */
  connect(options: Partial<ConnectOptions>, listener?: () => void): this;
  connect(port: number, host: string, listener?: () => void): this;
  connect(port: number, listener?: () => void): this;
  connect(path: string, listener?: () => void): this;
  connect(...given: unknown[]): this {
    const { options, listener } = readArguments(given);
    const destination = readDestination(options);
    if (this.#signal?.aborted) return this;
    if (this.destroyed) this.#revive();
    if (options.stack !== undefined) this.#stack = options.stack;
    if (listener !== undefined) this.once('connect', listener);
    if (options.timeout) this.setTimeout(options.timeout);
    if (options.noDelay) this.setNoDelay();
    if (options.keepAlive) this.setKeepAlive(true, options.keepAliveInitialDelay);
    this.connecting = true;
    this.#begun = true;
    this.#dial = new Dial(this, destination, this.#theStack(), () => ({
      tls: this[TLS_OPTIONS](destination),
      handlers: Socket.handlers,
      reffed: this.#reffed,
    }));
    this.#dial.begin();
    return this;
  }

  /** Node's: a listener that this closes at the end of the write side. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Closes with RST. */
  resetAndDestroy(): this {
    if (this.connecting) return this.once('connect', () => this.resetAndDestroy());
    this.#reset = true;
    return this.destroy(this.#channel === undefined ? socketClosed() : undefined);
  }

  /** `timeout` is emitted after so many milliseconds without traffic; nothing else happens then. 0 cancels. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    if (this.destroyed) return this;
    const delay = readDelay(milliseconds);
    if (listener !== undefined && typeof listener !== 'function') {
      throw wrongType('"callback" argument', 'of type function', listener);
    }
    this.timeout = milliseconds;
    this.#idle ??= new Idle(this.#theStack().clock, () => this.emit('timeout'));
    this.#idle.set(delay);
    if (listener !== undefined) delay === 0 ? this.removeListener('timeout', listener) : this.once('timeout', listener);
    return this;
  }

  /** Nagle's algorithm off (as it is from the start, unlike in Node) or on. */
  setNoDelay(noDelay = true): this {
    this.#noDelay = Boolean(noDelay);
    this.#channel?.setNoDelay(this.#noDelay);
    return this;
  }

  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#keepAlive = { enable: Boolean(enable), delay: Number(initialDelay) || 0 };
    this.#channel?.setKeepAlive(this.#keepAlive.enable, this.#keepAlive.delay);
    return this;
  }

  ref(): this {
    this.#reffed = true;
    this.#anyChannel()?.ref();
    return this;
  }

  unref(): this {
    this.#reffed = false;
    this.#anyChannel()?.unref();
    return this;
  }

  get [ENDS](): Ends | undefined {
    return this.#ends;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Those that wait to be sent are counted, too. */
  get bytesWritten(): number {
    return this.#outgoing.bytesTaken + this.writableLength;
  }

  /** Deprecated, as in Node: `writableLength`. */
  get bufferSize(): number {
    return this.writableLength;
  }

  /** Not connected: not yet, or no more. */
  get pending(): boolean {
    return this.#channel === undefined || this.connecting;
  }

  get readyState(): SocketReadyState {
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  override write(chunk: unknown, callback?: (error?: Error | null) => void): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding, callback?: (error?: Error | null) => void): boolean;
  override write(...given: [chunk: unknown, ...rest: never[]]): boolean {
    if (!this.#peerEnded || this.allowHalfOpen || !this.writableEnded) return super.write(...given);
    const error = endedByPeer();
    const callback = given.find((value) => typeof value === 'function') as ((error: Error) => void) | undefined;
    if (callback !== undefined) process.nextTick(callback, error);
    this.destroy(error);
    return false;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once('connect', () => this._final(done));
      return;
    }
    this.#channel?.end();
    this.#finished = true;
    // Node hears of it from the kernel, later.
    setImmediate(done);
  }

  override _read(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#channel?.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const channel = this.#anyChannel();
    const { connecting } = this;
    this.connecting = false;
    this.#channel = undefined;
    this.#dial?.cancel();
    this.#dial = undefined;
    this.#idle?.set(0);
    this.#secure?.destroy();
    if (channel !== undefined) {
      channel.data = undefined;
      if (this.#reset) channel.terminate();
      else channel.close();
    }
    done(error);
    const closed = () => {
      if (!connecting) this.#outgoing.settle(error ?? socketClosed());
      this.emit('close', this.#begun && error !== null);
      this.#outgoing.settle(closedBeforeConnection());
    };
    if (this.#begun) setImmediate(closed);
    else process.nextTick(closed);
  }

  get [CHANNEL](): Channel | undefined {
    return this.#channel;
  }

  /** The connection broke. */
  [BROKEN](error: Error): void {
    this.destroy(systemError(error, 'read'));
  }

  /** The handshake of TLS has ended. */
  [SECURED](_success: boolean, _error: Error | null): void {}

  [SESSION](_session: Buffer): void {}

  [KEYLOG](_line: Buffer): void {}

  /** @param _destination where it connects to, once it is known */
  [TLS_OPTIONS](_destination: Destination): TLSOptions | undefined {
    return undefined;
  }

  /** Goes on with a channel that is open already. @param paused: nothing is read before `resume` */
  [ADOPT](channel: Channel, paused = false): void {
    channel.data = this;
    this.#take(channel);
    if (!paused) return;
    this.#held = true;
    channel.pause();
    this.pause();
  }

  /**
   * Goes on with TLS, which `secure` will own; this socket sees nothing any more and ends with it.
   * @returns its channel; `undefined` where something was read that TLS would miss, and where there is TLS already
   */
  [UPGRADE](tls: TLSOptions, secure: Socket): Channel | undefined {
    const untouched = this.readableLength === 0 && this.writableLength === 0 && !this.writableEnded && !this.#peerEnded;
    const upgraded = untouched && upgrade(this.#channel, secure, { tls, handlers: Socket.handlers });
    if (!upgraded) return undefined;
    [this.#channel] = upgraded;
    this.#secure = secure;
    this._read();
    secure.once('close', () => this.destroy());
    return upgraded[1];
  }

  #theStack(): Stack {
    this.#stack ??= defaultStack();
    return this.#stack;
  }

  /** The channel, though it may not be open yet. */
  #anyChannel(): Channel | undefined {
    return this.#channel ?? this.#dial?.channel();
  }

  #opened(channel: Channel): void {
    this.connecting = false;
    this.#dial?.opened();
    this.#dial = undefined;
    this.#take(channel);
    this.emit('connect');
    this.#drained();
    this.emit('ready');
  }

  #take(channel: Channel): void {
    this.#begun = true;
    this.#channel = channel;
    this.#ends = endsOf(channel);
    if (this.#noDelay !== undefined) channel.setNoDelay(this.#noDelay);
    if (this.#keepAlive !== undefined) channel.setKeepAlive(this.#keepAlive.enable, this.#keepAlive.delay);
    if (!this.#reffed) channel.unref();
    this.#idle?.touch();
  }

  #received(chunk: Buffer): void {
    this.#bytesRead += chunk.length;
    this.#idle?.touch();
    if (this.push(chunk) || this.#channel === undefined) return;
    this.#held = true;
    this.#channel.pause();
  }

  #ended(): void {
    this.#peerEnded = true;
    this.#idle?.touch();
    this.push(null);
    // Who reads nothing hears of the end all the same, if nothing came before it.
    if (this.readableLength === 0) this.read(0);
  }

  #drained(): void {
    this.#idle?.touch();
    if (this.#channel !== undefined) this.#outgoing.flush(this.#channel);
  }

  /** @param error absent when both sides have ended */
  #closed(error: Error | undefined): void {
    this.#channel = undefined;
    if (error !== undefined && (error as { code?: string }).code !== GIVEN_UP) this[BROKEN](error);
    else if (!this.#finished || !this.#peerEnded) this.destroy();
  }

  #failed(error: Error): void {
    const failure = this.#dial?.failed(error);
    if (failure !== undefined) this.destroy(failure);
  }

  #send(chunks: readonly Uint8Array[], done: (error?: Error | null) => void): void {
    if (this.#channel === undefined && !this.connecting) {
      done(socketClosed());
      return;
    }
    this.#outgoing.put(chunks, done);
    if (!this.connecting) this.#drained();
  }

  /** Connects again after `close`, as Node allows. */
  #revive(): void {
    (this as unknown as { _undestroy(): void })._undestroy();
    this.#peerEnded = false;
    this.#reset = false;
    this.#finished = false;
    this.#held = false;
    this.#ends = undefined;
  }
}

/** This side has closed it, or the whole stack: nobody's error. */
const GIVEN_UP = 'ECONNABORTED';
