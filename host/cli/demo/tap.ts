/**
 * Listens in on a device: a function sees every packet that passes, where it lies.
 * Not for: changing packets, and captures on disk (`../../device/pcap.ts`).
 */
import type { Device, DevicePort } from '../../device/device.js';

/** @param packet a view of the core's memory: valid during the call only */
export type Listener = (packet: Uint8Array, inbound: boolean, time: number) => void;

/** Wraps `device`, which must not be attached yet. */
export function tap(device: Device, listener: Listener): Device {
  return new TapDevice(device, listener);
}

class TapDevice implements Device {
  readonly mtu;
  readonly linkType;
  readonly addresses;
  #port: DevicePort | undefined;

  constructor(
    private readonly below: Device,
    private readonly listener: Listener,
  ) {
    this.mtu = below.mtu;
    this.linkType = below.linkType;
    this.addresses = below.addresses;
  }

  get offloads(): number {
    return this.below.offloads;
  }

  set offloads(offloads: number) {
    this.below.offloads = offloads;
  }

  attach(port: DevicePort): void {
    this.#port = port;
    this.below.attach(port);
  }

  read(address: number, capacity: number): number {
    const length = this.below.read(address, capacity);
    if (length > 0) this.#heard(address, length, true);
    return length;
  }

  /** A packet that was not taken comes again. The time is that before the call, in which an answer may already arise. */
  write(address: number, length: number): boolean {
    const time = this.#now();
    const taken = this.below.write(address, length);
    if (taken) this.#heard(address, length, false, time);
    return taken;
  }

  ref(): void {
    this.below.ref();
  }

  unref(): void {
    this.below.unref();
  }

  close(): void {
    this.below.close();
  }

  #now(): number {
    return (this.#port as DevicePort).clock.now();
  }

  #heard(address: number, length: number, inbound: boolean, time = this.#now()): void {
    this.listener(new Uint8Array((this.#port as DevicePort).memory.buffer, address, length), inbound, time);
  }
}
