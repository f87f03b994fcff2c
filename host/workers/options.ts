/**
 * What can be chosen when workers are made. All of it goes to threads, so it is plain data: what the structured clone
 * algorithm can copy. Not for: what the handlers' module may export (`module.ts`).
 */
import type { TunOptions } from '../device/tun.js';
import type { TCPSocketListenOptions } from '../socket/options.js';
import type { StackOptions } from '../stack/settings.js';

export interface WorkersOptions {
  /** How many: each has a thread, a stack, and a queue of the interface. 1 to 64; more than processors make little sense. */
  workers: number;
  /** The interface. `addresses` are those of every stack. A persistent one must have been made with `multi_queue`. */
  tun?: Omit<TunOptions, 'fd'>;
  /** Of every stack, so its limits are each one's. */
  stack?: WorkerStackOptions;
  /** What all of them listen on; each connection is served by one. Port 0 is chosen, see `port`. */
  listen?: WorkersListenOptions;
  /** The module whose exports are the handlers, see `WorkerModule`. Every worker loads it for itself. */
  module: URL | string;
  /** Comes to the module's `start`. */
  data?: unknown;
  /**
   * Hears of a worker's trouble: what a handler threw, unless the module has an `error` handler; its stack's; that it has
   * ended (`ERR_WORKER_ENDED`; `cause` is what was thrown). Without it that is an uncaught exception.
   */
  error?: (error: Error, worker: number) => void;
}

export type WorkerStackOptions = Omit<
  StackOptions,
  | 'device'
  | 'addresses'
  | 'ipv6'
  | 'dhcp'
  | 'interfaces'
  | 'forwarding'
  | 'share'
  | 'clock'
  | 'seed'
  | 'error'
  | 'keylog'
>;

export type WorkersListenOptions = Omit<TCPSocketListenOptions<unknown>, 'socket'>;
