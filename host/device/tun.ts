/**
 * A Linux TUN device: the kernel's IP packets on one side, ours on the other. Checksums and segmentation are left to the
 * kernel unless the user or a wrapper says otherwise (virtio-net header, `TUNSETOFFLOAD`).
 * Not for: how packets move (`kernel/tuntap.ts`); Ethernet (`tap.ts`).
 */
import { parseAddressWithPrefix } from '../core/address.js';
import { adoptDevice, type Opened, openDevice } from './kernel/open.js';
import {
  adoptedDescriptor,
  type KernelDevice,
  type KernelOptions,
  kernelSettings,
  TunTapDevice,
} from './kernel/tuntap.js';
import { onlyKnown, packetSize, unexpected } from './options.js';

export interface TunOptions extends KernelOptions {
  /**
   * An open descriptor of a TUN device (`IFF_TUN | IFF_NO_PI`, with `IFF_VNET_HDR` for offloads) from somebody with the
   * rights, who has also configured it: excludes all options but `addresses` and `mtu`. `close()` closes it.
   */
  fd?: number | undefined;
  /** Largest packet in bytes, 576 to 65535; IPv6 needs 1280. Default 1500, with `fd` what the interface has. */
  mtu?: number | undefined;
  /** Checksums and TCP segmentation by the kernel. Default true. `false` makes a plain TUN without virtio-net headers. */
  offload?: boolean | undefined;
}

export interface Tun extends KernelDevice {}

/**
 * Opens a TUN device; the interface vanishes with `close()` or with the process.
 * @throws TypeError for a bad option
 * @throws DeviceError with `code` ERR_UNSUPPORTED_PLATFORM (not Linux), ERR_KOFFI_MISSING, ENOENT (no /dev/net/tun),
 * EACCES or EPERM (no rights), EBUSY (the name is taken), or another of the kernel's
 */
export function tun(options: TunOptions = {}): Tun {
  onlyKnown('tun', options, [...SETTLED, 'fd', 'mtu', 'addresses']);
  const addresses = [...(options.addresses ?? [])];
  for (const address of addresses) parseAddressWithPrefix(address);
  const { fd } = options;
  return new TunTapDevice(fd === undefined ? open(options) : adopt(fd, options), addresses);
}

function open(options: TunOptions): Opened {
  const { offload = true } = options;
  if (typeof offload !== 'boolean') throw unexpected('offload', 'true or false', offload);
  const mtu = packetSize('mtu', options.mtu);
  return openDevice({ kind: 'tun', mtu, withHeader: offload, ...kernelSettings(options) });
}

function adopt(fd: number, options: TunOptions): Opened {
  const { mtu } = options;
  const descriptor = adoptedDescriptor(fd, options, SETTLED);
  return adoptDevice('tun', descriptor, mtu === undefined ? undefined : packetSize('mtu', mtu));
}

/** Options that whoever opened the device has settled. */
const SETTLED = ['name', 'kernelAddress', 'offload', 'queueLength'];
