/**
 * A Linux TUN or TAP device: the kernel's packets or frames on one side, ours on the other, one system call each, straight
 * between the kernel and linear memory.
 *
 * `read` goes on until the kernel has nothing more; then a worker waits (`readiness.ts`).
 * Not for: how a device comes to be (`open.ts`), and which options it has (`../tun.ts`, `../tap.ts`).
 */
import { OFFLOAD_CHECKSUM, OFFLOAD_TSO4, OFFLOAD_TSO6, VNET_HEADER } from '../../../assembly/abi/constants.js';
import { addressFamily, parseAddressWithPrefix } from '../../core/address.js';
import { type Device, DeviceError, type DevicePort, type LinkType } from '../device.js';
import { unexpected, wholeNumber } from '../options.js';
import { IFNAMSIZ } from './ifreq.js';
import { ERRNO, errnoName, type Linux, linux } from './linux.js';
import { type Opened, setOffload } from './open.js';
import { POLLERR, POLLIN, POLLOUT, Readiness } from './readiness.js';

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
  #buffer: ArrayBufferLike | undefined;
  /** Where linear memory begins in this process. */
  #base = 0;

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
    this.offloads = opened.hasHeader ? OFFLOAD_CHECKSUM | OFFLOAD_TSO4 | OFFLOAD_TSO6 : 0;
  }

  attach(port: DevicePort): void {
    if (this.#port !== undefined) throw new Error(`${this.name} is attached already`);
    if (this.#closed) throw new DeviceError('EBADF', `${this.name} is closed`);
    this.#port = port;
    if (this.#opened.hasHeader) setOffload(this.#opened, kernelOffloads(this.offloads));
    this.#clearHeaders = this.#opened.hasHeader && this.offloads === 0;
    this.#readiness = new Readiness(
      this.#descriptor,
      (events) => this.#polled(port, events),
      (cause) => port.onError(new DeviceError('ERR_POLLER', `the poller of ${this.name} failed`, { cause })),
    );
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
      // EIO: the interface is down, like a cable that is not plugged in.
      if (errno === ERRNO.EAGAIN || errno === ERRNO.EIO) {
        this.#nothing();
        return 0;
      }
      if (errno !== ERRNO.EINTR) throw this.#lost(errno);
    }
  }

  write(address: number, length: number): boolean {
    if (this.#closed) return true;
    const header = this.#header;
    if (this.#clearHeaders) this.#clear(address - header, header);
    if (this.#linux.write(this.#descriptor, this.#native(address) - header, length + header) >= 0) return true;
    const errno = this.#linux.errno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.ENOBUFS || errno === ERRNO.ENOMEM) {
      this.#readiness?.want(POLLOUT);
      return false;
    }
    if (errno === ERRNO.EBADFD || errno === ERRNO.EBADF || errno === ERRNO.ENODEV || errno === ERRNO.ENXIO) {
      throw this.#lost(errno);
    }
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
    this.#linux.close(this.#descriptor);
  }

  /**
   * The address in this process of an address in linear memory. The base stays when memory grows, but that is not
   * promised: it is asked for again whenever the buffer is another object.
   */
  #native(address: number): number {
    const { memory } = this.#port as DevicePort;
    const { buffer } = memory;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
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
    if (!this.#closed) this.#port?.onReadable();
  };

  #clear(address: number, length: number): void {
    new Uint8Array((this.#port as DevicePort).memory.buffer, address, length).fill(0);
  }

  #polled(port: DevicePort, events: number): void {
    if ((events & POLLERR) !== 0) {
      port.onError(new DeviceError('POLLERR', `the interface ${this.name} is gone; was it deleted?`));
      return;
    }
    if ((events & POLLIN) !== 0) port.onReadable();
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

function kernelOffloads(offloads: number): number {
  // Segmentation without checksums makes no sense, and the kernel refuses it.
  if ((offloads & OFFLOAD_CHECKSUM) === 0) return 0;
  const four = (offloads & OFFLOAD_TSO4) !== 0 ? TUN_F_TSO4 : 0;
  return TUN_F_CSUM | four | ((offloads & OFFLOAD_TSO6) !== 0 ? TUN_F_TSO6 : 0);
}

/** In milliseconds. */
const LOOK_AGAIN = 0.05;
const TUN_F_CSUM = 1;
const TUN_F_TSO4 = 2;
const TUN_F_TSO6 = 4;
