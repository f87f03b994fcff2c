/**
 * A Linux TAP device: an Ethernet cable whose other end is plugged into the kernel, with ARP, neighbour discovery and
 * broadcasts. Frames have their checksums; nothing is left to the kernel.
 * Not for: how frames move (`kernel/tuntap.ts`); IP alone (`tun.ts`, which is faster).
 */
import { randomBytes } from 'node:crypto';
import { parseAddressWithPrefix } from '../core/address.js';
import { formatHardwareAddress } from '../core/hardware-address.js';
import { adoptDevice, type Opened, openDevice } from './kernel/open.js';
import {
  adoptedDescriptor,
  type KernelDevice,
  type KernelOptions,
  kernelSettings,
  TunTapDevice,
} from './kernel/tuntap.js';
import { framePayload, onlyKnown, stationAddress } from './options.js';

export interface TapOptions extends KernelOptions {
  /**
   * An open descriptor of a TAP device (`IFF_TAP | IFF_NO_PI`, without `IFF_VNET_HDR`) from somebody with the rights, who
   * has also configured it: excludes all options but `addresses`, `mtu` and `hardwareAddress`. `close()` closes it.
   */
  fd?: number | undefined;
  /** Largest packet in bytes, without Ethernet's 14: 576 to 65521; IPv6 needs 1280. Default 1500, with `fd` what the interface has. */
  mtu?: number | undefined;
  /** The stack's end, as `02:00:5e:10:00:01`. Default: a random one that is locally administered. The kernel has its own. */
  hardwareAddress?: string | undefined;
}

export interface Tap extends KernelDevice {}

/**
 * Opens a TAP device; the interface vanishes with `close()` or with the process.
 * @throws TypeError for a bad option
 * @throws DeviceError as `tun`
 */
export function tap(options: TapOptions = {}): Tap {
  onlyKnown('tap', options, [...SETTLED, 'fd', 'mtu', 'addresses', 'hardwareAddress']);
  const addresses = [...(options.addresses ?? [])];
  for (const address of addresses) parseAddressWithPrefix(address);
  const { fd, hardwareAddress } = options;
  const own = hardwareAddress === undefined ? randomAddress() : stationAddress('hardwareAddress', hardwareAddress);
  return new TunTapDevice(fd === undefined ? open(options) : adopt(fd, options), addresses, own);
}

function open(options: TapOptions): Opened {
  const mtu = framePayload('mtu', options.mtu);
  return openDevice({ kind: 'tap', mtu, withHeader: false, ...kernelSettings(options) });
}

function adopt(fd: number, options: TapOptions): Opened {
  const { mtu } = options;
  const descriptor = adoptedDescriptor(fd, options, SETTLED);
  return adoptDevice('tap', descriptor, mtu === undefined ? undefined : framePayload('mtu', mtu));
}

/** Of one station, locally administered (IEEE 802 §8.4): the two lowest bits of the first byte are 10. */
function randomAddress(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] as number) & 0xfc) | 2;
  return formatHardwareAddress(bytes);
}

/** Options that whoever opened the device has settled. */
const SETTLED = ['name', 'kernelAddress', 'queueLength'];
