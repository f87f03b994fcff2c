/**
 * What the main thread and a worker tell each other: orders and reports, never data of connections.
 */
import type { Opened } from '../device/kernel/open.js';
import type { PollerLoan } from '../device/kernel/poller.js';
import type { Counters } from '../stack/observation.js';
import type { WorkerStackOptions, WorkersListenOptions } from './options.js';
import type { StrayCounts, Strays } from './queue.js';

/** What a worker is started with. */
export interface Assignment {
  readonly number: number;
  readonly count: number;
  readonly queue: Opened;
  readonly poller: PollerLoan;
  readonly strays: Strays;
  readonly addresses: readonly string[];
  readonly stack: WorkerStackOptions;
  readonly listen: WorkersListenOptions | undefined;
  readonly module: string;
  readonly data: unknown;
}

/** `count`: report your counters under this number. */
export type Order = { count: number } | 'close';

export type Report =
  | { kind: 'ready' }
  | { kind: 'trouble'; error: PlainError }
  | { kind: 'counters'; answer: number; counters: WorkerCounters }
  | { kind: 'closed' };

/** Of one worker, since it was started. */
export interface WorkerCounters extends Counters, StrayCounts {
  /** Its number, from 0 on. */
  worker: number;
}

/** An error as messages carry it: the properties that are left out of a clone are those which programs ask for. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, code: undefined };
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  return { name, message, stack, code: typeof code === 'string' || typeof code === 'number' ? code : undefined };
}

export function errorFrom({ name, message, stack, code }: PlainError): Error {
  return Object.assign(new Error(message), {
    name,
    ...(stack !== undefined && { stack }),
    ...(code !== undefined && { code }),
  });
}
