/**
 * Ends of a socket as Node shows them. Not for: the core's form (`../../core/address.ts`).
 */
import type { AddressInfo } from 'node:net';
import type { End } from '../../udp/endpoint.js';
import type { SocketType } from './options.js';

/** A socket of IPv6 shows IPv4 addresses as its kernel would: mapped. */
export function place({ address, port }: End, type: SocketType): AddressInfo {
  const mapped = type === 'udp6' && !address.includes(':');
  return { address: mapped ? `::ffff:${address}` : address, family: type === 'udp6' ? 'IPv6' : 'IPv4', port };
}
