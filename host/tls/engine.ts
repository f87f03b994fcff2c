/**
 * TLS over any byte stream, without a network: ciphertext is pushed in and pulled out, events are told one by one.
 *
 *   your stream ── push ──→ TlsEngine ── next ──→ handshake, data, session, end, failed
 *   your stream ←── pull ──           ←── write, end ── you
 *
 * After each `push`, `write` or `end`: `next` until it answers `undefined`, then `pull` until it does. Nothing happens by
 * itself, and there is no timer: whoever owns the stream sees to it that a handshake does not last for ever (`abort`).
 * Not for: connections of a stack, which have the `tls` option (`host/socket/`); the handshake (`connection.ts`).
 */
import { Core } from '../core/core.js';
import { type CoreSource, compileCore } from '../core/load.js';
import type { TlsError } from './alert.js';
import type { TlsConfig } from './config.js';
import { TlsConnection, type TlsEvent } from './connection.js';
import { CoreRecords } from './core-records.js';
import { truncated, unfinished } from './cut-off.js';
import { wrongType } from './options/reading.js';
import { parseClientTls, parseServerTls, type TLSOptions } from './options.js';

/** What engines have from their surroundings; all of it has a default. */
export interface TlsEngineEnvironment {
  /** Milliseconds since 1970, for certificates and tickets. */
  readonly wall?: () => number;
  /** Gets each line of the key log, in the format of NSS. */
  readonly keylog?: (line: string) => void;
}

export class TlsEngine {
  /** The connection: its version, certificates, sessions … and what may change until the first call. */
  readonly connection: TlsConnection;
  readonly #records: CoreRecords;
  /** The peer has said that nothing more comes. */
  #ended = false;
  /** The stream below has ended. */
  #cut = false;
  #closed = false;

  /** An engine with a core of its own. */
  static async load(config: TlsConfig, source?: CoreSource): Promise<TlsEngine> {
    return TlsEngine.create(await loadCore(source), config);
  }

  /**
   * An engine on a core that others may use, too: 2^18 of them at most.
   * @throws TlsError with code `ENOBUFS` when the core has no room
   */
  static create(core: Core, config: TlsConfig): TlsEngine {
    return new TlsEngine(core, config);
  }

  private constructor(core: Core, config: TlsConfig) {
    this.#records = new CoreRecords({ core, wake: () => {} });
    this.connection = new TlsConnection(this.#records, config);
  }

  /**
   * Ciphertext has come from the peer.
   * @returns how many bytes were taken: all of 64 KiB, unless there is something that `next` would tell
   */
  push(ciphertext: Uint8Array): number {
    this.#use();
    if (this.#cut) throw new Error('the stream of this TlsEngine has ended: nothing can come any more');
    return this.#isDeaf ? ciphertext.length : this.#records.push(ciphertext);
  }

  /** The stream below has ended. Without close_notify before it that is an error, which `next` tells (RFC 8446 §6.1). */
  pushEnd(): void {
    this.#use();
    this.#cut = true;
  }

  /** Ciphertext for the peer, at most 64 KiB, in a buffer of its own; `undefined`: there is none. */
  pull(): Uint8Array<ArrayBuffer> | undefined {
    this.#use();
    return this.#records.pull();
  }

  /** What has happened next; `undefined`: nothing. After `end` no data comes, after `failed` nothing at all. */
  next(): TlsEvent | undefined {
    this.#use();
    const event = this.connection.next() ?? this.#truncated();
    if (event?.kind === 'end') this.#ended = true;
    return event;
  }

  /**
   * Plaintext for the peer. 256 KiB of ciphertext wait for `pull` at most.
   * @returns how many bytes were taken: 0 before the handshake is complete and without room; −1 after `end` and a failure
   */
  write(plaintext: Uint8Array): number {
    this.#use();
    return this.connection.write(plaintext);
  }

  /** Says close_notify: nothing more is written. What the peer still sends can be read. */
  end(): void {
    this.#use();
    this.connection.end();
  }

  /** Breaks off with the error's alert; nothing is told any more. What was sealed can be pulled. */
  abort(error: TlsError): void {
    this.#use();
    this.connection.abort(error);
  }

  /** Wipes all secrets and gives everything back to the core. Every later call throws, but this one. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.free();
  }

  /** The first call begins the handshake. */
  #use(): void {
    if (this.#closed) throw new Error('the TlsEngine is closed');
    this.connection.start();
  }

  /** Nothing that comes is of interest any more: the peer has said so, or it is over. */
  get #isDeaf(): boolean {
    return this.#ended || this.connection.phase === 'failed';
  }

  #truncated(): TlsEvent | undefined {
    if (!this.#cut || this.#isDeaf) return undefined;
    const { phase } = this.connection;
    const error = phase === 'open' ? truncated() : unfinished();
    this.connection.abort(error);
    return { kind: 'failed', error };
  }
}

/** A core for engines; the source is the built file unless another is given. */
export async function loadCore(source?: CoreSource): Promise<Core> {
  return Core.initialized((await compileCore(source)).instantiate());
}

/**
 * The configuration of a client.
 * @param serverName who the server has to be
 * @throws TypeError, KeyMaterialError, Error for options that mean nothing
 */
export function clientConfig(
  serverName: string,
  options: TLSOptions = {},
  environment: TlsEngineEnvironment = {},
): TlsConfig {
  const config = parseClientTls(options, { wall: Date.now, ...environment }, serverName);
  // Without a name every certificate that a trusted authority gave anybody would do.
  if (config?.serverName === undefined) throw wrongType('clientConfig needs the name of the server');
  return config;
}

/** The configuration of a server, for all its engines: they share the keys of tickets. @throws as `clientConfig` */
export function serverConfig(
  options: TLSOptions | readonly TLSOptions[],
  environment: TlsEngineEnvironment = {},
): TlsConfig {
  return parseServerTls(options, { wall: Date.now, ...environment }) as TlsConfig;
}
