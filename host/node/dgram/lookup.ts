/**
 * From a host to the address to send to, of the socket's family: literals by themselves, every other name by the `lookup` that the
 * program gives, else by the stack's resolver. Not for: asking name servers.
 */
import { isIP } from 'node:net';
import type { Resolver } from '../../dns/resolver.js';
import type { Lookup } from './options.js';

/** Calls back later, in any case. */
export function findHost(
  host: string,
  family: 4 | 6,
  lookup: Lookup | undefined,
  resolver: () => Resolver,
  found: (error: Error | null, address: string) => void,
): void {
  if (lookup !== undefined) lookup(host, family, found);
  else if (isIP(host) !== 0) process.nextTick(found, null, host);
  else {
    resolver()
      .lookup(host, { family })
      .then(
        ({ address }) => found(null, address),
        (error) => found(error, ''),
      );
  }
}
