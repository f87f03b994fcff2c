/**
 * The typed other side of `assembly/index.ts`: guarded calls, views of linear memory, and the few helpers that know how
 * bytes and addresses cross the seam. A trap poisons the core: from then on every call throws the same `CoreFault`.
 * Not for: devices, time, sockets.
 */
import { ADDRESS_SIZE, PACKET_LIMIT, RECEIVE_DESCRIPTOR } from '../../assembly/abi/constants.js';
import { type Address, formatAddress } from './address.js';
import { Chunks, LARGE, LARGE_SLAB } from './chunks.js';
import type { CoreExports, LinearMemory } from './exports.js';
import { CoreFault } from './fault.js';
import type { CoreInstance } from './load.js';
import { Split } from './split.js';
import { Views } from './views.js';

/** Both ends of a connection. */
export interface Endpoints {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

export class Core {
  /** The exports, guarded; the calls that need no helper are made here. */
  readonly calls: CoreExports;
  /** Told once, from inside the failing call; must not call back into the core. */
  onFault: (fault: CoreFault) => void = () => {};

  /** Bytes that the last `receive` left behind. */
  bytesLeft = 0;

  #fault: CoreFault | undefined;
  #bytes: Uint8Array<ArrayBuffer>;
  #words: Uint32Array;
  #results: Uint32Array;
  readonly #instance: CoreInstance;
  readonly #resultAddress: number;
  /** Index in `words` of the core's lists of those that have something to tell. */
  readonly #lists: number;
  readonly #chunks = new Chunks();
  /** Data that devices have read past linear memory. */
  readonly split = new Split(this.#chunks, () => {
    throw this.#poison(new CoreFault(TAKEN_AWAY));
  });
  /** Packets of the last batch. */
  #batch = 0;
  readonly #views: Views;

  /** A core ready for `configure` and its interfaces. */
  static initialized(instance: CoreInstance): Core {
    const core = new Core(instance);
    core.calls.initialize();
    return core;
  }

  /** A core that continues where the `snapshot` was taken. The same build of the core must have taken it. */
  static restored(instance: CoreInstance, snapshot: Uint8Array): Core {
    const { memory } = instance.exports;
    const missing = snapshot.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const core = new Core(instance);
    core.bytes.fill(0);
    core.bytes.set(snapshot);
    return core;
  }

  private constructor(instance: CoreInstance) {
    this.#instance = instance;
    this.#views = new Views(instance.exports.memory);
    this.#bytes = new Uint8Array(instance.exports.memory.buffer);
    this.#words = new Uint32Array(instance.exports.memory.buffer);
    this.calls = this.#guarded(instance.exports);
    this.#resultAddress = this.calls.resultArea();
    this.#results = this.#words.subarray(this.#resultAddress >> 2);
    this.#lists = this.calls.readyLists() >> 2;
  }

  /** Why the core is dead, `undefined` while it lives. */
  get fault(): CoreFault | undefined {
    return this.#fault;
  }

  get memory(): LinearMemory {
    return this.#instance.exports.memory;
  }

