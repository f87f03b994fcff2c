/**
 * What can be chosen about names when a stack is made. Not for: one lookup (`resolver.ts`).
 */
import { type Hosts, readHosts } from './hosts.js';
import { toAscii } from './names.js';
import { type NameServer, parseServer } from './transport.js';

export interface DnsOptions {
  /**
   * Whom to ask, in this order: `10.0.0.53`, `[fd00::53]:5353`. Without it, the servers that the network has named (DHCP, router
   * advertisements); without those, nobody.
   */
  servers?: readonly string[];
  /** Domains in which names with fewer dots than `ndots` are looked for first. */
  search?: readonly string[];
  /** 1 unless given. */
  ndots?: number;
  /** Milliseconds that a server has for an answer, each time it is asked: 5000 unless given. */
  timeout?: number;
  /** How often servers are asked that say nothing: 2 unless given. */
  attempts?: number;
  /** Names that are known without asking; `parseHosts` reads /etc/hosts. */
  hosts?: Hosts;
  /** Whether answers are remembered as long as they say: `true` unless given. */
  cache?: boolean;
  /**
   * Who resolves: this stack over its own UDP and TCP (`'stack'`, the default), the resolver of the machine that it runs on
   * (`'host'`), or a function like `dns.lookup` of Node's.
   */
  resolver?: 'stack' | 'host' | LookupFunction;
  /** Milliseconds that `connect` waits for IPv6 addresses when IPv4 ones are there: 50 unless given (RFC 8305 §3). */
  resolutionDelay?: number;
  /** Milliseconds between attempts of `connect` at the addresses of a name: 250 unless given (RFC 8305 §5). */
  attemptDelay?: number;
}

/** As `dns.lookup` of Node's. */
export type LookupFunction = (
  hostname: string,
  options: { family?: number; all?: boolean; hints?: number },
  callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
) => void;

export interface LookupAddress {
  address: string;
  family: number;
}

/** Options after checking. */
export interface DnsSettings {
  readonly servers: readonly NameServer[] | undefined;
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeout: number;
  readonly attempts: number;
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  readonly cache: boolean;
  readonly resolver: 'stack' | 'host' | LookupFunction;
  readonly resolutionDelay: number;
  readonly attemptDelay: number;
}

/** @throws TypeError, RangeError */
export function readDnsOptions(options: DnsOptions = {}): DnsSettings {
  const { servers, search = [], hosts = {}, resolver = 'stack' } = options;
  if (servers !== undefined && servers.length > MOST) throw new RangeError(`dns.servers: more than ${MOST}`);
  if (search.length > MOST) throw new RangeError(`dns.search: more than ${MOST}`);
  if (resolver !== 'stack' && resolver !== 'host' && typeof resolver !== 'function') {
    throw new TypeError(`dns.resolver must be 'stack', 'host' or a function, not ${resolver}`);
  }
  return {
    servers: servers?.map(parseServer),
    search: search.map(readDomain),
    ndots: number('ndots', options.ndots ?? 1, 0, 15),
    timeout: number('timeout', options.timeout ?? 5000, 1, 60_000),
    attempts: number('attempts', options.attempts ?? 2, 1, 10),
    hosts: readHosts(hosts),
    cache: options.cache ?? true,
    resolver,
    resolutionDelay: number('resolutionDelay', options.resolutionDelay ?? 50, 0, 10_000),
    attemptDelay: number('attemptDelay', options.attemptDelay ?? 250, 10, 60_000),
  };
}

function readDomain(domain: string): string {
  const ascii = toAscii(domain);
  if (ascii === undefined) throw new TypeError(`dns.search: "${domain}" is no name`);
  return ascii;
}

function number(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`dns.${name} must be a whole number from ${least} to ${most}, not ${value}`);
}

/** Servers, and domains to search: beyond that a lookup takes longer than anybody waits. */
const MOST = 8;
