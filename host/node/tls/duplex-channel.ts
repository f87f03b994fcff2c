/**
 * TLS over any Duplex: the stream carries the ciphertext, an engine (`../../tls/engine.ts`) opens and seals it, and the
 * socket above sees what it would see of a Bun-shaped socket. Not for: connections of a stack, which have TLS below.
 */
import type { Duplex } from 'node:stream';
import type { Core, Endpoints } from '../../core/core.js';
import { secureFailure } from '../../socket/errors.js';
import type { SocketHandler } from '../../socket/handlers.js';
import type { Socket as InnerSocket } from '../../socket/socket.js';
import { TLS, TlsMembers } from '../../socket/tls/members.js';
import type { Transport } from '../../socket/transport.js';
import { LIVE, TRANSPORT } from '../../socket/transport-members.js';
import { TlsError } from '../../tls/alert.js';
import type { TlsConfig } from '../../tls/config.js';
import type { TlsConnection, TlsEvent } from '../../tls/connection.js';
import { unfinished } from '../../tls/cut-off.js';
import { loadCore, TlsEngine } from '../../tls/engine.js';
import type { Socket } from '../socket.js';
import type { SecureChannel } from './channel.js';

type Handlers = SocketHandler<Socket | undefined>;

export class DuplexChannel extends TlsMembers implements SecureChannel {
  data: Socket | undefined;
  #engine: TlsEngine | undefined;
  /** Ciphertext that came and was not opened yet. */
  readonly #unread: Uint8Array[] = [];
  #ended = false;
  #settled = false;
  #paused = false;
  /** The stream has no room: what is sealed waits in the engine. */
  #full = false;
  /** A write came short. */
  #drainDue = false;
  #closing = false;
  #closed = false;
  #turning = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: Duplex & Partial<Pick<Socket, 'ref' | 'unref' | 'setNoDelay' | 'setKeepAlive'>>,
    config: TlsConfig,
    private readonly handlers: Handlers,
  ) {
    super();
    // The peer's end is the end of what it says; TLS says when we are done.
    stream.allowHalfOpen = true;
    stream.on('error', (error) => this.#finish(error));
    stream.on('close', () => this.#finish(this.#settled || this.#closing ? undefined : unfinished()));
    sharedCore ??= loadCore();
    sharedCore.then(
      (core) =>
        this.#begin(
          TlsEngine.create(core, { ...config, keylog: (line) => this.#log(line), resumed: () => this.#turn() }),
        ),
      (error: Error) => this.#finish(error),
    );
  }

  get [TLS](): TlsConnection | undefined {
    return this.#engine?.connection;
  }

  get [LIVE](): boolean {
    return !this.#closed;
  }

  /** Only the addresses are asked for. */
  get [TRANSPORT](): Transport {
    return { endpoints: () => this.stream as unknown as Endpoints } as Transport;
  }

  write(bytes: Uint8Array): number {
    if (this.#closed || this.#closing) return -1;
    const taken = this.#engine?.write(bytes) ?? 0;
    this.#drainDue ||= taken < bytes.length;
    if (taken > 0) this.#flush();
    return taken;
  }

  end(): number {
    if (this.#closing) return -1;
    this.#closing = true;
    this.#engine?.end();
    this.#flush();
    return 0;
  }

  close(): void {
    this.#leave(undefined);
  }

  terminate(): void {
    const { stream } = this;
    this.#finish(undefined);
    if ('resetAndDestroy' in stream && typeof stream.resetAndDestroy === 'function') stream.resetAndDestroy();
    else stream.destroy();
  }

  /** The handshake goes on. */
  pause(): void {
    this.#paused = true;
    if (this.#settled) this.stream.pause();
  }

  override resume(): void {
    this.#paused = false;
    this.stream.resume();
    this.#turnSoon();
  }

  ref(): void {
    this.stream.ref?.();
  }

  unref(): void {
    this.stream.unref?.();
  }

  override setNoDelay(noDelay: boolean = true): boolean {
    return this.stream.setNoDelay?.(noDelay) !== undefined;
  }

  override setKeepAlive(enable: boolean = false, initialDelay: number = 0): boolean {
    return this.stream.setKeepAlive?.(enable, initialDelay) !== undefined;
  }

  #begin(engine: TlsEngine): void {
    if (this.#closed) {
      engine.close();
      return;
    }
    this.#engine = engine;
    this.#deadline = setTimeout(() => this.#late(), HANDSHAKE_TIMEOUT).unref();
    const { stream } = this;
    stream.on('data', (bytes: Uint8Array) => {
      this.#unread.push(bytes);
      this.#turn();
    });
    stream.on('end', () => {
      this.#ended = true;
      this.#turn();
    });
    stream.on('drain', () => {
      this.#full = false;
      this.#turn();
    });
    stream.resume();
    if (this.#closing) engine.end();
    this.#turn();
  }

  #turnSoon(): void {
    queueMicrotask(() => this.#turn());
  }

  /** Everything that can be done now. Handlers may lead back here; then the outer turn goes on. */
  #turn(): void {
    if (this.#turning || this.#engine === undefined) return;
    this.#turning = true;
    try {
      do this.#tellAll(this.#engine);
      while (this.#feed(this.#engine));
    } finally {
      this.#turning = false;
    }
    this.#flush();
    if (!this.#drainDue || this.#full || !this.#settled || this.#closed || this.#closing) return;
    this.#drainDue = false;
    this.#call('drain');
  }

  #tellAll(engine: TlsEngine): void {
    while (!this.#closed && !(this.#paused && this.#settled)) {
      const event = engine.next();
      if (event === undefined) return;
      this.#tell(event);
    }
  }

  #tell(event: TlsEvent): void {
    if (event.kind === 'handshake') {
      this.#settle();
      this.#drainDue = true;
      this.#call('handshake', true, this.getAuthorizationError());
    } else if (event.kind === 'data') {
      this.#call('data', Buffer.from(event.bytes.buffer, event.bytes.byteOffset, event.bytes.byteLength));
    } else if (event.kind === 'session') this.#call('session', Buffer.from(event.session));
    else if (event.kind === 'end') this.#call('end');
    else this.#fail(event.error);
  }

  /** @returns whether there is something new to be told */
  #feed(engine: TlsEngine): boolean {
    const [bytes] = this.#unread;
    if (this.#closed || (this.#paused && this.#settled)) return false;
    if (bytes !== undefined) {
      const taken = engine.push(bytes);
      if (taken === bytes.length) this.#unread.shift();
      else this.#unread[0] = bytes.subarray(taken);
      return true;
    }
    if (!this.#ended) return false;
    this.#ended = false;
    engine.pushEnd();
    return true;
  }

  /** Brings what is sealed on its way, as far as the stream takes it; all of it, when nobody will come for the rest. */
  #flush(all = false): void {
    const engine = this.#engine;
    while (engine !== undefined && (all || !this.#full) && !this.#closed && !this.stream.writableEnded) {
      const bytes = engine.pull();
      if (bytes === undefined) {
        if (this.#closing) this.stream.end();
        return;
      }
      this.#full = !this.stream.write(bytes);
    }
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#deadline);
    if (this.#paused) this.stream.pause();
  }

  #fail(error: TlsError): void {
    const early = !this.#settled;
    this.#settle();
    const failure = secureFailure(error, early ? 'handshake' : 'read', undefined);
    if (early) this.#call('handshake', false, failure);
    this.#leave(early ? undefined : failure);
  }

  #late(): void {
    const message = `TLS handshake not complete after ${HANDSHAKE_TIMEOUT / 1000} s`;
    const error = new TlsError('close_notify', 'HANDSHAKE_TIMEOUT', message, { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' });
    this.#engine?.abort(error);
    this.#fail(error);
  }

  /** What was accepted is still sent; the stream ends with it. */
  #leave(error: Error | undefined): void {
    if (this.#closed) return;
    const { stream } = this;
    this.#closing = true;
    this.#engine?.end();
    this.#flush(true);
    this.#finish(error);
    if (stream.writableFinished) stream.destroy();
    else stream.end(() => stream.destroy());
  }

  /** Handlers never run inside the handshake. */
  #log(line: string): void {
    queueMicrotask(() => this.#call('keylog', Buffer.from(`${line}\n`)));
  }

  /** It is over, and the engine's secrets are wiped. */
  #finish(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#deadline);
    this.#unread.length = 0;
    this.#engine?.close();
    this.#call('close', error);
  }

  #call(name: 'close' | 'data' | 'drain' | 'end' | 'handshake' | 'keylog' | 'session', ...told: unknown[]): void {
    const handler = this.handlers[name] as ((socket: InnerSocket<unknown>, ...told: unknown[]) => void) | undefined;
    handler?.(this as unknown as InnerSocket<unknown>, ...told);
  }
}

let sharedCore: Promise<Core> | undefined;
/** In milliseconds. */
const HANDSHAKE_TIMEOUT = 30_000;
