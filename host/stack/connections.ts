/**
 * The host's half of every connection: who owns it, what its owner was not told yet, and the tail of a final chunk that
 * the core had no room for. Not for: the shape of the socket API (`../socket/`) and the protocol (the core).
 */
import {
  EVENT_CLOSED,
  EVENT_DATA,
  EVENT_DRAIN,
  EVENT_END,
  EVENT_OPEN,
  EVENT_TIMEOUT,
  OPTION_PAUSED,
  OPTION_REFUSE,
  STATE_CLOSED,
  STATE_FIN_WAIT_2,
  STATE_TIME_WAIT,
} from '../../assembly/abi/constants.js';
import type { Address } from '../core/address.js';
import type { Core, Endpoints } from '../core/core.js';
import type { CoreFault } from '../core/fault.js';
import type { KeepAlive } from './keep-alive.js';

/** How the owner of a connection hears of it. One table serves all owners. */
export interface OwnerEvents<Owner> {
  opened(owner: Owner): void;
  received(owner: Owner, chunk: Uint8Array<ArrayBuffer>): void;
  drained(owner: Owner): void;
  ended(owner: Owner): void;
  timedOut(owner: Owner): void;
  /** `cause` is 0 after an orderly end, else a negative ERROR_* or the fault of the core. */
  closed(owner: Owner, cause: number | CoreFault): void;
}

/** Makes an owner for a connection that a listener accepted. */
export type Acceptor<Owner> = (connection: Connection<Owner>) => Owner;

/** What connections need of their stack. */
export interface StackPort {
  readonly core: Core;
  readonly keepAlive: KeepAlive;
  /** Tells the core what time it is, for calls that count from now. */
  tick(): void;
  /** Something was asked of the core: let the stack run soon. */
  wake(): void;
  /** Puts out now what the core owes. */
  transmit(): void;
  /** As `transmit`, but leaves it to a pump that is running, which will do it for all its connections together. */
  transmitSoon(): void;
}

export class Connections<Owner> {
  readonly #live = new Map<number, Connection<Owner>>();
  /** Connections without owner whose bytes are still being delivered. */
  readonly #orphans = new Set<Connection<Owner>>();
  readonly #acceptors = new Map<number, Acceptor<Owner>>();
  readonly #resumed: Connection<Owner>[] = [];
  /** Handles whose owner looks for itself. */
  readonly #watched = new Set<number>();

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

  /** Starts a listener. @returns its handle and port, or a negative ERROR_* */
  listen(address: Address, port: number, backlog = BACKLOG): { handle: number; port: number } | number {
    const { core } = this.port;
    core.putAddress(address);
    const handle = core.calls.tcpListen(port, backlog);
    return handle < 0 ? handle : { handle, port: core.result(0) };
  }

  /** Whoever connects to the listener `handle` from now on gets an owner from `acceptor`. */
  accept(handle: number, acceptor: Acceptor<Owner>): void {
    this.#acceptors.set(handle, acceptor);
  }

  /** Closes a listener; connections that it accepted live on. */
  unlisten(handle: number): void {
    this.#acceptors.delete(handle);
    this.port.core.calls.tcpListenerClose(handle);
    this.port.wake();
  }

  /** A connection for a handle that the core holds. */
  add(handle: number): Connection<Owner> {
    const connection = new Connection(handle, this);
    this.#live.set(handle, connection);
    return connection;
  }

