/**
 * A socket as something to await: chunks in, bytes out, backpressure both ways. The blessed way to write more than a
 * socket takes at once is `write` below: go on from where it stopped, after `drain`.
 * Not for: HTTP (`server.ts`, `client.ts`).
 */
import type { SocketHandler } from '../../socket/handlers.js';
import type { TCPSocketConnectOptions } from '../../socket/options.js';
import type { Socket } from '../../socket/socket.js';
import { TLS } from '../../socket/tls/members.js';
import type { Stack } from '../../stack/stack.js';

/** What was agreed in the handshake of TLS. */
export interface Security {
  /** `TLSv1.3` */
  version: string;
  /** As the registry calls it. */
  suite: string;
  /** Of the key exchange. */
  group: string;
}

/**
 * Connects, with TLS if `tls` says so: then the peer is verified when this resolves.
 * @throws SocketError for what the network did and for a handshake that failed
 */
export function connectChannel(
  stack: Stack,
  options: Pick<TCPSocketConnectOptions, 'hostname' | 'port' | 'tls'>,
): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const handlers = channelHandlers(resolve);
    const socket: SocketHandler<Channel | undefined> = {
      ...handlers,
      close(socket, error) {
        if (socket.data === undefined) reject(error ?? closed());
        else handlers.close?.(socket, error);
      },
    };
    stack.connect<Channel | undefined>({ ...options, allowHalfOpen: true, socket }).catch(reject);
  });
}

/**
 * Handlers that make a channel of every socket. Give them to `connect` or `listen`, with `allowHalfOpen`. With TLS a channel
 * is there when the handshake is over; if it failed, all that the channel does throws the reason.
 */
export function channelHandlers(opened: (channel: Channel) => void): SocketHandler<Channel | undefined> {
  return {
    open(socket) {
      const channel = new Channel(socket);
      socket.data = channel;
      opened(channel);
    },
    data(socket, chunk) {
      socket.data?.received(chunk);
    },
    drain(socket) {
      socket.data?.wake();
    },
    end(socket) {
      socket.data?.ended();
    },
    close(socket, error) {
      socket.data?.closed(error ?? closed());
    },
  };
}

export class Channel {
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #ended = false;
  #error: Error | undefined;
  #waiters: (() => void)[] = [];

  constructor(private readonly socket: Socket<Channel | undefined>) {}

  /** The next bytes, `undefined` once the peer has ended. @throws Error when the connection broke */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waiting -= chunk.length;
        if (this.#waiting < READ_AHEAD) this.socket.resume();
        return chunk;
      }
      if (this.#ended) return undefined;
      if (this.#error !== undefined) throw this.#error;
      await this.#news();
    }
  }

  /** Puts bytes back, to be read next. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.#waiting += bytes.length;
  }

  /**
   * Bytes up to and including `delimiter`, as latin1 text.
   * @returns `undefined` when the peer ends first
   * @throws Error when more than `limit` bytes come without it, or the connection broke
   */
  async readText(delimiter: string, limit: number): Promise<string | undefined> {
    let text = '';
    for (;;) {
      const chunk = await this.read();
      if (chunk === undefined) return undefined;
      const searched = Math.max(text.length - delimiter.length + 1, 0);
      text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
      const at = text.indexOf(delimiter, searched);
      const end = at + delimiter.length;
      if (at < 0 ? text.length > limit : end > limit) throw new Error(`more than ${limit} bytes of head`);
      if (at < 0) continue;
      this.unread(chunk.subarray(chunk.length - (text.length - end)));
      return text.slice(0, end);
    }
  }

  /** `undefined` without TLS, and when its handshake failed. */
  get security(): Security | undefined {
    const tls = this.socket[TLS];
    if (tls?.suite === undefined || tls.alpnProtocol === null) return undefined;
    return { version: this.socket.getTLSVersion(), suite: tls.suite.standardName, group: tls.group ?? 'none' };
  }

  /** Resolves when the socket has taken all bytes. @throws Error when it won't */
  async write(bytes: Uint8Array | string): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    for (let offset = 0; ; ) {
      if (this.#error !== undefined) throw this.#error;
      const taken = this.socket.write(data, offset);
      if (taken < 0) throw new Error('the connection is closed for writing');
      offset += taken;
      if (offset === data.length) return;
      await this.#news();
    }
  }

  /** No more will be written. */
  end(): void {
    this.socket.end();
  }

  /** Forgets everything and resets the connection. */
  terminate(): void {
    this.socket.terminate();
  }

  /** Closes the connection after so many seconds; 0 cancels. */
  timeout(seconds: number): void {
    this.socket.timeout(seconds);
  }

  /** Resolves when the connection is closed, in good order or not. */
  async whenClosed(): Promise<void> {
    while (this.#error === undefined) await this.#news();
  }

  get remoteAddress(): string {
    return this.socket.remoteAddress;
  }

  received(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (this.#waiting >= READ_AHEAD) this.socket.pause();
    this.wake();
  }

  ended(): void {
    this.#ended = true;
    this.wake();
  }

  closed(error: Error): void {
    this.#error = error;
    this.wake();
  }

  wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}

function closed(): Error {
  return new Error('the connection was closed');
}

/** Bytes that may wait for `read` before the window closes. */
const READ_AHEAD = 1 << 20;
