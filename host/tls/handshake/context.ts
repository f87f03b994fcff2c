/**
 * What the states of a handshake share: the record layer below, the transcript, what was found out, and the words to the
 * user above. Not for: deciding anything.
 */
import { TlsError } from '../alert.js';
import type { TlsConfig } from '../config.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { frame, HandshakeInbox } from '../messages/handshake.js';
import {
  CHANGE_CIPHER_SPEC,
  HANDSHAKE_RECORD,
  type RecordLayer,
  type TlsVersion,
  type TrafficKeys,
} from '../records.js';
import { Transcript } from '../schedule/transcript.js';
import { concat, EMPTY, wipe } from '../wire/bytes.js';
import { type Facts, newFacts } from './facts.js';

/** What the user is told by the states. */
export type Told =
  | { readonly kind: 'handshake' }
  | { readonly kind: 'session'; readonly session: Uint8Array<ArrayBuffer> };

/** RFC 5705, RFC 8446 §7.5; an absent context is not the same as an empty one in TLS 1.2. */
export type Exporter = (length: number, label: string, context: Uint8Array | undefined) => Uint8Array<ArrayBuffer>;

export interface Wipeable {
  wipe(): void;
}

export class HandshakeContext {
  readonly provider: CryptoProvider;
  readonly transcript: Transcript;
  readonly inbox = new HandshakeInbox();
  readonly facts: Facts = newFacts();
  /** The random of the ClientHello, which names the connection in a key log. */
  clientRandom: Uint8Array = EMPTY;
  exporter: Exporter | undefined;
  /** To be called before application data is sent: TLS 1.3 may have to change keys. */
  beforeData: (() => void) | undefined;
  /** Changes the own keys, and asks the peer to do the same: TLS 1.3 after the handshake. */
  updateKeys: ((requestPeer: boolean) => void) | undefined;
  #complete = false;
  #flight: Uint8Array[] = [];
  readonly #secrets = new Set<Wipeable>();
  readonly #kept = new Set<Wipeable>();

  /** @param config may be replaced by the server once it knows the name that the client asks for */
  constructor(
    public config: TlsConfig,
    readonly records: RecordLayer,
    readonly tell: (told: Told) => void,
  ) {
    this.provider = config.provider;
    this.transcript = new Transcript(config.provider);
  }

  /** Whether the handshake is over, both Finished verified. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Adds a handshake message to the transcript and to the flight that `flush` sends. */
  send(type: number, body: Uint8Array): void {
    this.sendFramed(frame(type, body));
  }

  /** As `send`, for a message that has its header. */
  sendFramed(message: Uint8Array): void {
    this.transcript.add(message);
    this.#flight.push(message);
  }

  /** As `send`, past the transcript: messages after the handshake. */
  sendOutside(type: number, body: Uint8Array): void {
    this.#flight.push(frame(type, body));
  }

  /** Sends what waits, in as few records as possible. */
  flush(): void {
    if (this.#flight.length === 0) return;
    const flight = concat(...this.#flight);
    this.#flight = [];
    this.records.send(HANDSHAKE_RECORD, flight);
  }

  sendChangeCipherSpec(): void {
    this.flush();
    this.records.send(CHANGE_CIPHER_SPEC, Uint8Array.of(1));
  }

  /**
   * The next records are opened with these keys, which are wiped here.
   * @throws TlsError when part of a message waits that came under the keys of before (RFC 8446 §5.1)
   */
  readKeys(version: TlsVersion, keys: TrafficKeys): void {
    this.checkBoundary();
    this.records.readKeys(version, keys);
    wipe(keys.key, keys.iv);
  }

  /** The next records are sealed with these keys, which are wiped here; what waits goes out under those of before. */
  writeKeys(version: TlsVersion, keys: TrafficKeys): void {
    this.flush();
    this.records.writeKeys(version, keys);
    wipe(keys.key, keys.iv);
  }

  /** @throws TlsError when more came with the last message than may: keys change, or it is our turn (RFC 8446 §5.1) */
  checkBoundary(): void {
    if (this.inbox.isEmpty) return;
    throw new TlsError(
      'unexpected_message',
      'EXCESS_HANDSHAKE_DATA',
      'a handshake message reaches across a change of keys or of turns (unexpected_message)',
    );
  }

  /** Has a secret wiped at the end of the handshake or of the connection, whichever comes first. */
  own<T extends Uint8Array | Wipeable>(secret: T): T {
    this.#secrets.add(wipeable(secret));
    return secret;
  }

  /** Has a secret wiped at the end of the connection. */
  keep<T extends Uint8Array | Wipeable>(secret: T): T {
    this.#kept.add(wipeable(secret));
    return secret;
  }

  /** The handshake is over: both Finished are verified, keys for application data are in place both ways. */
  finish(): void {
    this.flush();
    wipeAll(this.#secrets);
    this.transcript.forget();
    if (this.inbox.isEmpty) this.inbox.wipe();
    this.#complete = true;
    this.tell({ kind: 'handshake' });
  }

  /** The connection is over. */
  wipe(): void {
    wipeAll(this.#secrets);
    wipeAll(this.#kept);
    this.inbox.wipe();
    this.exporter = undefined;
    this.beforeData = undefined;
    this.updateKeys = undefined;
  }
}

function wipeable(secret: Uint8Array | Wipeable): Wipeable {
  return secret instanceof Uint8Array ? { wipe: () => void secret.fill(0) } : secret;
}

function wipeAll(secrets: Set<Wipeable>): void {
  for (const secret of secrets) secret.wipe();
  secrets.clear();
}
