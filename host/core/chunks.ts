/**
 * Memory for what handlers get and may keep. Small pieces are cut off a slab, one behind the other and each once: making an
 * ArrayBuffer costs more than copying a packet. Not for: linear memory.
 */

export class Chunks {
  #slab = whole(0);
  #used = 0;

  /** The bytes at an address of linear memory, in memory that nobody else refers to. */
  copy(bytes: Uint8Array, address: number, length: number): Uint8Array<ArrayBuffer> {
    const target = length <= LARGEST ? this.#cut(length) : whole(length);
    target.set(bytes.subarray(address, address + length));
    return target;
  }

  #cut(length: number): Uint8Array<ArrayBuffer> {
    if (this.#used + length > this.#slab.length) {
      this.#slab = whole(SLAB);
      this.#used = 0;
    }
    const start = this.#used;
    // The next one begins where numbers of any size may lie.
    this.#used += (length + 7) & ~7;
    return this.#slab.subarray(start, start + length);
  }
}

/** Node's `Buffer` where there is one, which skips the zero-filling. */
function whole(length: number): Uint8Array<ArrayBuffer> {
  return typeof Buffer === 'undefined' ? new Uint8Array(length) : Buffer.allocUnsafeSlow(length);
}

/** Who keeps one small piece keeps all of its slab, which is why it is not larger. */
const SLAB = 1 << 14;
const LARGEST = SLAB >> 2;
