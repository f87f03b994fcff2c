/**
 * All connections of a stack that the host knows of, and the listeners' acceptors. Not for: one connection
 * (`connection.ts`).
 */
import { BIND_IPV6_ONLY, EVENT_OPEN, OPTION_PAUSED } from '../../assembly/abi/constants.js';
import { type Address, formatAddress } from '../core/address.js';
import { ByHandle } from '../core/by-handle.js';
import type { Clock } from '../core/clock.js';
import type { Core } from '../core/core.js';
import type { CoreFault } from '../core/fault.js';
import type { Resolver } from '../dns/resolver.js';
import type { TlsEnvironment } from '../tls/options.js';
import { Connection, type OwnerEvents } from './connection.js';
import type { KeepAlive } from './keep-alive.js';

/** Makes an owner for a connection that a listener accepted; `null`: it can't be had, and is reset. */
export type Acceptor<Owner> = (connection: Connection<Owner>) => Owner | null;

/** What connections need of their stack. */
export interface StackPort {
  readonly core: Core;
  readonly clock: Clock;
  readonly keepAlive: KeepAlive;
  readonly tls: TlsEnvironment;
  /** Tells the core what time it is, for calls that count from now. */
  tick(): void;
  /** Something was asked of the core: let the stack run soon. */
  wake(): void;
  /** Puts out now what the core owes. */
  transmit(): void;
  /** As `transmit`, but leaves it to a pump that is running, which will do it for all its connections together. */
  transmitSoon(): void;
  /** Who knows addresses of names. */
  resolver(): Resolver;
}

/** What an owner has while several connections are tried for it, of which it gets one. */
export interface Contender {
  /** The core has failed: the owner is told, and nothing else is done. */
  lost(fault: CoreFault): void;
}

export class Connections<Owner> {
  readonly #live = new ByHandle<Connection<Owner>>();
  /** Connections without owner whose bytes are still being delivered. */
  readonly #orphans = new Set<Connection<Owner>>();
  /** By the listener's handle; several share one by `reusePort`. */
  readonly #acceptors = new Map<number, Acceptor<Owner>[]>();
  /** Listeners that may be shared, by address and port. */
  readonly #shared = new Map<string, Listening>();
  readonly #resumed: Connection<Owner>[] = [];
  /** Handles whose owner looks for itself. */
  readonly #watched = new Set<number>();
  /** Owners that are to get a connection and have none yet. */
  readonly #contenders = new Map<Owner, Contender>();

  constructor(
    readonly port: StackPort,
    readonly events: OwnerEvents<Owner>,
  ) {}

  /** Starts a connection. @returns it, or a negative ERROR_* */
  connect(remote: Address, port: number, local: Address): Connection<Owner> | number {
    const handle = this.open(remote, port, local, 0);
    if (handle < 0) return handle;
    this.port.wake();
    return this.add(handle);
  }

  /** Starts a connection without an owner. @returns its handle, or a negative ERROR_* */
  open(remote: Address, port: number, local: Address, localPort: number): number {
    const { core } = this.port;
    core.putAddress(remote, 0);
    core.putAddress(local, 1);
    return core.calls.tcpConnect(port, localPort);
  }

  /** Nothing is delivered of the connection `handle`: whoever holds it asks the core. */
  watch(handle: number): void {
    this.#watched.add(handle);
    this.port.core.calls.tcpSetOption(handle, OPTION_PAUSED, 1);
  }

  unwatch(handle: number): void {
    this.#watched.delete(handle);
  }

  /** Starts a listener. @returns it, or a negative ERROR_* */
  listen({ address, port, ipv6Only = false }: Place, backlog = BACKLOG): Listening | number {
    const { core } = this.port;
    core.putAddress(address);
    const handle = core.calls.tcpListen(port, backlog, ipv6Only ? BIND_IPV6_ONLY : 0);
    return handle < 0 ? handle : { handle, port: core.result(0) };
  }

  /** As `listen`, or joins a listener that was started by this call: its acceptors take turns. */
  listenShared(place: Place): Listening | number {
    const known = this.#shared.get(placeName(place));
    if (known !== undefined) return known;
    const listening = this.listen(place);
    if (typeof listening !== 'number') this.#shared.set(placeName({ ...place, port: listening.port }), listening);
    return listening;
  }

