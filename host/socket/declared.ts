/**
 * Types that Bun declares and programs name, though no value here is of exactly that type: what all listeners have in
 * common, and sockets that the host's kernel would have to make. Not for: what `connect` and `listen` take (`options.ts`).
 */
import type { SocketOptions, TCPSocketConnectOptions } from './options.js';
import type { Socket } from './socket.js';

/** What every listener has; `listen` gives a `TCPSocketListener`. */
export interface SocketListener<Data = undefined> extends Disposable {
  data: Data;
  stop(closeActiveConnections?: boolean): void;
  ref(): void;
  unref(): void;
  reload(options: Pick<SocketOptions<Data>, 'socket'>): void;
}

/** A listener on a path. There is none here: only the kernel of the host has unix domain sockets. */
export interface UnixSocketListener<Data> extends SocketListener<Data> {
  readonly unix: string;
}

/** Options with a path: `connect` and `listen` throw `ERR_NOT_SUPPORTED` for them. */
export interface UnixSocketOptions<Data = undefined> extends SocketOptions<Data> {
  unix: string;
  tls?: TCPSocketConnectOptions['tls'];
}

/** Options with a descriptor: `connect` and `listen` throw `ERR_NOT_SUPPORTED` for them. */
export interface FdSocketOptions<Data = undefined> extends SocketOptions<Data> {
  fd: number;
  tls?: TCPSocketConnectOptions['tls'];
}

export interface TCPSocket extends Socket {}

export interface TLSSocket extends Socket {}