  /** The connection that `readyNext` named; one that a listener accepted gets its owner here. */
  ready(handle: number, events: number, listener: number): Connection<Owner> | undefined {
    const known = this.#live.get(handle);
    if (known !== undefined) return known;
    if (this.#watched.has(handle)) return undefined;
    const acceptor = this.#acceptors.get(listener);
    const connection = this.add(handle);
    if ((events & EVENT_OPEN) !== 0 && acceptor !== undefined) connection.owner = acceptor(connection);
    else connection.abort();
    return connection.dead ? undefined : connection;
  }

  /** A connection which has something to tell that it kept while it was paused. */
  takeResumed(): Connection<Owner> | undefined {
    return this.#resumed.shift();
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
    this.#live.delete(connection.handle);
    this.#orphans.delete(connection);
  }

  /** Tells every owner that the core has failed. */
  fail(fault: CoreFault): void {
    for (const connection of this.all()) connection.lost(fault);
  }

  /** Lets go of connections without owner: the stack is closing. */
  abandonOrphans(): void {
    for (const connection of [...this.#orphans]) connection.forget();
  }

  all(): readonly Connection<Owner>[] {
    return [...this.#live.values()];
  }

  *owners(): Generator<Owner> {
    for (const connection of this.all()) if (connection.owner !== null) yield connection.owner;
  }
}

export class Connection<Owner> {
  owner: Owner | null = null;
  /** Nothing more will come of it; its handle may name another connection by now. */
  dead = false;
  /** Accepted by `finish`, not yet by the core. */
  tail: Uint8Array | undefined;
  paused = false;
  /** Events that wait: until the owner reads again, or since the snapshot they were in. */
  deferred = 0;
  #holds = false;

  constructor(
    readonly handle: number,
    private readonly all: Connections<Owner>,
  ) {}

  /** The core's calls, for what needs no word here. */
  get core(): Core {
    return this.all.port.core;
  }

  /** Whether to call the owner; a paused one is told about failures only. */
  get hasOwner(): boolean {
    return this.owner !== null;
  }

  /** Delivers one event. @returns whether there is more of the same: the owner gets its bytes in chunks */
  deliver(event: number): boolean {
    if (this.dead) return false;
    if (this.owner === null) this.#orphaned(event);
    else if (event === EVENT_DATA) return this.#receive(this.owner);
    else this.#tell(this.owner, event);
    return false;
  }

  /** Events kept back while paused, now due. */
  takeDeferred(): number {
    if (this.paused) return 0;
    const events = this.deferred;
    this.deferred = 0;
    return events;
  }

  /** @returns the bytes taken, 0 when there is no room, or a negative ERROR_* */
  write(bytes: Uint8Array): number {
    const taken = this.core.send(this.handle, bytes);
    this.all.port.wake();
    return taken;
  }

  /** As `write`, for text; `undefined` when it has to be encoded first. */
  writeText(text: string): number | undefined {
    const taken = this.core.sendText(this.handle, text);
    if (taken !== undefined) this.all.port.wake();
    return taken;
  }

  /** Takes all of the final chunk and sends FIN behind it. */
  finish(bytes?: Uint8Array): void {
    const taken = bytes === undefined ? 0 : this.write(bytes);
    if (bytes !== undefined && taken >= 0 && taken < bytes.length) this.tail = new Uint8Array(bytes.subarray(taken));
    else this.core.calls.tcpShutdown(this.handle);
    this.all.port.wake();
  }

  pause(): void {
    this.paused = true;
    this.core.calls.tcpSetOption(this.handle, OPTION_PAUSED, 1);
  }

  resume(): void {
    this.paused = false;
    this.core.calls.tcpSetOption(this.handle, OPTION_PAUSED, 0);
    if (this.deferred !== 0) this.all.noteResumed(this);
    this.all.port.wake();
  }

  /** Sends what Nagle's algorithm holds back. */
  flush(): void {
    this.core.calls.tcpFlush(this.handle);
    this.all.port.transmit();
  }

  setOption(option: number, value: number): boolean {
    this.all.port.tick();
    const done = this.core.calls.tcpSetOption(this.handle, option, value) >= 0;
    this.all.port.wake();
    return done;
  }

  setTimeout(milliseconds: number): void {
    this.all.port.tick();
    this.core.calls.tcpSetTimeout(this.handle, milliseconds);
    this.all.port.wake();
  }

  endpoints(): Endpoints | undefined {
    return this.core.endpoints(this.handle);
  }

  /**
   * The owner lets go: what was accepted is still delivered, what arrives from now on is answered with RST, and so is
   * what nobody has read: the peer has to learn that it was lost (RFC 9293 §3.6.1 SHLD-3).
   * @param holds whether the process has to stay alive for it
   */
  abandon(holds: boolean): void {
    this.owner = null;
    this.core.calls.tcpSetOption(this.handle, OPTION_REFUSE, 1);
    if (this.tail === undefined) this.core.calls.tcpShutdown(this.handle);
    if (this.paused) this.resume();
    this.#holds = holds;
    if (holds) this.all.port.keepAlive.hold();
    this.all.noteOrphan(this);
    this.all.port.transmitSoon();
    if (!this.dead) this.releaseIfDelivered();
  }

  /** RST at once, behind what was written before it in the same turn and may be sent. */
  abort(): void {
    this.all.port.transmit();
    this.core.calls.tcpAbort(this.handle);
    this.all.port.transmitSoon();
    this.#release();
  }

  releaseIfDelivered(): void {
    if (this.tail !== undefined) return;
    const state = this.core.calls.tcpState(this.handle);
    const delivered = state === STATE_FIN_WAIT_2 || state === STATE_TIME_WAIT || state === STATE_CLOSED || state < 0;
    if (delivered) this.#release();
  }

  /** The core failed under it. */
  lost(fault: CoreFault): void {
    if (this.dead) return;
    const { owner } = this;
    this.forget();
    if (owner !== null) this.all.events.closed(owner, fault);
  }

  /** Ends this half, without a word to the core. */
  forget(): void {
    this.dead = true;
    this.owner = null;
    this.tail = undefined;
    this.all.forget(this);
    if (this.#holds) this.all.port.keepAlive.release();
    this.#holds = false;
  }

  #tell(owner: Owner, event: number): void {
    const { events } = this.all;
    if (event === EVENT_OPEN) events.opened(owner);
    else if (event === EVENT_DRAIN) this.#drained(owner);
    else if (event === EVENT_TIMEOUT) events.timedOut(owner);
    else if (event === EVENT_END && this.#wait(event)) return;
    else if (event === EVENT_END) events.ended(owner);
    else if (event === EVENT_CLOSED) this.#closed(owner);
  }

  #receive(owner: Owner): boolean {
    if (this.paused) return false;
    const chunk = this.core.receive(this.handle);
    if (chunk === undefined) return false;
    const more = this.core.bytesLeft > 0;
    this.all.events.received(owner, chunk);
    return more && !this.dead;
  }

  #drained(owner: Owner): void {
    if (this.tail === undefined) this.all.events.drained(owner);
    else this.#feed(this.tail);
  }

  #closed(owner: Owner): void {
    const cause = this.core.calls.tcpError(this.handle);
    if (cause === 0 && this.#wait(EVENT_CLOSED)) return;
    this.#release();
    this.all.events.closed(owner, cause);
  }

  /** While paused, the end waits behind the bytes that nobody has read; a failure does not. */
  #wait(event: number): boolean {
    if (this.paused) this.deferred |= event;
    return this.paused;
  }

  #orphaned(event: number): void {
    if (event === EVENT_CLOSED) this.#release();
    else if (event === EVENT_DRAIN && this.tail !== undefined) this.#feed(this.tail);
  }

  #feed(tail: Uint8Array): void {
    const taken = this.core.send(this.handle, tail);
    this.tail = taken < 0 || taken === tail.length ? undefined : tail.subarray(taken);
    if (this.tail === undefined) this.core.calls.tcpShutdown(this.handle);
  }

  #release(): void {
    this.core.calls.tcpRelease(this.handle);
    this.forget();
  }
}

/** Connections that may wait for acceptance, and half-open ones. */
const BACKLOG = 512;
