/**
 * TLS between a connection and the socket that owns it (`../../tls/README.md`). Over a connection of its own
 * the records lie in the connection's buffers; over a socket that was upgraded they travel through buffers beside it, so
 * that the raw socket sees the ciphertext too. Not for: the handshake (`../../tls/`), the shape of sockets (`../socket.ts`).
 */
import {
  EVENT_DATA,
  EVENT_OPEN,
  OPTION_DISCARD,
  REFUSE_ALL,
  REFUSE_BUT_FAREWELL,
} from '../../../assembly/abi/constants.js';
import type { Timer } from '../../core/clock.js';
import type { Endpoints } from '../../core/core.js';
import type { Connection, Layer } from '../../stack/connection.js';
import { TlsError } from '../../tls/alert.js';
import type { TlsConfig } from '../../tls/config.js';
import { TlsConnection } from '../../tls/connection.js';
import { CoreRecords } from '../../tls/core-records.js';
import { truncated, unfinished } from '../../tls/cut-off.js';
import type { Socket } from '../socket.js';
import type { Transport } from '../transport.js';

type Owner = Socket<unknown>;

export class TlsTransport implements Transport, Layer {
  readonly tls: TlsConnection;
  #owner: Owner | null = null;
  /** Told to the owner, whose handshake it is: complete or failed. */
  #settled = false;
  /** `drain` is due: writing has become possible. */
  #drainDue = false;
  /** The peer has said that no more data comes. */
  #ended = false;
  /** The owner writes no more; what `finish` took may still have to be sealed. */
  #finishing = false;
  #tail: Uint8Array | undefined;
  /** Ciphertext for a shared connection that it had no room for. */
  #unsent: Uint8Array | undefined;
  #dead = false;
  /** Lines of the key log that the owner, who asked for them, has not heard. */
  readonly #keylog: string[] = [];
  readonly #deadline: Timer;
  readonly #records: CoreRecords;

