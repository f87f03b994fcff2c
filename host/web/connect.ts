/**
 * `connect` of the Sockets API: a socket at once, a connection later. Not for: what the socket does (`socket.ts`).
 */
import { defaultStack } from '../socket/default-stack.js';
import type { SocketHandler } from '../socket/handlers.js';
import type { Stack } from '../stack/stack.js';
import { type Plan, parse, type SocketAddress, type SocketOptions } from './options.js';
import { type Connection, Socket } from './socket.js';

/**
 * @param address `{ hostname, port }`, or both in a string: `example.com:443`
 * @throws SocketError, TypeError for arguments that mean nothing; what the network does comes with `opened`
 */
export function connect(address: string | SocketAddress, options: SocketOptions = {}): Socket {
  const plan = parse(address, options);
  const stack = options.stack ?? defaultStack();
  return new Socket(plan, (handlers) => start(stack, plan, handlers));
}

function start(stack: Stack, plan: Plan, handlers: SocketHandler<unknown>): Connection {
  const { hostname, port, allowHalfOpen } = plan;
  /** By which a socket that is still connecting is found. */
  const token = {};
  const tls = plan.secureTransport === 'on' ? { tls: plan.tls } : {};
  stack.connect<unknown>({ hostname, port, allowHalfOpen, ...tls, data: token, socket: handlers });
  return {
    abandon() {
      for (const socket of stack.sockets) if (socket.data === token) return socket.terminate();
    },
  };
}
