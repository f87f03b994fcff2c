/**
 * The main loop of a stack, the only place that touches the outside: feed what the devices have, let the core put out what
 * is owed, send it, deliver events, again within a budget, arm the one timer. It is not re-entrant.
 * Not for: what the events mean.
 */
import type { Clock, Timer } from '../core/clock.js';
import type { Core } from '../core/core.js';
import type { Interfaces } from './interfaces.js';
import { afterMicrotasks, nextTurn } from './turns.js';

/** What has a part in each round. */
export interface Rounds {
  /** Packets have come in, at this moment. */
  received(now: number): void;
  /** Tells handlers what is ready. @returns false when microtasks have to run first: come back for the rest */
  deliver(): boolean;
  /** Events told by the last `deliver`. */
  delivered(): number;
  /** The microtasks that `deliver` waited for have run. */
  microtasksRan(): void;
  /** Everything was told; the core has not sent yet. */
  arrived(): void;
  /** The core has put out what it owes. */
  sent(): void;
  /** The round is over. */
  look(): void;
}

export class Pump {
  /** Nothing runs any more. */
  closed = false;
  readonly #timer: Timer;
  /** A pump is on the JavaScript stack. */
  #pumping = false;
  /** A pump will go on when the microtasks have run, or in the next turn. */
  #suspended = false;
  /** A microtask that pumps is queued. */
  #waking = false;
  /** Something came while a pump ran, behind the place where it would have been noticed. */
  #again = false;
  #rounds = 0;
  /** When packets were last read, and from when on this turn of the event loop has been long enough. */
  #now = 0;
  #enough = 0;
  #deadline = Number.POSITIVE_INFINITY;
  /** Made once, so that going on later leaves nothing behind. */
  readonly #awake = () => {
    this.#waking = false;
    this.run();
  };
  readonly #inNextTurn = () => this.#goOn(true);
  readonly #afterMicrotasks = afterMicrotasks(() => this.#goOn(false));

  constructor(
    private readonly core: Core,
    private readonly clock: Clock,
    private readonly interfaces: Interfaces,
    private readonly parts: Rounds,
  ) {
    this.#timer = clock.timer((first) => this.run(first));
  }

  /** A device has something, or the timer fired. `first`: the event loop's turn begins, so that no microtasks wait. */
  run(first = false): void {
    if (this.closed) return;
    if (this.#pumping || this.#suspended) {
      this.#again = true;
      return;
    }
    if (first) this.parts.microtasksRan();
    this.#rounds = 0;
    this.#run(true);
  }

  /** A call of the program: run when it has come to an end, so that handlers never run inside it. */
  wake(): void {
    if (this.#pumping || this.#suspended) this.#again = true;
    if (this.#pumping || this.#suspended || this.#waking || this.closed) return;
    this.#waking = true;
    queueMicrotask(this.#awake);
  }

  /** For what must leave before the program can end. */
  transmit(): void {
    if (this.core.fault !== undefined || this.closed) return;
    this.core.calls.output(this.clock.now());
    this.interfaces.flush();
    if (!this.#pumping) this.#arm();
    this.wake();
  }

  /** As `transmit`, but leaves it to a round that is running. */
  transmitSoon(): void {
    if (this.#pumping) this.wake();
    else this.transmit();
  }

  close(): void {
    this.closed = true;
    this.#timer.arm(Number.POSITIVE_INFINITY);
  }

  /** Goes round until nothing moves, the turn has been long enough, or microtasks are due. */
  #run(fresh: boolean): void {
    this.#pumping = true;
    try {
      let outcome: Outcome = this.#round(fresh);
      while (outcome === 'moved' && this.#goesOn()) outcome = this.#round(true);
      if (outcome === 'idle') this.#arm();
      else if (outcome !== 'closed') this.#suspend(outcome);
    } catch (error) {
      if (error !== this.core.fault) throw error;
    } finally {
      this.#pumping = false;
    }
  }

  /** @param fresh false when going on where the delivery of the last round was interrupted */
  #round(fresh: boolean): Outcome {
    const { parts } = this;
    const received = fresh ? this.#receive() : 0;
    if (!parts.deliver()) return 'interrupted';
    parts.arrived();
    this.#again = false;
    const pending = this.#send();
    parts.look();
    if (this.closed) return 'closed';
    const moved = received + parts.delivered() + pending > 0 || this.#again || !fresh;
    return moved ? 'moved' : 'idle';
  }

  /** Whether other work of the process can wait for another round. */
  #goesOn(): boolean {
    return ++this.#rounds < ROUNDS && this.#now < this.#enough;
  }

  #suspend(outcome: Outcome): void {
    this.#suspended = true;
    if (outcome === 'moved') nextTurn(this.#inNextTurn);
    else this.#afterMicrotasks();
  }

  /** @param fresh false in the same turn, behind the microtasks */
  #goOn(fresh: boolean): void {
    this.#suspended = false;
    this.parts.microtasksRan();
    if (fresh) this.#rounds = 0;
    if (!this.closed) this.#run(fresh);
  }

  /** @returns how many packets came in */
  #receive(): number {
    const { calls } = this.core;
    const now = this.clock.now();
    this.#now = now;
    if (this.#rounds === 0) this.#enough = now + TURN;
    if (now >= this.#deadline) {
      calls.timersExpire(now);
      this.#deadline = calls.nextDeadline();
    }
    const count = this.interfaces.read();
    this.core.input(count, now);
    this.parts.received(now);
    return count;
  }

  /** @returns how many packets went out or wait on loopback */
  #send(): number {
    const loopback = this.core.calls.output(this.clock.now());
    this.parts.sent();
    return this.interfaces.flush() + loopback;
  }

  #arm(): void {
    this.#deadline = this.core.calls.nextDeadline();
    this.#timer.arm(this.#deadline);
  }
}

/** What a round came to. */
type Outcome = 'moved' | 'idle' | 'interrupted' | 'closed';

/** Milliseconds before other work of the process gets its turn. */
const TURN = 2;
/** Rounds before that, of at most one batch each, where time stands still. */
const ROUNDS = 256;
