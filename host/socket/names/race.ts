/**
 * `connect` to a name: its addresses race (Happy Eyeballs, RFC 8305). The first connection that opens becomes the
 * socket's; the others are given up without a word. Until then this is what the socket has for a transport.
 * Not for: finding addresses (`../../dns/`), a connection that is open.
 */
import { ERROR_CONNECTION_ABORTED, ERROR_NO_BUFFERS } from '../../../assembly/abi/constants.js';
import { type Address, formatAddress, parseAddress } from '../../core/address.js';
import type { Timer } from '../../core/clock.js';
import type { Endpoints } from '../../core/core.js';
import type { Family } from '../../dns/finding.js';
import { familyOf, type Resolver } from '../../dns/resolver.js';
import type { Cancel } from '../../dns/transport.js';
import type { Connection } from '../../stack/connection.js';
import type { Connections, Contender } from '../../stack/connections.js';
import type { TlsConfig } from '../../tls/config.js';
import { connectFailure } from '../errors.js';
import { Socket } from '../socket.js';
import { TlsTransport } from '../tls/transport.js';
import type { Transport } from '../transport.js';
import { Attempt } from './attempt.js';

type Owner = Socket<unknown>;

export interface RaceOptions {
  hostname: string;
  port: number;
  localAddress: Address;
  /** Those that count: of a local address its own. */
  families: readonly Family[];
  tls: TlsConfig | undefined;
}

export class Race implements Transport, Contender {
  readonly handle = 0;
  readonly paused = false;
  readonly #connections: Connections<Owner>;
  readonly #resolver: Resolver;
  readonly #options: RaceOptions;
  /** For the next attempt, or for IPv4 to begin without IPv6. */
  readonly #timer: Timer;
  /** For `timeout` of the socket. */
  readonly #limit: Timer;
  #limitAt = Number.POSITIVE_INFINITY;
  #owner: Owner | undefined;
  #cancelFinding: Cancel = () => {};
  /** Families about which all is known that will be. */
  readonly #heard = new Set<Family>();
  /** No more addresses will come. */
  #complete = false;
  #begun = false;
  #over = false;
  /** Addresses that were not tried, the best one first. */
  #queue: string[] = [];
  readonly #attempts = new Set<Attempt>();
  #lastFamily: Family | undefined;
  #nextAt = 0;
  #error: Error | undefined;

  constructor(connections: Connections<Owner>, options: RaceOptions) {
    this.#connections = connections;
    this.#resolver = connections.port.resolver();
    this.#options = options;
    const { clock } = connections.port;
    this.#timer = clock.timer(() => this.#due());
    this.#limit = clock.timer(() => this.#late());
  }

