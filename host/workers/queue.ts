/**
 * One queue of a device as the stack of one worker sees it: packets that are another's are handed over, those that others
 * handed over come first. A wrapper as `weather` and `pcap` are.
 * Not for: whose a packet is (`owner.ts`).
 */
import { PACKET_LIMIT, VNET_HEADER } from '../../assembly/abi/constants.js';
import type { Arrivals, Departures } from '../device/batch.js';
import type { Device, DevicePort } from '../device/device.js';
import { ALL, HERE, Owners } from './owner.js';
import { Ring } from './ring.js';

/** What the workers of one device have in common, as plain data. */
export interface Strays {
  /** A word for each worker, which changes when something is there for it. */
  readonly bells: SharedArrayBuffer;
  /** By who hands over, then by who gets it; none to oneself. */
  readonly rings: readonly (readonly (SharedArrayBuffer | undefined)[])[];
  /** Ports that all workers listen on. */
  readonly shared: readonly number[];
}

export interface StrayCounts {
  /** Packets that went to other workers, a packet for several of them once for each. */
  straysOut: number;
  /** Packets that came from others. */
  straysIn: number;
  /** Packets for others that were dropped: the way to them was full. */
  straysDropped: number;
}

export function makeStrays(count: number, shared: readonly number[]): Strays {
  const numbers = Array.from({ length: count }, (_, number) => number);
  return {
    bells: new SharedArrayBuffer(4 * count),
    rings: numbers.map((from) => numbers.map((to) => (from === to ? undefined : Ring.memory()))),
    shared,
  };
}

export class QueueDevice implements Device {
  readonly readBatch?: (arrivals: Arrivals) => void;
  readonly writeBatch?: (departures: Departures) => void;
  /** The worker listens. Until then what comes for its listener is dropped, not refused: the peer says it again. */
  serving = false;
  readonly counts: StrayCounts = { straysOut: 0, straysIn: 0, straysDropped: 0 };
  readonly #owners: Owners;
  readonly #bells: Int32Array;
  readonly #incoming: Ring[];
  readonly #outgoing: (Ring | undefined)[];
  #bytes = new Uint8Array(0);
  #port: DevicePort | undefined;
  /** What the bell said when the rings were last found empty. */
  #seen = 0;
  #closed = false;
  /** Strays and the queue take turns. */
  #strayFirst = false;

  constructor(
    private readonly inner: Device,
    private readonly number: number,
    strays: Strays,
  ) {
    const { readBatch, writeBatch } = inner;
    if (readBatch !== undefined) this.readBatch = (arrivals) => this.#readBatch(readBatch, arrivals);
    if (writeBatch !== undefined) this.writeBatch = (departures) => writeBatch.call(inner, departures);
    this.#owners = new Owners(strays.rings.length, new Set(strays.shared));
    this.#bells = new Int32Array(strays.bells);
    this.#incoming = strays.rings.flatMap((from) => ringsAt(from[number]));
    this.#outgoing = (strays.rings[number] ?? []).map((memory) => ringsAt(memory)[0]);
  }

  get mtu(): number {
    return this.inner.mtu;
  }

  get linkType(): Device['linkType'] {
    return this.inner.linkType;
  }

  get addresses(): readonly string[] {
    return this.inner.addresses;
  }

  get offloads(): number {
    return this.inner.offloads;
  }

  set offloads(offloads: number) {
    this.inner.offloads = offloads;
  }

  attach(port: DevicePort): void {
    this.inner.attach(port);
    this.#port = port;
    void this.#listen(port);
  }

