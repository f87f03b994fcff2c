/**
 * A stand-in for the stack above a device: memory, a clock and a note of every call. Not for: TCP.
 */
import { HEADROOM, VNET_HEADER } from '../../assembly/abi/constants.js';
import { type Clock, manualClock } from '../../host/core/clock.js';
import { scratchMemory } from '../../host/core/scratch.js';
import { Arrivals, Departures } from '../../host/device/batch.js';
import type { Device, DeviceError, DevicePort } from '../../host/device/device.js';

export class TestPort implements DevicePort {
  readonly interface = 1;
  readonly memory = scratchMemory(4 * 65536);
  readonly errors: DeviceError[] = [];
  readable = 0;
  writable = 0;
  /** Run on every call of `onReadable`, and of `onWritable`. */
  onReady: () => void = () => {};

  constructor(
    private readonly device: Device,
    readonly clock: Clock = manualClock(),
  ) {
    device.attach(this);
  }

  onReadable(): void {
    this.readable++;
    this.onReady();
  }

  onWritable(): void {
    this.writable++;
    this.onReady();
  }

  onError(error: DeviceError): void {
    this.errors.push(error);
  }

  /** The virtio-net header of the packet that was read last. */
  get header(): Uint8Array {
    return new Uint8Array(this.memory.buffer, READ_AT - VNET_HEADER, VNET_HEADER).slice();
  }

  /** Writes one packet, from an address of its own; `header` goes into the virtio-net header before it. */
  write(packet: Uint8Array, header?: Uint8Array): boolean {
    new Uint8Array(this.memory.buffer, WRITE_AT, packet.length).set(packet);
    if (header !== undefined) new Uint8Array(this.memory.buffer, WRITE_AT - header.length, header.length).set(header);
    return this.device.write(WRITE_AT, packet.length);
  }

  /** @returns a copy of one packet, `undefined` when none waits */
  read(capacity = 65535): Uint8Array | undefined {
    const length = this.device.read(READ_AT, capacity);
    return length === 0 ? undefined : new Uint8Array(this.memory.buffer, READ_AT, length).slice();
  }

  /** Writes packets together, with empty virtio-net headers. */
  writeBatch(packets: readonly Uint8Array[]): void {
    const departures = new Departures();
    let address = WRITE_AT;
    for (const packet of packets) {
      new Uint8Array(this.memory.buffer).fill(0, address - VNET_HEADER, address).set(packet, address);
      departures.add(address, packet.length);
      address += HEADROOM + packet.length;
    }
    if (this.device.writeBatch === undefined) throw new Error('this device moves packets one by one');
    this.device.writeBatch(departures);
  }

  /** @returns copies of what one call brings */
  readBatch(): Uint8Array[] {
    const arrivals = new Arrivals(READ_AT - HEADROOM, this.memory.buffer.byteLength);
    if (this.device.readBatch === undefined) throw new Error('this device moves packets one by one');
    this.device.readBatch(arrivals);
    return Array.from({ length: arrivals.count }, (_, index) =>
      new Uint8Array(this.memory.buffer, arrivals.addresses[index], arrivals.lengths[index]).slice(),
    );
  }

  readAll(): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (let packet = this.read(); packet !== undefined; packet = this.read()) packets.push(packet);
    return packets;
  }
}

const WRITE_AT = HEADROOM;
const READ_AT = 2 * 65536 + HEADROOM;
