/** `vitrine show`: the interface, addresses and routes of a stack with the given options, somewhat as ip(8) prints them. */
import { setTimeout as delay } from 'node:timers/promises';
import type { NeighborInfo } from '../../stack/link.js';
import type { AddressInfo, RouteInfo } from '../../stack/network.js';
import { EXIT_SUCCESS } from '../failure.js';
import { openNetwork } from '../network.js';
import type { NetworkOptions } from '../network-options.js';

export interface ShowOptions extends NetworkOptions {
  /** Seconds before the look. */
  wait?: number;
}

/** @returns the exit code */
export async function show(options: ShowOptions): Promise<number> {
  const network = await openNetwork(options);
  try {
    if (options.wait !== undefined) await Promise.race([delay(options.wait * 1000), network.failure]);
    const { deviceName: name, hardwareAddress, stack } = network;
    const link = hardwareAddress === undefined ? '' : `, Ethernet ${hardwareAddress}`;
    const lines = [
      `${name}: MTU ${options.mtu}${link}`,
      ...stack.network.addresses().map((address) => `    ${addressLine(address)}`),
      'routes',
      ...stack.network.routes().map((route) => `    ${routeLine(route, name)}`),
    ];
    const neighbors = stack.network.neighbors().map((neighbor) => `    ${neighborLine(neighbor)}`);
    if (neighbors.length > 0) lines.push('neighbours', ...neighbors);
    console.log(lines.join('\n'));
  } finally {
    await network.close();
  }
  return EXIT_SUCCESS;
}

/** `fd00:9::2/64 tentative automatic, preferred for 1800 s, valid for 3600 s` */
export function addressLine(info: AddressInfo): string {
  const words = FLAGS.filter((flag) => info[flag]).map((flag) => ` ${flag}`);
  const lifetime = Number.isFinite(info.validLifetime)
    ? `, preferred for ${info.preferredLifetime.toFixed(0)} s, valid for ${info.validLifetime.toFixed(0)} s`
    : '';
  return `${info.address}/${info.prefixLength}${words.join('')}${lifetime}`;
}

/** `default via 10.9.0.1 dev vitrine0` */
export function routeLine({ to, via, metric, connected, automatic }: RouteInfo, name: string): string {
  const network = to === '0.0.0.0/0' || to === '::/0' ? 'default' : to;
  const family = to.includes(':') && network === 'default' ? ' (IPv6)' : '';
  const words = `${connected ? ' connected' : ''}${automatic ? ' automatic' : ''}${metric === 0 ? '' : ` metric ${metric}`}`;
  return `${network}${family}${via === undefined ? '' : ` via ${via}`} dev ${name}${words}`;
}

/** `10.9.0.1 02:00:5e:10:00:01 reachable` */
export function neighborLine({ address, hardwareAddress, state, router }: NeighborInfo): string {
  return `${address} ${hardwareAddress ?? 'unknown'} ${state}${router ? ' router' : ''}`;
}

const FLAGS = ['tentative', 'duplicate', 'deprecated', 'automatic', 'temporary'] as const;
