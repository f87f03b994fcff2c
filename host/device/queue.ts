/**
 * Packets that wait at an end of a wire in memory.
 */

/** First in, first out. Its packet buffers are made when first needed and then used again. */
export class PacketQueue {
  length = 0;
  #first = 0;
  /** A place keeps its memory and the view of what lay there last: the next packet is mostly as long. */
  readonly #slots: (Uint8Array<ArrayBuffer> | undefined)[];

  /** @param size of the largest packet, in bytes */
  constructor(
    private readonly size: number,
    private readonly capacity: number,
  ) {
    this.#slots = new Array(capacity);
  }

  get full(): boolean {
    return this.length === this.capacity;
  }

  push(packet: Uint8Array): void {
    const index = (this.#first + this.length) % this.capacity;
    let slot = this.#slots[index];
    if (slot?.length !== packet.length) {
      slot = new Uint8Array(slot?.buffer ?? new ArrayBuffer(this.size), 0, packet.length);
      this.#slots[index] = slot;
    }
    slot.set(packet);
    this.length++;
  }

  /** @returns the oldest packet, valid until the next `push` */
  shift(): Uint8Array | undefined {
    if (this.length === 0) return undefined;
    const index = this.#first;
    this.#first = (index + 1) % this.capacity;
    this.length--;
    return this.#slots[index];
  }

  clear(): void {
    this.length = 0;
    this.#slots.fill(undefined);
  }
}
