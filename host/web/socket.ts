/**
 * The socket of the Sockets API: two streams over one of Vitrine's sockets, with backpressure both ways. It needs the Web's
 * own classes only. Not for: connecting (`connect.ts`), options (`options.ts`).
 */
import { type SocketHandler, shape } from '../socket/handlers.js';
import { writeAll } from '../socket/output/write-all.js';
import type { Payload } from '../socket/payload.js';
import type { Socket as Inner } from '../socket/socket.js';
import type { TLSOptions } from '../tls/options.js';
import { Deferred } from './deferred.js';
import { SocketError } from './error.js';
import type { Plan, SecureTransport } from './options.js';

/** Ends as `hostname:port`. */
export interface SocketInfo {
  remoteAddress: string | null;
  localAddress: string | null;
  /** The protocol that both sides have agreed on. */
  alpn: string | null;
}

/** What is under way before there is a socket. */
export interface Connection {
  abandon(): void;
}

export class Socket {
  /** Bytes from the peer; a reader may bring its own buffer. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Takes text (UTF-8), buffers and views. A write is done when its bytes are taken, which is before the peer has them. */
  readonly writable: WritableStream<Payload>;
  readonly secureTransport: SecureTransport;

  readonly #plan: Plan;
  readonly #opened = new Deferred<SocketInfo>();
  readonly #closed = new Deferred<void>();
  readonly #under: Connection;
  #inner: Inner<unknown> | undefined;
  #reading!: ReadableByteStreamController;
  #writing!: WritableStreamDefaultController;
  /** The write that is under way. */
  #write: Promise<void> = Promise.resolve();
  /** Nobody wants what arrives. */
  #discarding = false;
  /** Nothing more comes of the connection, as far as this socket goes. */
  #over = false;
  #upgraded = false;
  /** What TLS has complained about; the end follows. */
  #failure: unknown;

  /**
   * For `connect` and `startTls`, not for programs.
   * @param start goes for the connection, of which the handlers hear
   */
  constructor(plan: Plan, start: (handlers: SocketHandler<unknown>) => Connection) {
    this.#plan = plan;
    this.secureTransport = plan.secureTransport;
    this.readable = this.#makeReadable();
    this.writable = this.#makeWritable();
    this.#under = start(this.#handlers());
  }

  /** Resolved when there is a connection, and when TLS has finished its handshake on it. */
  get opened(): Promise<SocketInfo> {
    return this.#opened.promise;
  }

  /** Resolved when the connection is over, rejected when there never was one. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Whether `startTls` has replaced this socket. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  /**
   * Closes both directions; what was taken is still delivered.
   * @param reason what writers, and who waits for `opened`, are told
   * @returns `closed`
   */
  close(reason?: unknown): Promise<void> {
    const told = reason ?? new SocketError('the socket was closed');
    if (!this.#over) this.#writing.error(told);
    this.#leave(told, (inner) => inner.close());
    return this.closed;
  }

  /**
   * Goes on with TLS on the same connection, when what was written here is taken. This socket is closed.
   * @param tls what `connect` was not told yet
   * @returns the socket that is secure
   * @throws SocketError unless `secureTransport` is `'starttls'`, and when the socket is closed
   */
  startTls(tls: TLSOptions = {}): Socket {
    if (this.secureTransport !== 'starttls') throw new SocketError("startTls needs secureTransport 'starttls'");
    if (this.#over) throw new SocketError('the socket is closed');
    const plan: Plan = { ...this.#plan, secureTransport: 'on', tls: { ...this.#plan.tls, ...tls } };
    return new Socket(plan, (handlers) => this.#upgrade(plan.tls, handlers));
  }

  #makeReadable(): ReadableStream<Uint8Array> {
    const source: UnderlyingByteSource = {
      type: 'bytes',
      start: (controller) => {
        this.#reading = controller;
      },
      pull: () => this.#inner?.resume(),
      cancel: () => {
        this.#discarding = true;
        this.#inner?.resume();
      },
    };
    return new ReadableStream(source, { highWaterMark: READ_AHEAD });
  }

  #makeWritable(): WritableStream<Payload> {
    return new WritableStream<Payload>({
      start: (controller) => {
        this.#writing = controller;
        controller.signal.addEventListener('abort', () => this.#abort(controller.signal.reason));
        return this.opened.then(() => {});
      },
      write: (chunk) => {
        this.#write = writeAll(this.#inner as Inner<unknown>, chunk).catch((error) => {
          throw SocketError.from(error);
        });
        return this.#write;
      },
      close: () => {
        if (!this.#upgraded) this.#inner?.end();
      },
    });
  }

  #handlers(): SocketHandler<unknown> {
    const open = (socket: Inner<unknown>): void => this.#open(socket);
    return {
      ...(this.secureTransport === 'on' ? { handshake: this.#secured.bind(this) } : { open }),
      data: (socket, chunk) => this.#received(socket, chunk),
      end: () => this.#ended(),
      close: (_socket, error) => this.#finish(error ?? this.#failure),
      error: (_socket, error) => {
        this.#failure = error;
      },
      connectError: (_socket, error) => this.#finish(error),
    };
  }

  #open(socket: Inner<unknown>): void {
    this.#inner = socket;
    this.#opened.resolve({
      remoteAddress: place(socket.remoteAddress, socket.remotePort),
      localAddress: place(socket.localAddress, socket.localPort),
      alpn: socket.alpnProtocol || null,
    });
  }

