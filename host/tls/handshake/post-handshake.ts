/**
 * After a handshake of TLS 1.3: application data, KeyUpdate both ways and, at a client, tickets. RFC 8446 §4.6.
 * Not for: giving tickets (`../server/ticket.ts`).
 */
import { TlsError } from '../alert.js';
import { HANDSHAKE, type HandshakeMessage } from '../messages/handshake.js';
import { readKeyUpdate, writeKeyUpdate } from '../messages/post-handshake.js';
import type { CipherSuite } from '../parameters.js';
import { nextTrafficSecret } from '../schedule/key-schedule.js';
import { wipe } from '../wire/bytes.js';
import type { HandshakeContext } from './context.js';
import { type Expect, unexpectedMessage } from './expect.js';
import { hashOf, readWith, writeWith } from './keys13.js';

export interface DirectionSecrets {
  readonly read: Uint8Array<ArrayBuffer>;
  readonly write: Uint8Array<ArrayBuffer>;
}

/** Renegotiation and certificates after the handshake are refused like every other message that is not awaited here. */
export class ExpectPostHandshake implements Expect {
  readonly awaits = 'application data';
  readonly #secrets: { read: Uint8Array<ArrayBuffer>; write: Uint8Array<ArrayBuffer> };
  /** KeyUpdates since there was data. */
  #updates = 0;
  /**
   * The peer waits for a KeyUpdate of ours, which goes out before our next data: one answers many, so a peer that asks
   * again and again makes nothing grow (RFC 8446 §4.6.3).
   */
  #answerOwed = false;

  /** @param tickets absent at a server, to which no tickets come */
  constructor(
    private readonly context: HandshakeContext,
    private readonly suite: CipherSuite,
    secrets: DirectionSecrets,
    private readonly tickets?: { receive(body: Uint8Array): void },
  ) {
    this.#secrets = { ...secrets };
    context.keep({ wipe: () => wipe(this.#secrets.read, this.#secrets.write) });
    context.beforeData = () => this.#beforeData();
    context.updateKeys = (requestPeer) => this.#updateWrite(requestPeer);
  }

  handle(message: HandshakeMessage): Expect {
    if (message.type === HANDSHAKE.key_update) this.#receiveUpdate(message);
    else if (message.type === HANDSHAKE.new_session_ticket && this.tickets !== undefined) {
      this.#count();
      this.tickets.receive(message.body);
    } else throw unexpectedMessage(message, this);
    return this;
  }

  applicationData(): void {
    this.#updates = 0;
  }

  /** RFC 8446 §4.6.3. */
  #receiveUpdate(message: HandshakeMessage): void {
    const isRequested = readKeyUpdate(message.body);
    this.#count();
    this.#secrets.read = this.#next(this.#secrets.read);
    readWith(this.context, this.suite, this.#secrets.read);
    if (isRequested) this.#answerOwed = true;
  }

  #beforeData(): void {
    if (this.#answerOwed || this.context.records.sealsLeft < SEALS_RESERVED) this.#updateWrite(false);
  }

  #updateWrite(requestPeer: boolean): void {
    this.#answerOwed = false;
    this.context.sendOutside(HANDSHAKE.key_update, writeKeyUpdate(requestPeer));
    this.#secrets.write = this.#next(this.#secrets.write);
    writeWith(this.context, this.suite, this.#secrets.write);
  }

  #next(secret: Uint8Array): Uint8Array<ArrayBuffer> {
    const next = nextTrafficSecret(hashOf(this.context, this.suite), secret);
    secret.fill(0);
    return next;
  }

  #count(): void {
    this.#updates++;
    if (this.#updates <= MESSAGES_WITHOUT_DATA) return;
    throw new TlsError(
      'unexpected_message',
      'TOO_MANY_KEY_UPDATES',
      `more than ${MESSAGES_WITHOUT_DATA} KeyUpdates or tickets without data between them (unexpected_message)`,
    );
  }
}

const MESSAGES_WITHOUT_DATA = 32;
/** One call may fill the largest send buffer, 64 MiB, with records of 512 bytes. */
const SEALS_RESERVED = 1 << 17;
