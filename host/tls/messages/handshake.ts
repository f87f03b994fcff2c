/**
 * The frame of handshake messages (RFC 8446 §4, RFC 5246 §7.4): type, length, body; and their reassembly from records.
 * Not for: what the bodies mean.
 */
import { TlsError } from '../alert.js';
import { Writer } from '../wire/writer.js';

/** HandshakeType, RFC 8446 §4 and RFC 5246 §7.4. */
export const HANDSHAKE = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
  certificate_status: 22,
  key_update: 24,
  message_hash: 254,
} as const;

export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Header and body, as the transcript takes them. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A handshake message with its header. */
export function frame(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer().u8(type).vector24(body).finish();
}

/** `ClientHello` for people; `handshake message 99` for one that nobody knows. */
export function messageName(type: number): string {
  return NAMES.get(type) ?? `handshake message ${type}`;
}

/** Puts handshake messages together from the fragments that records carry (RFC 8446 §5.1). */
export class HandshakeInbox {
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Whether no part of a message waits here: what a change of keys demands (RFC 8446 §5.1). */
  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  add(fragment: Uint8Array): void {
    this.#reserve(fragment.length);
    this.#bytes.set(fragment, this.#end);
    this.#end += fragment.length;
  }

  /**
   * Takes the next message out.
   * @returns `undefined` while it is not whole
   * @throws TlsError for a message that is longer than its limit, as soon as its header says so
   */
  next(): HandshakeMessage | undefined {
    if (this.#end - this.#start < HEADER_LENGTH) return undefined;
    const [type = 0, high = 0, middle = 0, low = 0] = this.#bytes.subarray(this.#start, this.#start + HEADER_LENGTH);
    const length = high * 65_536 + middle * 256 + low;
    if (length > (type === HANDSHAKE.certificate ? CERTIFICATE_LIMIT : MESSAGE_LIMIT)) {
      throw new TlsError(
        'illegal_parameter',
        'EXCESSIVE_MESSAGE_SIZE',
        `a ${messageName(type)} of ${length} bytes is too long (illegal_parameter)`,
      );
    }
    const end = this.#start + HEADER_LENGTH + length;
    if (end > this.#end) return undefined;
    const bytes = this.#bytes.slice(this.#start, end);
    this.#start = end;
    return { type, bytes, body: bytes.subarray(HEADER_LENGTH) };
  }

  /** Overwrites what is left here. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#bytes = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }

  #reserve(length: number): void {
    if (this.isEmpty) {
      this.#start = 0;
      this.#end = 0;
    }
    if (this.#end + length <= this.#bytes.length) return;
    const waiting = this.#bytes.subarray(this.#start, this.#end);
    const grown = new Uint8Array(Math.max(2 * waiting.length, waiting.length + length));
    grown.set(waiting);
    this.#bytes = grown;
    this.#end = waiting.length;
    this.#start = 0;
  }
}

const HEADER_LENGTH = 4;
/** Bytes of a body, at most: 64 KiB, and 100 KiB for a chain of certificates. */
const MESSAGE_LIMIT = 65_536;
const CERTIFICATE_LIMIT = 102_400;

const NAMES = new Map<number, string>(
  Object.entries(HANDSHAKE).map(([name, type]) => [
    type,
    name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
  ]),
);
