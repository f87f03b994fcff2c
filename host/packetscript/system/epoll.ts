/**
 * `epoll` over `poll`. Level-triggered interest is what `poll` says; edge-triggered interest reports once for each edge: more
 * bytes, the end or a notice have come, or there is room again after there was none.
 * Not for: the bits, which are those of `poll`.
 */

import { MSG_ERRQUEUE, MSG_PEEK, SIOCINQ } from '../../bsd/constants.js';
import type { Bsd, ReceivedMessage } from '../../bsd/contract.js';
import { EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP } from './names.js';

export interface Ready {
  events: number;
  /** What the script gave with the interest. */
  data: number;
}

export class Epoll {
  readonly #interests = new Map<number, Interest>();

  constructor(readonly bsd: Bsd) {}

  /** Adds an interest, or changes it. */
  set(live: number, events: number, data: number): void {
    this.#interests.set(live, new Interest(this.bsd, live, events >>> 0, data));
  }

  delete(live: number): boolean {
    return this.#interests.delete(live);
  }

  has(live: number): boolean {
    return this.#interests.has(live);
  }

  /** Looks for edges; to be called whenever something may have happened. */
  sample(): void {
    for (const interest of this.#interests.values()) interest.sample();
  }

  /** Takes what is ready, at most `most`. */
  wait(most: number): Ready[] {
    const ready: Ready[] = [];
    for (const interest of this.#interests.values()) {
      if (ready.length === most) break;
      const events = interest.take();
      if (events !== 0) ready.push({ events, data: interest.data });
    }
    return ready;
  }
}

class Interest {
  #level = 0;
  #received = 0;
  #completed = -1;
  /** Edges that nobody was told of. */
  #edges: number;
  #spent = false;

  constructor(
    readonly bsd: Bsd,
    readonly live: number,
    readonly events: number,
    readonly data: number,
  ) {
    this.#level = this.#poll();
    this.#received = this.#bytes();
    this.#completed = this.#notices();
    this.#edges = this.#level;
  }

  sample(): void {
    const level = this.#poll();
    const received = this.#bytes();
    this.#edges |= level & ~this.#level;
    if (received !== this.#received) this.#edges |= level & EPOLLIN;
    const completed = this.#notices();
    if (completed > this.#completed) this.#edges |= level & EPOLLERR;
    this.#level = level;
    this.#received = received;
    this.#completed = Math.max(completed, this.#completed);
  }

  take(): number {
    this.sample();
    if (this.#spent) return 0;
    const edged = (this.events & EPOLLET) !== 0;
    // An edge of one kind tells all that is ready, as in Linux.
    const events = edged && (this.#edges & this.#level) === 0 ? 0 : this.#level;
    this.#edges = 0;
    if (events !== 0 && (this.events & EPOLLONESHOT) !== 0) this.#spent = true;
    return events;
  }

  #poll(): number {
    const wanted = this.events & ~(EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE) & INTERESTS;
    const entry = { fd: this.live, events: wanted, revents: 0 };
    this.bsd.poll([entry]);
    return entry.revents & (wanted | EPOLLERR | EPOLLHUP);
  }

  /** Grows whenever a notice comes. */
  #notices(): number {
    const message: ReceivedMessage = {};
    this.bsd.recv(this.live, new Uint8Array(0), MSG_ERRQUEUE | MSG_PEEK, message);
    return message.completed?.last ?? -1;
  }

  /** Grows whenever bytes arrive. */
  #bytes(): number {
    return this.bsd.tcpInfo(this.live)?.tcpi_bytes_received ?? this.bsd.ioctl(this.live, SIOCINQ);
  }
}

const INTERESTS = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP | 0x2;
