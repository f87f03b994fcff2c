/**
 * `dgram.Socket` in the shape of Node's, on an endpoint of the stack. Binding and connecting take a turn, as names may have to be
 * looked up; what is sent meanwhile waits. Not for: arguments (`options.ts`, `message.ts`), options of the socket (`settings.ts`).
 */
import type { RemoteInfo } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { parseAddress } from '../../core/address.js';
import type { Resolver } from '../../dns/resolver.js';
import { defaultStack } from '../../socket/default-stack.js';
import type { Stack } from '../../stack/stack.js';
import type { Endpoint } from '../../udp/endpoint.js';
import { failure, wrongType } from '../errors.js';
import { callError, notConnected, notRunning } from './errors.js';
import { findHost } from './lookup.js';
import { readSend, type SendCallback } from './message.js';
import {
  type BindOptions,
  type Lookup,
  type MessageListener,
  readBind,
  readSocketOptions,
  type SocketOptions,
  type SocketType,
  validPort,
} from './options.js';
import { place } from './place.js';
import { Settings } from './settings.js';

export class Socket extends Settings {
  readonly type: SocketType;
  readonly #options: SocketOptions & { lookup?: Lookup };
  #bound: 'no' | 'soon' | 'yes' = 'no';
  #connected: 'no' | 'soon' | 'yes' = 'no';
  #closed = false;
  #reffed = true;
  /** What waits for `listening`. */
  #queue: (() => void)[] = [];
  /** What waits for room. */
  readonly #unsent: Unsent[] = [];

  constructor(options: SocketType | SocketOptions, listener?: MessageListener) {
    super();
    this.#options = readSocketOptions(options);
    this.type = this.#options.type;
    if (typeof listener === 'function') this.on('message', listener);
    this.#obey(this.#options.signal);
  }

