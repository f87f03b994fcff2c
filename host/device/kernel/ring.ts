/**
 * Reads and writes of one descriptor, many in one system call: Linux's io_uring
 * (https://man7.org/linux/man-pages/man7/io_uring.7.html). Whoever has no right to it, as in many containers, or an older
 * kernel has no ring, and calls one by one.
 *
 * No request may wait: each has its answer when `enter` returns, and between calls the kernel touches nothing. So nothing
 * here is shared between threads, and plain loads and stores will do.
 * Not for: what the bytes are (`tuntap.ts`).
 */
import { ERRNO, type Linux, type Mapping } from './linux.js';

export class Ring {
  /** Requests made since the last `enter`. */
  count = 0;
  /** What each request of the last `enter` came to: bytes, or the negative of `ERRNO`. */
  readonly answers = new Int32Array(ENTRIES);
  readonly #entries: Uint32Array;
  readonly #words: Int32Array;
  /** Of requests that read to several places, `struct iovec` after `struct iovec`. */
  readonly #vectors = new Uint32Array(ENTRIES * VECTOR);
  readonly #vectorsAddress: number;

  /**
   * A ring for `descriptor`; `undefined` where there can be none.
   * @param holds whether it may keep the file open until `close`, whatever becomes of the descriptor: the kernel then counts
   * no user of the file at each request
   */
  static open(linux: Linux, descriptor: number, holds: boolean): Ring | undefined {
    const parameters = new Uint32Array(PARAMETERS);
    const ring = linux.ringSetup(ENTRIES, parameters);
    if (ring < 0) return undefined;
    const mappings: Mapping[] = [];
    try {
      const places = placesIn(parameters);
      mappings.push(linux.map(ring, QUEUES, places.bytes));
      mappings.push(linux.map(ring, REQUESTS, ENTRIES * REQUEST * 4));
      const held = holds && linux.ringFiles(ring, Int32Array.of(descriptor)) >= 0;
      const opened = new Ring(linux, held ? FIRST_HELD : { flags: 0, file: descriptor }, ring, places, mappings);
      if (opened.#works()) return opened;
    } catch {
      // the runtime can't show memory that is not its own, or the kernel can't map it
    }
    release(linux, ring, mappings);
    return undefined;
  }

  private constructor(
    private readonly linux: Linux,
    private readonly target: Target,
    private readonly ring: number,
    private readonly places: Places,
    private readonly mappings: Mapping[],
  ) {
    const [queues, requests] = mappings as [Mapping, Mapping];
    this.#words = new Int32Array(queues.buffer);
    this.#entries = new Uint32Array(requests.buffer);
    this.#vectorsAddress = linux.addressOf(this.#vectors.buffer);
    for (let entry = 0; entry < ENTRIES; entry++) this.#words[places.array + entry] = entry;
  }

  /** Asks for a packet to be read to an address of this process. */
  read(address: number, capacity: number): void {
    this.#request(READ, address, capacity);
  }

  /**
   * Asks for a packet to be read apart: its first `headers` bytes to an address, the next `data` to another one, and the rest
   * behind the place that those would have had.
   */
  readSplit(address: number, capacity: number, headers: number, data: number, dataAddress: number): void {
    const vector = this.count * VECTOR;
    this.#part(vector, address, headers);
    this.#part(vector + PART, dataAddress, data);
    this.#part(vector + 2 * PART, address + headers + data, capacity - headers - data);
    this.#request(READ_VECTOR, this.#vectorsAddress + vector * 4, PARTS);
  }

  /** Asks for a packet to be written. */
  write(address: number, length: number): void {
    this.#request(WRITE, address, length);
  }

  /** Has done what was asked for, in that order; at most `ENTRIES` requests. */
  enter(): void {
    const { count, places } = this;
    const words = this.#words;
    this.count = 0;
    this.linux.ringEnter(this.ring, count);
    let head = words[places.answerHead] as number;
    for (const tail = words[places.answerTail] as number; head !== tail; head = (head + 1) | 0) {
      const answer = places.answers + (head & places.answerMask) * ANSWER;
      this.answers[words[answer] as number] = words[answer + ANSWER_RESULT] as number;
    }
    words[places.answerHead] = head;
    // What was not taken must not be taken later, when it means something else.
    words[places.tail] = words[places.head] as number;
  }

  close(): void {
    release(this.linux, this.ring, this.mappings);
  }

  /** A `struct iovec`. */
  #part(at: number, address: number, length: number): void {
    this.#vectors[at] = address >>> 0;
    this.#vectors[at + 1] = address / WORD;
    this.#vectors[at + 2] = length;
  }

