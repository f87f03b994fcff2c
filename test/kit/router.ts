/**
 * A router between a stack and the end of a wire: it drops what is too large for its next hop, or all packets, and says so
 * in ICMP (RFC 792, RFC 1191 §4), or does not (a black hole). Not for: fragmenting, forwarding, TTLs.
 */
import type { Timer } from '../../host/core/clock.js';
import type { Device, DevicePort } from '../../host/device/device.js';
import { internetChecksum, refit } from './packet.js';

export interface RouterOptions {
  /** Largest packet that the next hop takes. Default: any. */
  mtu?: number;
  /** All packets are answered with this error. */
  refuses?: { type: number; code: number };
  /** Says nothing about what it drops. */
  silent?: boolean;
}

export class Router implements Device {
  readonly linkType = 'ip';
  readonly addresses: readonly string[] = [];
  offloads = 0;
  /** Packets that were dropped, by their length. */
  readonly dropped: number[] = [];
  /** The largest packet that went on. */
  largest = 0;
  #port!: DevicePort;
  #answer!: Timer;
  readonly #answers: Uint8Array[] = [];

  constructor(
    private readonly below: Device,
    public options: RouterOptions = {},
  ) {}

  get mtu(): number {
    return this.below.mtu;
  }

  attach(port: DevicePort): void {
    this.#port = port;
    this.#answer = port.clock.timer(() => port.onReadable());
    this.below.attach(port);
  }

  read(address: number, capacity: number): number {
    const answer = this.#answers.shift();
    if (answer === undefined) return this.below.read(address, capacity);
    new Uint8Array(this.#port.memory.buffer, address, answer.length).set(answer);
    return answer.length;
  }

  write(address: number, length: number): boolean {
    const { mtu = Number.POSITIVE_INFINITY, refuses, silent = false } = this.options;
    const packet = new Uint8Array(this.#port.memory.buffer, address, length).slice();
    if (length <= mtu && refuses === undefined) {
      if (!this.below.write(address, length)) return false;
      this.largest = Math.max(this.largest, length);
      return true;
    }
    this.dropped.push(length);
    if (!silent) this.#say(packet, refuses ?? { type: 3, code: 4 }, refuses === undefined ? mtu : 0);
    return true;
  }

  ref(): void {
    this.below.ref();
  }

  unref(): void {
    this.below.unref();
  }

  close(): void {
    this.#answer.arm(Number.POSITIVE_INFINITY);
    this.below.close();
  }

  #say(packet: Uint8Array, { type, code }: { type: number; code: number }, mtu: number): void {
    const bytes = new Uint8Array(56);
    const view = new DataView(bytes.buffer);
    bytes.set([0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1]);
    bytes.set(packet.subarray(12, 16), 16);
    bytes.set([type, code], 20);
    view.setUint16(26, mtu);
    bytes.set(packet.subarray(0, 28), 28);
    view.setUint16(22, internetChecksum(bytes.subarray(20)));
    refit(bytes);
    this.#answers.push(bytes);
    this.#answer.arm(this.#port.clock.now());
  }
}