  /** All forms of Node's. `listening`, or `error`, is emitted later. */
  bind(port?: number, address?: string, callback?: () => void): this;
  bind(port?: number, callback?: () => void): this;
  bind(callback?: () => void): this;
  bind(options: BindOptions, callback?: () => void): this;
  bind(...given: unknown[]): this {
    this.#checkOpen();
    if (this.#bound !== 'no') throw failure('ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound');
    const { port, address, callback } = readBind(given);
    this.#bound = 'soon';
    if (callback !== undefined) this.#whenBound(callback);
    findHost(address ?? this.#any, this.#family, this.#options.lookup, this.#resolver, (error, found) => {
      if (this.#closed) return;
      const failed = error ?? this.#open(found, port);
      if (failed !== null) {
        this.#bound = 'no';
        this.emit('error', failed);
        return;
      }
      this.#bound = 'yes';
      this.emit('listening');
      const waiting = this.#queue;
      this.#queue = [];
      for (const task of waiting) task();
    });
    return this;
  }

  /** From now on the socket speaks with one peer. `connect`, or `error`, is emitted later. */
  connect(port: number, address?: string, callback?: (error?: Error) => void): void;
  connect(port: number, callback?: (error?: Error) => void): void;
  connect(port: number, ...given: unknown[]): void {
    const number = validPort(port);
    const callback = given.find((value) => typeof value === 'function') as ((error?: Error) => void) | undefined;
    const address = typeof given[0] === 'string' && given[0] !== '' ? given[0] : this.#loopback;
    this.#checkOpen();
    if (this.#connected !== 'no') throw failure('ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
    this.#connected = 'soon';
    this.#afterBinding(() => this.#connect(number, address, callback));
  }

  disconnect(): void {
    this.#checkOpen();
    if (this.#connected !== 'yes') throw notConnected();
    this.endpoint?.disconnect();
    this.#connected = 'no';
  }

  /** All forms of Node's. A socket that is not bound is bound to any port first. */
  send(message: Sendable | readonly Sendable[], port?: number, address?: string, callback?: SendCallback): void;
  send(message: Sendable | readonly Sendable[], port?: number, callback?: SendCallback): void;
  send(message: Sendable | readonly Sendable[], callback?: SendCallback): void;
  send(
    message: Sendable,
    offset: number,
    length: number,
    port?: number,
    address?: string,
    callback?: SendCallback,
  ): void;
  send(message: Sendable, offset: number, length: number, port?: number, callback?: SendCallback): void;
  send(message: Sendable, offset: number, length: number, callback?: SendCallback): void;
  send(...given: unknown[]): void {
    const connected = this.#connected === 'yes';
    const { list, port: givenPort, address, callback } = readSend(given, connected);
    const port = connected ? 0 : validPort(givenPort);
    if (address !== undefined && address !== null && typeof address !== 'string') {
      throw wrongType('"address" argument', 'of type string', address);
    }
    this.#checkOpen();
    const data = list.length === 1 ? (list[0] as Uint8Array) : Buffer.concat(list);
    this.#afterBinding(() => {
      if (connected) this.#send({ data, host: undefined, ip: undefined, port, callback });
      else this.#sendTo(data, (address as string) || this.#loopback, port, callback);
    });
  }

  /** Ends the socket; `close` is emitted later. */
  close(callback?: () => void): this {
    if (typeof callback === 'function') this.on('close', callback);
    // What was sent goes first.
    if (this.#bound === 'soon' && this.#queue.length > 0) {
      this.#queue.push(() => this.close());
      return this;
    }
    this.#checkOpen();
    this.#closed = true;
    this.endpoint?.close();
    process.nextTick(() => this.emit('close'));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  address(): AddressInfo {
    this.#checkOpen();
    const endpoint = this.opened('getsockname');
    return place(endpoint.ends().local, this.type);
  }

  remoteAddress(): AddressInfo {
    this.#checkOpen();
    const remote = this.#connected === 'yes' ? this.endpoint?.ends().remote : undefined;
    if (remote === undefined) throw notConnected();
    return place(remote, this.type);
  }

  ref(): this {
    this.#reffed = true;
    this.endpoint?.ref();
    return this;
  }

  unref(): this {
    this.#reffed = false;
    this.endpoint?.unref();
    return this;
  }

  /** Bytes that wait for room. */
  getSendQueueSize(): number {
    return this.#unsent.reduce((sum, { data }) => sum + data.length, 0);
  }

  /** How many messages wait for room. */
  getSendQueueCount(): number {
    return this.#unsent.length;
  }

  protected override checkOpen(): void {
    this.#checkOpen();
  }

  /** Node binds a socket that joins a group. */
  protected override openNow(): Endpoint {
    if (this.endpoint === undefined) {
      const failed = this.#open(this.#any, 0);
      if (failed !== null) throw failed;
      this.#bound = 'yes';
    }
    return this.endpoint as Endpoint;
  }

  get #stack(): Stack {
    return this.#options.stack ?? defaultStack();
  }

  readonly #resolver = (): Resolver => this.#stack.resolver;

  get #family(): 4 | 6 {
    return this.type === 'udp4' ? 4 : 6;
  }

