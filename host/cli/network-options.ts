/**
 * The options of every command that has a network, and what stands in when they are left out. Apart from `network.ts`,
 * so that `--help` loads no stack.
 */
import type { WeatherOptions } from '../device/weather.js';
import type { RouteOption } from './parse.js';

export interface NetworkOptions {
  /** Name of a TUN interface. */
  tun?: string;
  /** Name of a TAP interface, instead of a TUN. */
  tap?: string;
  /** Vitrine's own addresses, with their prefix lengths. */
  address?: readonly string[];
  /** The kernel's addresses on the interface, with their prefix lengths. */
  kernelAddress?: readonly string[];
  /** Asks for an address by DHCP, and takes what IPv6 routers advertise: on a TAP device. */
  dhcp?: true;
  route?: readonly RouteOption[];
  mtu: number;
  /** Name servers that Vitrine asks, with commas between them; `host` or nothing: this machine resolves names. */
  dns?: string;
  /** Path of the capture. */
  pcap?: string;
  weather?: WeatherOptions;
  /** Path of the key log to write to, `true` for that of SSLKEYLOGFILE. Nothing is written unless it is given. */
  keylog?: string | true;
  /** Puts the keys into the capture. */
  pcapKeys?: true;
}

/** A command that may be told to use one family. */
export interface FamilyOptions {
  ipv4?: true;
  ipv6?: true;
}

export function addressesOf({ address, dhcp }: NetworkOptions): readonly string[] {
  return address ?? (dhcp === true ? [] : ADDRESSES);
}

export function kernelAddressesOf({ kernelAddress, dhcp }: NetworkOptions): readonly string[] {
  return kernelAddress ?? (dhcp === true ? [] : KERNEL_ADDRESSES);
}

export const ADDRESSES: readonly string[] = ['10.9.0.2/24', 'fd00:9::2/64'];
export const KERNEL_ADDRESSES: readonly string[] = ['10.9.0.1/24', 'fd00:9::1/64'];
