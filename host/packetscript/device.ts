/**
 * The wire of a script: hands the stack the packets that the script injects, and keeps those that it sends, each with the
 * time at which it left.
 * Not for: what is in them (`packet/wire.ts`).
 */
import type { Device, DevicePort } from '../device/device.js';
import type { Sent } from './packet/segment.js';
import { decode } from './packet/wire.js';

export class ScriptDevice implements Device {
  readonly linkType = 'ip';
  offloads = 0;
  readonly addresses: readonly string[];
  /** What has left and nobody has looked at yet, oldest first. */
  readonly sent: Sent[] = [];
  #port: DevicePort | undefined;
  #closed = false;
  readonly #arrived: Uint8Array[] = [];

  constructor(
    readonly mtu: number,
    address: string,
  ) {
    this.addresses = [address];
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error('this wire is attached already');
    this.#port = port;
  }

  /** A packet arrives. */
  inject(packet: Uint8Array): void {
    this.#arrived.push(packet);
    this.#port?.onReadable();
  }

  read(address: number, capacity: number): number {
    const packet = this.#arrived.shift();
    if (packet === undefined) return 0;
    const length = Math.min(packet.length, capacity);
    new Uint8Array(this.#attached().memory.buffer, address, length).set(packet.subarray(0, length));
    return length;
  }

  write(address: number, length: number): boolean {
    const port = this.#attached();
    if (this.#closed) return true;
    const packet = decode(new Uint8Array(port.memory.buffer, address, length));
    this.sent.push({ time: Math.round(port.clock.now() * 1000), packet });
    return true;
  }

  ref(): void {}
  unref(): void {}

  close(): void {
    this.#closed = true;
    this.#arrived.length = 0;
  }

  #attached(): DevicePort {
    if (this.#port === undefined) throw new Error('this wire is not attached');
    return this.#port;
  }
}
