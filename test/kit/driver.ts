/**
 * One core, driven by hand: packets in, packets out, time moved. Absolute numbers and raw bytes;
 * `timeline.ts` puts the script on top. Not for: the host's stack and sockets.
 */
import {
  CONGESTION_RENO,
  COUNTER_BUFFER_BYTES,
  COUNTER_CONNECTIONS,
  EVENT_CLOSED,
  EVENT_DATA,
  EVENT_DRAIN,
  EVENT_END,
  EVENT_OPEN,
  EVENT_SOFT_ERROR,
  EVENT_TIMEOUT,
  EVENT_URGENT,
  HEADROOM,
  LINK_IP,
  OFFLOAD_CHECKSUM,
  RECEIVE_DESCRIPTOR,
  SETTING_CONGESTION,
  SETTING_GROWTH_LIMIT,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
  SETTING_SEND_BUFFER,
  SETTING_SEND_BUFFER_INITIAL,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
  VNET_HEADER,
} from '../../assembly/abi/constants.js';
import { type Address, parseAddress } from '../../host/core/address.js';
import { Core } from '../../host/core/core.js';
import { compileCore } from '../../host/core/load.js';
import { LOCAL, PREFIX_LENGTH, WIDER } from './family.js';

export { LOCAL, PEER } from './family.js';

export interface DriverOptions {
  /** No interface but loopback. */
  bare?: boolean;
  /** As over IPv4; see `family.ts`. Default 1500. */
  mtu?: number;
  offloads?: number;
  seed?: number;
  /** Address and prefix length of interface 1. */
  address?: string;
  prefixLength?: number;
  /** By SETTING_*. */
  settings?: Readonly<Record<number, number>>;
}

/** A packet that the core put out. */
export interface Emitted {
  /** Milliseconds. */
  at: number;
  bytes: Uint8Array;
  /** The virtio-net header before it. */
  virtio: Uint8Array;
}

export interface Happened {
  handle: number;
  listener: number;
  events: string[];
}

export class Driver {
  readonly core: Core;
  now: number;
  /** What the core put out and nobody took. */
  readonly emitted: Emitted[] = [];
  /** Packets the device takes; the rest waits on the transmit queue. */
  deviceRoom = Number.POSITIVE_INFINITY;

  static async create(options: DriverOptions = {}): Promise<Driver> {
    const compiled = await compileCore(TEST_CORE);
    return new Driver(Core.initialized(compiled.instantiate(options.seed ?? 1)), options);
  }

  /** A core that goes on from the memory of another. */
  static async restored(memory: Uint8Array, now: number): Promise<Driver> {
    const compiled = await compileCore(TEST_CORE);
    return new Driver(Core.restored(compiled.instantiate(0), memory), undefined, now);
  }

  private constructor(core: Core, options: DriverOptions | undefined, now = START) {
    this.core = core;
    this.now = now;
    if (options === undefined) return;
    for (const [setting, value] of Object.entries({ ...DEFAULTS, ...options.settings })) {
      if (this.calls.configure(Number(setting), value) < 0) throw new Error(`setting ${setting} can't be ${value}`);
    }
    if (options.bare === true) return;
    const number = this.calls.interfaceAdd((options.mtu ?? 1500) + WIDER, options.offloads ?? 0, LINK_IP);
    const own = options.address ?? LOCAL;
    core.putAddress(address(own));
    const bits = (own.includes(':') ? 0 : 96) + (options.prefixLength ?? PREFIX_LENGTH);
    if (this.calls.addressAdd(number, bits, 0) < 0) throw new Error('address refused');
    this.addDefault(number);
  }

  get calls() {
    return this.core.calls;
  }

  /** Bytes of rings and reassembly blocks in use. */
  get bufferBytes(): number {
    return this.calls.counter(COUNTER_BUFFER_BYTES);
  }

  get connections(): number {
    return this.calls.counter(COUNTER_CONNECTIONS);
  }

  /** Puts packets into the core as one batch. Nothing comes out before `output`. */
  input(packets: readonly (Uint8Array | { bytes: Uint8Array; virtio: Uint8Array })[], number = 1): void {
    const { bytes, words } = this.core;
    let at = this.calls.receiveArena() + HEADROOM;
    const descriptors = this.calls.receiveDescriptors() >> 2;
    packets.forEach((packet, index) => {
      const plain = packet instanceof Uint8Array;
      const content = plain ? packet : packet.bytes;
      bytes.fill(0, at - HEADROOM, at);
      if (!plain) bytes.set(packet.virtio, at - VNET_HEADER);
      bytes.set(content, at);
      const descriptor = descriptors + index * (RECEIVE_DESCRIPTOR >> 2);
      words[descriptor] = at;
      words[descriptor + 1] = content.length;
      words[descriptor + 2] = number;
      at = (at + content.length + HEADROOM + 63) & -64;
    });
    if (at > this.calls.receiveArenaEnd()) throw new Error('the batch does not fit the arena');
    this.calls.input(packets.length, this.now);
  }

