/**
 * What the module of a worker may export: the handlers of a socket, by their names, and `start`.
 */
import type { SocketHandler } from '../socket/handlers.js';
import type { Stack } from '../stack/stack.js';

/** To be written as `export function data(socket, bytes) { … }`, and so on. Whatever else is exported is passed over. */
// biome-ignore lint/suspicious/noExplicitAny: the type of `socket.data` is the module's own affair
export interface WorkerModule extends SocketHandler<any> {
  /**
   * Runs first, once, and is waited for: for what the worker needs beside its listener. `stack` is its own: what it connects,
   * and what it listens on at a port that the stack has chosen, is this worker's alone.
   */
  start?(stack: Stack, worker: WorkerPlace): void | Promise<void>;
}

export interface WorkerPlace {
  /** From 0 on. A worker that takes the place of one that has ended has its number. */
  readonly number: number;
  /** Of all workers. */
  readonly count: number;
  /** As given to `createWorkers`, a copy. */
  readonly data: unknown;
}