  /** The listeners that may be shared, by name; `adoptShared` takes them back. */
  shared(): [string, Listening][] {
    return [...this.#shared];
  }

  adoptShared(shared: readonly [string, Listening][]): void {
    for (const [name, listening] of shared) this.#shared.set(name, listening);
  }

  /** Whoever connects to the listener `handle` from now on gets an owner from `acceptor`, or from another one of it. */
  accept(handle: number, acceptor: Acceptor<Owner>): void {
    const acceptors = this.#acceptors.get(handle);
    if (acceptors === undefined) this.#acceptors.set(handle, [acceptor]);
    else acceptors.push(acceptor);
  }

  /** This acceptor gets no more; the last one closes the listener. */
  leave(handle: number, acceptor: Acceptor<Owner>): void {
    const others = this.#acceptors.get(handle)?.filter((other) => other !== acceptor) ?? [];
    if (others.length === 0) this.unlisten(handle);
    else this.#acceptors.set(handle, others);
  }

  /** Closes a listener; connections that it accepted live on. */
  unlisten(handle: number): void {
    this.#acceptors.delete(handle);
    for (const [name, listening] of this.#shared) if (listening.handle === handle) this.#shared.delete(name);
    this.port.core.calls.tcpListenerClose(handle);
    this.port.wake();
  }

  /** A connection for a handle that the core holds. */
  add(handle: number): Connection<Owner> {
    const connection = new Connection(handle, this);
    this.#live.add(connection);
    return connection;
  }

  /** The connection that `readyNext` named; one that a listener accepted gets its owner here. */
  ready(handle: number, events: number, listener: number): Connection<Owner> | undefined {
    const known = this.#live.get(handle);
    if (known !== undefined) return known;
    if (this.#watched.has(handle)) return undefined;
    const acceptor = this.#nextAcceptor(listener);
    const connection = this.add(handle);
    if ((events & EVENT_OPEN) !== 0 && acceptor !== undefined) connection.owner = acceptor(connection);
    if (connection.owner === null) connection.abort();
    return connection.dead ? undefined : connection;
  }

  /** The connection that a handle names, if the host knows of it. */
  get(handle: number): Connection<Owner> | undefined {
    return this.#live.get(handle);
  }

  /** What `handle` probably names, by a look at one place. */
  guess(handle: number): Connection<Owner> | undefined {
    return this.#live.guess(handle);
  }

  /** A connection which has something to tell that it kept while it was paused. */
  takeResumed(): Connection<Owner> | undefined {
    return this.#resumed.length === 0 ? undefined : this.#resumed.shift();
  }

  noteResumed(connection: Connection<Owner>): void {
    this.#resumed.push(connection);
    this.port.wake();
  }

  noteOrphan(connection: Connection<Owner>): void {
    this.#orphans.add(connection);
  }

  /** Leaves to the core every connection without owner whose bytes and FIN the peer has acknowledged. */
  releaseDelivered(): void {
    for (const connection of this.#orphans) connection.releaseIfDelivered();
  }

  forget(connection: Connection<Owner>): void {
    this.#live.delete(connection);
    this.#orphans.delete(connection);
  }

  /** Tells every owner that the core has failed. */
  fail(fault: CoreFault): void {
    for (const contender of [...this.#contenders.values()]) contender.lost(fault);
    for (const connection of this.all()) connection.lost(fault);
  }

  /** Lets go of connections without owner: the stack is closing. */
  abandonOrphans(): void {
    for (const connection of [...this.#orphans]) connection.forget();
  }

  all(): readonly Connection<Owner>[] {
    return this.#live.all();
  }

  /** Each once, those included that have no connection yet. */
  owners(): ReadonlySet<Owner> {
    const owners = new Set(this.#contenders.keys());
    for (const { owner } of this.all()) if (owner !== null) owners.add(owner);
    return owners;
  }

  /** `owner` is to get one of the connections that `contender` tries. */
  contend(owner: Owner, contender: Contender): void {
    this.#contenders.set(owner, contender);
  }

  /** `owner` has got one, or gets none. */
  settle(owner: Owner): void {
    this.#contenders.delete(owner);
  }

  /** Each in turn. */
  #nextAcceptor(listener: number): Acceptor<Owner> | undefined {
    const acceptors = this.#acceptors.get(listener);
    const acceptor = acceptors?.shift();
    if (acceptor !== undefined) acceptors?.push(acceptor);
    return acceptor;
  }
}

/** A listener in the core. */
export interface Listening {
  readonly handle: number;
  readonly port: number;
}

function placeName({ address, port, ipv6Only }: Place): string {
  return `${formatAddress(address)} ${port}${ipv6Only ? ' IPv6 only' : ''}`;
}

/** Where to listen. */
export interface Place {
  address: Address;
  port: number;
  /** On `::`: IPv6 connections alone. */
  ipv6Only?: boolean;
}

/** Connections that may wait for acceptance, and half-open ones. */
const BACKLOG = 512;
