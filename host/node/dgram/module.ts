/**
 * `dgramOf`: all of `vitrine/dgram` on one stack. Not for: what a socket does (`socket.ts`).
 */
import type { Stack } from '../../stack/stack.js';
import type { MessageListener, SocketOptions, SocketType } from './options.js';
import { Socket } from './socket.js';

/** What is in `vitrine/dgram`. */
export interface Dgram {
  Socket: typeof Socket;
  createSocket: CreateSocket;
}

export interface CreateSocket {
  (type: SocketType, listener?: MessageListener): Socket;
  (options: SocketOptions, listener?: MessageListener): Socket;
}

/**
 * The module `vitrine/dgram`, bound to a stack.
 * @param stack `undefined`: the default stack at the time of each call
 */
export function dgramOf(stack?: Stack): Dgram {
  if (stack === undefined) {
    return {
      Socket,
      createSocket: (options: SocketType | SocketOptions, listener?: MessageListener) => new Socket(options, listener),
    };
  }
  const bind = (options: SocketType | SocketOptions): SocketType | SocketOptions => {
    if (typeof options === 'string') return { type: options, stack };
    return typeof options === 'object' && options !== null ? { stack, ...options } : options;
  };
  class BoundSocket extends Socket {
    constructor(options: SocketType | SocketOptions, listener?: MessageListener) {
      super(bind(options), listener);
    }
  }
  return {
    Socket: BoundSocket,
    createSocket: (options: SocketType | SocketOptions, listener?: MessageListener) =>
      new BoundSocket(options, listener),
  };
}
