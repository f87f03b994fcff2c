/**
 * A wire in memory: two devices, each of which reads what was written to the other. Loses nothing, reorders nothing,
 * takes no time; put `weather` around an end for that. Needs no rights and no operating system.
 *
 * An end is never told from inside a call of the other one: the news comes as an alarm of its own stack's clock, due
 * now. So on the manual clock packets move when the clock is moved (`advance(0)` is enough), always in the same order
 * and at their exact moment; on the system clock they move on the next turn of the event loop.
 *
 * Checksums on this wire are real and packets fit its MTU, unless `offload` lets both stacks spare themselves the work.
 *
 * Not for: joining more than two stacks (`switch.ts`).
 */
import {
  ETHERNET_HEADER,
  OFFLOAD_CHECKSUM,
  OFFLOAD_TSO4,
  OFFLOAD_TSO6,
  OFFLOAD_USO,
  PACKET_LIMIT,
  VNET_HEADER,
} from '../../assembly/abi/constants.js';
import type { Timer } from '../core/clock.js';
import { Views } from '../core/views.js';
import type { Device, DevicePort, LinkType } from './device.js';
import { framePayload, linkTypeOf, onlyKnown, packetSize, portAddresses, unexpected, wholeNumber } from './options.js';
import { PacketQueue } from './queue.js';

export interface MemoryWireOptions {
  /** `'ip'` carries packets, the default; `'ethernet'` carries frames, so that ARP and neighbour discovery have work. */
  linkType?: LinkType | undefined;
  /** Of the two ends of an Ethernet. Default: `02:00:00:00:00:01` and `02:00:00:00:00:02`. */
  hardwareAddresses?: readonly string[] | undefined;
  /** Largest packet in bytes, without Ethernet's header: 576 to 65535, on Ethernet to 65521. Default 1500. */
  mtu?: number | undefined;
  /** Packets that wait in each direction before `write` answers false. Default 256. */
  capacity?: number | undefined;
  /**
   * Segments and datagrams pass uncut, up to 64 KiB in one packet, and their checksums are left out: nothing on the way can damage them.
   * Not on Ethernet. Default false.
   */
  offload?: boolean | undefined;
}

/**
 * Makes a wire.
 * @returns its two ends
 * @throws TypeError for a bad option
 */
export function memoryWire(options: MemoryWireOptions = {}): [Device, Device] {
  onlyKnown('memoryWire', options, ['linkType', 'hardwareAddresses', 'mtu', 'capacity', 'offload']);
  const linkType = linkTypeOf('linkType', options.linkType);
  const { hardwareAddresses, offload = false } = options;
  if (linkType === 'ip' && hardwareAddresses !== undefined) {
    throw new TypeError("hardwareAddresses can be given with linkType 'ethernet' only");
  }
  if (typeof offload !== 'boolean') throw unexpected('offload', 'true or false', offload);
  if (offload && linkType !== 'ip') throw new TypeError("offload can be given with linkType 'ip' only");
  const mtu = (linkType === 'ip' ? packetSize : framePayload)('mtu', options.mtu);
  const capacity = wholeNumber('capacity', options.capacity, 1, 65536, 256);
  const names = linkType === 'ip' ? [] : portAddresses('hardwareAddresses', hardwareAddresses, 2);
  const left = new End(linkType, names[0], mtu, capacity);
  const right = new End(linkType, names[1], mtu, capacity);
  left.peer = right;
  right.peer = left;
  if (offload) left.offloads = OFFLOAD_CHECKSUM | OFFLOAD_TSO4 | OFFLOAD_TSO6 | OFFLOAD_USO;
  return [left, right];
}

class End implements Device {
  readonly addresses = [];
  peer!: End;
  #offloads = 0;
  #port: DevicePort | undefined;
  #memory: Views | undefined;
  #closed = false;
  /** Rings when packets have arrived at an empty queue. */
  #arrival: Timer | undefined;
  /** Rings when the peer's queue has room again. */
  #room: Timer | undefined;
  /** The peer's queue was full when this end wrote. */
  #blocked = false;
  #queue: PacketQueue;

  constructor(
    readonly linkType: LinkType,
    readonly hardwareAddress: string | undefined,
    readonly mtu: number,
    private readonly capacity: number,
  ) {
    this.#queue = new PacketQueue(this.#largest, capacity);
  }

  get offloads(): number {
    return this.#offloads;
  }

  /** @throws Error when the other end is in use: what it sends counts on what was announced */
  set offloads(offloads: number) {
    if (offloads === this.#offloads) return;
    if (this.peer.#port !== undefined) throw new Error('the other end of the wire sends with offloads already');
    for (const end of [this, this.peer]) {
      end.#offloads = offloads;
      end.#queue = new PacketQueue(end.#largest + end.#header, this.capacity);
    }
  }

  /** Bytes of the largest packet or frame. */
  get #largest(): number {
    if (this.#offloads !== 0) return PACKET_LIMIT;
    return this.linkType === 'ip' ? this.mtu : this.mtu + ETHERNET_HEADER;
  }

  /** Bytes of the virtio-net header that passes with each packet. */
  get #header(): number {
    return this.#offloads === 0 ? 0 : VNET_HEADER;
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error('this end of the wire is attached already');
    this.#port = port;
    this.#memory = new Views(port.memory);
    this.#arrival = port.clock.timer((first) => port.onReadable(first));
    this.#room = port.clock.timer(() => port.onWritable());
    if (this.#queue.length > 0) this.#arrival.arm(port.clock.now());
  }

  read(address: number, capacity: number): number {
    const memory = this.#attached();
    const packet = this.#queue.shift();
    if (packet === undefined) return 0;
    const header = this.#header;
    const size = Math.min(packet.length, header + capacity);
    memory.of(address - header, size).set(size === packet.length ? packet : packet.subarray(0, size));
    this.peer.#roomMade();
    return size - header;
  }

  write(address: number, length: number): boolean {
    const memory = this.#attached();
    if (length > this.#largest) throw new RangeError(`a packet of ${length} bytes does not fit the MTU of ${this.mtu}`);
    if (this.#closed || this.peer.#closed) return true;
    if (this.peer.#queue.full) {
      this.#blocked = true;
      return false;
    }
    const header = this.#header;
    this.peer.#arrived(memory.of(address - header, header + length));
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

  #attached(): Views {
    if (this.#memory === undefined) throw new Error('this end of the wire is not attached');
    return this.#memory;
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
