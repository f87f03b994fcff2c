/**
 * What a socket was given and could not send yet: what `writeAll` still has to get rid of, and what a short `write` left
 * to the program. Not for: sending while nothing waits, and counting (`members.ts`).
 */
import { type Ends, writeFailure } from '../errors.js';
import type { Transport } from '../transport.js';

export class Backlog {
  /** Bytes that the last `write` was given and did not take. */
  left = 0;
  /** After that the program could have gone on, or has ended the stream without them. */
  forgotten = false;
  /** First in, first out. */
  readonly #queue: Waiting[] = [];

  /** Whether `writeAll` comes before any `write`. */
  get waits(): boolean {
    return this.#queue.length > 0;
  }

  /** So much was given to `write` in vain. */
  leave(bytes: number): void {
    this.left = bytes;
    this.forgotten = false;
  }

  /** @param bytes what is left of `total` @returns resolved when they are taken */
  add(bytes: Uint8Array, total: number, ends: Ends): Promise<void> {
    return new Promise((resolve, reject) => this.#queue.push({ bytes, total, ends, resolve, reject }));
  }

  /** There is room again. @returns the bytes that were taken */
  feed(transport: Transport): number {
    let all = 0;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const taken = first.bytes.length === 0 ? 0 : transport.write(first.bytes);
      if (taken < 0) {
        this.fail(undefined);
        break;
      }
      all += taken;
      first.bytes = first.bytes.subarray(taken);
      if (first.bytes.length > 0) break;
      this.#queue.shift();
      first.resolve();
    }
    this.forgotten = !this.waits && this.left > 0;
    return all;
  }

  /**
   * The stream ends, and what waits goes with its end.
   * @param more there is a final chunk @param chosen by the program @returns what waits, in order
   */
  end(more: boolean, chosen: boolean): Uint8Array[] {
    if (more) this.left = 0;
    if (chosen) this.forgotten = this.left > 0;
    const queue = this.#queue.splice(0);
    for (const { resolve } of queue) resolve();
    return queue.map(({ bytes }) => bytes);
  }

  /** Nothing of it will be sent. */
  fail(cause: Error | undefined): void {
    for (const { bytes, total, ends, reject } of this.#queue.splice(0)) {
      reject(writeFailure(total - bytes.length, total, ends, cause));
    }
  }
}

/** One call of `writeAll`. */
interface Waiting {
  /** Not taken yet. */
  bytes: Uint8Array;
  readonly total: number;
  readonly ends: Ends;
  resolve(): void;
  reject(error: Error): void;
}
