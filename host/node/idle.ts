/**
 * `setTimeout` of a socket: an alarm after so much time without traffic, on the clock of its stack. It keeps no process
 * alive. Traffic only notes the time; the timer is moved when it goes off. Not for: timers of the protocol.
 */
import type { Clock, Timer } from '../core/clock.js';
import { outOfRange, wrongType } from './errors.js';

export class Idle {
  /** In milliseconds; 0: no alarm. */
  #delay = 0;
  #last = 0;
  #armed = false;
  readonly #timer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly alarm: () => void,
  ) {
    this.#timer = clock.timer(() => this.#check());
  }

  /** Counts from now. @param delay in milliseconds; 0 cancels */
  set(delay: number): void {
    this.#delay = delay;
    this.#armed = false;
    if (delay === 0) this.#timer.arm(Number.POSITIVE_INFINITY);
    else this.touch();
  }

  /** There was traffic. */
  touch(): void {
    if (this.#delay === 0) return;
    this.#last = this.clock.now();
    if (!this.#armed) this.#arm();
  }

  #check(): void {
    this.#armed = false;
    if (this.#delay === 0) return;
    if (this.clock.now() < this.#last + this.#delay) this.#arm();
    else this.alarm();
  }

  #arm(): void {
    this.#armed = true;
    this.#timer.arm(this.#last + this.#delay);
  }
}

/** The delay that `setTimeout` is given. @throws TypeError, RangeError with Node's codes */
export function readDelay(milliseconds: unknown): number {
  if (typeof milliseconds !== 'number') throw wrongType('"msecs" argument', 'of type number', milliseconds);
  if (milliseconds < 0 || !Number.isFinite(milliseconds)) {
    throw outOfRange('msecs', 'a non-negative finite number', milliseconds);
  }
  return Math.min(milliseconds, LONGEST_DELAY);
}

/** In milliseconds; 24.8 days. */
const LONGEST_DELAY = 2 ** 31 - 1;
