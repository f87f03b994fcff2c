/**
 * Packets in the core's memory that move together (`Device.readBatch`, `writeBatch`): where each lies and how long it is. The arrays
 * are used again and again, so that a packet allocates nothing. Not for: moving them.
 */
import { BATCH_LIMIT, HEADROOM } from '../../assembly/abi/constants.js';
import type { Split } from '../core/split.js';

/** Packets on their way out. */
export class Departures {
  count = 0;
  readonly addresses = new Uint32Array(BATCH_LIMIT);
  readonly lengths = new Uint32Array(BATCH_LIMIT);

  get full(): boolean {
    return this.count === BATCH_LIMIT;
  }

  add(address: number, length: number): void {
    this.addresses[this.count] = address;
    this.lengths[this.count++] = length;
  }
}

/** Packets on their way in, and the free places of the arena between `start` and `end`. */
export class Arrivals {
  count = 0;
  /** The one that packets come from now. */
  interface = 0;
  readonly addresses = new Uint32Array(BATCH_LIMIT);
  readonly lengths = new Uint32Array(BATCH_LIMIT);
  readonly interfaces = new Uint32Array(BATCH_LIMIT);
  /** Bytes that are in the arena of a packet whose data is elsewhere; 0: all of it. */
  readonly headers = new Uint32Array(BATCH_LIMIT);
  #next: number;

  constructor(
    private readonly start: number,
    private readonly end: number,
    /** Where a device may put the data of large packets; `undefined`: into the arena. */
    public split?: Split,
  ) {
    this.#next = start;
  }

  /** How many packets of up to `capacity` bytes still have a place. */
  room(capacity: number): number {
    const places = Math.floor((this.end - this.#next) / span(capacity));
    return Math.min(places, BATCH_LIMIT - this.count);
  }

  /** Where the next packet goes, or the one `index` places behind it, each with room for `capacity` bytes. */
  place(capacity: number, index = 0): number {
    return this.#next + index * span(capacity) + HEADROOM;
  }

  /** A packet has come to a free place; those before it are given up. */
  add(address: number, length: number, headers = 0): void {
    this.addresses[this.count] = address;
    this.headers[this.count] = headers;
    this.interfaces[this.count] = this.interface;
    this.lengths[this.count++] = length;
    this.#next = address - HEADROOM + span(length);
  }

  /** The places are free again. */
  clear(): void {
    this.count = 0;
    this.#next = this.start;
  }
}

/** Bytes from one place to the next: each begins on a cache line, behind which the packet has its headroom. */
function span(capacity: number): number {
  return (HEADROOM + capacity + CACHE_LINE - 1) & -CACHE_LINE;
}

const CACHE_LINE = 64;
