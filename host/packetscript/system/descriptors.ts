/**
 * The descriptors of a script and what is known of each: which descriptor of the stack it is, whether calls on it block, and
 * how far its streams have come, so that the bytes that are written and read can be told apart.
 */
import type { Bsd } from '../../bsd/contract.js';
import { EBADF } from '../../bsd/errno.js';
import type { Epoll } from './epoll.js';

export class Descriptor {
  blocking = true;
  /** Place in the stream of the next byte written, and read; the byte behind the SYN is 1. */
  written = 1;
  read = 1;
  /** What `epoll_create` made. */
  epoll: Epoll | undefined;
  /** Options that only a profile knows. */
  readonly extra = new Map<number, number>();

  constructor(
    /** The stack's descriptor, -1 for one that is no socket. */
    readonly live: number,
  ) {}
}

export class Descriptors {
  readonly #open = new Map<number, Descriptor>();

  constructor(readonly bsd: Bsd) {}

  add(script: number, live: number): Descriptor {
    const descriptor = new Descriptor(live);
    this.#open.set(script, descriptor);
    return descriptor;
  }

  get(script: number): Descriptor | undefined {
    return this.#open.get(script);
  }

  /** @returns the stack's number, one that it does not know when the script's is not open */
  live(script: number): number {
    return this.#open.get(script)?.live ?? NOBODY;
  }

  close(script: number): number {
    const descriptor = this.#open.get(script);
    if (descriptor === undefined) return -EBADF;
    this.#open.delete(script);
    return descriptor.live < 0 ? 0 : this.bsd.close(descriptor.live);
  }

  /** Something may have happened: `epoll` looks for edges. */
  sample(): void {
    for (const { epoll } of this.#open.values()) epoll?.sample();
  }
}

const NOBODY = 0x7fffffff;
