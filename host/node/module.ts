/**
 * `netOf`: all of `vitrine/net` on one stack. Not for: what the parts do.
 */
import type { ClientRequestArgs } from 'node:http';
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Stack } from '../stack/stack.js';
import { type ConnectOptions, readArguments } from './connect-options.js';
import { Server, type ServerOptions } from './server.js';
import { Socket, type SocketOptions } from './socket.js';

/** What is in `vitrine/net`. */
export interface Net {
  Socket: typeof Socket;
  Stream: typeof Socket;
  Server: typeof Server;
  connect: Connect;
  createConnection: Connect;
  createServer: CreateServer;
  BlockList: typeof BlockList;
  SocketAddress: typeof SocketAddress;
  isIP: typeof isIP;
  isIPv4: typeof isIPv4;
  isIPv6: typeof isIPv6;
}

export interface Connect {
  /** As `createConnection` of a request of `node:http`. */
  (options: ClientRequestArgs, created?: (error: Error | null, socket: Duplex) => void): Socket;
  (options: Partial<ConnectOptions> & SocketOptions, listener?: () => void): Socket;
  (port: number, host?: string, listener?: () => void): Socket;
  (port: number, listener?: () => void): Socket;
  (path: string, listener?: () => void): Socket;
}

export interface CreateServer {
  (options?: ServerOptions, listener?: (socket: Socket) => void): Server;
  (listener?: (socket: Socket) => void): Server;
}

/**
 * The module `vitrine/net`, bound to a stack, for packages that take a class or a function and no options of ours.
 * @param stack `undefined`: the default stack at the time of each call
 */
export function netOf(stack?: Stack): Net {
  const bound = stack === undefined ? {} : { stack };

  class BoundSocket extends Socket {
    constructor(options?: SocketOptions) {
      super({ ...bound, ...options });
    }
  }
  class BoundServer extends Server {
    constructor(options?: ServerOptions | ((socket: Socket) => void), listener?: (socket: Socket) => void) {
      if (typeof options === 'function') super(bound, options);
      else super(typeof options === 'object' ? { ...bound, ...options } : (options ?? bound), listener);
    }
  }
  const connect: Connect = (...given: unknown[]) => {
    const { options, listener } = readArguments(given);
    return new BoundSocket(options).connect(options, listener);
  };
  const createServer = ((options?: ServerOptions, listener?: (socket: Socket) => void) =>
    new BoundServer(options, listener)) as CreateServer;

  return {
    Socket: stack === undefined ? Socket : BoundSocket,
    Stream: stack === undefined ? Socket : BoundSocket,
    Server: stack === undefined ? Server : (BoundServer as typeof Server),
    connect,
    createConnection: connect,
    createServer,
    BlockList,
    SocketAddress,
    isIP,
    isIPv4,
    isIPv6,
  };
}