  get #any(): string {
    return this.type === 'udp4' ? '0.0.0.0' : '::';
  }

  get #loopback(): string {
    return this.type === 'udp4' ? '127.0.0.1' : '::1';
  }

  #checkOpen(): void {
    if (this.#closed) throw notRunning();
  }

  /** @returns what went wrong */
  #open(ip: string, port: number): Error | null {
    const bytes = parseAddress(ip);
    const fits = bytes !== undefined && ip.includes(':') === (this.type === 'udp6');
    const endpoint = fits ? this.#stack.udp.open(bytes, port, this.flagsOf(this.#options)) : INVALID;
    if (typeof endpoint === 'number') return callError(endpoint, 'bind', { address: ip, port });
    if (!this.#reffed) endpoint.unref();
    endpoint.owner = {
      message: (data, sender) => this.#message(data as Buffer<ArrayBuffer>, sender),
      drained: () => this.#sendRest(),
      failed: (errno) => {
        if (this.#connected === 'yes') this.emit('error', callError(errno, 'recvmsg'));
      },
      lost: (error) => this.emit('error', error),
    };
    this.attach(endpoint, this.#options);
    return null;
  }

  #connect(port: number, address: string, callback: ((error?: Error) => void) | undefined): void {
    if (callback !== undefined) this.once('connect', callback);
    findHost(address, this.#family, this.#options.lookup, this.#resolver, (error, ip) => {
      if (this.#closed) return;
      const bytes = error === null ? parseAddress(ip) : undefined;
      const answer = bytes === undefined ? INVALID : (this.endpoint?.connect(bytes, port) ?? INVALID);
      const failed = error ?? (answer < 0 ? callError(answer, 'connect', { address, port }) : null);
      if (failed === null) {
        this.#connected = 'yes';
        process.nextTick(() => this.emit('connect'));
        return;
      }
      this.#connected = 'no';
      process.nextTick(() => {
        if (callback === undefined) {
          this.emit('error', failed);
          return;
        }
        this.removeListener('connect', callback);
        callback(failed);
      });
    });
  }

  #sendTo(data: Uint8Array, host: string, port: number, callback: SendCallback | undefined): void {
    findHost(host, this.#family, this.#options.lookup, this.#resolver, (error, ip) => {
      if (error === null) {
        if (!this.#closed) this.#send({ data, host, ip, port, callback });
      } else if (callback !== undefined) process.nextTick(callback, error);
      else process.nextTick(() => this.emit('error', error));
    });
  }

  #send(message: Unsent): void {
    if (this.#unsent.length > 0 || this.#trySend(message) === 0) this.#unsent.push(message);
  }

  #sendRest(): void {
    while (!this.#closed && this.#unsent.length > 0) {
      if (this.#trySend(this.#unsent[0] as Unsent) === 0) return;
      this.#unsent.shift();
    }
  }

  /** @returns 0 when there is no room */
  #trySend({ data, host, ip, port, callback }: Unsent): number {
    const bytes = ip === undefined ? undefined : parseAddress(ip);
    const fits = ip === undefined || (bytes !== undefined && ip.includes(':') === (this.type === 'udp6'));
    const answer = fits ? (this.endpoint?.send(data, bytes, port) ?? INVALID) : INVALID;
    if (answer === 0 || callback === undefined) return answer;
    const failed =
      answer < 0 ? callError(answer, 'send', host === undefined ? undefined : { address: host, port }) : null;
    if (failed === null) process.nextTick(callback, null, data.length);
    else process.nextTick(callback, failed);
    return answer;
  }

  #message(data: Buffer<ArrayBuffer>, { address, port }: { address: string; port: number }): void {
    const { address: shown, family } = place({ address, port }, this.type);
    this.emit('message', data, { address: shown, family: family as RemoteInfo['family'], port, size: data.length });
  }

  #afterBinding(task: () => void): void {
    if (this.#bound === 'no') this.bind({ port: 0 });
    if (this.#bound === 'yes') task();
    else this.#queue.push(task);
  }

  /** The callback of `bind` is for this `bind` alone: an error ends it. */
  #whenBound(callback: () => void): void {
    const forget = () => {
      this.removeListener('error', forget);
      this.removeListener('listening', listening);
    };
    const listening = () => {
      forget();
      callback.call(this);
    };
    this.once('error', forget);
    this.once('listening', listening);
  }

  #obey(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const close = () => {
      if (!this.#closed) this.close();
    };
    if (signal.aborted) close();
    else {
      signal.addEventListener('abort', close, { once: true });
      this.once('close', () => signal.removeEventListener('abort', close));
    }
  }
}

/** What `send` takes, or an array of it. */
export type Sendable = string | NodeJS.ArrayBufferView;

interface Unsent {
  readonly data: Uint8Array;
  /** As it was given; `undefined` on a connected socket. */
  readonly host: string | undefined;
  readonly ip: string | undefined;
  readonly port: number;
  readonly callback: SendCallback | undefined;
}

/** EINVAL: an address of the other family. */
const INVALID = -22;
