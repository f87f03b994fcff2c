/**
 * Opens a Linux TUN or TAP device: the ioctls, and what their errors mean to the one who wanted the device.
 * https://docs.kernel.org/networking/tuntap.html
 * Not for: packets (`tuntap.ts`); addresses and the rest of an interface (`configure.ts`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { VNET_HEADER } from '../../../assembly/abi/constants.js';
import { DeviceError } from '../device.js';
import { DEFAULT_MTU } from '../options.js';
import { check, configure, currentMtu, HOW_TO_GET_RIGHTS, type InterfaceSettings } from './configure.js';
import { IFREQ_VALUE, interfaceRequest, nameIn } from './ifreq.js';
import { ERRNO, errnoName, type Linux, linux } from './linux.js';
import type { PollerLoan } from './poller.js';

/** A TUN device carries IP packets, a TAP device Ethernet frames. */
export type Kind = 'tun' | 'tap';

export interface Opened {
  readonly kind: Kind;
  readonly descriptor: number;
  readonly name: string;
  readonly mtu: number;
  /** Every packet begins with a virtio-net header. */
  readonly hasHeader: boolean;
  /** The descriptor is another thread's, which closes it and has waited for it. */
  readonly poller?: PollerLoan;
}

export interface OpenSettings extends InterfaceSettings {
  readonly kind: Kind;
  readonly name: string;
  readonly withHeader: boolean;
}

/** Creates the interface, or takes a persistent one that nobody uses, and brings it up. `more`: IFF_MULTI_QUEUE. */
export function openDevice(settings: OpenSettings, more = 0): Opened {
  const system = linux();
  const descriptor = openControl(system);
  try {
    const name = claim(system, descriptor, settings, more);
    if (settings.withHeader) agreeOnHeader(system, descriptor);
    configure(system, name, settings);
    return { kind: settings.kind, descriptor, name, mtu: settings.mtu, hasHeader: settings.withHeader };
  } catch (error) {
    system.close(descriptor);
    throw error;
  }
}

/** As `openDevice`, but with as many queues, among which the kernel spreads what it sends; each has a descriptor of its own. */
export function openQueues(settings: OpenSettings, queues: number): Opened[] {
  const system = linux();
  if (queues > 1) checkQueues(system);
  const first = openDevice(settings, IFF_MULTI_QUEUE);
  const opened = [first];
  try {
    while (opened.length < queues) {
      const descriptor = openControl(system);
      opened.push({ ...first, descriptor });
      claim(system, descriptor, { ...settings, name: first.name }, IFF_MULTI_QUEUE);
      if (settings.withHeader) agreeOnHeader(system, descriptor);
    }
    return opened;
  } catch (error) {
    for (const { descriptor } of opened) system.close(descriptor);
    throw error;
  }
}

/** Takes a descriptor that somebody else opened and configured. On failure it stays open: it is the caller's. */
export function adoptDevice(kind: Kind, descriptor: number, mtu: number | undefined): Opened {
  const system = linux();
  const request = interfaceRequest('');
  if (system.ioctl(descriptor, TUNGETIFF, request) < 0) {
    throw new DeviceError(errnoName(system.errno()), `file descriptor ${descriptor} is no ${NAME[kind]} device`);
  }
  const name = nameIn(request);
  const flags = new DataView(request.buffer).getInt16(IFREQ_VALUE, true);
  const wanted = FLAG[kind] | IFF_NO_PI;
  if ((flags & wanted) !== wanted) {
    const how = `IFF_${NAME[kind]} | IFF_NO_PI`;
    throw new DeviceError('EINVAL', `${name} (file descriptor ${descriptor}) must be opened with ${how}`);
  }
  const hasHeader = (flags & IFF_VNET_HDR) !== 0;
  if (hasHeader && kind === 'tap') {
    throw new DeviceError('EINVAL', `${name} (file descriptor ${descriptor}) must be opened without IFF_VNET_HDR`);
  }
  if (hasHeader) agreeOnHeader(system, descriptor);
  const status = system.fcntl(descriptor, F_GETFL, 0);
  check(system, name, 'make it non-blocking', system.fcntl(descriptor, F_SETFL, status | O_NONBLOCK));
  return { kind, descriptor, name, mtu: mtu ?? currentMtu(system, name) ?? DEFAULT_MTU, hasHeader };
}

