/**
 * The devices of a stack: packets from them into the receive arena, packets from the transmit queues to them.
 * Not for: when that happens (`stack.ts`) and what the packets mean (the core).
 */
import {
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
import { Arrivals, Departures } from '../device/batch.js';
import { type Device, DeviceError } from '../device/device.js';

/** What devices call. */
export interface InterfaceEvents {
  /** A packet may have come, or a full device may have room again. `first` as in `DevicePort.onReadable`. */
  moved(first?: boolean): void;
  failed(error: DeviceError): void;
}

export class Interfaces {
  readonly #attached: Attached[] = [];
  /** The batch that is being filled, and where in `words` the core finds it described. */
  readonly #arrivals: Arrivals;
  readonly #descriptors: number;
  readonly #departures = new Departures();
  /** Which device is asked first, so that a busy one can't starve the others. */
  #first = 0;

  constructor(
    private readonly core: Core,
    private readonly clock: Clock,
    private readonly events: InterfaceEvents,
  ) {
    this.#descriptors = core.calls.receiveDescriptors() >> 2;
    this.#arrivals = new Arrivals(core.calls.receiveArena(), core.calls.receiveArenaEnd(), core.split);
  }

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
    const attached: Attached = {
      device,
      number,
      queue: this.core.calls.transmitQueue(number) >> 2,
      blocked: false,
      lost: false,
    };
    device.attach({
      interface: number,
      clock: this.clock,
      memory: this.core.memory,
      onReadable: (first) => this.events.moved(first),
      onWritable: () => {
        attached.blocked = false;
        this.events.moved();
      },
      onError: (error) => this.#lose(attached, error),
    });
    this.#attached.push(attached);
  }

  /** What the core knows of each device, in order. */
  shapes(): Pick<Device, 'linkType' | 'mtu' | 'offloads'>[] {
    return this.#attached.map(({ device: { linkType, mtu, offloads } }) => ({ linkType, mtu, offloads }));
  }

  /** Fills the receive arena with what waits, up to one batch. @returns how many packets */
  read(): number {
    const attached = this.#attached;
    for (let turn = 0; turn < attached.length; turn++) {
      this.#fill(attached[(this.#first + turn) % attached.length] as Attached);
    }
    this.#first++;
    return this.#describe();
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

  /** Takes from a device what the batch has room for. */
  #fill(attached: Attached): void {
    if (attached.lost) return;
    const { device, number } = attached;
    this.#arrivals.interface = number;
    try {
      if (device.readBatch === undefined) this.#readEach(device);
      else device.readBatch(this.#arrivals);
    } catch (error) {
      this.#lose(attached, error);
    }
  }

  #readEach(device: Device): void {
    const arrivals = this.#arrivals;
    while (arrivals.room(PACKET_LIMIT) > 0) {
      const address = arrivals.place(PACKET_LIMIT);
      const length = device.read(address, PACKET_LIMIT);
      if (length === 0) return;
      arrivals.add(address, length);
    }
  }

  /** Tells the core where the packets of the batch are. @returns how many */
  #describe(): number {
    const arrivals = this.#arrivals;
    const { count } = arrivals;
    const { words } = this.core;
    let descriptor = this.#descriptors;
    for (let index = 0; index < count; index++) {
      words[descriptor] = arrivals.addresses[index] as number;
      words[descriptor + 1] = arrivals.lengths[index] as number;
      words[descriptor + 2] = arrivals.interfaces[index] as number;
      words[descriptor + 3] = arrivals.headers[index] as number;
      descriptor += RECEIVE_DESCRIPTOR >> 2;
    }
    arrivals.clear();
    return count;
  }

  #flush(attached: Attached): number {
    const count = this.core.words[attached.queue + 1] as number;
    if (count === 0) return 0;
    const sent = this.#send(attached, count);
    attached.blocked = sent < count;
    if (sent > 0) this.core.calls.transmitDone(attached.number, sent);
    return sent;
  }

  /** @returns how many of the first `count` packets in a queue are gone */
  #send(attached: Attached, count: number): number {
    const { device, queue, lost } = attached;
    if (lost) return count;
    try {
      if (device.writeBatch === undefined) return this.#writeEach(device, queue, count);
      this.#writeBatches(device, queue, count);
    } catch (error) {
      this.#lose(attached, error);
    }
    return count;
  }

  #writeEach(device: Device, queue: number, count: number): number {
    const { words } = this.core;
    for (let sent = 0; sent < count; sent++) {
      const descriptor = descriptorAt(words, queue, sent);
      if (!device.write(words[descriptor] as number, words[descriptor + 1] as number)) return sent;
    }
    return count;
  }

  #writeBatches(device: Device, queue: number, count: number): void {
    const { words } = this.core;
    const departures = this.#departures;
    for (let sent = 0; sent < count; ) {
      departures.count = 0;
      for (; sent < count && !departures.full; sent++) {
        const descriptor = descriptorAt(words, queue, sent);
        departures.add(words[descriptor] as number, words[descriptor + 1] as number);
      }
      device.writeBatch?.(departures);
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

/** The place, in `words`, of the descriptor behind the first `index` of a transmit queue. */
function descriptorAt(words: Uint32Array, queue: number, index: number): number {
  return queue + 2 + (((words[queue] as number) + index) % TRANSMIT_LIMIT) * (TRANSMIT_DESCRIPTOR >> 2);
}

interface Attached {
  readonly device: Device;
  readonly number: number;
  /** Index in `words` of its transmit queue. */
  readonly queue: number;
  /** The device is full; `onWritable` ends that. */
  blocked: boolean;
  lost: boolean;
}
