/**
 * What every state of a handshake is: it awaits one message, and answers with the state that awaits the next.
 * Not for: reading records (`../connection.ts`).
 */
import { TlsError } from '../alert.js';
import { type HandshakeMessage, messageName } from '../messages/handshake.js';

export interface Expect {
  /** What is awaited, for errors: `EncryptedExtensions`. */
  readonly awaits: string;
  /**
   * Deals with the next handshake message, adds it to the transcript, sends what is owed.
   * @returns the next state
   * @throws TlsError when the message breaks a rule; CryptoError for a key share that is none
   */
  handle(message: HandshakeMessage): Expect;
  /** The program has to decide something first: nothing is read until it has, and this answers the next state. */
  readonly decided?: Promise<() => Expect>;
  /** TLS 1.2: change_cipher_spec came, with this content. Where this is absent, it must not come. */
  changeCipherSpec?(content: Uint8Array): Expect;
  /** Application data came. Where this is absent, it must not come. */
  applicationData?(): void;
}

/** @throws TlsError unless the message is of this type */
export function expectType(message: HandshakeMessage, type: number, state: Expect): void {
  if (message.type !== type) throw unexpectedMessage(message, state);
}

export function unexpectedMessage(message: HandshakeMessage, state: Expect): TlsError {
  return new TlsError(
    'unexpected_message',
    'UNEXPECTED_MESSAGE',
    `${messageName(message.type)} came instead of ${state.awaits} (unexpected_message)`,
  );
}
