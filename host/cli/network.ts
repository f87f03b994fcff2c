/**
 * The network that commands work on: a stack on a TUN or TAP device, with weather and a capture if wanted, and
 * the keys of TLS for those who asked for them.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Device } from '../device/device.js';
import { type Pcap, pcap } from '../device/pcap.js';
import { type Tap, tap } from '../device/tap.js';
import { type Tun, tun } from '../device/tun.js';
import { weather } from '../device/weather.js';
import type { DnsOptions } from '../dns/options.js';
import type { StackOptions } from '../stack/settings.js';
import { createStack, type Stack } from '../stack/stack.js';
import { UsageError } from './failure.js';
import { addressesOf, kernelAddressesOf, type NetworkOptions } from './network-options.js';

export interface Network {
  readonly stack: Stack;
  /** As it turned out to be called. */
  readonly deviceName: string;
  /** Vitrine's own, on Ethernet. */
  readonly hardwareAddress: string | undefined;
  /** Rejects when the device or the core fails by itself; never resolves. */
  readonly failure: Promise<never>;
  /** Removes the device; the capture is complete afterwards. Idempotent. */
  close(): Promise<void>;
}

/**
 * @throws DeviceError when there can be no device, Error of `node:fs` for the files, UsageError for options that do not
 *   go together
 */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
  if (options.pcapKeys === true && options.pcap === undefined) throw new UsageError('--pcap-keys needs --pcap <file>');
  const log = keyLog(options.keylog);
  const device = openDevice(options);
  let fail!: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {});
  try {
    const surrounded = options.weather === undefined ? device : weather(device, options.weather);
    const capture =
      options.pcap === undefined ? undefined : pcap(surrounded, { path: options.pcap, name: device.name });
    const outermost: Device = capture ?? surrounded;
    const keylog = keysTo(log, options.pcapKeys === true ? capture : undefined, fail);
    const stack = await createStack({
      device: outermost,
      addresses: addressesOf(options),
      ...stackOptions(options),
      ...(options.dhcp === true && { dhcp: true, ipv6: { autoconfigure: true } }),
      error: fail,
      ...keylog,
    });
    return {
      stack,
      deviceName: device.name,
      hardwareAddress: device.hardwareAddress,
      failure,
      async close() {
        stack.close();
        log?.close();
        await capture?.finished;
      },
    };
  } catch (error) {
    device.close();
    throw error;
  }
}

/** What every stack has of the options, whatever it runs on. */
export function stackOptions(options: NetworkOptions): Pick<StackOptions, 'routes' | 'dns'> {
  return { ...(options.route !== undefined && { routes: options.route }), dns: dnsOptions(options) };
}

/** The kernel's addresses that it can have. */
export function possibleKernelAddresses(options: NetworkOptions): string[] {
  return kernelAddressesOf(options).filter((address) => options.kernelAddress || isPossible(address));
}

function dnsOptions({ dns, dhcp }: NetworkOptions): DnsOptions {
  if (dns === undefined && dhcp === true) return {};
  return dns === undefined || dns === 'host' ? { resolver: 'host' } : { servers: dns.split(',') };
}

function openDevice(options: NetworkOptions): Tun | Tap {
  const { tun: name, tap: tapName, mtu } = options;
  if (name !== undefined && tapName !== undefined) throw new UsageError('--tun and --tap exclude each other');
  if (options.dhcp === true && tapName === undefined)
    throw new UsageError('--dhcp needs --tap: there is no DHCP without Ethernet');
  const kernelAddress = possibleKernelAddresses(options);
  return tapName === undefined ? tun({ name, mtu, kernelAddress }) : tap({ name: tapName, mtu, kernelAddress });
}

/** Whether the kernel can have an address that nobody asked for: IPv6 may be turned off. */
function isPossible(address: string): boolean {
  if (!address.includes(':')) return true;
  try {
    return readFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'utf8').trim() === '0';
  } catch {
    return false;
  }
}

function keysTo(
  log: KeyLog | undefined,
  capture: Pcap | undefined,
  failed: (error: Error) => void,
): Pick<StackOptions, 'keylog'> {
  if (log === undefined && capture === undefined) return {};
  return {
    keylog(line) {
      capture?.secret(line);
      try {
        log?.write(line);
      } catch (error) {
        failed(error as Error);
      }
    },
  };
}

interface KeyLog {
  write(line: string): void;
  close(): void;
}

/** Appends to the file, as other programs do; only its owner may read a new one. */
function keyLog(option: string | true | undefined): KeyLog | undefined {
  if (option === undefined) return undefined;
  const path = option === true ? process.env.SSLKEYLOGFILE : option;
  if (!path) throw new UsageError('--keylog needs a file, or SSLKEYLOGFILE in the environment');
  const file = openSync(path, 'a', 0o600);
  let open = true;
  return {
    write(line) {
      if (open) writeSync(file, `${line}\n`);
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}
