/**
 * A Linux TUN or TAP device: the kernel's packets or frames on one side, ours on the other, straight between the kernel and
 * linear memory: a batch in one system call where there is a ring (`ring.ts`), else one call each.
 *
 * It is read until the kernel has nothing more; then a worker waits (`readiness.ts`).
 * Not for: how a device comes to be (`open.ts`), and which options it has (`../tun.ts`, `../tap.ts`).
 */
import {
  BATCH_LIMIT,
  ETHERNET_HEADER,
  OFFLOAD_CHECKSUM,
  OFFLOAD_TSO4,
  OFFLOAD_TSO6,
  OFFLOAD_USO,
  PACKET_LIMIT,
  VNET_HEADER,
} from '../../../assembly/abi/constants.js';
import { addressFamily, parseAddressWithPrefix } from '../../core/address.js';
import type { Split } from '../../core/split.js';
import type { Arrivals, Departures } from '../batch.js';
import { type Device, DeviceError, type DevicePort, type LinkType } from '../device.js';
import { unexpected, wholeNumber } from '../options.js';
import { IFNAMSIZ } from './ifreq.js';
import { ERRNO, errnoName, type Linux, linux } from './linux.js';
import { type Opened, offersOffload, setOffload } from './open.js';
import { LentPoller, Poller } from './poller.js';
import { POLLERR, POLLIN, POLLOUT, Readiness } from './readiness.js';
import { Ring } from './ring.js';

/** What TUN and TAP have in common. */
export interface KernelDevice extends Device {
  /** Of the interface, as `ip link` shows it. */
  readonly name: string;
  /** Packets that the kernel refused: the interface was down, or the packet was not valid. */
  readonly dropped: number;
}

export interface KernelOptions {
  /**
   * Of the interface, at most 15 bytes; `%d` stands for the first free number. Default `vitrine%d`. A persistent
   * interface of this name is used as it is.
   */
  name?: string | undefined;
  /** What the stack calls itself on this device, as `10.9.0.2/24`. */
  addresses?: readonly string[] | undefined;
  /**
   * What the kernel calls itself on this device, as `10.9.0.1/24` or `fd00:9::1/64`, or several of them, one of IPv4 at
   * most; it also makes the kernel's routes.
   */
  kernelAddress?: string | readonly string[] | undefined;
  /** Packets that the kernel keeps for us before it drops (txqueuelen). Default 4096. */
  queueLength?: number | undefined;
}

export class TunTapDevice implements KernelDevice {
  readonly linkType: LinkType;
  readonly mtu: number;
  readonly name: string;
  offloads: number;
  dropped = 0;
  /** Both where the kernel allows a ring. */
  readonly readBatch?: (arrivals: Arrivals) => void;
  readonly writeBatch?: (departures: Departures) => void;
  readonly #opened: Opened;
  readonly #linux: Linux = linux();
  readonly #descriptor: number;
  /** Bytes of virtio-net header before each packet. */
  readonly #header: number;
  /** Nobody fills the headers of what we write, so they have to be cleared. */
  #clearHeaders = false;
  #port: DevicePort | undefined;
  #readiness: Readiness | undefined;
  #reffed = false;
  #closed = false;
  /** Packets have been read since the device was last found empty, and when that was. */
  #busy = false;
  #emptyAt = Number.NEGATIVE_INFINITY;
  /** A look at the device is due in the next turn of the event loop. */
  #looking = false;
  /** Linear memory, and where it begins in this process. */
  #memory = new Uint8Array(0);
  #base = 0;
  readonly #ring: Ring | undefined;
  /** How many packets are asked for at once. */
  #expected = 1;
  /** How many came one by one, each at the first read, and after how many of them it is seen whether more wait. */
  #singles = 0;
  #patience = LEAST_PATIENCE;
  /** Bytes that each of them has room for. */
  #capacity = PACKET_LIMIT;

