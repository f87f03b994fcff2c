/**
 * One core with an interface that has addresses of both versions of IP, a default route for each, and the small words of
 * tests that speak both in one run. Not for: TCP (`timeline.ts`).
 */
import { type AddressWithPrefix, parseAddressWithPrefix } from '../../host/core/address.js';
import { Driver, type DriverOptions } from './driver.js';

export interface Family {
  version: 4 | 6;
  local: string;
  peer: string;
  /** Somebody behind a router. */
  far: string;
  /** Bytes of an IP header. */
  header: number;
  /** Protocol number of its ICMP. */
  icmp: number;
  request: number;
  reply: number;
  unreachable: number;
  portUnreachable: number;
  exceeded: number;
  parameter: number;
}

export const FOUR: Family = {
  version: 4,
  local: '10.9.0.2',
  peer: '10.9.0.1',
  far: '192.0.2.1',
  header: 20,
  icmp: 1,
  request: 8,
  reply: 0,
  unreachable: 3,
  portUnreachable: 3,
  exceeded: 11,
  parameter: 12,
};

export const SIX: Family = {
  version: 6,
  local: 'fd00::2',
  peer: 'fd00::1',
  far: '2001:db8::1',
  header: 40,
  icmp: 58,
  request: 128,
  reply: 129,
  unreachable: 1,
  portUnreachable: 4,
  exceeded: 3,
  parameter: 4,
};

export const FAMILIES = [
  ['IPv4', FOUR],
  ['IPv6', SIX],
] as const;

export async function dualDriver(
  options: Omit<DriverOptions, 'bare' | 'address' | 'prefixLength'> = {},
): Promise<Driver> {
  const driver = await Driver.create({ ...options, bare: true });
  // A link that carries less has no IPv6 (RFC 8200 §5).
  const mtu = options.mtu ?? 1500;
  const addresses = ['10.9.0.2/24', 'fd00::2/64'].slice(0, mtu < 1280 ? 1 : 2);
  addInterface(driver, mtu, addresses, options.offloads);
  for (const [network, gateway] of [
    ['0.0.0.0/0', '10.9.0.1'],
    ['::/0', 'fd00::1'],
  ] as const) {
    const { address, prefixLength } = parseAddressWithPrefix(network);
    driver.core.putAddress(address, 0);
    driver.core.putAddress(parseAddressWithPrefix(gateway).address, 1);
    const bits = network.includes(':') ? prefixLength : prefixLength + 96;
    if (driver.calls.routeAdd(1, bits, 0) < 0) throw new Error(`no route to ${network}`);
  }
  return driver;
}

/** One more interface. @returns its number */
export function addInterface(driver: Driver, mtu: number, addresses: readonly string[], offloads = 0): number {
  const number = driver.calls.interfaceAdd(mtu, offloads, 0);
  for (const text of addresses) {
    const { address, prefixLength }: AddressWithPrefix = parseAddressWithPrefix(text);
    driver.core.putAddress(address);
    const bits = text.includes(':') ? prefixLength : prefixLength + 96;
    if (driver.calls.addressAdd(number, bits, 0) < 0) throw new Error(`no address ${text}`);
  }
  return number;
}

/** Puts packets in, one batch each, and takes what comes out; what was owed before comes first. */
export function exchange(driver: Driver, ...packets: readonly Uint8Array[]): Uint8Array[] {
  driver.output();
  for (const packet of packets) {
    driver.input([packet]);
    driver.output();
  }
  return driver.emitted.splice(0).map(({ bytes }) => bytes);
}