  #request(operation: number, address: number, length: number): void {
    const { places, target } = this;
    const tail = this.#words[places.tail] as number;
    const entries = this.#entries;
    const entry = (tail & places.mask) * REQUEST;
    entries[entry] = operation | target.flags;
    entries[entry + REQUEST_FILE] = target.file;
    entries[entry + REQUEST_ADDRESS] = address >>> 0;
    entries[entry + REQUEST_ADDRESS + 1] = address / WORD;
    entries[entry + REQUEST_LENGTH] = length;
    entries[entry + REQUEST_FLAGS] = RWF_NOWAIT;
    entries[entry + REQUEST_NAME] = this.count;
    this.answers[this.count++] = -ERRNO.EAGAIN;
    this.#words[places.tail] = (tail + 1) | 0;
  }

  /** Reading nothing is never refused for want of packets: whether the kernel knows how to read without waiting. */
  #works(): boolean {
    this.read(0, 0);
    this.enter();
    const answer = this.answers[0] as number;
    return answer === 0 || answer === -ERRNO.EAGAIN;
  }
}

/** Closing a ring alone would let go of what it holds some time later, and until then the name of the device would be taken. */
function release(linux: Linux, ring: number, mappings: readonly Mapping[]): void {
  for (const mapping of mappings) linux.unmap(mapping);
  linux.ringFiles(ring, NO_FILES);
  linux.close(ring);
}

/** How requests name their file: by its descriptor, or by its place among those that the ring holds. */
interface Target {
  flags: number;
  file: number;
}

/** Where things are in the mapped queues, counted in words of 32 bits. */
interface Places {
  bytes: number;
  head: number;
  tail: number;
  mask: number;
  array: number;
  answerHead: number;
  answerTail: number;
  answerMask: number;
  answers: number;
}

/** @param parameters `struct io_uring_params`, filled by the kernel */
function placesIn(parameters: Uint32Array): Places {
  const word = (index: number) => parameters[index] as number;
  if ((word(5) & FEATURE_SINGLE_MAPPING) === 0) throw new RangeError('an older kernel');
  const answers = word(1);
  return {
    bytes: Math.max(word(16) + ENTRIES * 4, word(25) + answers * ANSWER * 4),
    head: word(10) >> 2,
    tail: word(11) >> 2,
    mask: ENTRIES - 1,
    array: word(16) >> 2,
    answerHead: word(20) >> 2,
    answerTail: word(21) >> 2,
    answerMask: answers - 1,
    answers: word(25) >> 2,
  };
}

/** Requests that may be made before `enter`: a full batch. A power of 2. */
const ENTRIES = 64;
/** `IOSQE_FIXED_FILE`, and the only place that is taken. */
const FIRST_HELD: Target = { flags: 1 << 8, file: 0 };
const NO_FILES = new Int32Array(0);
/** Words of `struct io_uring_params`, of a request, and of an answer. */
const PARAMETERS = 30;
const REQUEST = 16;
const ANSWER = 4;
// Words of a request; the first has the operation, and flags in its second byte.
const REQUEST_FILE = 1;
const REQUEST_ADDRESS = 4;
const REQUEST_LENGTH = 6;
const REQUEST_FLAGS = 7;
const REQUEST_NAME = 8;
/** Word of an answer. */
const ANSWER_RESULT = 2;
// What is mapped of a ring.
const QUEUES = 0;
const REQUESTS = 0x10000000;
const FEATURE_SINGLE_MAPPING = 1;
/** Words of a `struct iovec`; how many a request has, and their words. */
const PART = 4;
const PARTS = 3;
const VECTOR = PARTS * PART;
const READ_VECTOR = 1;
const READ = 22;
const WRITE = 23;
const RWF_NOWAIT = 8;
const WORD = 2 ** 32;
