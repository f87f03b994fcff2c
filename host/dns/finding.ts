/**
 * From a name to its addresses of both families, each told when it is known: `connect` need not wait for the slower one.
 * Goes through the names that a search list makes of it, until one has an address.
 * Not for: asking (`resolver.ts`), choosing among the addresses (`order.ts`, `../socket/names/race.ts`).
 */
import { addressFamily } from '../core/address.js';
import { notFound } from './errors.js';
import type { Answer } from './message/answer.js';
import type { Cancel } from './transport.js';

export type Family = 4 | 6;

/** Nothing is told inside the call that asks. */
export interface Heard {
  /** The addresses of one family; none: it has none, or nobody could say. Each family is told once. */
  found(family: Family, addresses: readonly string[]): void;
  /** Nothing more comes. @param error when no address was found at all */
  done(error?: Error): void;
}

export type Ask = (name: string, type: 'A' | 'AAAA', heard: (outcome: Answer | Error) => void) => Cancel;

export class Finding {
  readonly #cancels: Cancel[] = [];
  #pending = 0;
  #found = false;
  /** Families of the name at hand that have no address, while none was found. */
  #empty: Family[] = [];
  #error: Error | undefined;
  #nothing = false;

  constructor(
    private readonly hostname: string,
    private readonly names: string[],
    private readonly families: readonly Family[],
    private readonly ask: Ask,
    private readonly heard: Heard,
  ) {
    this.#next();
  }

  cancel(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #next(): void {
    const name = this.names.shift() as string;
    this.#cancels.length = 0;
    this.#empty = [];
    this.#error = undefined;
    this.#nothing = false;
    this.#pending = this.families.length;
    for (const family of this.families) {
      const type = family === 6 ? 'AAAA' : 'A';
      this.#cancels.push(this.ask(name, type, (outcome) => this.#heard(family, outcome)));
    }
  }

  #heard(family: Family, outcome: Answer | Error): void {
    this.#pending--;
    const addresses = outcome instanceof Error ? [] : addressesOf(outcome, family);
    if (outcome instanceof Error) this.#error = outcome;
    // It does not exist for any type (RFC 8020), whatever became of the other question.
    else if (outcome.kind === 'no such name') this.#nothing = true;
    if (addresses.length > 0 || this.#found) this.#tell(family, addresses);
    else this.#empty.push(family);
    if (this.#pending === 0) this.#decide();
  }

  #tell(family: Family, addresses: readonly string[]): void {
    this.#found = true;
    for (const empty of this.#empty.splice(0)) this.heard.found(empty, []);
    this.heard.found(family, addresses);
  }

  #decide(): void {
    if (this.#found) this.heard.done();
    // A failure is no "no": in another domain of the search list somebody else could be found.
    else if (this.#error !== undefined && !this.#nothing) this.heard.done(this.#error);
    else if (this.names.length > 0) this.#next();
    else this.heard.done(notFound(this.hostname));
  }
}

/** Tells addresses that somebody else has found, of both families. */
export function tellAddresses(addresses: readonly string[], families: readonly Family[], heard: Heard): void {
  for (const family of families) {
    const kind = family === 6 ? 'IPv6' : 'IPv4';
    heard.found(
      family,
      addresses.filter((address) => addressFamily(address) === kind),
    );
  }
  heard.done();
}

function addressesOf(answer: Answer, family: Family): string[] {
  // An IPv4-mapped address in an AAAA record is none of IPv6, and is passed over.
  const kind = family === 6 ? 'IPv6' : 'IPv4';
  return answer.records.map(({ data }) => data as string).filter((address) => addressFamily(address) === kind);
}
