/**
 * Memory for what handlers get and may keep. Pieces are cut off a slab, one behind the other and each once: making an
 * ArrayBuffer costs more than copying a packet, and every one that dies is work for the garbage collector.
 *
 * Who keeps a piece keeps its slab. So there is one slab for small pieces, a larger one for those that are at least a
 * sixteenth of it, and pieces in between have memory of their own: what is kept alive is at most sixteen times a piece,
 * and 16 KiB for a small one. Not for: linear memory.
 */
import { collectYoung } from './collector.js';

export class Chunks {
  readonly #slabs = new Slabs();
  readonly #small = new Slab(SMALL_SLAB, this.#slabs);
  readonly #large = new Slab(LARGE_SLAB, this.#slabs);

  /** Bytes that `take` cuts off what is there, or off a fresh slab when little is left. */
  get room(): number {
    const { left } = this.#large;
    return left < LARGE ? LARGE_SLAB : left;
  }

  /** So many bytes that nobody else refers to, in which anything may stand. */
  take(length: number): Uint8Array<ArrayBuffer> {
    return length <= SMALL ? this.#small.cut(length) : this.own(length);
  }

  /** As `take`, but what is not large has a buffer of its own, as Bun gives it. */
  own(length: number): Uint8Array<ArrayBuffer> {
    if (length <= TINY) return cleared(length);
    return length < LARGE || length > LARGE_SLAB ? whole(length) : this.#large.cut(length);
  }

  /** A large slab, to be cut by who asks for it. */
  slab(): Uint8Array<ArrayBuffer> {
    return this.#slabs.make(LARGE_SLAB);
  }

  /** These bytes in memory that nobody else refers to. */
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const target = this.take(bytes.length);
    target.set(bytes);
    return target;
  }
}

class Slab {
  #bytes = whole(0);
  #used = 0;

  constructor(
    private readonly size: number,
    private readonly slabs: Slabs,
  ) {}

  get left(): number {
    return this.#bytes.length - this.#used;
  }

  cut(length: number): Uint8Array<ArrayBuffer> {
    if (length > this.left) {
      this.#bytes = this.slabs.make(this.size);
      this.#used = 0;
    }
    const start = this.#used;
    // The next one begins on a cache line of its own, where numbers of any size may lie.
    this.#used = Math.min((start + length + CACHE_LINE - 1) & -CACHE_LINE, this.size);
    return this.#bytes.subarray(start, start + length);
  }
}

/** Makes slabs, and has dead ones collected. */
class Slabs {
  /** Bytes of slabs since that was done. */
  #since = 0;

  make(size: number): Uint8Array<ArrayBuffer> {
    this.#since += size;
    if (this.#since > COLLECTED) {
      collectYoung();
      this.#since = size;
    }
    const bytes = whole(size);
    keepTogether(bytes.buffer);
    return bytes;
  }
}

/** Node's `Buffer` where there is one, which is what `data` handlers get, and skips the zero-filling. */
function whole(length: number): Uint8Array<ArrayBuffer> {
  return Buffers === undefined ? new Uint8Array(length) : Buffers.allocUnsafeSlow(length);
}

/** Has no memory of its own outside of V8's heap, unless somebody asks for its `buffer`. */
function cleared(length: number): Uint8Array<ArrayBuffer> {
  return Buffers === undefined ? new Uint8Array(length) : Buffers.alloc(length);
}

/**
 * A piece that is posted to another thread must be copied, or is refused, as with Node's own pool: the others are not its to
 * give. In browsers nothing forbids it, and nowhere `ArrayBuffer.prototype.transfer`: then other pieces of the slab become empty,
 * and where data waits there that nobody has got, the stack fails (`split.ts`).
 */
function keepTogether(slab: ArrayBuffer): void {
  globalThis.process?.getBuiltinModule?.('node:worker_threads')?.markAsUntransferable(slab);
}

/** Asked for once: Node computes such names of its global object anew at each use. */
const { Buffer: Buffers } = globalThis as Partial<typeof globalThis>;
const CACHE_LINE = 64;
/** V8 keeps the bytes of an array up to this length beside it. */
const TINY = 64;
const COLLECTED = 1 << 23;
const SMALL_SLAB = 1 << 14;
const SMALL = SMALL_SLAB >> 2;
export const LARGE_SLAB = 1 << 18;
/** From here on a piece is cut off one of those. */
export const LARGE = LARGE_SLAB >> 4;