  /** Linear memory as bytes. Ask again after every call: a view goes stale when memory grows. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length === 0) this.#refresh();
    return this.#bytes;
  }

  /** Linear memory as aligned words; index = address / 4. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#refresh();
    return this.#words;
  }

  /** A copy of linear memory, which is all there is to a core. It holds secrets. */
  snapshot(): Uint8Array<ArrayBuffer> {
    if (this.#fault !== undefined) throw this.#fault;
    this.#join();
    return this.bytes.slice();
  }

  /** The bytes at an address, until the next call. Made once where packets lie. */
  view(address: number, length: number): Uint8Array {
    return this.#views.of(address, length);
  }

  /** Linear memory from the result area on, as words. Ask again after every call, as for `bytes`. */
  get results(): Uint32Array {
    if (this.#results.length === 0) this.#refresh();
    return this.#results;
  }

  /** Whether connections have something to tell: 0 for none, 1 for one, 2 for more. */
  get ready(): 0 | 1 | 2 {
    const { words } = this;
    const first = words[this.#lists];
    if (first === 0) return 0;
    return first === words[this.#lists + 1] ? 1 : 2;
  }

  /** Whether UDP sockets may have something to tell. */
  get udpReady(): boolean {
    const { words } = this;
    return words[this.#lists + 2] !== 0 || words[this.#lists + 3] !== 0;
  }

  /** The n-th word of the result area. */
  result(index: number): number {
    return this.results[index] as number;
  }

  /** Index in `words` of the first piece that a call has put into the result area. */
  get #firstPiece(): number {
    return (this.#resultAddress >> 2) + 2;
  }

  /** Puts an address where the next call expects it; `slot` 1 is the second address. */
  putAddress(address: Address, slot = 0): void {
    this.bytes.set(address, this.#resultAddress + slot * ADDRESS_SIZE);
  }

  /** The address that the last call left behind, as text. */
  takeAddress(slot = 0): string {
    return formatAddress(this.bytes, this.#resultAddress + slot * ADDRESS_SIZE);
  }

  /** Both ends of a connection, `undefined` when the handle is stale. */
  endpoints(handle: number): Endpoints | undefined {
    if (this.calls.tcpEndpoints(handle) < 0) return undefined;
    return {
      localAddress: this.takeAddress(0),
      remoteAddress: this.takeAddress(1),
      localPort: this.result(8),
      remotePort: this.result(9),
    };
  }

  /** Takes the packets of the receive descriptors. */
  input(count: number, now: number): void {
    this.#batch = count;
    let taken = this.calls.input(count, now);
    for (let left = count - taken; left > 0; left -= taken) {
      // The core would read data that is elsewhere.
      this.#join();
      const first = this.calls.receiveDescriptors() >> 2;
      this.words.copyWithin(first, first + taken * DESCRIPTOR, first + (taken + left) * DESCRIPTOR);
      for (let index = 0; index < left; index++) this.words[first + index * DESCRIPTOR + 3] = 0;
      taken = this.calls.input(left, now);
    }
  }

  /** Hands bytes to a connection. @returns how many it took, or a negative ERROR_* when it took none */
  send(handle: number, data: Uint8Array): number {
    let sent = 0;
    while (sent < data.length) {
      const room = this.calls.tcpSendReserve(handle, data.length - sent);
      if (room <= 0) return sent === 0 ? room : sent;
      this.bytes.set(sent === 0 && room >= data.length ? data : data.subarray(sent, sent + room), this.result(0));
      const taken = Math.min(room, data.length - sent);
      this.calls.tcpSendCommit(handle, taken);
      sent += taken;
    }
    return sent;
  }

  /**
   * Encodes a string straight into a connection's send buffer when it surely fits.
   * @returns the bytes taken, or `undefined` when it may not fit: encode it outside and `send` the bytes
   */
  sendText(handle: number, text: string): number | undefined {
    const bound = text.length * UTF8_GROWTH;
    if (this.calls.tcpSendReserve(handle, bound) < bound) return undefined;
    const address = this.result(0);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(address, address + bound));
    this.calls.tcpSendCommit(handle, written);
    return written;
  }

  /**
   * Takes in-order bytes of a connection, at most `limit` and 256 KiB, in memory that nobody else refers to; `undefined`
   * when there are none. `bytesLeft` tells whether there are more.
   */
  receive(handle: number, limit = Number.POSITIVE_INFINITY): Uint8Array<ArrayBuffer> | undefined {
    const run = this.split.waits ? this.#runOf(handle, Math.min(LARGE_SLAB, limit)) : 0;
    const most = run > 0 ? run : Math.min(this.#chunks.room, limit);
    if (this.calls.tcpReceive(handle, most) <= 0) return undefined;
    return run >= LARGE ? this.#takeRun(run) : this.takePieces();
  }

  /** What the last call has put into the result area as pieces, in one copy that nobody else refers to. */
  takePieces(): Uint8Array<ArrayBuffer> {
    const { results } = this;
    const pieces = results[1] as number;
    let total = 0;
    for (let piece = 0; piece < pieces; piece++) total += results[3 + 2 * piece] as number;
    const chunk = this.#chunks.own(total);
    this.#copyPieces(chunk);
    if (this.split.waits) this.#forget(pieces);
    else if (total >= LARGE) this.#learn();
    return chunk;
  }

  /**
   * Copies in-order bytes of a connection, as many as there are and fit.
   * @param peek leaves them where they are
   * @returns how many, or a negative ERROR_*
   */
  receiveInto(handle: number, target: Uint8Array, peek: boolean): number {
    const { tcpPeek, tcpReceive } = this.calls;
    const total = (peek ? tcpPeek : tcpReceive)(handle, target.length);
    if (total > 0) this.#copyPieces(target);
    return total;
  }

  /** Copies the pieces that the last call has put into the result area. */
  #copyPieces(target: Uint8Array): void {
    const { results, split } = this;
    const elsewhere = split.waits;
    this.bytesLeft = results[0] as number;
    const pieces = results[1] as number;
    for (let piece = 0, at = 0; piece < pieces; piece++) {
      const address = results[2 + 2 * piece] as number;
      const length = results[3 + 2 * piece] as number;
      const source = elsewhere ? split.view(address, length) : undefined;
      set.call(target, source ?? this.#views.of(address, length), at);
      at += length;
    }
  }

  /** How many of the next bytes of a connection, at most `limit`, lie together past linear memory. */
  #runOf(handle: number, limit: number): number {
    return this.calls.tcpPeek(handle, limit) > 0 ? this.split.run(this.words, this.#firstPiece, this.result(1)) : 0;
  }

  /** The pieces of the last call, which lie together past linear memory. */
  #takeRun(length: number): Uint8Array<ArrayBuffer> {
    this.bytesLeft = this.result(0);
    const chunk = this.split.view(this.result(2), length) as Uint8Array<ArrayBuffer>;
    this.#forget(this.result(1));
    return chunk;
  }

  /** The pieces of the last call were taken. */
  #forget(pieces: number): void {
    for (let piece = 0; piece < pieces; piece++) {
      this.split.take(this.result(2 + 2 * piece), this.result(3 + 2 * piece));
    }
  }

  /** The first piece of the last call was copied from a packet: the next ones may look like it. */
  #learn(): void {
    const address = this.result(2);
    const length = this.result(3);
    // More than a packet holds is what several have brought.
    if (length < LARGE || length > PACKET_LIMIT) return;
    const { words } = this;
    let descriptor = this.calls.receiveDescriptors() >> 2;
    for (let index = 0; index < this.#batch; index++, descriptor += DESCRIPTOR) {
      const headers = address - (words[descriptor] as number);
      const isAll = headers + length === words[descriptor + 1];
      if (isAll && headers > 0 && headers <= HEADERS) this.split.learn(headers, length);
    }
  }

  /** Puts where the core looks what was read past linear memory and not taken. */
  #join(): void {
    if (this.#fault === undefined && this.split.waits) this.split.join(this.bytes);
  }

  #refresh(): void {
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
    this.#results = this.#words.subarray(this.#resultAddress >> 2);
  }

  #guarded(exports: CoreExports): CoreExports {
    const calls: Record<string, unknown> = { memory: exports.memory };
    for (const [name, call] of Object.entries(exports)) {
      if (typeof call !== 'function') continue;
      const guarded = this.#guard(call as Call);
      calls[name] = READERS.has(name) ? this.#joining(guarded) : guarded;
    }
    // So many properties make a dictionary, which is searched at each call; of what an object inherits the engine knows the place.
    return Object.create(calls) as CoreExports;
  }

  /** A call that reads what connections have received. */
  #joining(call: Call): Call {
    return (first, second, third) => {
      this.#join();
      return call(first, second, third);
    };
  }

  #guard(call: Call): Call {
    return (first, second, third) => {
      if (this.#fault !== undefined) throw this.#fault;
      try {
        return call(first, second, third);
      } catch (thrown) {
        throw this.#poison(this.#instance.explain(thrown));
      }
    };
  }

  #poison(fault: CoreFault): CoreFault {
    this.#fault = fault;
    this.onFault(fault);
    return fault;
  }
}

/** No export takes more than three arguments; surplus ones are ignored by WebAssembly. */
type Call = (first?: number, second?: number, third?: number) => number;

/** Calls that read what was received and not taken; `input` does so where it says so (`Core.input`). */
const READERS: ReadonlySet<string> = new Set<keyof CoreExports>(['output', 'tlsOpen']);
/** Words of a receive descriptor. */
const DESCRIPTOR = RECEIVE_DESCRIPTOR >> 2;
/** Bytes of headers at most, IP's and TCP's. */
const HEADERS = 120;
const TAKEN_AWAY =
  'a program has called transfer() on the buffer of a chunk, in which other data waited: transfer a copy (chunk.slice())';
const PAGE = 65536;
/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const UTF8_GROWTH = 3;
const encoder = new TextEncoder();
/** Targets of too many shapes come by for the engine to know where each has it. */
const { set } = Uint8Array.prototype;
