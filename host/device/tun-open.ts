/**
 * Opens and configures a Linux TUN device: the ioctls, and what their errors mean to the one who wanted the device.
 * https://docs.kernel.org/networking/tuntap.html and netdevice(7).
 * Not for: packets (`tun.ts`).
 */
import { existsSync } from 'node:fs';
import { VNET_HEADER } from '../../assembly/abi/constants.js';
import { parseAddressWithPrefix } from '../core/address.js';
import { DeviceError } from './device.js';
import { ERRNO, errnoName, type Linux, linux } from './linux.js';
import { DEFAULT_MTU } from './options.js';

export interface OpenedTun {
  readonly descriptor: number;
  readonly name: string;
  readonly mtu: number;
  /** Every packet begins with a virtio-net header. */
  readonly hasHeader: boolean;
}

export interface TunSettings {
  readonly name: string;
  readonly mtu: number;
  readonly withHeader: boolean;
  readonly kernelAddress: string | undefined;
  /** `undefined`: a good value, if we may set it. */
  readonly queueLength: number | undefined;
}

/** Creates the interface, or takes a persistent one that nobody uses, and brings it up. */
export function openTun(settings: TunSettings): OpenedTun {
  const system = linux();
  const descriptor = openControl(system);
  try {
    const name = claim(system, descriptor, settings);
    if (settings.withHeader) agreeOnHeader(system, descriptor);
    configure(system, name, settings);
    return { descriptor, name, mtu: settings.mtu, hasHeader: settings.withHeader };
  } catch (error) {
    system.close(descriptor);
    throw error;
  }
}

/** Takes a descriptor that somebody else opened and configured. On failure it stays open: it is the caller's. */
export function adoptTun(descriptor: number, mtu: number | undefined): OpenedTun {
  const system = linux();
  const request = interfaceRequest('');
  if (system.ioctl(descriptor, TUNGETIFF, request) < 0) {
    throw new DeviceError(errnoName(system.errno()), `file descriptor ${descriptor} is no TUN device`);
  }
  const name = nameIn(request);
  const flags = new DataView(request.buffer).getInt16(IFREQ_VALUE, true);
  if ((flags & (IFF_TUN | IFF_NO_PI)) !== (IFF_TUN | IFF_NO_PI)) {
    throw new DeviceError('EINVAL', `${name} (file descriptor ${descriptor}) must be opened with IFF_TUN | IFF_NO_PI`);
  }
  const hasHeader = (flags & IFF_VNET_HDR) !== 0;
  if (hasHeader) agreeOnHeader(system, descriptor);
  const status = system.fcntl(descriptor, F_GETFL, 0);
  check(system, name, 'make it non-blocking', system.fcntl(descriptor, F_SETFL, status | O_NONBLOCK));
  return { descriptor, name, mtu: mtu ?? currentMtu(system, name), hasHeader };
}

/** Tells the kernel what the reader of the device can cope with: TUN_F_* bits. */
export function setOffload(device: OpenedTun, bits: number): void {
  const system = linux();
  check(system, device.name, 'set its offloads', system.ioctlValue(device.descriptor, TUNSETOFFLOAD, bits));
}

function openControl(system: Linux): number {
  const descriptor = system.open(CONTROL, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor >= 0) return descriptor;
  const errno = system.errno();
  if (errno === ERRNO.EACCES || errno === ERRNO.EPERM) {
    throw new DeviceError(errnoName(errno), `no permission to open ${CONTROL}; ${HOW_TO_GET_RIGHTS}`);
  }
  const hint = 'the kernel lacks its tun module (modprobe tun), or the container was not given the device';
  throw new DeviceError(errnoName(errno), `cannot open ${CONTROL} (${errnoName(errno)}): ${hint}`);
}

/** @returns the name that the interface has got */
function claim(system: Linux, descriptor: number, { name, withHeader }: TunSettings): string {
  const request = interfaceRequest(name);
  const flags = IFF_TUN | IFF_NO_PI | (withHeader ? IFF_VNET_HDR : 0);
  new DataView(request.buffer).setInt16(IFREQ_VALUE, flags, true);
  if (system.ioctl(descriptor, TUNSETIFF, request) === 0) return nameIn(request);
  const errno = system.errno();
  const code = errnoName(errno);
  if (errno === ERRNO.EPERM) {
    throw new DeviceError(code, `no right to create a TUN device (CAP_NET_ADMIN); ${HOW_TO_GET_RIGHTS}`);
  }
  if (errno === ERRNO.EBUSY) throw new DeviceError(code, `the interface ${name} is in use by another program`);
  if (errno === ERRNO.EINVAL && existsSync(`/sys/class/net/${name}`)) {
    throw new DeviceError('EBUSY', `the name ${name} is taken by an interface that is not a TUN device`);
  }
  throw new DeviceError(code, `cannot create the TUN device ${name} (${code})`);
}