/** Whether the kernel knows such offloads (TUN_F_* bits); none is switched on. */
export function offersOffload(device: Opened, bits: number): boolean {
  const knows = linux().ioctlValue(device.descriptor, TUNSETOFFLOAD, bits) === 0;
  setOffload(device, 0);
  return knows;
}

/** Tells the kernel what the reader of the device can cope with: TUN_F_* bits. */
export function setOffload(device: Opened, bits: number): void {
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

/** Older kernels pass over the flag. @throws DeviceError when this is one of them */
function checkQueues(system: Linux): void {
  const descriptor = openControl(system);
  const features = new Uint32Array(1);
  const known = system.ioctl(descriptor, TUNGETFEATURES, new Uint8Array(features.buffer)) === 0;
  system.close(descriptor);
  if (known && ((features[0] as number) & IFF_MULTI_QUEUE) !== 0) return;
  const message = 'this kernel has no TUN devices with several queues, which workers need: Linux has them since 3.8';
  throw new DeviceError('ENOTSUP', message);
}

/** @returns the name that the interface has got */
function claim(system: Linux, descriptor: number, { kind, name, withHeader }: OpenSettings, more: number): string {
  const request = interfaceRequest(name);
  const flags = FLAG[kind] | IFF_NO_PI | (withHeader ? IFF_VNET_HDR : 0) | more;
  new DataView(request.buffer).setInt16(IFREQ_VALUE, flags, true);
  if (system.ioctl(descriptor, TUNSETIFF, request) === 0) return nameIn(request);
  const errno = system.errno();
  const code = errnoName(errno);
  if (errno === ERRNO.EPERM) {
    throw new DeviceError(code, `no right to create a ${NAME[kind]} device (CAP_NET_ADMIN); ${HOW_TO_GET_RIGHTS}`);
  }
  if (errno === ERRNO.EBUSY) {
    const message = `the interface ${name} is in use by another program; one that was killed may hold it for 0.1 s`;
    throw new DeviceError(code, message);
  }
  if (errno === ERRNO.EINVAL && differsInQueues(name, flags)) {
    const how = more === 0 ? 'with multi_queue: it is for workers' : 'without multi_queue: it has one queue alone';
    throw new DeviceError(code, `the interface ${name} was made ${how}`);
  }
  if (errno === ERRNO.EINVAL && existsSync(`/sys/class/net/${name}`)) {
    throw new DeviceError('EBUSY', `the name ${name} is taken by an interface that is not a ${NAME[kind]} device`);
  }
  throw new DeviceError(code, `cannot create the ${NAME[kind]} device ${name} (${code})`);
}

/** Whether there is an interface of that name and of this kind, but with several queues in place of one, or one of several. */
function differsInQueues(name: string, flags: number): boolean {
  try {
    const there = Number(readFileSync(`/sys/class/net/${name}/tun_flags`, 'utf8'));
    return ((there ^ flags) & (FLAG.tun | FLAG.tap | IFF_MULTI_QUEUE)) === IFF_MULTI_QUEUE;
  } catch {
    return false;
  }
}

/** The ten bytes of the legacy header in little-endian order, whatever the machine's. */
function agreeOnHeader(system: Linux, descriptor: number): void {
  const size = new Uint8Array(Int32Array.of(VNET_HEADER).buffer);
  const one = new Uint8Array(Int32Array.of(1).buffer);
  check(system, 'the device', 'set its header size', system.ioctl(descriptor, TUNSETVNETHDRSZ, size));
  check(system, 'the device', 'set its byte order', system.ioctl(descriptor, TUNSETVNETLE, one));
}

const CONTROL = '/dev/net/tun';
const NAME = { tun: 'TUN', tap: 'TAP' } as const;
const FLAG = { tun: 0x0001, tap: 0x0002 } as const;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const IFF_MULTI_QUEUE = 0x0100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const TUNSETIFF = 0x400454ca;
const TUNGETIFF = 0x800454d2;
const TUNGETFEATURES = 0x800454cf;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;
const TUNSETVNETLE = 0x400454dc;