  read(address: number, capacity: number): number {
    this.#strayFirst = !this.#strayFirst;
    if (this.#strayFirst) return this.#take(address, capacity) || this.#own(address, capacity);
    return this.#own(address, capacity) || this.#take(address, capacity);
  }

  write(address: number, length: number): boolean {
    return this.inner.write(address, length);
  }

  ref(): void {
    this.inner.ref();
  }

  unref(): void {
    this.inner.unref();
  }

  close(): void {
    this.#closed = true;
    this.inner.close();
    // Ends the wait of `#listen`.
    Atomics.notify(this.#bells, this.number);
  }

  /** Reads from the queue. @returns the length of a packet that is for this stack, 0 when there is none */
  #own(address: number, capacity: number): number {
    for (let handed = 0; handed < MOST_HANDED; handed++) {
      const length = this.inner.read(address, capacity);
      if (length === 0) return 0;
      if (this.#keeps(address, length)) return length;
    }
    this.#comeBack();
    return 0;
  }

  /** Some strays first, so that neither way can starve the other. */
  #readBatch(read: NonNullable<Device['readBatch']>, arrivals: Arrivals): void {
    for (let taken = 0; taken < MOST_TAKEN && arrivals.room(PACKET_LIMIT) > 0; taken++) {
      const address = arrivals.place(PACKET_LIMIT);
      const length = this.#take(address, PACKET_LIMIT);
      if (length === 0) break;
      arrivals.add(address, length);
    }
    const first = arrivals.count;
    arrivals.split = undefined; // a packet that is handed over has to be whole
    read.call(this.inner, arrivals);
    const { addresses, lengths, interfaces, count } = arrivals;
    arrivals.count = first;
    for (let index = first; index < count; index++) {
      const [address, length] = [addresses[index] as number, lengths[index] as number];
      if (!this.#keeps(address, length)) continue;
      addresses[arrivals.count] = address;
      lengths[arrivals.count] = length;
      interfaces[arrivals.count++] = interfaces[index] as number;
    }
    if (count > first && arrivals.count === 0) this.#comeBack();
  }

  /** Hands over what is another's. @returns whether the packet is for this stack */
  #keeps(address: number, length: number): boolean {
    const bytes = this.#memory();
    if (!this.serving && this.#owners.isForAny(bytes, address)) return false;
    const owner = this.#owners.of(bytes, address, length);
    if (owner === HERE || owner === this.number) return true;
    this.#hand(owner, address, length);
    return owner === ALL;
  }

  /** Nothing but strays, and more may wait: the stack has other work, too. */
  #comeBack(): void {
    setImmediate(() => this.#port?.onReadable());
  }

  /** Reads what others handed over. @returns the length of a packet, 0 when there is none */
  #take(address: number, capacity: number): number {
    const rung = Atomics.load(this.#bells, this.number);
    if (rung === this.#seen) return 0;
    const into = this.#memory().subarray(address - VNET_HEADER, address + capacity);
    for (const ring of this.#incoming) {
      const length = ring.shift(into);
      if (length <= VNET_HEADER) continue;
      this.counts.straysIn++;
      return length - VNET_HEADER;
    }
    this.#seen = rung;
    return 0;
  }

  /** With its virtio-net header, without which nobody could tell its checksum or its segments. */
  #hand(owner: number, address: number, length: number): void {
    const packet = this.#memory().subarray(address - VNET_HEADER, address + length);
    for (const [number, ring] of this.#outgoing.entries()) {
      if (ring === undefined || (owner !== ALL && owner !== number)) continue;
      if (!ring.push(packet)) {
        this.counts.straysDropped++;
        continue;
      }
      this.counts.straysOut++;
      Atomics.add(this.#bells, number, 1);
      Atomics.notify(this.#bells, number);
    }
  }

  /** Has the stack read when something was handed over. It keeps no thread alive. */
  async #listen(port: DevicePort): Promise<void> {
    let heard = Atomics.load(this.#bells, this.number);
    for (;;) {
      const wait = waitAsync(this.#bells, this.number, heard);
      await (wait.async ? wait.value : new Promise((resolve) => setImmediate(resolve)));
      if (this.#closed) return;
      heard = Atomics.load(this.#bells, this.number);
      port.onReadable();
    }
  }

  /** Linear memory; a view of it is stale when it has grown. */
  #memory(): Uint8Array {
    const { buffer } = (this.#port as DevicePort).memory;
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }
}

function ringsAt(memory: SharedArrayBuffer | undefined): Ring[] {
  return memory === undefined ? [] : [new Ring(memory)];
}

/** Strays that begin a batch. */
const MOST_TAKEN = 16;
/** Strays that one `read` hands over before it gives up its turn. */
const MOST_HANDED = 64;
/** ES2024, which runtimes have had for longer than compilers know it. */
const { waitAsync } = Atomics as unknown as {
  waitAsync(
    words: Int32Array,
    index: number,
    value: number,
  ): { async: false; value: string } | { async: true; value: Promise<string> };
};
