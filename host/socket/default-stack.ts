/**
 * `connect` and `listen` as plain functions, on one stack that is shared by the whole program: a loopback of its own
 * until `setDefaultStack` says otherwise. The core is compiled while this module loads, because `listen` can't wait.
 * Not for: programs that make their own stacks; they call the methods.
 */
import { type CompiledCore, compileCore } from '../core/load.js';
import { Stack } from '../stack/stack.js';
import type { ConnectSocketOptions, SocketOptions } from '../udp/options.js';
import type * as udp from '../udp/types.js';
import type { BinaryType } from './handlers.js';
import type { SocketListener, TCPSocketListener } from './listener.js';
import type { TCPSocketConnectOptions, TCPSocketListenOptions, UnixSocketOptions } from './options.js';
import type { Socket } from './socket.js';

/** `Stack.connect` on the default stack. */
export function connect<Data = undefined>(options: TCPSocketConnectOptions<Data>): Promise<Socket<Data>>;
/** @throws Error `ERR_NOT_SUPPORTED`, always: only the kernel of the host has unix domain sockets */
export function connect<Data = undefined>(options: UnixSocketOptions<Data>): Promise<Socket<Data>>;
export function connect(options: object): Promise<Socket<unknown>> {
  return defaultStack().connect(options as TCPSocketConnectOptions<unknown>);
}

/** `Stack.listen` on the default stack. */
export function listen<Data = undefined>(options: TCPSocketListenOptions<Data>): TCPSocketListener<Data>;
/** @throws Error `ERR_NOT_SUPPORTED`, always: only the kernel of the host has unix domain sockets */
export function listen<Data = undefined>(options: UnixSocketOptions<Data>): UnixSocketListener<Data>;
export function listen(options: object): unknown {
  return defaultStack().listen(options as TCPSocketListenOptions<unknown>);
}

/** `Stack.udpSocket` on the default stack. */
export function udpSocket<Kind extends BinaryType = 'buffer'>(
  options: ConnectSocketOptions<Kind>,
): Promise<udp.ConnectedSocket<Kind>>;
export function udpSocket<Kind extends BinaryType = 'buffer'>(options: SocketOptions<Kind>): Promise<udp.Socket<Kind>>;
export function udpSocket(options: object): Promise<unknown> {
  return defaultStack().udpSocket(options as SocketOptions<'buffer'>);
}

/** Types that Bun names, though no value here is of just that type. */
export interface UnixSocketListener<Data> extends SocketListener<Data> {
  readonly unix: string;
}

export interface TCPSocket extends Socket {}

export interface TLSSocket extends Socket {}

/** The stack behind `connect` and `listen`: the one that was set, else one with loopback only. */
export function defaultStack(): Stack {
  if (stack === undefined) {
    if (compiled instanceof Error) throw compiled;
    stack = Stack.createSync(compiled);
  }
  return stack;
}

/** Lets `connect` and `listen` use this stack from now on; `undefined`: a fresh loopback. Sockets stay where they are. */
export function setDefaultStack(next: Stack | undefined): void {
  stack = next;
}

let stack: Stack | undefined;
const compiled: CompiledCore | Error = await compileCore().catch((error) =>
  error instanceof Error ? error : new Error(String(error)),
);
