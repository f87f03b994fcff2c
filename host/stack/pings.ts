/**
 * ICMP echo, RFC 792: requests under way, matched with the replies that the core kept.
 * Not for: answering the requests of others; the core does that.
 */
import { ERROR_TIMED_OUT } from '../../assembly/abi/constants.js';
import type { Address } from '../core/address.js';
import type { Clock, Timer } from '../core/clock.js';
import type { Core } from '../core/core.js';

export interface PingReply {
  /** Round-trip time in milliseconds. */
  rtt: number;
  /** What was left of the reply's time to live. */
  ttl: number;
}

/** How a ping ended: the reply, or a negative ERROR_*. */
export type PingEnd = (end: PingReply | number) => void;

export class Pings {
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;

  constructor(
    private readonly core: Core,
    private readonly clock: Clock,
  ) {}

  /** Sends one request of `length` bytes. */
  send(address: Address, length: number, timeout: number, end: PingEnd): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const sequence = this.#sequence;
    this.core.putAddress(address);
    const answer = this.core.calls.icmpEcho(sequence, length);
    if (answer < 0) {
      end(answer);
      return;
    }
    const sent = this.clock.now();
    const timer = this.clock.timer(() => this.#finish(sequence, ERROR_TIMED_OUT));
    timer.arm(sent + timeout);
    this.#waiting.set(sequence, { sent, timer, end });
  }

  /** Matches the replies that came since. */
  collect(now: number): void {
    if (this.#waiting.size === 0) return;
    while (this.core.calls.icmpEchoNext() === 1) {
      const sequence = this.core.result(4);
      const waiting = this.#waiting.get(sequence);
      if (waiting !== undefined) this.#finish(sequence, { rtt: now - waiting.sent, ttl: this.core.result(6) });
    }
  }

  /** Ends every ping under way with an error. */
  fail(cause: number): void {
    for (const sequence of [...this.#waiting.keys()]) this.#finish(sequence, cause);
  }

  #finish(sequence: number, end: PingReply | number): void {
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) return;
    this.#waiting.delete(sequence);
    waiting.timer.arm(Number.POSITIVE_INFINITY);
    waiting.end(end);
  }
}

interface Waiting {
  readonly sent: number;
  readonly timer: Timer;
  readonly end: PingEnd;
}
