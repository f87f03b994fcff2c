/**
 * An Ethernet switch in memory (IEEE 802.1D §7): learns at which port a station is from the frames it sends, and sends
 * frames for it there only; broadcasts, multicasts and frames for stations that it does not know go to all other ports. A
 * lab of many stacks in one process hangs on it.
 *
 * As on a memory wire, a port is told by an alarm of its own stack's clock, and frames take no time. A frame for a port
 * that has no room is dropped and counted, as switches do; put `weather` around a port for more trouble.
 * Not for: loops among switches (no spanning tree), VLANs, and filtering of multicasts.
 */
import { ETHERNET_HEADER } from '../../assembly/abi/constants.js';
import type { Timer } from '../core/clock.js';
import type { Device, DevicePort } from './device.js';
import { framePayload, onlyKnown, portAddresses, wholeNumber } from './options.js';
import { PacketQueue } from './queue.js';

export interface EthernetSwitchOptions {
  /** How many, 2 to 1024. */
  ports: number;
  /** What the stacks at the ports are called. Default: `02:00:00:00:00:01` and so on. */
  hardwareAddresses?: readonly string[] | undefined;
  /** Largest packet in bytes, 576 to 65521. Default 1500. */
  mtu?: number | undefined;
  /** Seconds after which a station that is silent is forgotten. Default 300, as IEEE 802.1D recommends. */
  ageing?: number | undefined;
  /** Frames that wait at a port; more are dropped. Default 1024. */
  capacity?: number | undefined;
}

/** One port: the device for a stack. */
export interface SwitchPort extends Device {
  readonly linkType: 'ethernet';
  readonly hardwareAddress: string;
  /** Frames for this port that found no room. */
  readonly dropped: number;
}

/**
 * Makes a switch.
 * @returns its ports
 * @throws TypeError for a bad option
 */
export function ethernetSwitch(options: EthernetSwitchOptions): SwitchPort[] {
  onlyKnown('ethernetSwitch', options, ['ports', 'hardwareAddresses', 'mtu', 'ageing', 'capacity']);
  const count = wholeNumber('ports', options.ports ?? 'nothing', 2, 1024, 0);
  const names = portAddresses('hardwareAddresses', options.hardwareAddresses, count);
  const mtu = framePayload('mtu', options.mtu);
  const capacity = wholeNumber('capacity', options.capacity, 1, 65536, 1024);
  const fabric = new Fabric(wholeNumber('ageing', options.ageing, 1, 1_000_000, 300) * 1000);
  const ports = names.map((name) => new Port(fabric, name, mtu, capacity));
  fabric.ports = ports;
  return ports;
}

/** Knows which station is where. */
class Fabric {
  ports: readonly Port[] = [];
  /** In the order in which they were last heard. */
  readonly #stations = new Map<number, Station>();

  constructor(private readonly ageing: number) {}

  carry(frame: Uint8Array, from: Port, now: number): void {
    if (frame.length < ETHERNET_HEADER) return;
    this.#learn(stationAt(frame, SOURCE), from, now);
    const to = this.#find(stationAt(frame, DESTINATION), now);
    if (to === undefined) {
      for (const port of this.ports) if (port !== from) port.arrived(frame);
    } else if (to !== from) to.arrived(frame);
  }

  forget(port: Port): void {
    for (const [name, station] of this.#stations) if (station.port === port) this.#stations.delete(name);
  }

  /** A station that moves is found at its new port with its first frame there. */
  #learn(name: number, port: Port, now: number): void {
    if (isGroup(name)) return;
    this.#stations.delete(name);
    this.#stations.set(name, { port, heard: now });
    if (this.#stations.size <= STATION_LIMIT) return;
    // Whoever floods the table with invented stations pushes out the ones heard longest ago; their frames are flooded.
    for (const oldest of this.#stations.keys()) {
      this.#stations.delete(oldest);
      break;
    }
  }

  #find(name: number, now: number): Port | undefined {
    const station = isGroup(name) ? undefined : this.#stations.get(name);
    if (station === undefined) return undefined;
    if (now - station.heard <= this.ageing) return station.port;
    this.#stations.delete(name);
    return undefined;
  }
}

class Port implements SwitchPort {
  readonly linkType = 'ethernet';
  readonly addresses = [];
  offloads = 0;
  dropped = 0;
  readonly #queue: PacketQueue;
  #port: DevicePort | undefined;
  /** Rings when frames have arrived at an empty queue. */
  #arrival: Timer | undefined;
  #closed = false;

  constructor(
    private readonly fabric: Fabric,
    readonly hardwareAddress: string,
    readonly mtu: number,
    capacity: number,
  ) {
    this.#queue = new PacketQueue(mtu + ETHERNET_HEADER, capacity);
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error('this port of the switch is attached already');
    this.#port = port;
    this.#arrival = port.clock.timer((first) => port.onReadable(first));
  }

  read(address: number, capacity: number): number {
    const port = this.#attached();
    const frame = this.#queue.shift();
    if (frame === undefined) return 0;
    const length = Math.min(frame.length, capacity);
    new Uint8Array(port.memory.buffer, address, length).set(frame.subarray(0, length));
    return length;
  }

  write(address: number, length: number): boolean {
    const port = this.#attached();
    if (length > this.mtu + ETHERNET_HEADER) {
      throw new RangeError(`a frame of ${length} bytes does not fit the MTU of ${this.mtu}`);
    }
    if (this.#closed) return true;
    this.fabric.carry(new Uint8Array(port.memory.buffer, address, length), this, port.clock.now());
    return true;
  }

  /** Nothing outside the process can write to this switch, so there is nothing to wait for. */
  ref(): void {}
  unref(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear();
    this.#arrival?.arm(Number.POSITIVE_INFINITY);
    this.fabric.forget(this);
  }

  /** Where nothing is plugged in, nothing arrives. */
  arrived(frame: Uint8Array): void {
    if (this.#closed || this.#port === undefined) return;
    if (this.#queue.full) {
      this.dropped++;
      return;
    }
    const wasEmpty = this.#queue.length === 0;
    this.#queue.push(frame);
    if (wasEmpty) this.#arrival?.arm(this.#port.clock.now());
  }

  #attached(): DevicePort {
    if (this.#port === undefined) throw new Error('this port of the switch is not attached');
    return this.#port;
  }
}

/** The address at `offset` as a number, which a `Map` finds faster than text. */
function stationAt(frame: Uint8Array, offset: number): number {
  let name = 0;
  for (let index = 0; index < 6; index++) name = name * 256 + (frame[offset + index] as number);
  return name;
}

/** The lowest bit of the first byte (IEEE 802 §8.2). */
function isGroup(name: number): boolean {
  return (Math.floor(name / 2 ** 40) & 1) === 1;
}

interface Station {
  readonly port: Port;
  readonly heard: number;
}

const DESTINATION = 0;
const SOURCE = 6;
/** Stations that one switch knows. */
const STATION_LIMIT = 1024;