  /** Lets the core put out what it owes, and takes it as far as the device has room; loopback goes round. */
  output(): void {
    for (let round = 0; round < 10_000; round++) {
      const looped = this.calls.output(this.now);
      const taken = this.#takeQueue();
      if (looped > 0) this.calls.input(0, this.now);
      else if (taken === 0) return;
    }
    throw new Error('the core never stops sending');
  }

  /** Runs every timer that falls due in the next `milliseconds`, each at its moment. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let deadline = this.deadline; deadline <= end; deadline = this.deadline) {
      this.now = Math.max(this.now, deadline);
      this.calls.timersExpire(this.now);
      this.output();
      if (this.deadline <= deadline && this.deadline <= this.now) {
        this.calls.timersExpire(this.now);
        if (this.deadline <= deadline) throw new Error(`a deadline of ${deadline} that never passes`);
      }
    }
    this.now = end;
  }

  get deadline(): number {
    return this.calls.nextDeadline();
  }

  /** Takes all events. */
  happened(): Happened[] {
    const all: Happened[] = [];
    for (let handle = this.calls.readyNext(); handle !== 0; handle = this.calls.readyNext()) {
      const bits = this.core.result(0);
      const listener = this.core.result(1);
      all.push({ handle, listener, events: EVENTS.filter(([bit]) => bits & bit).map(([, name]) => name) });
    }
    return all;
  }

  /** Sends by an interface what no other route is for. */
  addDefault(number: number): void {
    for (const [network, bits] of [
      ['0.0.0.0', 96],
      ['::', 0],
    ] as const) {
      this.core.putAddress(address(network), 0);
      this.core.putAddress(address('::'), 1);
      if (this.calls.routeAdd(number, bits, 0) < 0) throw new Error('route refused');
    }
  }

  putAddresses(first: string, second?: string): void {
    this.core.putAddress(address(first), 0);
    this.core.putAddress(second === undefined ? new Uint8Array(16) : address(second), 1);
  }

  #takeQueue(): number {
    const { bytes, words } = this.core;
    const queue = this.calls.transmitQueue(1) >> 2;
    const head = words[queue] as number;
    const count = Math.min(words[queue + 1] as number, this.deviceRoom);
    for (let index = 0; index < count; index++) {
      const descriptor = queue + 2 + ((head + index) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
      const at = words[descriptor] as number;
      const length = words[descriptor + 1] as number;
      this.emitted.push({
        at: this.now,
        bytes: bytes.slice(at, at + length),
        virtio: bytes.slice(at - VNET_HEADER, at),
      });
    }
    if (count > 0) this.calls.transmitDone(1, count);
    this.deviceRoom -= count;
    return count;
  }
}

/** The address that text names, as the core keeps it. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

/** Whether the device has to complete the checksum. */
export function isPartial(virtio: Uint8Array): boolean {
  return ((virtio[0] as number) & OFFLOAD_CHECKSUM) !== 0;
}

export const START = 10_000;
export const TEST_CORE = new URL('../../dist/core.test.wasm', import.meta.url);

/**
 * What scripts count on: a window scale of 5 follows from the buffers, which have their full size from the beginning, and windows that can be worked out by hand from
 * Reno, growing by at most two segments an ACK.
 */
const DEFAULTS = {
  [SETTING_SEND_BUFFER]: 1 << 20,
  [SETTING_SEND_BUFFER_INITIAL]: 1 << 26,
  [SETTING_RECEIVE_BUFFER]: 1 << 20,
  [SETTING_RECEIVE_BUFFER_INITIAL]: 1 << 26,
  [SETTING_CONGESTION]: CONGESTION_RENO,
  [SETTING_GROWTH_LIMIT]: 2,
};
const EVENTS: readonly (readonly [number, string])[] = [
  [EVENT_OPEN, 'open'],
  [EVENT_DATA, 'data'],
  [EVENT_DRAIN, 'drain'],
  [EVENT_END, 'end'],
  [EVENT_TIMEOUT, 'timeout'],
  [EVENT_CLOSED, 'closed'],
  [EVENT_SOFT_ERROR, 'soft error'],
  [EVENT_URGENT, 'urgent'],
];
