/**
 * From the core's ready list to the handlers: first in, first out, the events of one connection in the order of their
 * bits. Microtasks that a handler queues run before the next handler: so after one handler ran, delivery stops before
 * the next and lets its caller come back when the microtasks have run. With one busy connection that is once a batch.
 * Not for: what the events mean (`connections.ts`).
 */
import type { Core } from '../core/core.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';

/** What all who call handlers share. */
export interface Turn {
  /** A handler has run, and the microtasks that it may have queued have not. */
  due: boolean;
}

export class Delivery<Owner> {
  /** Whose events are being told, by its handle: see `#lookAhead`. */
  #handle = 0;
  /** Those of it that were taken from the core and not told yet. */
  #events = 0;
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
    return connection.handle === this.#handle ? this.#events : 0;
  }

  /** To be called when the microtasks that `run` waited for have run. */
  microtasksRan(): void {
    this.turn.due = false;
  }

  /** Delivers what is ready. @returns false when microtasks have to run first: come back for the rest */
  run(): boolean {
    this.delivered = 0;
    let connection = this.#events === 0 ? undefined : this.connections.get(this.#handle);
    for (;;) {
      connection ??= this.#next();
      if (connection === undefined) return true;
      if (this.turn.due && connection.hasOwner) return false;
      const event = this.#events & -this.#events;
      this.#events ^= event;
      if (connection.hasOwner) this.turn.due = true;
      if (connection.deliver(event)) this.#events |= event;
      this.delivered++;
      if (this.#events === 0) connection = undefined;
    }
  }

  /** The next that has something to tell, whose events are then in `#events`. */
  #next(): Connection<Owner> | undefined {
    const { calls } = this.core;
    while (this.#ahead > 0 || this.#lookAhead() > 0) {
      const handle = calls.readyNext();
      this.#ahead = handle === 0 ? 0 : this.#ahead - 1;
      const events = this.core.result(0);
      const connection = handle === 0 ? undefined : this.connections.ready(handle, events, this.core.result(1));
      if (connection !== undefined && this.#take(connection, events)) return connection;
    }
    for (;;) {
      const connection = this.connections.takeResumed();
      if (connection === undefined || this.#take(connection, 0)) return connection;
    }
  }

  /** @returns whether there is anything to tell */
  #take(connection: Connection<Owner>, events: number): boolean {
    this.#handle = connection.handle;
    this.#events = events | connection.takeDeferred();
    return this.#events !== 0;
  }

  /**
   * Reads the objects of those who come next: among very many connections they are in no cache, and memory answers many
   * questions as fast as one, if none waits for the answer to another. So each is found by a call that makes the next call
   * before it looks at what it has found:
   *
   *     down   where connection 1 lies    … 2 …    … 3 …
   *     up     connection 1               … 2 …    … 3 …
   *
   * The stack holds the pointers meanwhile. Wherever else one is put V8 looks at the page on which that lies, and waits.
   * @returns how many they are
   */
  #lookAhead(): number {
    const { connections } = this;
    const { ready } = this.core;
    if (ready < 2) {
      this.#ahead = ready;
      return ready;
    }
    const count = this.core.calls.readyPeek();
    const handles = this.core.results;
    let glances = 0;
    for (let at = 0; at < count; at += TOGETHER) glances ^= glance(connections, handles, at, count);
    for (let at = 0; at < count; at += TOGETHER) glances ^= glanceAtOwner(connections, handles, at, count);
    this.glances = glances;
    this.#ahead = count;
    return count;
  }
}

function glance<Owner>(all: Connections<Owner>, handles: Uint32Array, index: number, count: number): number {
  const connection = all.guess(handles[index] as number);
  const next = index + 1;
  const others = next < count && next % TOGETHER !== 0 ? glance(all, handles, next, count) : 0;
  return connection === undefined ? others : others ^ connection.deferred;
}

function glanceAtOwner<Owner>(all: Connections<Owner>, handles: Uint32Array, index: number, count: number): number {
  const owner = all.guess(handles[index] as number)?.owner ?? null;
  const next = index + 1;
  const others = next < count && next % TOGETHER !== 0 ? glanceAtOwner(all, handles, next, count) : 0;
  return owner === null ? others : others ^ all.events.awaited(owner);
}

/** Objects that are asked for at once: no processor has more loads under way. */
const TOGETHER = 32;
