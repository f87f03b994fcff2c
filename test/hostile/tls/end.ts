/**
 * One end of a connection with a user who says a little, and the rules that hold for it whatever comes.
 * Not for: what holds for both ends together (`conversation.ts`).
 */
import type { Core } from '../../../host/core/core.js';
import { ALERT, type TlsError } from '../../../host/tls/alert.js';
import { TlsConnection, type TlsEvent } from '../../../host/tls/connection.js';
import { truncated, unfinished } from '../../../host/tls/cut-off.js';
import { type Meddle, WatchedRecords } from './records.js';
import { configOf, type Role, type Scenario } from './scenarios.js';

/** A rule that was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** What an end found out when its handshake was complete. */
export interface View {
  readonly exported: Uint8Array;
  readonly said: readonly unknown[];
  readonly finished: Uint8Array | undefined;
  readonly peerFinished: Uint8Array | undefined;
  readonly localChain: string;
  readonly peerChain: string;
  /** Handshake records that had come in until then. */
  readonly records: number;
}

export class End {
  readonly records: WatchedRecords;
  readonly connection: TlsConnection;
  readonly data: Uint8Array[] = [];
  view: View | undefined;
  error: TlsError | undefined;
  /** The peer's close_notify came. */
  peerEnded = false;
  session: Uint8Array | undefined;
  /** What comes to it is changed after decryption. */
  readonly isMeddled: boolean;
  #ended = false;

  constructor(
    core: Core,
    readonly role: Role,
    private readonly scenario: Scenario,
    options: { readonly session: Uint8Array | undefined; readonly meddle: Meddle | undefined },
  ) {
    this.isMeddled = options.meddle !== undefined;
    this.records = new WatchedRecords({ core, wake: () => {} }, options.meddle);
    this.connection = new TlsConnection(this.records, configOf(scenario, role, options.session));
    this.connection.start();
  }

  /** Nothing that comes is read any more. */
  get isOver(): boolean {
    return this.error !== undefined || this.peerEnded;
  }

  /** What it came to, in a word or two. */
  get outcome(): string {
    const { error } = this;
    if (error !== undefined) return error.remote ? `told ${error.alert}` : error.alert;
    return this.peerEnded ? 'end' : this.view === undefined ? 'waits' : 'open';
  }

  /** Hears everything that there is to tell. */
  listen(): void {
    for (let events = 0; ; events++) {
      const event = this.connection.next();
      if (event === undefined) return;
      if (events > EVENTS_LIMIT) throw new Violation(`${this.role}: there is always one more event`);
      if (this.error !== undefined) throw new Violation(`${this.role}: '${event.kind}' after 'failed'`);
      if (this.peerEnded && event.kind !== 'failed') throw new Violation(`${this.role}: '${event.kind}' after 'end'`);
      this.#hear(event);
    }
  }

  end(): void {
    if (this.connection.phase !== 'failed') this.#ended = true;
    this.connection.end();
  }

  /** The stream below is cut off, as far as that matters; then everything is given back. */
  close(): void {
    const { connection } = this;
    this.#checkEnd();
    connection.updateKeys(true);
    if (!this.isOver) connection.abort(connection.phase === 'open' ? truncated() : unfinished());
    if (connection.next() !== undefined) throw new Violation(`${this.role}: something to tell after the end`);
    connection.end();
    this.#checkAlerts();
    connection.free();
    connection.free();
  }

  #hear(event: TlsEvent): void {
    switch (event.kind) {
      case 'handshake':
        this.#complete();
        return;
      case 'data':
        if (this.view === undefined) throw new Violation(`${this.role}: data before the handshake is complete`);
        this.data.push(event.bytes);
        this.#answer();
        return;
      case 'session':
        if (this.view === undefined) throw new Violation(`${this.role}: a session before the handshake is complete`);
        this.session = event.session;
        return;
      case 'end':
        this.peerEnded = true;
        this.end();
        return;
      case 'failed':
        this.error = event.error;
    }
  }

  #complete(): void {
    if (this.view !== undefined) throw new Violation(`${this.role}: 'handshake' twice`);
    const { connection } = this;
    const { version, suite, group, alpnProtocol, serverName, resumed, finished, peerFinished } = connection;
    this.view = {
      exported: connection.exportKeyingMaterial(32, 'EXPERIMENTAL fuzz'),
      said: [version, suite?.id, group, alpnProtocol, serverName, resumed, connection.extendedMasterSecret],
      finished: finished?.slice(),
      peerFinished: peerFinished?.slice(),
      localChain: chainText(connection.localChain),
      peerChain: chainText(connection.peerChain),
      records: this.records.received.handshake.length,
    };
    if (this.role === 'client') this.#say(0);
  }

  /** Client and server speak in turn; the client says the last word. */
  #answer(): void {
    if (this.data.length > WORDS.length) return;
    if (this.role === 'server') this.#say(1);
    else if (this.data.length === 1) this.#say(2);
    else this.end();
  }

  #say(word: number): void {
    if (this.scenario.updates) this.connection.updateKeys(word !== 2);
    const bytes = WORDS[word] as Uint8Array;
    const taken = this.connection.write(bytes);
    if (taken !== bytes.length && !(taken === -1 && (this.#ended || this.connection.phase === 'failed'))) {
      throw new Violation(`${this.role}: ${taken} of ${bytes.length} bytes were taken`);
    }
  }

  #checkEnd(): void {
    const { connection, error, role } = this;
    if ((connection.phase === 'failed') !== (error !== undefined) && !this.#ended) {
      throw new Violation(`${role}: ${connection.phase}, but told ${error}`);
    }
    if (error === undefined) return;
    if (connection.write(Uint8Array.of(1)) !== -1) throw new Violation(`${role}: takes data after a failure`);
    if (error.remote) return;
    if (error.alert === 'internal_error' || error.reason === 'INTERNAL_ERROR') {
      throw new Violation(`${role}: an error of its own: ${error.stack}`);
    }
    if (!(error.alert in ALERT)) throw new Violation(`${role}: an alert that nobody knows: ${error.alert}`);
  }

  /** RFC 8446 §6.2: a failure is told to the peer, once, and nothing follows. */
  #checkAlerts(): void {
    const { error, role } = this;
    const { alerts } = this.records.sent;
    const fatal = alerts.filter(([level]) => level === 2);
    const owed = error === undefined || error.remote || this.#ended ? 0 : 1;
    if (fatal.length !== owed) throw new Violation(`${role}: ${fatal.length} fatal alerts, not ${owed}, for ${error}`);
    if (alerts.length > 1) throw new Violation(`${role}: ${alerts.length} alerts`);
    if (owed === 1 && fatal[0]?.[1] !== ALERT[error?.alert as keyof typeof ALERT]) {
      throw new Violation(`${role}: alert ${fatal[0]?.[1]} for ${error}`);
    }
  }
}

function chainText(chain: readonly { readonly raw: Uint8Array }[]): string {
  return chain.map(({ raw }) => `${raw.length} ${Buffer.from(raw).toString('base64')}`).join();
}

const EVENTS_LIMIT = 1000;
const WORDS = [200, 700, 50].map((length, word) => new Uint8Array(length).map((_, index) => index * 7 + word));
