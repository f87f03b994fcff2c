/**
 * A router between a stack and the end of a wire: it drops what is too large for its next hop, or all packets, and says so
 * in ICMP (RFC 792, RFC 1191 §4; RFC 4443 §3.2), or does not (a black hole). Not for: fragmenting, forwarding, TTLs.
 */
import type { Timer } from '../../host/core/clock.js';
import type { Device, DevicePort } from '../../host/device/device.js';
import { addressText, buildIp, headerLength, internetChecksum, transportChecksum } from './packet.js';

export interface RouterOptions {
  /** Largest packet that the next hop takes, whatever its version. Default: any. */
  mtu?: number;
  /** All packets are answered with this error, a type and code of their own version's ICMP. */
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
    const tooBig = (packet[0] as number) >> 4 === 6 ? { type: 2, code: 0 } : { type: 3, code: 4 };
    if (!silent) this.#say(packet, refuses ?? tooBig, refuses === undefined ? mtu : 0);
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
    const header = headerLength(packet);
    const six = header === 40;
    const payload = new Uint8Array(8 + header + 8);
    payload.set([type, code]);
    new DataView(payload.buffer).setUint32(4, mtu);
    payload.set(packet.subarray(0, header + 8), 8);
    const bytes = buildIp({
      source: six ? '2001:db8::1' : '192.0.2.1',
      destination: addressText(six ? packet.subarray(8, 24) : packet.subarray(12, 16)),
      protocol: six ? 58 : 1,
      payload,
    });
    const sum = six ? transportChecksum(bytes, 58) : internetChecksum(payload);
    new DataView(bytes.buffer).setUint16(header + 2, sum);
    this.#answers.push(bytes);
    this.#answer.arm(this.#port.clock.now());
  }
}
