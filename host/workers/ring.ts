/**
 * Packets on their way from one thread to another: a ring of bytes in shared memory with one writer and one reader, neither
 * of which ever waits. Whoever dies in the middle of a call leaves it as it was before.
 * Not for: waking the reader (`queue.ts`).
 *
 *   word 0: bytes read   word 1: bytes written   then CAPACITY bytes of records: length, bytes, padding to four
 */

export class Ring {
  readonly #positions: Int32Array;
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param memory of `Ring.memory` */
  constructor(memory: SharedArrayBuffer) {
    this.#positions = new Int32Array(memory, 0, HEADER >> 2);
    this.#lengths = new Int32Array(memory, HEADER);
    this.#bytes = new Uint8Array(memory, HEADER);
  }

  /** False: there is no room for it. */
  push(record: Uint8Array): boolean {
    const read = Atomics.load(this.#positions, READ);
    const written = Atomics.load(this.#positions, WRITTEN);
    const place = written & (CAPACITY - 1);
    const size = sizeOf(record.length);
    // A record lies in one piece: what is left at the end may be too little for it.
    const skipped = CAPACITY - place < size ? CAPACITY - place : 0;
    if (((written - read) >>> 0) + skipped + size > CAPACITY) return false;
    if (skipped > 0) this.#lengths[place >> 2] = SKIP;
    const at = skipped > 0 ? 0 : place;
    this.#lengths[at >> 2] = record.length;
    this.#bytes.set(record, at + 4);
    Atomics.store(this.#positions, WRITTEN, (written + skipped + size) | 0);
    return true;
  }

  /** Takes the oldest record. @returns its length, 0 when there is none; one that `into` has no room for is lost */
  shift(into: Uint8Array): number {
    for (;;) {
      const written = Atomics.load(this.#positions, WRITTEN);
      const read = Atomics.load(this.#positions, READ);
      if (read === written) return 0;
      const at = read & (CAPACITY - 1);
      const length = this.#lengths[at >> 2] as number;
      const fits = length !== SKIP && length <= into.length;
      if (fits) into.set(this.#bytes.subarray(at + 4, at + 4 + length));
      Atomics.store(this.#positions, READ, (read + (length === SKIP ? CAPACITY - at : sizeOf(length))) | 0);
      if (fits) return length;
    }
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER + CAPACITY);
  }
}

function sizeOf(length: number): number {
  return (4 + length + 3) & -4;
}

const READ = 0;
const WRITTEN = 1;
const HEADER = 8;
/** A power of two: three of the largest packets, or hundreds of ordinary ones. */
export const CAPACITY = 1 << 18;
/** In the place of a length: the next record begins at the start. */
const SKIP = -1;
