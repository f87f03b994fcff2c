/**
 * From the core's ready list to the handlers: first in, first out, the events of one connection in the order of their
 * bits. Microtasks that a handler queues run before the next handler: so after one handler ran, delivery stops before
 * the next and lets its caller come back when the microtasks have run. With one busy connection that is once a batch.
 * Not for: what the events mean (`connections.ts`).
 */
import { BATCH_LIMIT } from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';

/** What all who call handlers share. */
export interface Turn {
  /** A handler has run, and the microtasks that it may have queued have not. */
  due: boolean;
}

export class Delivery<Owner> {
  #connection: Connection<Owner> | undefined;
  #events = 0;
  /** Who they are, while they are looked at. */
  readonly #coming: (Connection<Owner> | undefined)[] = new Array(BATCH_LIMIT).fill(undefined);
  /** Of those who are ready, how many have been glanced at. */
  #ahead = 0;
  /** What their reads came to. Nobody needs it, but where nobody could see it the engine would leave them out. */
  glances = 0;

  constructor(
    private readonly core: Core,
    private readonly connections: Connections<Owner>,
    private readonly turn: Turn,
  ) {}

  /** Events told since the last `run`. */
  delivered = 0;

  /** Events taken from the core for a connection and not told yet. */
  pending(connection: Connection<Owner>): number {
    return connection === this.#connection ? this.#events : 0;
  }

  /** To be called when the microtasks that `run` waited for have run. */
  microtasksRan(): void {
    this.turn.due = false;
  }

  /** Delivers what is ready. @returns false when microtasks have to run first: come back for the rest */
  run(): boolean {
    this.delivered = 0;
    while (this.#events !== 0 || this.#next()) {
      const connection = this.#connection as Connection<Owner>;
      if (this.turn.due && connection.hasOwner) return false;
      const event = this.#events & -this.#events;
      this.#events ^= event;
      if (connection.hasOwner) this.turn.due = true;
      if (connection.deliver(event)) this.#events |= event;
      this.delivered++;
    }
    return true;
  }

  #next(): boolean {
    const { calls } = this.core;
    while (this.#ahead > 0 || this.#lookAhead() > 0) {
      const handle = calls.readyNext();
      this.#ahead = handle === 0 ? 0 : this.#ahead - 1;
      const events = this.core.result(0);
      const connection = handle === 0 ? undefined : this.connections.ready(handle, events, this.core.result(1));
      if (connection === undefined) continue;
      this.#connection = connection;
      this.#events = events | connection.takeDeferred();
      if (this.#events !== 0) return true;
    }
    return this.#nextResumed();
  }

  /**
   * Reads the objects of those who come next, in steps of one object each, which do not wait for each other: among very many
   * connections they are in no cache, and memory answers many questions as fast as one. @returns how many they are
   */
  #lookAhead(): number {
    const { core, connections } = this;
    const coming = this.#coming;
    const { events } = connections;
    const count = core.calls.readyPeek();
    let glances = 0;
    for (let index = 0; index < count; index++) coming[index] = connections.guess(core.result(index));
    for (let index = 0; index < count; index++) glances ^= coming[index]?.deferred ?? 0;
    for (let index = 0; index < count; index++) {
      const owner = coming[index]?.owner ?? null;
      if (owner !== null) glances ^= events.awaited(owner);
    }
    for (let index = 0; index < count; index++) coming[index] = undefined;
    this.glances = glances;
    this.#ahead = count;
    return count;
  }

  #nextResumed(): boolean {
    for (;;) {
      const connection = this.connections.takeResumed();
      if (connection === undefined) return false;
      this.#connection = connection;
      this.#events = connection.takeDeferred();
      if (this.#events !== 0) return true;
    }
  }
}
