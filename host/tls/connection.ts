/**
 * One end of a TLS connection: handshake states above, a record layer below. Sans-IO, synchronous, pull-based.
 * RFC 8446, RFC 5246. Not for: sockets (`host/socket/`), byte streams (`engine.ts`).
 */
import { ALERT, type AlertName, TlsError } from './alert.js';
import { AlertReader } from './alert-reader.js';
import { beginClient } from './client/expect-server-hello.js';
import type { TlsConfig } from './config.js';
import type { GroupName } from './crypto/provider.js';
import { HandshakeContext } from './handshake/context.js';
import type { Expect } from './handshake/expect.js';
import type { CipherSuite, SignatureScheme } from './parameters.js';
import {
  ALERT_RECORD,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE_RECORD,
  type Opened,
  type RecordLayer,
  type TlsVersion,
} from './records.js';
import { ExpectClientHello } from './server/expect-client-hello.js';
import type { Certificate } from './x509/certificate.js';

export type TlsEvent =
  /** The handshake is complete and the peer's Finished verified; the verdict stands in `authorizationError`. */
  | { readonly kind: 'handshake' }
  | { readonly kind: 'data'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Client: a ticket came; this is `session()`. */
  | { readonly kind: 'session'; readonly session: Uint8Array<ArrayBuffer> }
  /** close_notify: no more data will come. */
  | { readonly kind: 'end' }
  /** It is over, told once; our alert, if there is one, is queued in the record layer. */
  | { readonly kind: 'failed'; readonly error: TlsError };

export class TlsConnection {
  /** Its own copy: what may change may change until `start`. */
  readonly config: TlsConfig;
  readonly #context: HandshakeContext;
  readonly #alerts: AlertReader;
  readonly #events: TlsEvent[] = [];
  #state: Expect | undefined;
  #phase: 'idle' | 'handshake' | 'open' | 'failed' = 'idle';
  /** close_notify went out; came in. */
  #ended = false;
  #peerEnded = false;
  #freed = false;

  constructor(
    private readonly records: RecordLayer,
    config: TlsConfig,
  ) {
    this.config = { ...config };
    this.#context = new HandshakeContext(this.config, records, (told) => void this.#events.push(told));
    this.#alerts = new AlertReader(this.#context);
  }

  /** Client: queues the ClientHello. Server: reads from now on. Only the first call counts. */
  start(): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'handshake';
    this.#guard(() => {
      this.records.setMaxSendFragment(this.config.maxSendFragment);
      this.#state = this.config.role === 'client' ? beginClient(this.#context) : new ExpectClientHello(this.#context);
    });
  }

  /** Opens records until there is something to tell; to be called until it answers `undefined`. Never throws. */
  next(): TlsEvent | undefined {
    this.#guard(() => {
      while (this.#events.length === 0 && this.#state !== undefined && !this.#peerEnded) {
        const opened = this.#state.decided === undefined ? this.records.open() : undefined;
        if (opened === undefined) return;
        this.#receive(opened, this.#state);
      }
    });
    return this.#events.shift();
  }

  /** @returns the bytes taken: 0 before the handshake is complete and without room; −1 after `end()` and failure */
  write(bytes: Uint8Array): number {
    if (this.#ended || this.#phase === 'failed') return -1;
    if (this.#phase !== 'open' || bytes.length === 0) return 0;
    let taken = -1;
    this.#guard(() => {
      this.#context.beforeData?.();
      taken = this.records.send(APPLICATION_DATA, bytes);
    });
    return taken;
  }

  /** Sends close_notify; what the peer still sends can be read. During the handshake that is the end of both directions. */
  end(): void {
    if (this.#ended || this.#phase === 'failed') return;
    this.#ended = true;
    const { phase } = this;
    if (phase !== 'idle') this.#sendAlert('close_notify');
    if (phase !== 'open') this.#die();
  }

  /** Sends the error's alert and is dead: nothing is told any more. */
  abort(error: TlsError): void {
    if (this.#phase === 'failed') return;
    if (this.#phase !== 'idle' && !this.#ended && !error.remote) this.#sendAlert(error.alert);
    this.#events.length = 0;
    this.#die();
  }

  /** Changes the own keys, and with `requestPeer` the peer's: TLS 1.3, once it is open; else nothing happens. */
  updateKeys(requestPeer = false): void {
    if (this.#phase === 'open' && !this.#ended) this.#guard(() => this.#context.updateKeys?.(requestPeer));
  }

  /** The most plaintext in a record that is sent from now on: 512 … 16384 bytes. */
  setMaxSendFragment(size: number): void {
    this.config.maxSendFragment = size;
    if (this.#phase === 'handshake' || this.#phase === 'open') this.records.setMaxSendFragment(size);
  }

  /** Wipes all secrets, the record layer's too; only the first call counts. */
  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#die();
    this.#events.length = 0;
    this.records.free();
  }

  get phase(): 'idle' | 'handshake' | 'open' | 'failed' {
    return this.#phase;
  }

  get version(): TlsVersion | undefined {
    return this.#context.facts.version;
  }

  get suite(): CipherSuite | undefined {
    return this.#context.facts.suite;
  }

  /** The group of the key exchange; `undefined` where there was none: a session of TLS 1.2 that was resumed. */
  get group(): GroupName | undefined {
    return this.#context.facts.group;
  }

  /** `null` before the handshake is complete, `false` where nothing was agreed upon. */
  get alpnProtocol(): string | false | null {
    return this.#context.complete ? (this.#context.facts.alpnProtocol ?? false) : null;
  }

  /** Client: what it asks for; server: what the client sent. */
  get serverName(): string | undefined {
    return this.config.role === 'client' ? this.config.serverName : this.#context.facts.serverName;
  }

  get resumed(): boolean {
    return this.#context.facts.resumed;
  }

  /** TLS 1.2: whether the master secret is bound to the handshake (RFC 7627). */
  get extendedMasterSecret(): boolean {
    return this.#context.facts.extendedMasterSecret;
  }

  /** Whether the peer is who it should be. Never before the handshake is complete. */
  get authorized(): boolean {
    return this.#context.complete && this.#context.facts.authorized;
  }

  /** Why it is not, with one of OpenSSL's codes. */
  get authorizationError(): (Error & { code: string }) | null {
    return this.#context.facts.authorizationError;
  }

  get peerChain(): readonly Certificate[] {
    return this.#context.facts.peerChain;
  }

  get localChain(): readonly Certificate[] {
    return this.#context.facts.localChain;
  }

  /** The verify_data of the last Finished that was sent. */
  get finished(): Uint8Array | undefined {
    return this.#context.facts.finished;
  }

  /** The verify_data of the last Finished that came. */
  get peerFinished(): Uint8Array | undefined {
    return this.#context.facts.peerFinished;
  }

  /** How the peer proved itself. */
  get peerSignatureScheme(): SignatureScheme | undefined {
    return this.#context.facts.peerSignatureScheme;
  }

  /** What both sides speak, by our preference. */
  get sharedSignatureSchemes(): readonly SignatureScheme[] {
    return this.#context.facts.sharedSignatureSchemes;
  }

  /** Client: what resumes this connection, to be kept secret; `undefined` while no ticket came. */
  session(): Uint8Array<ArrayBuffer> | undefined {
    return this.#context.facts.session?.slice();
  }

  /** Client: the ticket as it came. */
  ticket(): Uint8Array<ArrayBuffer> | undefined {
    return this.#context.facts.ticket?.slice();
  }

  /**
   * RFC 5705, RFC 8446 §7.5.
   * @param context absent is not the same as empty in TLS 1.2
   * @throws Error before the handshake is complete and after a failure; RangeError for a length or label that is impossible
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array<ArrayBuffer> {
    const { exporter, complete } = this.#context;
    if (exporter === undefined || !complete)
      throw new Error('there is no keying material without a complete handshake');
    return exporter(length, label, context);
  }

  #receive({ type, bytes }: Opened, state: Expect): void {
    if (type === ALERT_RECORD) {
      this.#receiveAlert(bytes);
      return;
    }
    if (type === HANDSHAKE_RECORD) {
      this.#alerts.reset();
      this.#receiveHandshake(bytes, state);
      return;
    }
    // RFC 8446 §5.1: other types do not come between the fragments of a message.
    if (!this.#context.inbox.isEmpty) throw unexpectedRecord(type, `in the middle of ${state.awaits}`);
    if (type === CHANGE_CIPHER_SPEC && state.changeCipherSpec !== undefined)
      this.#state = state.changeCipherSpec(bytes);
    else if (type === APPLICATION_DATA && state.applicationData !== undefined) {
      this.#alerts.reset();
      state.applicationData();
      if (bytes.length > 0) this.#events.push({ kind: 'data', bytes });
    } else throw unexpectedRecord(type, `instead of ${state.awaits}`);
  }

  #receiveHandshake(bytes: Uint8Array, first: Expect): void {
    const { inbox } = this.#context;
    let state = first;
    inbox.add(bytes);
    for (let message = inbox.next(); message !== undefined; message = inbox.next()) {
      state = state.handle(message);
      this.#state = state;
      if (state.decided === undefined) continue;
      this.#await(state.decided);
      break;
    }
    if (this.#context.complete) this.#phase = 'open';
  }

  #await(decided: Promise<() => Expect>): void {
    const goOn = (next: () => Expect): void => {
      // It may be over by now, and its keys wiped.
      if (this.#phase !== 'handshake') return;
      this.#guard(() => {
        this.#state = next();
      });
      this.config.resumed?.();
    };
    decided.then(goOn, (error) =>
      goOn(() => {
        throw error;
      }),
    );
  }

  #receiveAlert(bytes: Uint8Array): void {
    const meaning = this.#alerts.read(bytes);
    if (meaning !== 'end') return;
    this.#peerEnded = true;
    if (this.#phase === 'open') {
      this.#events.push({ kind: 'end' });
      return;
    }
    const message = 'the peer closed the connection during the handshake (close_notify)';
    throw new TlsError('close_notify', 'CLOSED_IN_HANDSHAKE', message, { code: 'ECONNRESET', remote: true });
  }

  /** Whatever goes wrong inside ends the connection, with an alert to the peer and an event to the user. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error instanceof TlsError ? error : internal(error));
    }
  }

  #fail(error: TlsError): void {
    if (!error.remote && !this.#ended) this.#sendAlert(error.alert);
    this.#die();
    this.#events.push({ kind: 'failed', error });
  }

  #die(): void {
    this.#phase = 'failed';
    this.#state = undefined;
    this.#context.wipe();
  }

  #sendAlert(alert: TlsError['alert']): void {
    const number = ALERT[alert as AlertName] ?? Number.parseInt(alert.replace('alert ', ''), 10);
    const level = number === ALERT.close_notify ? LEVEL.warning : LEVEL.fatal;
    try {
      this.records.send(ALERT_RECORD, Uint8Array.of(level, number));
    } catch {
      // The error that led here is the one to tell.
    }
  }
}

function internal(error: unknown): TlsError {
  const message = error instanceof Error ? error.message : String(error);
  return new TlsError('internal_error', 'INTERNAL_ERROR', `${message} (internal_error)`);
}

function unexpectedRecord(type: number, where: string): TlsError {
  const name = type === APPLICATION_DATA ? 'application data' : 'change_cipher_spec';
  return new TlsError('unexpected_message', 'UNEXPECTED_RECORD', `${name} came ${where} (unexpected_message)`);
}

const LEVEL = { warning: 1, fatal: 2 } as const;