  /** Begins, for the socket whose transport this is. Nothing is told inside this call. */
  run(owner: Owner): void {
    const { hostname, families } = this.#options;
    this.#owner = owner;
    this.#connections.contend(owner, this);
    this.#cancelFinding = this.#resolver.find(hostname, families, {
      found: (family, addresses) => this.#found(family, addresses),
      done: (error) => this.#found(undefined, [], error),
    });
  }

  lost(fault: Error): void {
    this.#fail(fault, (connection) => connection.forget());
  }

  /** An attempt has opened: its connection is the socket's. */
  won(attempt: Attempt): void {
    const owner = this.#owner;
    if (owner === undefined || this.#over) return;
    this.#attempts.delete(attempt);
    const left = this.#limitAt - this.#connections.port.clock.now();
    this.#stop();
    const { connection } = attempt;
    connection.layer = undefined;
    connection.hostname = this.#options.hostname;
    if (Number.isFinite(left)) connection.setTimeout(Math.max(left, 1));
    this.#handOver(owner, connection);
  }

  /** An attempt has failed: the next one need not wait (RFC 8305 §5). */
  failed(attempt: Attempt, cause: number | Error): void {
    if (!this.#attempts.delete(attempt) || this.#over) return;
    const place = this.#place(attempt.address);
    this.#error = cause instanceof Error ? cause : connectFailure(cause || ERROR_CONNECTION_ABORTED, place);
    this.#next();
  }

  abort(): void {
    this.#stop();
  }

  abandon(): void {
    this.#stop();
  }

  setTimeout(milliseconds: number): void {
    this.#limitAt = milliseconds === 0 ? Number.POSITIVE_INFINITY : this.#connections.port.clock.now() + milliseconds;
    this.#limit.arm(this.#limitAt);
  }

  /** Several, or none. */
  endpoints(): Endpoints | undefined {
    return undefined;
  }

  setOption(): boolean {
    return false;
  }

  write(): number {
    return 0;
  }

  writeText(): undefined {
    return undefined;
  }

  finish(): void {}

  pause(): void {}

  resume(): void {}

  flush(): void {}

  #handOver(owner: Owner, connection: Connection<Owner>): void {
    const { tls: config } = this.#options;
    const tls = config === undefined ? undefined : TlsTransport.over(connection, config);
    if (config !== undefined && tls === undefined) {
      const error = connectFailure(ERROR_NO_BUFFERS, this.#place(connection.endpoints()?.remoteAddress ?? ''));
      connection.abort();
      Socket.events.closed(owner, error);
      return;
    }
    Socket.adopt(owner, tls ?? connection, tls);
    tls?.attach(owner);
    if (tls === undefined) Socket.events.opened(owner);
    else tls.opened();
  }

  /** @param family `undefined`: no more comes, of no family */
  #found(family: Family | undefined, addresses: readonly string[], error?: Error): void {
    if (this.#over) return;
    if (family === undefined) this.#complete = true;
    else this.#heard.add(family);
    this.#error ??= error;
    this.#queue = this.#resolver.order([...this.#queue, ...addresses]).slice(0, MOST_ADDRESSES);
    if (this.#begun || this.#complete || this.#queue.some((each) => familyOf(each) === 6) || this.#isAllHeard)
      this.#begin();
    // RFC 8305 §3: IPv4 gives IPv6 a little time to appear.
    else if (this.#queue.length > 0)
      this.#timer.arm(this.#connections.port.clock.now() + this.#resolver.resolutionDelay);
  }

  get #isAllHeard(): boolean {
    return this.#options.families.every((family) => this.#heard.has(family));
  }

  #due(): void {
    if (this.#begun) this.#next();
    else this.#begin();
  }

  /** There is an address to try, or there is none at all. */
  #begin(): void {
    this.#begun = true;
    const now = this.#connections.port.clock.now();
    if (this.#attempts.size === 0 || now >= this.#nextAt) this.#next();
    else this.#timer.arm(this.#nextAt);
  }

  /** Tries the next address, and the one after it a little later. */
  #next(): void {
    const { clock } = this.#connections.port;
    while (!this.#over && this.#attempts.size < MOST_ATTEMPTS) {
      const address = this.#take();
      if (address === undefined) {
        if (this.#complete && this.#attempts.size === 0) this.#fail(this.#error as Error);
        return;
      }
      if (!this.#try(address)) continue;
      this.#nextAt = clock.now() + this.#resolver.attemptDelay;
      if (this.#queue.length > 0) this.#timer.arm(this.#nextAt);
      return;
    }
  }

  /** The families take turns: RFC 8305 §4. */
  #take(): string | undefined {
    const other = this.#queue.findIndex((address) => familyOf(address) !== this.#lastFamily);
    const [address] = this.#queue.splice(Math.max(other, 0), 1);
    if (address !== undefined) this.#lastFamily = familyOf(address);
    return address;
  }

  /** @returns whether the attempt is under way */
  #try(address: string): boolean {
    const { port, localAddress } = this.#options;
    const connection = this.#connections.connect(parseAddress(address) as Address, port, localAddress);
    if (typeof connection === 'number') {
      this.#error = connectFailure(connection, this.#place(address));
      return false;
    }
    connection.owner = this.#owner as Owner;
    this.#attempts.add(new Attempt(connection, address, this));
    return true;
  }

  #late(): void {
    const owner = this.#owner;
    this.#limitAt = Number.POSITIVE_INFINITY;
    if (owner !== undefined && !this.#over) Socket.events.timedOut(owner);
  }

  #fail(error: Error, end?: (connection: Connection<Owner>) => void): void {
    const owner = this.#owner;
    if (owner === undefined || this.#over) return;
    this.#stop(end);
    Socket.events.closed(owner, error);
  }

  /** Everything ends that is under way. */
  #stop(end = (connection: Connection<Owner>): void => connection.abort()): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelFinding();
    this.#timer.arm(Number.POSITIVE_INFINITY);
    this.#limit.arm(Number.POSITIVE_INFINITY);
    if (this.#owner !== undefined) this.#connections.settle(this.#owner);
    for (const { connection } of this.#attempts) {
      connection.owner = null;
      end(connection);
    }
    this.#attempts.clear();
  }

  #place(address: string): { address: string; port: number } {
    const bytes = parseAddress(address);
    return { address: bytes === undefined ? address : formatAddress(bytes), port: this.#options.port };
  }
}

/** Addresses that are tried; the best ones. */
const MOST_ADDRESSES = 32;
/** Connections that are being made at a time. */
const MOST_ATTEMPTS = 8;