  constructor(
    opened: Opened,
    readonly addresses: readonly string[],
    readonly hardwareAddress?: string,
  ) {
    this.linkType = opened.kind === 'tap' ? 'ethernet' : 'ip';
    this.#opened = opened;
    this.#descriptor = opened.descriptor;
    this.#header = opened.hasHeader ? VNET_HEADER : 0;
    this.name = opened.name;
    this.mtu = opened.mtu;
    this.offloads = opened.hasHeader ? offloadsOf(opened) : 0;
    // A thread that has only borrowed the device may be ended without closing its ring.
    const ring = Ring.open(this.#linux, opened.descriptor, opened.poller === undefined);
    this.#ring = ring;
    if (ring === undefined) return;
    this.readBatch = (arrivals) => this.#readBatch(ring, arrivals);
    this.writeBatch = (departures) => this.#writeBatch(ring, departures);
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error(`${this.name} is attached already`);
    if (this.#closed) throw new DeviceError('EBADF', `${this.name} is closed`);
    this.#port = port;
    if (this.#opened.hasHeader) setOffload(this.#opened, kernelOffloads(this.offloads));
    this.#clearHeaders = this.#opened.hasHeader && this.offloads === 0;
    const frame = this.linkType === 'ethernet' ? ETHERNET_HEADER + VLAN_TAG : 0;
    const segmented = (this.offloads & ~OFFLOAD_CHECKSUM) === 0;
    // One byte more than there should ever be, see `#length`.
    if (segmented) this.#capacity = Math.min(this.mtu + frame + 1, PACKET_LIMIT);
    const failed = (cause: Error) =>
      port.onError(new DeviceError('ERR_POLLER', `the poller of ${this.name} failed`, { cause }));
    const { poller: loan } = this.#opened;
    const poller = loan === undefined ? new Poller(this.#descriptor, failed) : new LentPoller(loan);
    this.#readiness = new Readiness(poller, (events) => this.#polled(port, events));
    if (this.#reffed) this.#readiness.ref();
    this.#readiness.want(POLLIN);
  }

  read(address: number, capacity: number): number {
    if (this.#closed) return 0;
    const header = this.#header;
    const from = this.#native(address) - header;
    for (;;) {
      const length = this.#linux.read(this.#descriptor, from, capacity + header);
      if (length > header) {
        this.#busy = true;
        return length - header;
      }
      const errno = length < 0 ? this.#linux.errno() : ERRNO.EINTR;
      if (!NOTHING.includes(errno)) throw this.#lost(errno);
      if (errno === ERRNO.EINTR) continue;
      this.#nothing();
      return 0;
    }
  }

  write(address: number, length: number): boolean {
    if (this.#closed) return true;
    const header = this.#header;
    const from = this.#native(address) - header;
    if (this.#clearHeaders) this.#memory.fill(0, address - header, address);
    if (this.#linux.write(this.#descriptor, from, length + header) >= 0) return true;
    const errno = this.#linux.errno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.ENOBUFS || errno === ERRNO.ENOMEM) {
      this.#readiness?.want(POLLOUT);
      return false;
    }
    if (GONE.includes(errno)) throw this.#lost(errno);
    // EIO: the interface is down. EINVAL: not a packet, as a damaged one may be.
    this.dropped++;
    return true;
  }

  ref(): void {
    this.#reffed = true;
    this.#readiness?.ref();
  }

  unref(): void {
    this.#reffed = false;
    this.#readiness?.unref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readiness?.close();
    this.#ring?.close();
    if (this.#opened.poller === undefined) this.#linux.close(this.#descriptor);
  }

  #writeBatch(ring: Ring, departures: Departures): void {
    if (this.#closed) return;
    const { count } = departures;
    if (count === 1) {
      if (!this.write(departures.addresses[0] as number, departures.lengths[0] as number)) this.dropped++;
      return;
    }
    const header = this.#header;
    const base = this.#native(0) - header;
    for (let index = 0; index < count; index++) {
      const address = departures.addresses[index] as number;
      if (this.#clearHeaders) this.#memory.fill(0, address - header, address);
      ring.write(base + address, header + (departures.lengths[index] as number));
    }
    ring.enter();
    for (let index = 0; index < count; index++) this.#written(ring.answers[index] as number);
  }

  #readBatch(ring: Ring, arrivals: Arrivals): void {
    const capacity = this.#capacity;
    const wanted = Math.min(this.#expected, arrivals.room(capacity));
    if (this.#closed || wanted === 0) return;
    if (wanted === 1) {
      this.#readOne(arrivals, capacity);
      return;
    }
    const first = arrivals.place(capacity);
    const span = arrivals.place(capacity, 1) - first;
    const split = this.#splits(arrivals, wanted);
    for (let index = 0; index < wanted; index++) this.#ask(ring, first + index * span, split, index);
    ring.enter();
    const before = arrivals.count;
    let places = 0;
    try {
      for (let index = 0; index < wanted; index++) {
        const length = this.#length(ring.answers[index] as number);
        if (length === 0) continue;
        const address = first + index * span;
        arrivals.add(address, length, split?.came(index, address, length, this.#memory));
        places = index + 1;
      }
    } finally {
      // When the device is gone, too: what came before has its place.
      split?.used(places);
    }
    this.#came(arrivals.count - before, wanted);
  }

  /** Where data of packets goes, if not to linear memory: only where the kernel has verified checksums, for which it would be read. */
  #splits({ split }: Arrivals, count: number): Split | undefined {
    if (split === undefined || (this.offloads & OFFLOAD_CHECKSUM) === 0) return undefined;
    if (split.headers + split.data > this.#capacity) return undefined;
    return split.prepare(count, this.#linux.addressOf) ? split : undefined;
  }

  #ask(ring: Ring, address: number, split: Split | undefined, index: number): void {
    const header = this.#header;
    const from = this.#native(address) - header;
    const capacity = header + this.#capacity;
    if (split === undefined) ring.read(from, capacity);
    else ring.readSplit(from, capacity, header + split.headers, split.data, split.address(index));
  }

  /** One system call for one packet: a ring takes half as long again. Whether more wait is seen now and then, ever more seldom. */
  #readOne(arrivals: Arrivals, capacity: number): void {
    const address = arrivals.place(capacity);
    const length = this.read(address, capacity);
    if (length === 0) {
      this.#singles = 0;
      return;
    }
    if (length === capacity) this.#capacity = PACKET_LIMIT;
    arrivals.add(address, length);
    if (++this.#singles < this.#patience) return;
    this.#singles = 0;
    this.#expected = FEWEST;
  }

  #written(answer: number): void {
    if (answer >= 0) return;
    if (GONE.includes(-answer)) throw this.#lost(-answer);
    this.dropped++;
  }

  /** Bytes of the packet that a read has brought, 0 when it has brought none. */
  #length(answer: number): number {
    if (answer <= this.#header) {
      if (answer < 0 && !NOTHING.includes(-answer)) throw this.#lost(-answer);
      return 0;
    }
    const length = answer - this.#header;
    // It has filled its place to the brim, and was cut off: somebody has raised the MTU.
    if (length === this.#capacity) this.#capacity = PACKET_LIMIT;
    return length;
  }

  /** Asks for more the next time where many come, and for little where few do: a read that finds nothing has its price. */
  #came(came: number, wanted: number): void {
    const many = came > 1;
    this.#expected = many ? Math.min(came * 2, BATCH_LIMIT) : 1;
    this.#patience = many ? LEAST_PATIENCE : Math.min(this.#patience * 2, MOST_PATIENCE);
    if (came > 0) this.#busy = true;
    if (came < wanted) this.#nothing();
  }

  /**
   * The address in this process of an address in linear memory. The base stays when memory grows, but that is not
   * promised: it is asked for again whenever the buffer is another one, and the old one has length 0.
   */
  #native(address: number): number {
    if (this.#memory.length === 0) {
      const { buffer } = (this.#port as DevicePort).memory;
      this.#memory = new Uint8Array(buffer);
      this.#base = this.#linux.addressOf(buffer);
    }
    return this.#base + address;
  }

  /**
   * Nothing waits. The next packet of a conversation often comes within microseconds, and waking through the worker costs
   * more than looking again; so it is asked only when a while has passed without a packet.
   */
  #nothing(): void {
    const now = performance.now();
    if (this.#busy) this.#emptyAt = now;
    this.#busy = false;
    if (now - this.#emptyAt > LOOK_AGAIN) this.#readiness?.want(POLLIN);
    else if (!this.#looking) {
      this.#looking = true;
      setImmediate(this.#lookAgain);
    }
  }

  readonly #lookAgain = (): void => {
    this.#looking = false;
    this.#linux.yield();
    if (!this.#closed) this.#port?.onReadable(true);
  };

  #polled(port: DevicePort, events: number): void {
    if ((events & POLLERR) !== 0) {
      port.onError(new DeviceError('POLLERR', `the interface ${this.name} is gone; was it deleted?`));
      return;
    }
    if ((events & POLLIN) !== 0) port.onReadable(true);
    if ((events & POLLOUT) !== 0) port.onWritable();
  }

  #lost(errno: number): DeviceError {
    const code = errnoName(errno);
    return new DeviceError(code, `the interface ${this.name} is gone (${code}); was it deleted?`);
  }
}

/** The checked settings that all devices of the kernel have. @throws TypeError */
export function kernelSettings({ name = 'vitrine%d', kernelAddress = [], queueLength }: KernelOptions) {
  if (typeof name !== 'string' || !isInterfaceName(name)) {
    throw unexpected('name', `1 to ${IFNAMSIZ - 1} bytes without "/", ":" and spaces`, name);
  }
  const kernelAddresses = typeof kernelAddress === 'string' ? [kernelAddress] : [...kernelAddress];
  for (const address of kernelAddresses) parseAddressWithPrefix(address);
  if (kernelAddresses.filter((address) => addressFamily(address) === 'IPv4').length > 1) {
    throw new TypeError('kernelAddress can have one address of IPv4 only; add others with "ip address add"');
  }
  return {
    name,
    kernelAddresses,
    queueLength: queueLength === undefined ? undefined : wholeNumber('queueLength', queueLength, 1, 2 ** 20, 0),
  };
}

/** The descriptor that `fd` names. @throws TypeError for a bad one, and for options that exclude it */
export function adoptedDescriptor(fd: number, options: object, excluded: readonly string[]): number {
  for (const name of excluded) {
    if (!(name in options) || options[name as keyof object] === undefined) continue;
    throw new TypeError(`${name} can't be given together with fd: whoever opened the device has settled it`);
  }
  return wholeNumber('fd', fd, 0, 2 ** 31 - 1, 0);
}

/** What the kernel's `dev_valid_name` allows. */
function isInterfaceName(name: string): boolean {
  const length = new TextEncoder().encode(name).length;
  return length > 0 && length < IFNAMSIZ && name !== '.' && name !== '..' && !/[/:\s]/.test(name);
}

/** What the kernel offers: datagrams together since Linux 6.2. */
function offloadsOf(opened: Opened): number {
  const all = OFFLOAD_CHECKSUM | OFFLOAD_TSO4 | OFFLOAD_TSO6 | OFFLOAD_USO;
  return offersOffload(opened, kernelOffloads(all)) ? all : all & ~OFFLOAD_USO;
}

function kernelOffloads(offloads: number): number {
  // Segmentation without checksums makes no sense, and the kernel refuses it.
  if ((offloads & OFFLOAD_CHECKSUM) === 0) return 0;
  const four = (offloads & OFFLOAD_TSO4) !== 0 ? TUN_F_TSO4 : 0;
  const six = (offloads & OFFLOAD_TSO6) !== 0 ? TUN_F_TSO6 : 0;
  return TUN_F_CSUM | four | six | ((offloads & OFFLOAD_USO) !== 0 ? TUN_F_USO4 | TUN_F_USO6 : 0);
}

/** In milliseconds. */
const LOOK_AGAIN = 0.05;
/** Packets that are asked for together, at least. */
const FEWEST = 2;
/** Packets that come one by one before it is seen whether there are more: at first, and where there never were. */
const LEAST_PATIENCE = 4;
const MOST_PATIENCE = 512;
const VLAN_TAG = 4;
/** What a read has brought no packet for. EIO: the interface is down, like a cable that is not plugged in. */
const NOTHING: readonly number[] = [ERRNO.EAGAIN, ERRNO.EIO, ERRNO.EINTR];
const GONE: readonly number[] = [ERRNO.EBADFD, ERRNO.EBADF, ERRNO.ENODEV, ERRNO.ENXIO];
const TUN_F_CSUM = 1;
const TUN_F_TSO4 = 2;
const TUN_F_TSO6 = 4;
/** The kernel takes them together only. */
const TUN_F_USO4 = 32;
const TUN_F_USO6 = 64;
