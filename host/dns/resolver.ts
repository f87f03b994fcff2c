/**
 * A stub resolver (RFC 1034 §5.3.1): names become addresses by what is known here, by what was heard before, and by asking
 * the servers of the stack. Equal questions under way are asked once.
 * Not for: walking from the root, DNSSEC, multicast DNS; the servers are trusted.
 */
import { addressFamily, formatAddress, parseAddress } from '../core/address.js';
import { Cache } from './cache.js';
import { noServers, notFound, tryAgain } from './errors.js';
import { Exchange, type ExchangeOptions, type ExchangePort, rcodeName } from './exchange.js';
import { type Family, Finding, type Heard, tellAddresses } from './finding.js';
import { hostLookup } from './host-lookup.js';
import { isAddress } from './hosts.js';
import { type Answer, type DnsRecord, readAnswer } from './message/answer.js';
import { NAME_ERROR, type Response } from './message/response.js';
import { candidates, isLocalhost, isNowhere, toAscii } from './names.js';
import type { DnsSettings, LookupAddress, LookupFunction } from './options.js';
import { orderDestinations, type SourceFor } from './order.js';
import { type Cancel, type NameServer, parseServer } from './transport.js';

/** What a resolver needs of its stack. */
export interface ResolverPort extends ExchangePort {
  readonly sourceFor: SourceFor;
  /** Addresses of name servers that the network has told, for who gives none. */
  nameServers(): readonly string[];
  /** Keeps the process alive, while a question is under way. */
  hold(): void;
  release(): void;
}

export interface LookupOptions {
  /** 4 or 6; 0, the default: both. */
  family?: number;
  /** All addresses instead of the best. */
  all?: boolean;
}

export class Resolver {
  /** In milliseconds, for `connect`. */
  readonly resolutionDelay: number;
  readonly attemptDelay: number;
  readonly #port: ResolverPort;
  readonly #settings: DnsSettings;
  readonly #cache: Cache;
  readonly #underWay = new Map<string, UnderWay>();
  /** Those of `exchange`: how each ends before it is through. */
  readonly #apart = new Set<(error: Error) => void>();

  /** For the stack, not for programs. */
  constructor(port: ResolverPort, settings: DnsSettings) {
    this.#port = port;
    this.#settings = settings;
    this.#cache = new Cache(port.clock);
    this.resolutionDelay = settings.resolutionDelay;
    this.attemptDelay = settings.attemptDelay;
  }

  /** Whom it asks, as things are. */
  get servers(): readonly NameServer[] {
    return this.#settings.servers ?? this.#port.nameServers().map(parseServer);
  }

  /**
   * The addresses of a name, the one to try first being the first (RFC 6724).
   * @throws SocketError `ENOTFOUND`: it has none; `EAI_AGAIN`: nobody could say, and `cause` tells why
   */
  lookup(hostname: string, options: LookupOptions & { all: true }): Promise<LookupAddress[]>;
  lookup(hostname: string, options?: LookupOptions & { all?: false }): Promise<LookupAddress>;
  lookup(hostname: string, options?: LookupOptions): Promise<LookupAddress | LookupAddress[]>;
  async lookup(
    hostname: string,
    { family = 0, all = false }: LookupOptions = {},
  ): Promise<LookupAddress | LookupAddress[]> {
    if (![0, 4, 6].includes(family)) throw new RangeError(`family must be 0, 4 or 6, not ${family}`);
    const found: string[] = [];
    await new Promise<void>((resolve, reject) => {
      this.find(hostname, familiesOf(family), {
        found: (_, addresses) => void found.push(...addresses),
        done: (error) => (error === undefined ? resolve() : reject(error)),
      });
    });
    const addresses = this.order(found).map((address) => ({ address, family: familyOf(address) }));
    return all ? addresses : (addresses[0] as LookupAddress);
  }

