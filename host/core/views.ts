/**
 * Views of linear memory that were made before. Packets come to the same few places again and again, most of them of one
 * length; a view made for each would be most of what a connection leaves to the garbage collector. Not for: keeping.
 */
export class Views {
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #views: Uint8Array[] = [];
  readonly #addresses = new Uint32Array(PLACES);

  /** The bytes at an address of linear memory, until the next call. */
  of(bytes: Uint8Array, address: number, length: number): Uint8Array {
    if (bytes !== this.#bytes) this.#forget(bytes);
    const place = (address >>> PLACE_SHIFT) % PLACES;
    const known = this.#views[place] as Uint8Array;
    if (this.#addresses[place] === address && known.length === length) return known;
    const view = bytes.subarray(address, address + length);
    this.#views[place] = view;
    this.#addresses[place] = address;
    return view;
  }

  /** Memory has grown, and its views have no bytes any more. */
  #forget(bytes: Uint8Array): void {
    this.#bytes = bytes;
    for (let place = 0; place < PLACES; place++) this.#views[place] = bytes.subarray(0, 0);
    this.#addresses.fill(0);
  }
}

/** A full batch of places of 1 KiB and more, with some to spare. */
const PLACES = 256;
const PLACE_SHIFT = 10;
