/**
 * The host's half of one connection: who owns it, what its owner was not told yet, and the tail of a final chunk that
 * the core had no room for. A layer may stand between a connection and its owner: TLS (`../socket/tls/transport.ts`).
 * Not for: the shape of the socket API (`../socket/`) and the protocol (the core).
 */
import {
  ERROR_CONNECTION_ABORTED,
  EVENT_CLOSED,
  EVENT_DATA,
  EVENT_DRAIN,
  EVENT_END,
  EVENT_OPEN,
  EVENT_TIMEOUT,
  OPTION_PAUSED,
  OPTION_REFUSE,
  REFUSE_ALL,
  STATE_CLOSED,
  STATE_FIN_WAIT_2,
  STATE_TIME_WAIT,
} from '../../assembly/abi/constants.js';
import { asIPv6 } from '../core/address.js';
import type { Core, Endpoints } from '../core/core.js';
import type { CoreFault } from '../core/fault.js';
import type { Connections, StackPort } from './connections.js';

/** How the owner of a connection hears of it. One table serves all owners. */
export interface OwnerEvents<Owner> {
  opened(owner: Owner): void;
  received(owner: Owner, chunk: Uint8Array<ArrayBuffer>): void;
  drained(owner: Owner): void;
  ended(owner: Owner): void;
  timedOut(owner: Owner): void;
  /** `cause` is 0 after an orderly end, else a negative ERROR_*, the fault of the core, or what a layer found. */
  closed(owner: Owner, cause: number | Error): void;
  /** It will hear of something soon: reads what it needs for that. @returns anything, so that the reads are not left out */
  awaited(owner: Owner): number;
  /** The handshake of TLS is complete. */
  secured(owner: Owner): void;
  /** TLS has failed, `early`: before the handshake was complete. The owner is to let go. */
  failed(owner: Owner, error: Error, early: boolean): void;
  /** A session came with which a later connection can be resumed. */
  session(owner: Owner, session: Uint8Array<ArrayBuffer>): void;
  wantsKeys(owner: Owner): boolean;
  /** A line of the key log, for who wants it. */
  keylog(owner: Owner, line: string): void;
  /** The client of a TLS server has said whom it wants; the handshake waits. */
  named(owner: Owner, serverName: string): void;
  /** As `TlsConfig.chooseProtocol`. */
  chooseProtocol(owner: Owner, serverName: string | undefined, offered: readonly string[]): string | null | undefined;
}

/** What stands between a connection and its owner: it hears of everything, and tells the owner what that means. */
export interface Layer {
  /** Whether the owner of the connection gets the bytes too, and hears of its end by itself. */
  readonly shares: boolean;
  /** Whether it still has something to send. */
  readonly busy: boolean;
  /** What it has in the core, by its handle there. */
  readonly records: number;
  opened(): void;
  /** Tells one thing of what has arrived. @returns whether it did: there may be more */
  tell(): boolean;
  /** Gets the bytes that it shares with the owner. */
  received(chunk: Uint8Array): void;
  drained(): void;
  /** The peer has sent FIN. */
  ended(): void;
  /** `cause` as in `OwnerEvents.closed`. */
  closed(cause: number | Error): void;
  /** The connection is gone, or left to the core. */
  released(): void;
}

export class Connection<Owner> {
  // What every event reads comes first, together: among very many connections each cache line is waited for.
  owner: Owner | null = null;
  layer: Layer | undefined;
  /** Nothing more will come of it; its handle may name another connection by now. */
  dead = false;
  paused = false;
  /** Events that wait: until the owner reads again, or since the snapshot they were in. */
  deferred = 0;
  /** Accepted by `finish`, not yet by the core. */
  tail: Uint8Array | undefined;
  /** Whom `connect` was asked for, a name or an address; not kept by a snapshot. */
  hostname: string | undefined;
  /** Whether its owner speaks IPv6, and IPv4 by mapped addresses. */
  speaksIPv6 = false;
  #holds = false;
  /** Kept for whoever has to say what failed. */
  #lastEndpoints: Endpoints | undefined;

  constructor(
    readonly handle: number,
    private readonly all: Connections<Owner>,
  ) {}

  /** The core's calls, for what needs no word here. */
  get core(): Core {
    return this.all.port.core;
  }

  /** What connects all connections of the stack with it. */
  get port(): StackPort {
    return this.all.port;
  }

  /** How owners hear of their connections. */
  get events(): OwnerEvents<Owner> {
    return this.all.events;
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
    // Not written where nothing changes: a cache line that was only read need not go back to memory.
    if (events !== 0) this.deferred = 0;
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
    if (this.layer !== undefined) this.deferred |= EVENT_DATA;
    if (this.deferred !== 0) this.all.noteResumed(this);
    this.all.port.wake();
  }

