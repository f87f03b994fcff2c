/**
 * Addresses as a socket of a domain sees them: on AF_INET IPv4 alone; on AF_INET6 both, IPv4 as `::ffff:192.0.2.1`
 * (RFC 3493 §3.7), unless IPV6_V6ONLY says IPv6 alone.
 * Not for: text and bytes in general (`../core/address.ts`).
 */
import {
  type Address,
  ANY_ADDRESS,
  ANY_IPV4,
  asIPv6,
  formatAddress,
  isAny,
  isIPv4,
  parseAddress,
} from '../core/address.js';
import { AF_INET, IPV6_V6ONLY, SOL_IPV6 } from './constants.js';
import type { LocalEnd } from './endpoint.js';
import { EAFNOSUPPORT, EINVAL } from './errno.js';
import type { Settings } from './options.js';

/** @returns the address that `text` means to the socket; a negative error number when it means none */
export function addressFor(settings: Settings, text: string): Address | number {
  const parsed = parseAddress(text);
  if (parsed === undefined) return -EINVAL;
  return settings.domain === AF_INET && !isIPv4(parsed) ? -EAFNOSUPPORT : parsed;
}

/** As the socket's program reads it. */
export function addressText(settings: Settings, address: Address | string): string {
  const text = typeof address === 'string' ? address : formatAddress(address);
  return settings.domain === AF_INET ? text : asIPv6(text);
}

/** Where a socket listens that was not bound. */
export function anywhere(settings: Settings): LocalEnd {
  return { address: settings.domain === AF_INET ? ANY_IPV4 : ANY_ADDRESS, port: 0, ipv6Only: isIPv6Only(settings) };
}

export function isIPv6Only(settings: Settings): boolean {
  return settings.domain !== AF_INET && settings.get(SOL_IPV6, IPV6_V6ONLY) !== 0;
}

/** Whether two local ends have an address in common, ports aside. */
export function overlap(one: LocalEnd, other: LocalEnd): boolean {
  if (!isAny(one.address) && !isAny(other.address)) {
    return one.address.every((byte, index) => byte === other.address[index]);
  }
  return (takesIPv4(one) && takesIPv4(other)) || (takesIPv6(one) && takesIPv6(other));
}

function takesIPv4({ address, ipv6Only }: LocalEnd): boolean {
  return isIPv4(address) || (isAny(address) && !ipv6Only);
}

function takesIPv6({ address }: LocalEnd): boolean {
  return !isIPv4(address);
}
