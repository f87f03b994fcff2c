/**
 * What MSG_ZEROCOPY is told: which of the calls that asked for it are done with their bytes, that is, which the peer has
 * acknowledged. Calls are numbered from 0; those that are done wait on the error queue as one range, as in Linux
 * (Documentation/networking/msg_zerocopy.rst). We always copy, and the notice says so.
 * Not for: errors of the connection, which SO_ERROR tells.
 */

/** Calls that are done: from the first to the last, both inclusive. */
export interface Completed {
  first: number;
  last: number;
}

export class Completions {
  #accepted = 0;
  /** Where the bytes of each call end that is not done, in order. */
  readonly #ends: number[] = [];
  /** The number of the first of them. */
  #next = 0;
  /** The first that is done and was not told. */
  #untold = 0;

  /** `bytes` were accepted. `asked`: by a call that wants to know when they are done. */
  accepted(bytes: number, asked: boolean): void {
    this.#accepted += bytes;
    if (asked) this.#ends.push(this.#accepted);
  }

  /** What is done when `waiting` bytes are not acknowledged. */
  look(waiting: number): Completed | undefined {
    let done = 0;
    while (done < this.#ends.length && (this.#ends[done] as number) <= this.#accepted - waiting) done++;
    this.#ends.splice(0, done);
    this.#next += done;
    return this.#untold < this.#next ? { first: this.#untold, last: this.#next - 1 } : undefined;
  }

  /** All that is done has been told. */
  told(): void {
    this.#untold = this.#next;
  }
}
