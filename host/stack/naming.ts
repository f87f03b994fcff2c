/**
 * The resolver of a stack, made of what the stack has: its sockets, its routes, its clock, its randomness.
 * Not for: how names are resolved (`../dns/`).
 */
import type { Address } from '../core/address.js';
import { SeededRandom } from '../device/random.js';
import { type DnsSettings, readDnsOptions } from '../dns/options.js';
import { Resolver } from '../dns/resolver.js';
import { StackTransport, type Ways } from '../dns/stack-transport.js';
import type { StackPort } from './connections.js';
import type { StackOptions } from './settings.js';

export interface NamingParts extends Ways {
  sourceFor(destination: Address): Address | undefined;
  nameServers(): readonly string[];
}

export class Naming {
  readonly #settings: DnsSettings;
  readonly #random: () => number;
  #resolver: Resolver | undefined;

  /** @throws TypeError, RangeError for options that mean nothing */
  constructor(
    { dns, seed }: Pick<StackOptions, 'dns' | 'seed'>,
    private readonly port: StackPort,
    private readonly parts: NamingParts,
  ) {
    this.#settings = readDnsOptions(dns);
    const seeded = seed === undefined ? undefined : new SeededRandom(seed, STREAM);
    this.#random = seeded === undefined ? systemRandom : () => Math.floor(seeded.fraction() * 2 ** 32);
  }

  get resolver(): Resolver {
    const { clock, keepAlive } = this.port;
    const { parts } = this;
    this.#resolver ??= new Resolver(
      {
        clock,
        transport: new StackTransport(parts),
        random: this.#random,
        sourceFor: (address) => parts.sourceFor(address),
        nameServers: () => parts.nameServers(),
        hold: () => keepAlive.hold(),
        release: () => keepAlive.release(),
      },
      this.#settings,
    );
    return this.#resolver;
  }

  close(): void {
    this.#resolver?.close();
  }
}

function systemRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

/** Tells its random numbers from those of others with the same seed. */
const STREAM = 0x646e73;
