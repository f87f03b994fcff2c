/**
 * An end of a wire in memory that reads headers and data of large packets apart, as a TUN device does where there is a ring
 * (`host/device/kernel/`). Where the data would have been it leaves poison, which nobody may ever see.
 */
import { PACKET_LIMIT } from '../../assembly/abi/constants.js';
import type { Arrivals, Departures } from '../../host/device/batch.js';
import type { Device, DevicePort } from '../../host/device/device.js';

export class Splitting implements Device {
  /** Packets whose data went elsewhere, and into which memory. */
  apart = 0;
  readonly lanes = new Set<ArrayBuffer>();
  #memory: DevicePort['memory'] | undefined;
  /** By where they begin in a process that there is not. */
  readonly #buffers = new Map<number, Uint8Array>();

  constructor(private readonly inner: Device) {}

  get mtu() {
    return this.inner.mtu;
  }
  get linkType() {
    return this.inner.linkType;
  }
  get addresses() {
    return this.inner.addresses;
  }
  get offloads() {
    return this.inner.offloads;
  }
  set offloads(offloads: number) {
    this.inner.offloads = offloads;
  }

  attach(port: DevicePort): void {
    this.#memory = port.memory;
    this.inner.attach(port);
  }

  read(): number {
    throw new Error('it is asked for batches');
  }

  write(address: number, length: number): boolean {
    return this.inner.write(address, length);
  }

  readBatch(arrivals: Arrivals): void {
    const count = arrivals.room(PACKET_LIMIT);
    const first = arrivals.place(PACKET_LIMIT);
    const span = arrivals.place(PACKET_LIMIT, 1) - first;
    const split = arrivals.split?.prepare(count, this.#addressOf) ? arrivals.split : undefined;
    let index = 0;
    for (; index < count; index++) {
      const address = first + index * span;
      const length = this.inner.read(address, PACKET_LIMIT);
      if (length === 0) break;
      const bytes = new Uint8Array((this.#memory as DevicePort['memory']).buffer);
      if (split !== undefined) {
        const data = bytes.subarray(address + split.headers, address + Math.min(length, split.headers + split.data));
        this.#put(split.address(index), data);
        data.fill(POISON);
      }
      const headers = split?.came(index, address, length, bytes) ?? 0;
      if (headers > 0) this.apart++;
      arrivals.add(address, length, headers);
    }
    split?.used(index);
  }

  writeBatch({ count, addresses, lengths }: Departures): void {
    for (let index = 0; index < count; index++) {
      if (!this.inner.write(addresses[index] as number, lengths[index] as number)) return;
    }
  }

  ref(): void {}
  unref(): void {}

  close(): void {
    this.inner.close();
  }

  readonly #addressOf = (buffer: ArrayBuffer): number => {
    this.lanes.add(buffer);
    const address = (1 + this.#buffers.size) * APART;
    this.#buffers.set(address, new Uint8Array(buffer));
    return address;
  };

  #put(address: number, data: Uint8Array): void {
    const base = Math.floor(address / APART) * APART;
    (this.#buffers.get(base) as Uint8Array).set(data, address - base);
  }
}

const POISON = 0xee;
/** Between two buffers, in bytes. */
const APART = 2 ** 32;