  /**
   * @param connection whose layer this becomes
   * @param shares whether its owner goes on seeing the bytes
   */
  constructor(
    readonly connection: Connection<Owner>,
    config: TlsConfig,
    readonly shares: boolean,
  ) {
    const { port } = connection;
    this.#records = new CoreRecords(port, shares ? 0 : connection.handle);
    this.tls = new TlsConnection(this.#records, { ...config, ...this.#hooks(config) });
    this.#deadline = port.clock.timer(() => this.#late());
    connection.layer = this;
    if (shares) connection.defer(EVENT_OPEN);
  }

  /** @param sharer who sees the bytes of the connection too; by default they are hidden */
  attach(owner: Owner, sharer: Owner = owner): void {
    this.#owner = owner;
    this.connection.owner = sharer;
  }

  /** TLS over a connection that is hidden by it; `undefined` when the core has no room for it. */
  static over(connection: Connection<Owner>, config: TlsConfig): TlsTransport | undefined {
    try {
      return new TlsTransport(connection, config, false);
    } catch (error) {
      if (error instanceof TlsError && error.code === 'ENOBUFS') return undefined;
      throw error;
    }
  }

  get handle(): number {
    return this.connection.handle;
  }

  get paused(): boolean {
    return this.connection.paused;
  }

  get records(): number {
    return this.#records.handle;
  }

  get busy(): boolean {
    return this.#tail !== undefined || this.#unsent !== undefined;
  }

  write(bytes: Uint8Array): number {
    let taken = this.tls.write(bytes);
    this.#flush();
    // Buffers beside the connection are empty again when it took everything: no `drain` would ever say so.
    while (this.shares && taken > 0 && taken < bytes.length && this.#unsent === undefined) {
      const more = this.tls.write(bytes.subarray(taken));
      if (more <= 0) break;
      taken += more;
      this.#flush();
    }
    return taken;
  }

  /** Text is encoded outside: a record is sealed from bytes. */
  writeText(): undefined {
    return undefined;
  }

  finish(bytes?: Uint8Array): void {
    this.#finishing = true;
    this.#tail = bytes === undefined || bytes.length === 0 ? undefined : bytes;
    this.#feed();
    if (this.#tail !== undefined) this.#tail = this.#tail.slice();
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  flush(): void {
    this.connection.flush();
  }

  /** What arrives has to be opened even if nobody wants it: alerts and keys are among it. */
  setOption(option: number, value: number): boolean {
    return option === OPTION_DISCARD || this.connection.setOption(option, value);
  }

  setTimeout(milliseconds: number): void {
    this.connection.setTimeout(milliseconds);
  }

  endpoints(): Endpoints | undefined {
    return this.connection.endpoints();
  }

  abandon(holds: boolean): void {
    this.#owner = null;
    this.#finishing = true;
    const refusal = this.#hasUnread() ? REFUSE_ALL : REFUSE_BUT_FAREWELL;
    // What waits for the end of the handshake waits in vain: without an owner there will be none.
    if (this.tls.phase !== 'open') this.#tail = undefined;
    if (this.#tail === undefined) this.#close();
    this.#leave((connection) => connection.abandon(holds, refusal));
  }

  abort(): void {
    this.#owner = null;
    this.#leave((connection) => connection.abort());
  }

  opened(): void {
    this.#tellOwner((owner) => this.connection.events.opened(owner));
    // Who has ended may still have something to say, and needs keys for it.
    if (this.#dead || this.#owner === null || (this.#finishing && this.#tail === undefined)) return;
    this.#deadline.arm(this.connection.port.clock.now() + HANDSHAKE_TIMEOUT);
    this.tls.start();
    this.#flush();
    // What came while the owner was told of the opening is read now.
    this.connection.defer(EVENT_DATA);
  }

  tell(): boolean {
    if (this.#dead || this.tls.phase === 'idle') return false;
    if (this.#drainDue) {
      this.#drainDue = false;
      this.#tellOwner((owner) => this.connection.events.drained(owner));
      return true;
    }
    const line = this.#settled || this.tls.config.role === 'server' ? this.#keylog.shift() : undefined;
    if (line !== undefined) {
      this.#tellOwner((owner) => this.connection.events.keylog(owner, line));
      return true;
    }
    const told = this.#tellNext();
    this.#flush();
    return told;
  }

  received(chunk: Uint8Array): void {
    this.#records.push(chunk);
  }

  drained(): void {
    if (this.#dead) return;
    this.#flush();
    if (this.#finishing) this.#feed();
    else if (this.tls.phase === 'open') this.#tellOwner((owner) => this.connection.events.drained(owner));
  }

  ended(): void {
    if (this.#ended || this.#dead) return;
    this.#ended = true;
    // Who has left before the handshake was complete does not mind that it never is, unless there were last words.
    if (this.#finishing && this.#tail === undefined && !this.#settled) return;
    if (this.#settled) this.#break(truncated());
    else this.#fail(unfinished());
  }

  closed(cause: number | Error): void {
    this.#deadline.arm(Number.POSITIVE_INFINITY);
    const orderly = cause === 0 && !this.#ended && this.#settled;
    this.#tellOwner((owner) => this.connection.events.closed(owner, orderly ? truncated() : cause));
    this.#owner = null;
  }

  /** The owner leaves before the handshake is over. @returns what it is told in its place, `undefined` when it is over */
  giveUp(): TlsError | undefined {
    if (this.#settled || this.tls.phase === 'idle') return undefined;
    this.#settled = true;
    return unfinished();
  }

  released(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#deadline.arm(Number.POSITIVE_INFINITY);
    this.#tail = undefined;
    this.#unsent = undefined;
    this.tls.free();
  }

  /** What the handshake asks and tells the owner while it is under way; what the owner leaves open, the options answer. */
  #hooks({ role, keylog, named, chooseProtocol }: TlsConfig): Partial<TlsConfig> {
    const { events } = this.connection;
    const log = { keylog: (line: string) => this.#log(line, keylog) };
    if (role === 'client') return log;
    return {
      ...log,
      resumed: () => this.connection.defer(EVENT_DATA),
      named: (serverName) => {
        named?.(serverName);
        this.#tellOwner((owner) => events.named(owner, serverName));
      },
      chooseProtocol: (serverName, offered) => {
        const answer = this.#owner === null ? undefined : events.chooseProtocol(this.#owner, serverName, offered);
        return answer === undefined ? chooseProtocol?.(serverName, offered) : answer;
      },
    };
  }

  #tellNext(): boolean {
    const event = this.tls.next();
    if (event === undefined) return false;
    const { events } = this.connection;
    if (event.kind === 'handshake') this.#settle();
    else if (event.kind === 'data') this.#tellOwner((owner) => events.received(owner, event.bytes));
    else if (event.kind === 'session') this.#tellOwner((owner) => events.session(owner, event.session));
    else if (event.kind === 'failed') this.#fail(event.error);
    else {
      this.#ended = true;
      this.#tellOwner((owner) => events.ended(owner));
    }
    return !this.#dead;
  }

  #settle(): void {
    this.#settled = true;
    this.#deadline.arm(Number.POSITIVE_INFINITY);
    this.#drainDue = true;
    this.#tellOwner((owner) => this.connection.events.secured(owner));
    if (this.#finishing) this.#feed();
  }

  /** The alert is queued: FIN follows it, and nothing more is heard of the peer. */
  #fail(error: TlsError): void {
    const { connection } = this;
    const early = !this.#settled;
    this.#settled = true;
    this.#flush();
    connection.setOption(OPTION_DISCARD, 1);
    this.#tellOwner((owner) => connection.events.failed(owner, error, early));
  }

  /** The peer has broken off what was open. */
  #break(error: Error): void {
    this.#tellOwner((owner) => {
      this.abandon(false);
      this.connection.events.closed(owner, error);
    });
  }

  #late(): void {
    if (this.#settled || this.#dead) return;
    const seconds = HANDSHAKE_TIMEOUT / 1000;
    const message = `TLS handshake not complete after ${seconds} s`;
    const error = new TlsError('close_notify', 'HANDSHAKE_TIMEOUT', message, { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' });
    this.tls.abort(error);
    this.#fail(error);
  }

  /** Seals what `finish` left, then close_notify and FIN behind it. */
  #feed(): void {
    if (this.#dead || (this.#tail !== undefined && this.tls.phase === 'handshake')) return;
    while (this.#tail !== undefined) {
      const taken = this.tls.write(this.#tail);
      this.#flush();
      if (taken === 0) return;
      this.#tail = taken < 0 || taken === this.#tail.length ? undefined : this.#tail.subarray(taken);
    }
    this.#close();
    if (this.#unsent === undefined) this.connection.finish();
  }

  /** Whether text has come that nobody will read. Tickets and the like are nobody's loss. */
  #hasUnread(): boolean {
    if (this.#dead || this.tls.phase !== 'open') return false;
    for (let event = this.tls.next(); event !== undefined; event = this.tls.next()) {
      if (event.kind === 'data') return true;
    }
    return false;
  }

  #close(): void {
    this.tls.end();
    this.#flush();
  }

  #leave(how: (connection: Connection<Owner>) => void): void {
    const { connection } = this;
    const raw = this.shares ? connection.owner : null;
    how(connection);
    if (raw !== null) connection.events.closed(raw, 0);
  }

  /** Handlers never run inside the handshake: the owner's copy waits. */
  #log(line: string, log: ((line: string) => void) | undefined): void {
    log?.(line);
    if (this.#owner !== null && this.connection.events.wantsKeys(this.#owner)) this.#keylog.push(line);
  }

  #tellOwner(tell: (owner: Owner) => void): void {
    if (this.#owner !== null) tell(this.#owner);
  }

  /** Brings what was sealed on its way. */
  #flush(): void {
    if (!this.shares || this.connection.dead) {
      this.connection.port.wake();
      return;
    }
    for (;;) {
      const bytes = this.#unsent ?? this.#records.pull();
      this.#unsent = undefined;
      if (bytes === undefined) return;
      const taken = this.connection.write(bytes);
      if (taken < 0) return;
      if (taken < bytes.length) {
        this.#unsent = bytes.subarray(taken);
        return;
      }
    }
  }
}

/** In milliseconds. */
const HANDSHAKE_TIMEOUT = 30_000;