/** The ten bytes of the legacy header in little-endian order, whatever the machine's. */
function agreeOnHeader(system: Linux, descriptor: number): void {
  const size = new Uint8Array(Int32Array.of(VNET_HEADER).buffer);
  const one = new Uint8Array(Int32Array.of(1).buffer);
  check(system, 'the device', 'set its header size', system.ioctl(descriptor, TUNSETVNETHDRSZ, size));
  check(system, 'the device', 'set its byte order', system.ioctl(descriptor, TUNSETVNETLE, one));
}

/**
 * Sets only what differs, so that an ordinary user can open a persistent device which an administrator has prepared.
 */
function configure(system: Linux, name: string, settings: TunSettings): void {
  const socket = system.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check(system, name, 'configure it', socket);
  try {
    const request = interfaceRequest(name);
    const value = new DataView(request.buffer);
    const call = (what: string, number: number) => check(system, name, what, system.ioctl(socket, number, request));

    call('read its MTU', SIOCGIFMTU);
    if (value.getInt32(IFREQ_VALUE, true) !== settings.mtu) {
      value.setInt32(IFREQ_VALUE, settings.mtu, true);
      call(`set its MTU to ${settings.mtu}`, SIOCSIFMTU);
    }
    value.setInt32(IFREQ_VALUE, settings.queueLength ?? DEFAULT_QUEUE_LENGTH, true);
    if (settings.queueLength !== undefined) call('set its queue length', SIOCSIFTXQLEN);
    else system.ioctl(socket, SIOCSIFTXQLEN, request);
    if (settings.kernelAddress !== undefined) {
      const { address, prefixLength } = parseAddressWithPrefix(settings.kernelAddress);
      putAddress(request, address.subarray(IPV4_IN_MAPPED));
      call(`give it the address ${settings.kernelAddress}`, SIOCSIFADDR);
      putAddress(request, netmask(prefixLength));
      call('set its netmask', SIOCSIFNETMASK);
    }
    call('read its flags', SIOCGIFFLAGS);
    const flags = value.getInt16(IFREQ_VALUE, true);
    if ((flags & IFF_UP) === 0) {
      value.setInt16(IFREQ_VALUE, flags | IFF_UP, true);
      call('bring it up', SIOCSIFFLAGS);
    }
  } finally {
    system.close(socket);
  }
}

function currentMtu(system: Linux, name: string): number {
  const request = interfaceRequest(name);
  const socket = system.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const answer = system.ioctl(socket, SIOCGIFMTU, request);
  system.close(socket);
  // A device that was opened in another network namespace is not to be found by its name in this one.
  return answer < 0 ? DEFAULT_MTU : new DataView(request.buffer).getInt32(IFREQ_VALUE, true);
}

function check(system: Linux, name: string, what: string, answer: number): void {
  if (answer >= 0) return;
  const errno = system.errno();
  const hint = errno === ERRNO.EPERM ? `; ${HOW_TO_GET_RIGHTS}` : '';
  throw new DeviceError(errnoName(errno), `cannot ${what} (${name}: ${errnoName(errno)})${hint}`);
}

/** struct ifreq: a name of 16 bytes, then a union that begins with the value in question. */
function interfaceRequest(name: string): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(IFREQ_SIZE);
  new TextEncoder().encodeInto(name, request.subarray(0, IFNAMSIZ - 1));
  return request;
}

function nameIn(request: Uint8Array): string {
  return new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
}

/** struct sockaddr_in with port 0. */
function putAddress(request: Uint8Array<ArrayBuffer>, address: Uint8Array): void {
  request.fill(0, IFREQ_VALUE);
  new DataView(request.buffer).setUint16(IFREQ_VALUE, AF_INET, true);
  request.set(address, IFREQ_VALUE + 4);
}

function netmask(length: number): Uint8Array {
  return Uint8Array.from({ length: 4 }, (_, index) => 0xff00 >> Math.min(Math.max(length - index * 8, 0), 8));
}

export const IFNAMSIZ = 16;

const CONTROL = '/dev/net/tun';
const HOW_TO_GET_RIGHTS =
  'run as root, inside "unshare -Urn", or on a device that root has made for you (ip tuntap add dev NAME mode tun user USER)';

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const IFF_UP = 1;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUNSETIFF = 0x400454ca;
const TUNGETIFF = 0x800454d2;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const TUNSETVNETLE = 0x400454dc;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCSIFTXQLEN = 0x8943;
const IFREQ_SIZE = 40;
const IFREQ_VALUE = 16;
/** Where the four bytes stand in an IPv4-mapped address. */
const IPV4_IN_MAPPED = 12;
/** The kernel's default of 500 drops packets of a single burst. */
const DEFAULT_QUEUE_LENGTH = 4096;