  /** Delivers these events soon, as if the core had told them. */
  defer(events: number): void {
    this.deferred |= events;
    this.all.noteResumed(this);
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

  /** Both ends; of one that failed, until its owner was told. */
  endpoints(): Endpoints | undefined {
    if (this.dead) return this.#lastEndpoints;
    const ends = this.core.endpoints(this.handle);
    if (ends === undefined || !this.speaksIPv6) return ends;
    return { ...ends, localAddress: asIPv6(ends.localAddress), remoteAddress: asIPv6(ends.remoteAddress) };
  }

  /**
   * The owner lets go: what was accepted is still delivered, what arrives from now on is answered with RST, and so is
   * what nobody has read: the peer has to learn that it was lost (RFC 9293 §3.6.1 SHLD-3).
   * @param holds whether the process has to stay alive for it
   * @param refusal REFUSE_*
   */
  abandon(holds: boolean, refusal: number = REFUSE_ALL): void {
    this.owner = null;
    this.core.calls.tcpSetOption(this.handle, OPTION_REFUSE, refusal);
    if (!this.#unfinished) this.core.calls.tcpShutdown(this.handle);
    if (this.paused) this.resume();
    this.#holds = holds;
    if (holds) this.all.port.keepAlive.hold();
    this.#tellSharer();
    this.all.noteOrphan(this);
    this.all.port.transmitSoon();
    if (!this.dead) this.releaseIfDelivered();
  }

  /** RST at once, behind what was written before it in the same turn and may be sent. */
  abort(): void {
    if (this.core.fault === undefined) {
      this.all.port.transmit();
      this.core.calls.tcpAbort(this.handle);
      this.all.port.transmitSoon();
      this.core.calls.tcpRelease(this.handle);
    }
    this.forget();
    this.#tellSharer();
  }

  releaseIfDelivered(): void {
    if (this.#unfinished) return;
    const state = this.core.calls.tcpState(this.handle);
    const delivered = state === STATE_FIN_WAIT_2 || state === STATE_TIME_WAIT || state === STATE_CLOSED || state < 0;
    if (delivered) this.#release();
  }

  /** The core failed under it. */
  lost(fault: CoreFault): void {
    if (this.dead) return;
    const { owner } = this;
    this.forget();
    this.#tellClosed(owner, fault);
  }

  /** Ends this half, without a word to the core. */
  forget(): void {
    this.dead = true;
    this.owner = null;
    this.tail = undefined;
    this.all.forget(this);
    this.layer?.released();
    if (this.#holds) this.all.port.keepAlive.release();
    this.#holds = false;
  }

  #tell(owner: Owner, event: number): void {
    const { events } = this.all;
    if (event === EVENT_OPEN) this.layer === undefined ? events.opened(owner) : this.layer.opened();
    else if (event === EVENT_DRAIN) this.#drained(owner);
    else if (event === EVENT_TIMEOUT) events.timedOut(owner);
    else if (event === EVENT_END && this.#wait(event)) return;
    else if (event === EVENT_END) this.layer === undefined ? events.ended(owner) : this.layer.ended();
    else if (event === EVENT_CLOSED) this.#closed(owner);
  }

  #receive(owner: Owner): boolean {
    if (this.paused) return false;
    if (this.layer?.tell()) return !this.dead;
    if (this.layer?.shares === false) return false;
    const chunk = this.core.receive(this.handle, this.layer && LAYER_TAKES);
    if (chunk === undefined) return false;
    const more = this.core.bytesLeft > 0 || this.layer !== undefined;
    this.layer?.received(chunk);
    this.all.events.received(owner, chunk);
    return more && !this.dead;
  }

  #drained(owner: Owner): void {
    if (this.tail !== undefined) this.#feed(this.tail);
    else if (this.layer !== undefined) this.layer.drained();
    else this.all.events.drained(owner);
  }

  #closed(owner: Owner): void {
    const cause = this.core.calls.tcpError(this.handle);
    if (cause === 0 && this.#wait(EVENT_CLOSED)) return;
    if (cause !== 0) this.#lastEndpoints = this.endpoints();
    this.#release();
    this.#tellClosed(owner, cause);
    this.#lastEndpoints = undefined;
  }

  #tellClosed(owner: Owner | null, cause: number | Error): void {
    const { layer } = this;
    if (owner !== null && layer?.shares !== false) this.all.events.closed(owner, cause);
    layer?.closed(cause);
  }

  /** While paused, the end waits behind the bytes that nobody has read; a failure does not. */
  #wait(event: number): boolean {
    if (this.paused) this.deferred |= event;
    return this.paused;
  }

  #orphaned(event: number): void {
    if (event === EVENT_CLOSED) this.#release();
    else if (event !== EVENT_DRAIN) return;
    else if (this.tail !== undefined) this.#feed(this.tail);
    else this.layer?.drained();
  }

  #feed(tail: Uint8Array): void {
    const taken = this.core.send(this.handle, tail);
    this.tail = taken < 0 || taken === tail.length ? undefined : tail.subarray(taken);
    if (this.tail === undefined) this.core.calls.tcpShutdown(this.handle);
  }

  /** Whoever shares the connection by a layer hears that its owner has let go. */
  #tellSharer(): void {
    if (this.layer?.shares) this.layer.closed(ERROR_CONNECTION_ABORTED);
  }

  /** Something was accepted that the core does not have yet. */
  get #unfinished(): boolean {
    return this.tail !== undefined || this.layer?.busy === true;
  }

  #release(): void {
    this.core.calls.tcpRelease(this.handle);
    this.forget();
  }
}

/** Bytes that a layer can surely take, when it has told what came before. */
const LAYER_TAKES = 65536;
