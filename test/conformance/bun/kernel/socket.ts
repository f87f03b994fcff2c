/**
 * A socket of the kernel that behaves on the wire as Bun was recorded to, in Bun's shape: the other end of a scenario
 * whose one end is Vitrine. Not for: what nobody at the other end can see; getters and checks of arguments are few.
 */
import type { Socket as NodeSocket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export type Handlers = Record<string, ((...args: unknown[]) => unknown) | undefined> & { binaryType?: never };

/** What the sockets of one listener share, or one client has for itself. */
export interface Owner {
  handlers: Handlers;
  readonly allowHalfOpen: boolean;
  readonly listener?: object;
}

export class KernelSocket {
  data: unknown;
  bytesWritten = 0;
  #socket: NodeSocket | TLSSocket;
  readonly #raw: NodeSocket;
  #state: 'handshake' | 'open' | 'ended' | 'closing' | 'closed' = 'open';
  /** `end` was called on TLS, and the peer has not answered. */
  #ending = false;
  #readShut = false;
  #short = false;
  #reset: Error | undefined;
  #timeout: NodeJS.Timeout | undefined;

  constructor(
    socket: NodeSocket,
    private readonly owner: Owner,
    data: unknown,
  ) {
    this.#socket = socket;
    this.#raw = socket;
    this.data = data;
  }

  get readyState(): number {
    return this.#state === 'closed' || this.#state === 'closing' || this.#ending ? -1 : 1;
  }

  get listener(): object | undefined {
    return this.owner.listener;
  }

  get authorized(): boolean {
    return (this.#socket as TLSSocket).authorized === true;
  }

  get alpnProtocol(): string | false | null {
    return (this.#socket as TLSSocket).alpnProtocol ?? false;
  }

  get [Symbol.toStringTag](): string {
    return 'KernelSocket';
  }

  /** TCP is open. @param secure whether TLS comes first: then nothing is written or read before `secured` */
  opened(secure: boolean): void {
    if (secure) this.#state = 'handshake';
    else this.#listen();
    if (!secure || this.owner.handlers.handshake !== undefined) this.#call('open');
  }

  /** The handshake of TLS is over. */
  secured(socket: TLSSocket, error: Error | null): void {
    this.#socket = socket;
    const { handlers } = this.owner;
    if (this.#state !== 'handshake') return;
    this.#state = 'open';
    this.#listen();
    if (handlers.handshake === undefined) this.#call('open');
    else this.#call('handshake', true, error);
    if (this.readyState > 0) this.#call('drain');
  }

  /** The handshake of TLS failed. */
  failed(error: Error): void {
    if (this.#state !== 'handshake') return;
    if (this.owner.handlers.handshake !== undefined) this.#call('handshake', false, error);
    this.#closed(undefined);
  }

  write(data: unknown, ...rest: unknown[]): number {
    if (this.#state === 'handshake') return 0;
    if (this.#state !== 'open') return -1;
    const bytes = bytesOf(data, rest);
    const taken = bytes.subarray(0, Math.max(0, CAPACITY - this.#socket.writableLength));
    this.#short = taken.length < bytes.length;
    this.bytesWritten += taken.length;
    // Copied: the caller may change it at once.
    if (taken.length > 0) this.#socket.write(Buffer.from(taken));
    // Nothing waits any more, so no event will come.
    if (this.#short && !this.#socket.writableNeedDrain) setImmediate(() => this.#drained());
    return taken.length;
  }

  /**
   * As Bun: of TCP, both ways at once, and what the peer sends from now on is answered with RST; of TLS, only ours, and the
   * rest when the peer has answered.
   */
  end(data?: unknown, ...rest: unknown[]): number {
    if (this.readyState < 0 || this.#ending) return -1;
    if (this.#state === 'ended' && data !== undefined) return -1;
    const taken = data === undefined || this.#state === 'handshake' ? 0 : this.write(data, ...rest);
    if (this.#socket === this.#raw) this.#endAll();
    else {
      this.#ending = true;
      this.#state = 'ended';
      this.#socket.end();
    }
    return taken;
  }

  close(): void {
    if (this.readyState > 0 || this.#ending) this.#endAll();
  }

  [Symbol.dispose](): number {
    return this.end();
  }

  terminate(): void {
    if (this.#state === 'closed') return;
    this.#raw.resetAndDestroy();
    this.#closed(undefined);
  }

  /** As Bun: the half that writes; with `true`, the one that reads. */
  shutdown(read?: boolean): void {
    if (this.readyState < 0) return;
    if (read) this.#shutRead();
    else if (this.#state === 'open') {
      this.#state = 'ended';
      this.#socket.end();
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  timeout(seconds: number): void {
    clearTimeout(this.#timeout);
    if (seconds > 0) this.#timeout = setTimeout(() => this.readyState > 0 && this.#call('timeout'), seconds * 1000);
  }

  reload({ socket }: { socket?: Handlers }): void {
    if (socket === undefined) throw new Error('Expected "socket" option');
    this.owner.handlers = socket;
  }

  flush(): void {}
  ref(): void {}
  unref(): void {}

  setNoDelay(on = true): boolean {
    this.#socket.setNoDelay(on);
    return this.readyState > 0;
  }

  setKeepAlive(on = false, delay = 0): boolean {
    this.#socket.setKeepAlive(on, delay);
    return this.readyState > 0;
  }

  getSession(): Buffer | undefined {
    return (this.#socket as TLSSocket).getSession?.();
  }

  isSessionReused(): boolean {
    return (this.#socket as TLSSocket).isSessionReused?.() ?? false;
  }

  getPeerCertificate(): unknown {
    return (this.#socket as TLSSocket).getPeerCertificate?.();
  }

  getAuthorizationError(): Error | null {
    return (this.#socket as TLSSocket).authorizationError ?? null;
  }

  getServername(): unknown {
    return (this.#socket as TLSSocket & { servername?: unknown }).servername || undefined;
  }

  getTLSVersion(): string | null {
    return (this.#socket as TLSSocket).getProtocol?.() ?? null;
  }

  /** The connection broke, or is gone. */
  broken(error: NodeJS.ErrnoException): void {
    this.#reset = error;
  }

  gone(): void {
    if (this.#state === 'handshake') this.failed(this.#reset ?? new Error('disconnected'));
    else this.#closed(this.#reset);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      if (!this.#readShut && !this.#over) this.#call('data', chunk);
    });
    socket.on('end', () => this.#ended());
    socket.on('drain', () => this.#drained());
  }

  #drained(): void {
    if (!this.#short || this.readyState < 0) return;
    this.#short = false;
    this.#call('drain');
  }

  get #over(): boolean {
    return this.#state === 'closed' || this.#state === 'closing';
  }

  #ended(): void {
    if (this.#over) return;
    if (this.#state === 'ended') {
      this.#endAll();
      return;
    }
    if (!this.#readShut) this.#call('end');
    if (this.owner.allowHalfOpen) this.#call('drain');
    else this.#endAll();
  }

  #shutRead(): void {
    if (this.#readShut) return;
    this.#readShut = true;
    if (this.#state === 'ended') this.#endAll();
    else
      setImmediate(() => {
        this.#call('end');
        if (this.owner.allowHalfOpen) this.#call('drain');
        else this.#endAll();
      });
  }

  /** What was taken is delivered, then FIN, then the kernel's socket is closed. */
  #endAll(): void {
    if (this.#over) return;
    const socket = this.#socket;
    const flushed = socket.writableLength === 0;
    socket.end(() => socket.destroy());
    if (socket.writableFinished) socket.destroy();
    if (flushed) this.#closed(undefined);
    else this.#state = 'closing';
  }

  #closed(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    clearTimeout(this.#timeout);
    this.#state = 'closed';
    this.#call('close', error);
  }

  #call(event: string, ...args: unknown[]): void {
    const { handlers } = this.owner;
    try {
      Promise.resolve(handlers[event]?.call(this, this, ...args)).catch(() => {});
    } catch (error) {
      handlers.error?.call(this, this, error);
      if (event === 'open') this.#endAll();
    }
  }
}

function bytesOf(data: unknown, [offset, length]: unknown[]): Uint8Array {
  if (typeof data === 'string' || data instanceof String) return Buffer.from(String(data));
  if (data === undefined) return new Uint8Array(0);
  const whole = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer);
  const start = typeof offset === 'number' ? offset : 0;
  return whole.subarray(start, typeof length === 'number' ? start + length : undefined);
}

/** Bytes that are taken before `write` comes short. */
const CAPACITY = 256 * 1024;