  /** A name that does not match may have been allowed: it is a failure if the end follows. */
  #secured(socket: Inner<unknown>, success: boolean, error: Error | null): void {
    this.#failure = success ? undefined : error;
    if (success) this.#open(socket);
    else queueMicrotask(() => this.#over || this.#open(socket));
  }

  #received(socket: Inner<unknown>, chunk: Uint8Array): void {
    if (this.#discarding) return;
    // A stream takes the buffer itself over.
    this.#reading.enqueue(new Uint8Array(shape(chunk as Uint8Array<ArrayBuffer>, 'arraybuffer')));
    if ((this.#reading.desiredSize ?? 0) <= 0) socket.pause();
  }

  #ended(): void {
    if (this.#over) return;
    this.#endReading();
    if (!this.#plan.allowHalfOpen) this.#endWriting(new SocketError('the peer has ended the connection'));
  }

  #finish(cause: unknown): void {
    const error = cause === undefined ? new SocketError('the connection is over') : SocketError.from(cause);
    this.#opened.reject(error);
    if (this.#over) return;
    this.#over = true;
    if (cause === undefined) this.#endReading();
    else this.#failReading(error);
    this.#writing.error(error);
    if (this.#inner === undefined) this.#closed.reject(error);
    else this.#closed.resolve();
  }

  /** The writable knows. */
  #abort(reason: unknown): void {
    this.#failReading(reason);
    this.#leave(reason, (inner) => inner.terminate());
  }

  #leave(reason: unknown, how: (inner: Inner<unknown>) => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#endReading();
    this.#opened.reject(reason);
    this.#closed.resolve();
    if (this.#inner === undefined) this.#under.abandon();
    else how(this.#inner);
  }

  #upgrade(tls: TLSOptions, handlers: SocketHandler<unknown>): Connection {
    const gone = new SocketError('the socket was upgraded to TLS');
    this.#upgraded = true;
    const written = this.writable.locked ? this.#write : this.writable.close();
    if (this.writable.locked) this.#writing.error(gone);
    this.#over = true;
    this.#endReading();
    this.#closed.resolve();
    let abandoned = false;
    Promise.all([this.opened, written])
      .then(() => {
        const inner = this.#inner as Inner<unknown>;
        if (abandoned) return;
        inner.resume();
        inner.upgradeTLS<unknown>({ tls, socket: handlers });
      })
      .catch((error) => handlers.connectError?.(this.#inner as Inner<unknown>, error));
    return {
      abandon: () => {
        abandoned = true;
        if (this.#inner === undefined) this.#under.abandon();
        else this.#inner.terminate();
      },
    };
  }

  /** What was received can still be read. */
  #endReading(): void {
    if (this.#discarding) return;
    this.#discarding = true;
    this.#reading.close();
    this.#reading.byobRequest?.respond(0);
  }

  #failReading(error: unknown): void {
    if (!this.#discarding) this.#reading.error(error);
    this.#discarding = true;
  }

  /** A stream that somebody writes to can only be told that it has failed. */
  #endWriting(error: SocketError): void {
    if (this.writable.locked) this.#writing.error(error);
    else this.writable.close().catch(() => {});
  }
}

function place(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Bytes that are received before anybody reads. Then the window closes, and the peer has to wait. */
const READ_AHEAD = 65_536;
