/**
 * Views of linear memory that were made before. Packets come to the same few places again and again, most of them of one
 * length; a view made for each would be most of what a connection leaves to the garbage collector. Not for: keeping.
 */
import type { LinearMemory } from './exports.js';

export class Views {
  #bytes = new Uint8Array(0);
  readonly #views: Uint8Array[] = [];
  readonly #addresses = new Uint32Array(PLACES);
  readonly #lengths = new Uint32Array(PLACES);

  constructor(private readonly memory: LinearMemory) {}

  /** The bytes at an address of linear memory, until the next call of the core. */
  of(address: number, length: number): Uint8Array {
    if (this.#bytes.length === 0) this.#renew();
    const place = Math.imul(address >>> CACHE_LINE_BITS, GOLDEN) >>> (32 - PLACE_BITS);
    if (this.#addresses[place] === address && this.#lengths[place] === length) return this.#views[place] as Uint8Array;
    const view = this.#bytes.subarray(address, address + length);
    this.#views[place] = view;
    this.#addresses[place] = address;
    this.#lengths[place] = length;
    return view;
  }

  /** Memory has grown, and its views have no bytes any more. */
  #renew(): void {
    this.#bytes = new Uint8Array(this.memory.buffer);
    for (let place = 0; place < PLACES; place++) this.#views[place] = this.#bytes.subarray(0, 0);
    this.#addresses.fill(0);
    this.#lengths.fill(0);
  }
}

/** Packets begin on cache lines, as far apart as they are long: steps of any size are spread evenly (2³² times the golden ratio). */
const CACHE_LINE_BITS = 6;
const GOLDEN = 0x9e3779b1;
/** More than full packets have room in the transmit arena, round which they go at the same places lap after lap. */
const PLACE_BITS = 10;
const PLACES = 1 << PLACE_BITS;
