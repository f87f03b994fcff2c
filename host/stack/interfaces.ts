/**
 * The devices of a stack: packets from them into the receive arena, packets from the transmit queues to them.
 * Not for: when that happens (`stack.ts`) and what the packets mean (the core).
 */
import {
  BATCH_LIMIT,
  HEADROOM,
  LINK_ETHERNET,
  LINK_IP,
  PACKET_LIMIT,
  RECEIVE_DESCRIPTOR,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../../assembly/abi/constants.js';
import type { Clock } from '../core/clock.js';
import type { Core } from '../core/core.js';
import { isStationAddress, parseHardwareAddress } from '../core/hardware-address.js';
import { type Device, DeviceError } from '../device/device.js';

/** What devices call. */
export interface InterfaceEvents {
  /** A packet may have come, or a full device may have room again. */
  moved(): void;
  failed(error: DeviceError): void;
}

export class Interfaces {
  readonly #attached: Attached[] = [];
  /** Which device is asked first, so that a busy one can't starve the others. */
  #first = 0;

  constructor(
    private readonly core: Core,
    private readonly clock: Clock,
    private readonly events: InterfaceEvents,
  ) {}

  /** Adds a device. @returns the number of its interface */
  add(device: Device): number {
    const { linkType, hardwareAddress = '' } = device;
    if (linkType === 'ethernet') {
      const hardware = parseHardwareAddress(hardwareAddress);
      if (hardware === undefined || !isStationAddress(hardware)) {
        throw new TypeError(`an Ethernet device can't be called "${hardwareAddress}"`);
      }
      this.core.bytes.fill(0, this.core.calls.resultArea(), this.core.calls.resultArea() + 8);
      this.core.bytes.set(hardware, this.core.calls.resultArea());
    }
    const link = linkType === 'ethernet' ? LINK_ETHERNET : LINK_IP;
    const number = this.core.calls.interfaceAdd(device.mtu, device.offloads, link);
    if (number < 0) throw new RangeError(`no room for a device with an MTU of ${device.mtu}`);
    this.attach(device, number);
    return number;
  }

  /** Connects a device to an interface that the core knows already. */
  attach(device: Device, number: number): void {
    const attached: Attached = { device, number, blocked: false, lost: false };
    device.attach({
      interface: number,
      clock: this.clock,
      memory: this.core.memory,
      onReadable: () => this.events.moved(),
      onWritable: () => {
        attached.blocked = false;
        this.events.moved();
      },
      onError: (error) => this.#lose(attached, error),
    });
    this.#attached.push(attached);
  }

  /** Fills the receive arena with what waits, up to one batch. @returns how many packets */
  read(): number {
    const { calls } = this.core;
    const end = calls.receiveArenaEnd() - HEADROOM - PACKET_LIMIT;
    const descriptors = calls.receiveDescriptors() >> 2;
    let address = calls.receiveArena();
    let count = 0;
    for (let turn = 0; turn < this.#attached.length; turn++) {
      const attached = this.#attached[(this.#first + turn) % this.#attached.length] as Attached;
      while (count < BATCH_LIMIT && address <= end) {
        const packet = address + HEADROOM;
        const length = this.#read(attached, packet);
        if (length === 0) break;
        const { words } = this.core;
        const descriptor = descriptors + count * (RECEIVE_DESCRIPTOR >> 2);
        words[descriptor] = packet;
        words[descriptor + 1] = length;
        words[descriptor + 2] = attached.number;
        address = (packet + length + ALIGNMENT - 1) & -ALIGNMENT;
        count++;
      }
    }
    this.#first++;
    return count;
  }

  /** Hands the transmit queues to the devices until they are empty or the devices full. @returns how many packets left */
  flush(): number {
    let sent = 0;
    for (const attached of this.#attached) {
      if (!attached.blocked) sent += this.#flush(attached);
    }
    return sent;
  }

  close(): void {
    for (const { device } of this.#attached) device.close();
  }

  #read(attached: Attached, address: number): number {
    if (attached.lost) return 0;
    try {
      return attached.device.read(address, PACKET_LIMIT);
    } catch (error) {
      this.#lose(attached, error);
      return 0;
    }
  }

  #flush(attached: Attached): number {
    const { calls, words } = this.core;
    const queue = calls.transmitQueue(attached.number) >> 2;
    const head = words[queue] as number;
    const count = words[queue + 1] as number;
    let sent = 0;
    while (sent < count) {
      const descriptor = queue + 2 + ((head + sent) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
      if (!this.#write(attached, words[descriptor] as number, words[descriptor + 1] as number)) break;
      sent++;
    }
    attached.blocked = sent < count;
    if (sent > 0) calls.transmitDone(attached.number, sent);
    return sent;
  }

  #write(attached: Attached, address: number, length: number): boolean {
    if (attached.lost) return true;
    try {
      return attached.device.write(address, length);
    } catch (error) {
      this.#lose(attached, error);
      return true;
    }
  }

  /** A lost device is like a cable that was cut: what is sent there vanishes, and connections time out. */
  #lose(attached: Attached, error: unknown): void {
    if (attached.lost) return;
    attached.lost = true;
    attached.blocked = false;
    attached.device.close();
    const message = error instanceof Error ? error.message : String(error);
    this.events.failed(error instanceof DeviceError ? error : new DeviceError('EIO', message, { cause: error }));
  }
}

/** What a packet still needs when it comes must be done for it where it leaves: devices between which it passes do the same. */
export function shareOffloads(devices: readonly Device[]): void {
  const common = devices.reduce((bits, { offloads }) => bits & offloads, -1);
  for (const device of devices) device.offloads = common;
}

interface Attached {
  readonly device: Device;
  readonly number: number;
  /** The device is full; `onWritable` ends that. */
  blocked: boolean;
  lost: boolean;
}

/** Packets start on a cache line (behind their headroom), where SIMD loads are cheapest. */
const ALIGNMENT = 64;
