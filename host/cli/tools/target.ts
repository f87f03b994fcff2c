/** Whom a command means: a literal as it is, a name by the stack's resolver. */
import { addressFamily, parseAddress } from '../../core/address.js';
import type { Stack } from '../../stack/stack.js';
import { UsageError } from '../failure.js';
import type { FamilyOptions } from '../network-options.js';

export type Family = 4 | 6;

/** @returns `undefined` when either will do */
export function familyOf({ ipv4, ipv6 }: FamilyOptions): Family | undefined {
  if (ipv4 === true) return 4;
  return ipv6 === true ? 6 : undefined;
}

/** @throws UsageError for a literal of the other family, SocketError of `getaddrinfo` for a name that is not there */
export async function hostAddress(stack: Stack, host: string, family: Family | undefined): Promise<string> {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const [literal = ''] = bare.split('%');
  if (parseAddress(literal) === undefined) return (await stack.resolver.lookup(host, { family: family ?? 0 })).address;
  if (family !== undefined && addressFamily(literal) !== `IPv${family}`) {
    throw new UsageError(`${host} is no IPv${family} address`);
  }
  return bare;
}