  /**
   * All records of one type that a name has, behind its aliases; none when it has others only. The search list does not
   * matter: this name is asked for.
   * @param type as `MX`, or `TYPE65`
   * @throws SocketError as `lookup`
   */
  async query(name: string, type = 'A'): Promise<readonly DnsRecord[]> {
    const ascii = name === '.' ? '' : toAscii(name);
    if (ascii === undefined || isNowhere(ascii)) throw notFound(name);
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#ask(name, ascii, type.toUpperCase(), (outcome) =>
        outcome instanceof Error ? reject(outcome) : resolve(outcome),
      );
    });
    if (answer.kind === 'no such name') throw notFound(name);
    return answer.records;
  }

  /**
   * Asks these servers and gives the whole message, whatever its code, past all that is known or remembered: for who wants
   * to see what servers say.
   * @throws SocketError `EAI_AGAIN`
   */
  exchange(name: string, type: string, options: ExchangeOptions): Promise<{ response: Response; server: NameServer }> {
    const ascii = name === '.' ? '' : toAscii(name);
    if (ascii === undefined) return Promise.reject(notFound(name));
    if (options.servers.length === 0) return Promise.reject(noServers(name));
    this.#port.hold();
    return new Promise((resolve, reject) => {
      const done = (outcome: { response: Response; server: NameServer } | Error): void => {
        this.#apart.delete(end);
        this.#port.release();
        if (outcome instanceof Error) reject(tryAgain(name, outcome));
        else resolve(outcome);
      };
      const accept = (response: Response, _: unknown, server: NameServer) => ({ response, server });
      const exchange = new Exchange(this.#port, options, { name: ascii, type, accept, done });
      const end = (error: Error): void => {
        exchange.cancel();
        done(error);
      };
      this.#apart.add(end);
    });
  }

  /** Forgets all that was heard. */
  clear(): void {
    this.#cache.clear();
  }

  /** The addresses of a name for which nobody is asked: a literal, `localhost`, one of `hosts`. */
  known(hostname: string): readonly string[] | undefined {
    const literal = parseAddress(hostname);
    if (literal !== undefined) return [formatAddress(literal)];
    const ascii = toAscii(hostname);
    if (ascii === undefined) return undefined;
    return this.#settings.hosts.get(ascii) ?? (isLocalhost(ascii) ? LOOPBACK : undefined);
  }

  /** Addresses in the order in which they are to be tried. */
  order(addresses: readonly string[]): string[] {
    const items = addresses.flatMap((text) => {
      const bytes = parseAddress(text);
      return bytes === undefined ? [] : [{ text, bytes }];
    });
    return orderDestinations(items, this.#port.sourceFor).map(({ text }) => text);
  }

  /** Finds the addresses of a name, for `connect` and `lookup`. */
  find(hostname: string, families: readonly Family[], heard: Heard): Cancel {
    const known = this.known(hostname);
    if (known !== undefined) return later(() => tellKnown(hostname, known, families, heard));
    const ascii = toAscii(hostname);
    if (ascii === undefined || isNowhere(ascii)) return later(() => heard.done(notFound(hostname)));
    const { resolver, search, ndots } = this.#settings;
    if (resolver !== 'stack') return this.#askFunction(resolver, hostname, families, heard);
    const names = candidates(hostname, ascii, search, ndots);
    const finding = new Finding(
      hostname,
      names,
      families,
      (name, type, told) => this.#ask(hostname, name, type, told),
      heard,
    );
    return () => finding.cancel();
  }

  /** Fails all that is under way: the stack closes. */
  close(): void {
    for (const end of [...this.#apart]) end(new Error('the stack was closed'));
    const questions = [...this.#underWay.values()];
    this.#underWay.clear();
    for (const { exchange, waiters } of questions) {
      exchange.cancel();
      this.#port.release();
      for (const waiter of waiters) waiter(new Error('the stack was closed'));
    }
  }

  /** @param hostname whom errors are about */
  #ask(hostname: string, name: string, type: string, told: (outcome: Answer | Error) => void): Cancel {
    const remembered = this.#settings.cache ? this.#cache.get(name, type) : undefined;
    if (remembered !== undefined) return later(() => told(remembered));
    const key = `${type} ${name}`;
    const question = this.#underWay.get(key) ?? this.#begin(hostname, name, type);
    if (question instanceof Error) return later(() => told(question));
    this.#underWay.set(key, question);
    const waiter = (outcome: Answer | Error) => told(outcome instanceof Error ? tryAgain(hostname, outcome) : outcome);
    question.waiters.add(waiter);
    return () => {
      if (!question.waiters.delete(waiter) || question.waiters.size > 0) return;
      if (this.#underWay.get(key) !== question) return;
      question.exchange.cancel();
      this.#underWay.delete(key);
      this.#port.release();
    };
  }

  #begin(hostname: string, name: string, type: string): UnderWay | Error {
    const { servers } = this;
    if (servers.length === 0) return noServers(hostname);
    if (this.#underWay.size >= MOST) return tryAgain(hostname, new Error(`${MOST} other names are being asked for`));
    const { timeout, attempts } = this.#settings;
    const waiters: UnderWay['waiters'] = new Set();
    const exchange = new Exchange<Reply>(
      this.#port,
      { servers, timeout, attempts },
      {
        name,
        type,
        accept: (response, query) => {
          const { rcode } = response;
          if (rcode !== 0 && rcode !== NAME_ERROR) return `answered ${rcodeName(rcode)}`;
          const answer = readAnswer(response, name, query.type);
          return answer === undefined ? 'does not ask other servers for us' : { answer, size: response.bytes.length };
        },
        done: (outcome) => {
          this.#underWay.delete(`${type} ${name}`);
          this.#port.release();
          const answer = outcome instanceof Error ? outcome : this.#remember(name, type, outcome);
          for (const waiter of waiters) waiter(answer);
        },
      },
    );
    this.#port.hold();
    return { exchange, waiters };
  }

  #remember(name: string, type: string, { answer, size }: Reply): Answer {
    if (this.#settings.cache) this.#cache.put(name, type, answer, size);
    return answer;
  }

  #askFunction(resolver: 'host' | LookupFunction, hostname: string, families: readonly Family[], heard: Heard): Cancel {
    let cancelled = false;
    const lookup = resolver === 'host' ? hostLookup : resolver;
    const family = families.length === 1 ? (families[0] as Family) : 0;
    this.#port.hold();
    const told = (error: Error | null, answer: string | LookupAddress[]): void => {
      this.#port.release();
      if (cancelled) return;
      const addresses = typeof answer === 'string' ? [answer] : (answer ?? []).map(({ address }) => address);
      if (error) heard.done(error);
      else tellKnown(hostname, addresses.filter(isAddress), families, heard);
    };
    queueMicrotask(() => lookup(hostname, { family, all: true }, once(told)));
    return () => {
      cancelled = true;
    };
  }
}

interface Reply {
  answer: Answer;
  /** Of the message, in bytes. */
  size: number;
}

interface UnderWay {
  exchange: Exchange<Reply>;
  waiters: Set<(outcome: Answer | Error) => void>;
}

export function familiesOf(family: number): readonly Family[] {
  return family === 4 || family === 6 ? [family] : BOTH;
}

export function familyOf(address: string): Family {
  return addressFamily(address) === 'IPv6' ? 6 : 4;
}

function tellKnown(hostname: string, addresses: readonly string[], families: readonly Family[], heard: Heard): void {
  const some = addresses.some((address) => families.includes(familyOf(address)));
  if (some) tellAddresses(addresses, families, heard);
  else heard.done(notFound(hostname));
}

function later(task: () => void): Cancel {
  let cancelled = false;
  queueMicrotask(() => {
    if (!cancelled) task();
  });
  return () => {
    cancelled = true;
  };
}

/** Whoever calls back twice is heard once. */
function once<Given extends unknown[]>(told: (...given: Given) => void): (...given: Given) => void {
  let called = false;
  return (...given) => {
    if (!called) told(...given);
    called = true;
  };
}

/** AAAA is asked for first: RFC 8305 §3. */
const BOTH: readonly Family[] = [6, 4];
const LOOPBACK = ['::1', '127.0.0.1'];
/** Questions under way at a time. */
const MOST = 256;
