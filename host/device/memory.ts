/**
 * A wire in memory: two devices, each of which reads what was written to the other. Loses nothing, reorders nothing,
 * takes no time; put `weather` around an end for that. Needs no rights and no operating system.
 *
 * An end is never told from inside a call of the other one: the news comes as an alarm of its own stack's clock, due
 * now. So on the manual clock packets move when the clock is moved (`advance(0)` is enough), always in the same order
 * and at their exact moment; on the system clock they move on the next turn of the event loop.
 *
 * Not for: joining more than two stacks, and offloads: checksums on this wire are real, packets fit its MTU.
 */
import type { Timer } from '../core/clock.js';
import type { Device, DevicePort } from './device.js';
import { onlyKnown, packetSize, wholeNumber } from './options.js';

export interface MemoryWireOptions {
  /** Largest packet in bytes, 576 to 65535. Default 1500. */
  mtu?: number | undefined;
  /** Packets that wait in each direction before `write` answers false. Default 256. */
  capacity?: number | undefined;
}

/**
 * Makes a wire.
 * @returns its two ends
 * @throws TypeError for a bad option
 */
export function memoryWire(options: MemoryWireOptions = {}): [Device, Device] {
  onlyKnown('memoryWire', options, ['mtu', 'capacity']);
  const mtu = packetSize('mtu', options.mtu);
  const capacity = wholeNumber('capacity', options.capacity, 1, 65536, 256);
  const left = new End(mtu, capacity);
  const right = new End(mtu, capacity);
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class End implements Device {
  readonly linkType = 'ip';
  readonly addresses = [];
  offloads = 0;
  peer!: End;
  #port: DevicePort | undefined;
  #closed = false;
  /** Rings when packets have arrived at an empty queue. */
  #arrival: Timer | undefined;
  /** Rings when the peer's queue has room again. */
  #room: Timer | undefined;
  /** The peer's queue was full when this end wrote. */
  #blocked = false;
  readonly #queue: PacketQueue;

  constructor(
    readonly mtu: number,
    capacity: number,
  ) {
    this.#queue = new PacketQueue(mtu, capacity);
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error('this end of the wire is attached already');
    this.#port = port;
    this.#arrival = port.clock.timer(() => port.onReadable());
    this.#room = port.clock.timer(() => port.onWritable());
    if (this.#queue.length > 0) this.#arrival.arm(port.clock.now());
  }

  read(address: number, capacity: number): number {
    const port = this.#attached();
    const packet = this.#queue.shift();
    if (packet === undefined) return 0;
    const length = Math.min(packet.length, capacity);
    new Uint8Array(port.memory.buffer, address, length).set(packet.subarray(0, length));
    this.peer.#roomMade();
    return length;
  }

  write(address: number, length: number): boolean {
    const port = this.#attached();
    if (length > this.mtu) throw new RangeError(`a packet of ${length} bytes does not fit the MTU of ${this.mtu}`);
    if (this.#closed || this.peer.#closed) return true;
    if (this.peer.#queue.full) {
      this.#blocked = true;
      return false;
    }
    this.peer.#arrived(new Uint8Array(port.memory.buffer, address, length));
    return true;
  }

  /** Nothing outside the process can write to this wire, so there is nothing to wait for. */
  ref(): void {}
  unref(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear();
    this.#arrival?.arm(Number.POSITIVE_INFINITY);
    this.#room?.arm(Number.POSITIVE_INFINITY);
    this.peer.#roomMade();
  }

  #attached(): DevicePort {
    if (this.#port === undefined) throw new Error('this end of the wire is not attached');
    return this.#port;
  }

  #arrived(packet: Uint8Array): void {
    const wasEmpty = this.#queue.length === 0;
    this.#queue.push(packet);
    if (wasEmpty && this.#port !== undefined) this.#arrival?.arm(this.#port.clock.now());
  }

  #roomMade(): void {
    if (!this.#blocked || this.#closed || this.#port === undefined) return;
    this.#blocked = false;
    this.#room?.arm(this.#port.clock.now());
  }
}

/** First in, first out. Its packet buffers are made when first needed and then used again. */
class PacketQueue {
  length = 0;
  #first = 0;
  readonly #slots: (Uint8Array | undefined)[];
  readonly #lengths: Uint32Array;

  constructor(
    private readonly mtu: number,
    private readonly capacity: number,
  ) {
    this.#slots = new Array(capacity);
    this.#lengths = new Uint32Array(capacity);
  }

  get full(): boolean {
    return this.length === this.capacity;
  }

  push(packet: Uint8Array): void {
    const index = (this.#first + this.length) % this.capacity;
    let slot = this.#slots[index];
    if (slot === undefined) {
      slot = new Uint8Array(this.mtu);
      this.#slots[index] = slot;
    }
    slot.set(packet);
    this.#lengths[index] = packet.length;
    this.length++;
  }

  /** @returns the oldest packet, valid until the next `push` */
  shift(): Uint8Array | undefined {
    if (this.length === 0) return undefined;
    const index = this.#first;
    this.#first = (index + 1) % this.capacity;
    this.length--;
    return this.#slots[index]?.subarray(0, this.#lengths[index]);
  }

  clear(): void {
    this.length = 0;
    this.#slots.fill(undefined);
  }
}
