/**
 * Header-data split: a device reads the headers of a large packet to linear memory, where the core looks, and its data straight
 * to memory that a handler gets, which saves the copy from one to the other. What the next packets look like is guessed from what
 * handlers got last. The core says where the guess won't do (`assembly/tcp/block/pieces.ts`): then data is put behind its headers.
 *
 *   linear memory   │ headers │ the place of its data, empty │ what a packet has beyond the guess │
 *   lane            … data of a packet │ data of the next │ …       memory from `Chunks`
 *
 * Data of one packet after another lies in a lane one behind the other, so that one chunk may hold that of several.
 * Not for: reading (`../device/kernel/ring.ts`).
 */
import type { Chunks } from './chunks.js';

export class Split {
  /** Of the packets to come: bytes before their data, 0 for no guess, and of their data at most. */
  headers = 0;
  data = 0;
  /** Batches that are to be read as they are before the next guess. */
  #pause = 0;
  /**
   * In a circle, by numbers that only grow: from `#first` on the parts of this batch, from `#next` on the places for the next
   * packets, up to `#end`. Not lists: the store that a growing list leaves behind is alive to V8's young collections once it is
   * old, and so would be the lanes that it names. They would become old, and their memory come back when everything is collected.
   */
  readonly #circle: readonly Part[] = Array.from({ length: CIRCLE }, emptyPart);
  #first = 0;
  #next = 0;
  #end = 0;

  /** @param lost throws: a program has taken away memory in which data waits that the core believes to have */
  constructor(
    private readonly chunks: Chunks,
    private readonly lost: () => never,
  ) {}

  /** Whether data is elsewhere that nobody has taken. */
  get waits(): boolean {
    return this.#first < this.#next;
  }

  /** A handler got a copy of so much data from behind so many bytes of headers: the next packets may look alike. */
  learn(headers: number, data: number): void {
    if (this.#pause > 0 || (headers === this.headers && data <= this.data)) return;
    this.headers = headers;
    this.data = data;
    this.#dropPlaces();
  }

  /**
   * Makes places for the data of so many packets.
   * @param addressOf where a buffer begins in this process
   * @returns false when packets are to be read as they are
   */
  prepare(count: number, addressOf: (buffer: ArrayBuffer) => number): boolean {
    if (this.#pause > 0) this.#pause--;
    if (this.#pause > 0 || this.headers === 0 || this.#next - this.#first + count > CIRCLE / 2) return false;
    // A program can take its memory away from a slab (`ArrayBuffer.prototype.transfer`): the kernel must not write there any more.
    for (let number = this.#next; number < this.#end; number++) {
      if (this.#part(number).lane.length === 0) this.#dropPlaces();
    }
    while (this.#end - this.#next < count) this.#makeLane(addressOf);
    return true;
  }

  /** Where in this process the data of packet `index` goes. */
  address(index: number): number {
    return this.#part(this.#next + index).address;
  }

  /**
   * Packet `index` was read in this way.
   * @param address of the packet in linear memory, which is `memory`
   * @param length of all of it
   * @returns bytes that are there when its data is elsewhere, 0 when all of it is there
   */
  came(index: number, address: number, length: number, memory: Uint8Array): number {
    const { headers, data } = this;
    if (length <= headers) return 0;
    const part = this.#part(this.#next + index);
    part.start = address + headers;
    part.length = Math.min(length - headers, data);
    if (length > headers + data) {
      this.#join(part, memory);
      return 0;
    }
    return headers;
  }

  /** The batch is read; it had use for the first `count` places: what came to them waits from now on. */
  used(count: number): void {
    this.#next += count;
    this.#skip();
  }

  /**
   * How many bytes of some pieces lie, from the first piece on, one behind the other in a lane.
   * @param words where address and length of each stand, from `first` on
   */
  run(words: Uint32Array, first: number, pieces: number): number {
    let length = 0;
    let before: Part | undefined;
    let end = 0;
    for (let word = first; word < first + 2 * pieces; word += 2) {
      const address = words[word] as number;
      const part = this.#find(address);
      if (part === undefined) break;
      const at = placeOf(part, address);
      if (before !== undefined && (part.lane !== before.lane || at !== end)) break;
      before = part;
      end = at + (words[word + 1] as number);
      length += words[word + 1] as number;
    }
    return length;
  }

  /** What stands at an address of linear memory, if it is elsewhere. */
  view(address: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    const part = this.#find(address);
    if (part === undefined) return undefined;
    return this.#bytes(part, placeOf(part, address), length);
  }

  /** The first bytes of what is left of a packet's data were taken: nobody asks for them again. */
  take(address: number, length: number): void {
    const part = this.#find(address);
    if (part === undefined) return;
    part.at += length;
    part.start += length;
    part.length -= length;
    this.#skip();
  }

  /** Puts behind its headers what nobody has taken: the core is about to read it. */
  join(memory: Uint8Array): void {
    for (let number = this.#first; number < this.#next; number++) this.#join(this.#part(number), memory);
    this.#skip();
    this.#pause = PAUSE;
    this.headers = 0;
    this.#dropPlaces();
  }

  #join(part: Part, memory: Uint8Array): void {
    if (part.length === 0) return;
    memory.set(this.#bytes(part, part.at, part.length), part.start);
    part.length = 0;
  }

  #bytes({ lane }: Part, at: number, length: number): Uint8Array<ArrayBuffer> {
    return lane.length === 0 ? this.lost() : lane.subarray(at, at + length);
  }

  #find(address: number): Part | undefined {
    for (let number = this.#first; number < this.#next; number++) {
      const part = this.#part(number);
      if (address >= part.start && address < part.start + part.length) return part;
    }
    return undefined;
  }

  #makeLane(addressOf: (buffer: ArrayBuffer) => number): void {
    // Numbers of any size may lie where a chunk begins.
    const span = Math.ceil(this.data / ALIGNMENT) * ALIGNMENT;
    const lane = this.chunks.slab();
    const address = addressOf(lane.buffer) + lane.byteOffset;
    for (let at = 0; at + span <= lane.length; at += span) {
      const place = this.#part(this.#end++);
      place.lane = lane;
      place.address = address + at;
      place.at = at;
    }
  }

  #part(number: number): Part {
    return this.#circle[number & (CIRCLE - 1)] as Part;
  }

  /** What comes first of this batch is what waits first. */
  #skip(): void {
    while (this.#first < this.#next && this.#part(this.#first).length === 0) this.#part(this.#first++).lane = NOTHING;
  }

  #dropPlaces(): void {
    while (this.#end > this.#next) this.#part(--this.#end).lane = NOTHING;
  }
}

/** Data of one packet, or the place for it: `length` bytes from `at` on, at home in linear memory at `start`. */
interface Part {
  lane: Uint8Array<ArrayBuffer>;
  /** Of the place in this process. */
  address: number;
  at: number;
  start: number;
  length: number;
}

function placeOf(part: Part, address: number): number {
  return part.at + address - part.start;
}

function emptyPart(): Part {
  return { lane: NOTHING, address: 0, at: 0, start: 0, length: 0 };
}

const NOTHING = new Uint8Array(0);
const ALIGNMENT = 8;
/** Batches that are read as they are once a guess was wrong. */
const PAUSE = 64;
/** Twice what a batch has of parts and places, and more than a lane adds to that. A power of 2. */
const CIRCLE = 256;
