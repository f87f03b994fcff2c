/**
 * From a host to the addresses to connect to: literals by themselves, every other name by the `lookup` that the program
 * gives, else by the stack's resolver. Not for: which address is tried when (`dial.ts`).
 */
import { isIP } from 'node:net';
import type { LookupAddress } from '../dns/options.js';
import type { Resolver } from '../dns/resolver.js';
import type { Destination } from './connect-options.js';
import { wrongFamily, wrongValue } from './errors.js';

/** What came of it; literals are not looked up, and nobody is told of them. */
export type Found =
  | { kind: 'literal'; address: string }
  /** What the lookup said, and what of it can be tried: families take turns, the first one's first. */
  | { kind: 'names'; told: readonly LookupAddress[]; addresses: readonly LookupAddress[] }
  | { kind: 'failed'; error: Error; told?: readonly LookupAddress[]; family?: number | undefined };

/** Calls back later, in any case. */
export function findAddress(destination: Destination, resolver: () => Resolver, found: (result: Found) => void): void {
  const { host, family, hints, lookup = byResolver(resolver) } = destination;
  if (isIP(host) !== 0) {
    process.nextTick(found, { kind: 'literal', address: host });
    return;
  }
  const all = triesSeveral(destination) && { all: true };
  lookup(host, { family, hints, ...all }, (error, answer, answerFamily) => {
    if (error) found({ kind: 'failed', error, family: answerFamily });
    else found(chosen(destination, answer, answerFamily));
  });
}

/** As Node: unless a family or an address of ours is given, all addresses of the name. */
function triesSeveral({ autoSelectFamily, family, localAddress }: Destination): boolean {
  return autoSelectFamily && family !== 4 && family !== 6 && localAddress === undefined;
}

function chosen(destination: Destination, answer: string | LookupAddress[], answerFamily: number | undefined): Found {
  const several = Array.isArray(answer) && triesSeveral(destination);
  const told = Array.isArray(answer) ? answer : [{ address: answer, family: answerFamily as number }];
  const [first] = told;
  if (several) {
    const addresses = alternate(told.filter(({ address, family }) => isIP(String(address)) !== 0 && isFamily(family)));
    if (addresses.length > 0) return { kind: 'names', told, addresses };
  }
  const kind = isIP(String(first?.address));
  if (first === undefined || kind === 0) {
    return { kind: 'failed', error: wrongValue('ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${first?.address}`) };
  }
  if (!isFamily(first.family)) {
    return { kind: 'failed', error: wrongFamily(first.family, destination) };
  }
  return { kind: 'names', told: [first], addresses: [first] };
}

function isFamily(family: number): boolean {
  return family === 4 || family === 6;
}

/** Each address once, of the families in turn, beginning with that of the first. */
function alternate(addresses: readonly LookupAddress[]): LookupAddress[] {
  const once = addresses.filter(({ address }, at) => addresses.findIndex((each) => each.address === address) === at);
  const first = once.filter(({ address }) => isIP(address) === isIP(once[0]?.address ?? ''));
  const second = once.filter((each) => !first.includes(each));
  const longest = Math.max(first.length, second.length);
  const turns = Array.from({ length: longest }, (_, turn) => [first[turn], second[turn]]);
  return turns.flat().filter((each) => each !== undefined);
}

function byResolver(resolver: () => Resolver): NonNullable<Destination['lookup']> {
  return (host, { family, all }, callback) => {
    const families = family === 4 || family === 'IPv4' ? 4 : family === 6 || family === 'IPv6' ? 6 : 0;
    resolver()
      .lookup(host, { family: families, all: true })
      .then(
        (addresses) => {
          const [first] = addresses;
          if (all) callback(null, addresses);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error) => callback(error, ''),
      );
  };
}
