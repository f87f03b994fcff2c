/**
 * A `Tun` of the npm package `tuntap2` as a device. Linux only, and that package compiles an addon when it is installed.
 *
 * Use `tun()` unless you have such a `Tun` already, or can't install koffi: here every packet passes through streams of
 * `node:fs` and their thread pool, there are no offloads, and a read that is under way keeps the process alive until
 * the device is closed, whatever `unref` says.
 *
 * The shape relied on is the documented one: a Duplex whose chunks are single IP packets, with `name`, `isTun`, `mtu`,
 * `ipv4`, `isUp` and `release()`. The package is loaded when it is asked to make a `Tun`, never otherwise.
 * Not for: `Tap`, whose frames are Ethernet's.
 */
import { createRequire } from 'node:module';
import { parseAddressWithPrefix } from '../core/address.js';
import { type Device, DeviceError, type DevicePort } from './device.js';
import { onlyKnown, packetSize } from './options.js';

/** What is used of a `Tun` of `tuntap2`. */
export interface Tuntap2Tun {
  readonly name: string;
  readonly isTun: boolean;
  mtu: number;
  ipv4: string;
  isUp: boolean;
  release(): void;
  on(event: 'data', listener: (packet: Uint8Array) => void): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(packet: Uint8Array): boolean;
  pause(): unknown;
  resume(): unknown;
}

export interface Tuntap2Options {
  /** A `Tun` that is configured and up. Without it one is made and brought up; the package chooses its name. */
  tun?: Tuntap2Tun | undefined;
  /** Largest packet in bytes, 576 to 65535. Default 1500, with `tun` what it has. */
  mtu?: number | undefined;
  /** What the stack calls itself on this device, as `10.9.0.2/24`. */
  addresses?: readonly string[] | undefined;
  /** What the kernel calls itself on a device that is made here, as `10.9.0.1/24`. */
  kernelAddress?: string | undefined;
}

/**
 * @throws TypeError for a bad option
 * @throws DeviceError with `code` ERR_TUNTAP2_MISSING when the package is not installed, ERR_TUNTAP2 when it fails
 */
export function tuntap2(options: Tuntap2Options = {}): Device & { readonly name: string } {
  onlyKnown('tuntap2', options, ['tun', 'mtu', 'addresses', 'kernelAddress']);
  const addresses = [...(options.addresses ?? [])];
  for (const address of addresses) parseAddressWithPrefix(address);
  const { tun, kernelAddress } = options;
  if (tun === undefined) {
    if (kernelAddress !== undefined) parseAddressWithPrefix(kernelAddress);
    const mtu = packetSize('mtu', options.mtu);
    return new Tuntap2Device(make(mtu, kernelAddress), mtu, addresses);
  }
  if (kernelAddress !== undefined) throw new TypeError("kernelAddress can't be given together with tun");
  if (tun.isTun !== true) throw new TypeError('tun must be a Tun of tuntap2; a Tap carries Ethernet frames');
  return new Tuntap2Device(tun, packetSize('mtu', options.mtu, tun.mtu), addresses);
}

class Tuntap2Device implements Device {
  readonly linkType = 'ip';
  readonly name: string;
  offloads = 0;
  #port: DevicePort | undefined;
  #queue: Uint8Array[] = [];
  #paused = false;
  /** The stream asked to wait for its 'drain'. */
  #full = false;
  #closed = false;

  constructor(
    private readonly stream: Tuntap2Tun,
    readonly mtu: number,
    readonly addresses: readonly string[],
  ) {
    this.name = stream.name;
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error(`${this.name} is attached already`);
    this.#port = port;
    this.stream.on('data', (packet) => this.#arrived(port, packet));
    this.stream.on('drain', () => {
      this.#full = false;
      if (!this.#closed) port.onWritable();
    });
    this.stream.on('error', (cause) => this.#failed(port, cause));
    this.stream.on('close', () => this.#failed(port, undefined));
  }

  read(address: number, capacity: number): number {
    const packet = this.#queue.shift();
    if (packet === undefined) return 0;
    if (this.#paused && this.#queue.length <= QUEUE_LIMIT / 2) {
      this.#paused = false;
      this.stream.resume();
    }
    const length = Math.min(packet.length, capacity);
    const { buffer } = (this.#port as DevicePort).memory;
    new Uint8Array(buffer, address, length).set(packet.subarray(0, length));
    return length;
  }

  write(address: number, length: number): boolean {
    if (this.#closed) return true;
    if (this.#full) return false;
    const { buffer } = (this.#port as DevicePort).memory;
    this.#full = !this.stream.write(Buffer.from(new Uint8Array(buffer, address, length)));
    return true;
  }

  /** The package's pending read keeps the process alive in any case. */
  ref(): void {}
  unref(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.stream.release();
  }

  #arrived(port: DevicePort, packet: Uint8Array): void {
    if (this.#closed || packet.length === 0) return;
    this.#queue.push(packet);
    if (this.#queue.length >= QUEUE_LIMIT && !this.#paused) {
      this.#paused = true;
      this.stream.pause();
    }
    if (this.#queue.length === 1) port.onReadable();
  }

  #failed(port: DevicePort, cause: Error | undefined): void {
    if (this.#closed) return;
    const reason = cause === undefined ? 'was closed' : `failed: ${cause.message}`;
    port.onError(new DeviceError('ERR_TUNTAP2', `the device ${this.name} of tuntap2 ${reason}`, { cause }));
  }
}

function make(mtu: number, kernelAddress: string | undefined): Tuntap2Tun {
  const { Tun } = load();
  try {
    const made = new Tun();
    made.mtu = mtu;
    if (kernelAddress !== undefined) made.ipv4 = kernelAddress;
    made.isUp = true;
    return made;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError('ERR_TUNTAP2', `tuntap2 could not make a device: ${reason}`, { cause });
  }
}

function load(): { Tun: new () => Tuntap2Tun } {
  const require = createRequire(import.meta.url);
  try {
    return require('tuntap2') as { Tun: new () => Tuntap2Tun };
  } catch (cause) {
    const message = 'this device needs the package "tuntap2", which could not be loaded; tun() does without it';
    throw new DeviceError('ERR_TUNTAP2_MISSING', message, { cause });
  }
}

/** Packets kept for the stack before the stream is paused. */
const QUEUE_LIMIT = 256;
