/**
 * Tells when an idle descriptor can be read or written, without blocking the event loop: a thread in `poll` (`poller.ts`),
 * which is asked each time and answers once.
 * Not for: reading and writing, which whoever asks does itself.
 */
import type { Waiting } from './poller.js';

export class Readiness {
  /** POLL* bits that the poller was asked for and has not answered. */
  #wanted = 0;
  #closed = false;

  /** @param onEvents gets POLL* bits, from the event loop */
  constructor(
    private readonly poller: Waiting,
    private readonly onEvents: (events: number) => void,
  ) {
    poller.listen((events) => this.#answered(events));
  }

  /** Asks for one answer as soon as any of these POLL* bits comes. */
  want(events: number): void {
    if (this.#closed || (this.#wanted & events) === events) return;
    const waiting = this.#wanted !== 0;
    this.#wanted |= events;
    this.poller.ask(events, waiting);
  }

  ref(): void {
    this.poller.ref();
  }

  unref(): void {
    this.poller.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.poller.stop();
  }

  #answered(events: number): void {
    if (this.#closed) return;
    const missing = this.#wanted & ~events;
    this.#wanted = 0;
    if ((events & POLLERR) === 0) this.want(missing);
    this.onEvents(events);
  }
}

export const POLLIN = 1;
export const POLLOUT = 4;
/** Also stands for POLLNVAL: either way nothing more will come. */
export const POLLERR = 8 | 32;
