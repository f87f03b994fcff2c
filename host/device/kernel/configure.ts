/**
 * What the kernel calls itself on its side of a TUN or TAP device, and what it lets through: addresses, MTU, length of the
 * queue, up. netdevice(7), ipv6(7).
 * Not for: making the device (`open.ts`).
 */
import { addressFamily, parseAddressWithPrefix } from '../../core/address.js';
import { DeviceError } from '../device.js';
import { AF_INET, AF_INET6, IFREQ_VALUE, interfaceRequest, interfaceRequest6, netmask, putAddress } from './ifreq.js';
import { ERRNO, errnoName, type Linux } from './linux.js';

export interface InterfaceSettings {
  readonly mtu: number;
  /** With prefix lengths; of IPv4 at most one. */
  readonly kernelAddresses: readonly string[];
  /** `undefined`: a good value, if we may set it. */
  readonly queueLength: number | undefined;
}

/** Sets only what differs, so that an ordinary user can open a persistent device which an administrator has prepared. */
export function configure(system: Linux, name: string, settings: InterfaceSettings): void {
  const { mtu, queueLength, kernelAddresses } = settings;
  withSocket(system, name, AF_INET, (socket) => {
    const request = interfaceRequest(name);
    const value = new DataView(request.buffer);
    const call = (what: string, number: number) => check(system, name, what, system.ioctl(socket, number, request));

    call('read its MTU', SIOCGIFMTU);
    if (value.getInt32(IFREQ_VALUE, true) !== mtu) {
      value.setInt32(IFREQ_VALUE, mtu, true);
      call(`set its MTU to ${mtu}`, SIOCSIFMTU);
    }
    value.setInt32(IFREQ_VALUE, queueLength ?? DEFAULT_QUEUE_LENGTH, true);
    if (queueLength !== undefined) call('set its queue length', SIOCSIFTXQLEN);
    else system.ioctl(socket, SIOCSIFTXQLEN, request);
    for (const text of kernelAddresses.filter(isIPv4)) {
      const { address, prefixLength } = parseAddressWithPrefix(text);
      putAddress(request, address.subarray(IPV4_IN_MAPPED));
      call(`give it the address ${text}`, SIOCSIFADDR);
      putAddress(request, netmask(prefixLength));
      call('set its netmask', SIOCSIFNETMASK);
    }
    call('read its flags', SIOCGIFFLAGS);
    const flags = value.getInt16(IFREQ_VALUE, true);
    if ((flags & IFF_UP) === 0) {
      value.setInt16(IFREQ_VALUE, flags | IFF_UP, true);
      call('bring it up', SIOCSIFFLAGS);
    }
  });
  addAddresses6(
    system,
    name,
    kernelAddresses.filter((text) => !isIPv4(text)),
  );
}

/** `undefined` when it is not to be found: a device that was opened in another network namespace has no name in this one. */
export function currentMtu(system: Linux, name: string): number | undefined {
  const request = interfaceRequest(name);
  const socket = system.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const answer = system.ioctl(socket, SIOCGIFMTU, request);
  system.close(socket);
  return answer < 0 ? undefined : new DataView(request.buffer).getInt32(IFREQ_VALUE, true);
}

/** @throws DeviceError when `answer` is an error's */
export function check(system: Linux, name: string, what: string, answer: number): void {
  if (answer >= 0) return;
  const errno = system.errno();
  const hint = errno === ERRNO.EPERM ? `; ${HOW_TO_GET_RIGHTS}` : '';
  throw new DeviceError(errnoName(errno), `cannot ${what} (${name}: ${errnoName(errno)})${hint}`);
}

/** The interface is up already: an address that is added before waits for that with its detection of duplicates. */
function addAddresses6(system: Linux, name: string, addresses: readonly string[]): void {
  if (addresses.length === 0) return;
  withSocket(system, name, AF_INET6, (socket) => {
    const request = interfaceRequest(name);
    check(system, name, 'find its number', system.ioctl(socket, SIOCGIFINDEX, request));
    const index = new DataView(request.buffer).getInt32(IFREQ_VALUE, true);
    for (const text of addresses) {
      const { address, prefixLength } = parseAddressWithPrefix(text);
      const answer = system.ioctl(socket, SIOCSIFADDR, interfaceRequest6(address, prefixLength, index));
      if (answer < 0 && system.errno() === ERRNO.EEXIST) continue;
      check(system, name, `give it the address ${text}`, answer);
    }
  });
}

function withSocket(system: Linux, name: string, family: number, use: (socket: number) => void): void {
  const socket = system.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check(system, name, 'configure it', socket);
  try {
    use(socket);
  } finally {
    system.close(socket);
  }
}

function isIPv4(text: string): boolean {
  return addressFamily(text) === 'IPv4';
}

export const HOW_TO_GET_RIGHTS =
  'run as root, inside "unshare -Urn", or on a device that root has made for you (ip tuntap add dev NAME mode tun user USER)';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const IFF_UP = 1;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCGIFINDEX = 0x8933;
const SIOCSIFTXQLEN = 0x8943;
/** Where the four bytes stand in an IPv4-mapped address. */
const IPV4_IN_MAPPED = 12;
/** The kernel's default of 500 drops packets of a single burst. */
const DEFAULT_QUEUE_LENGTH = 4096;
