/**
 * The handshake's transcript, RFC 8446 §4.4.1 and RFC 5246 §7.4.9: messages are kept until the cipher suite says which
 * hash they go into. Not for: deciding what belongs into it (each state adds what it sends and gets).
 */
import type { CryptoProvider, HashName, RunningHash } from '../crypto/provider.js';
import { frame, HANDSHAKE } from '../messages/handshake.js';
import { concat } from '../wire/bytes.js';

export class Transcript {
  #messages: Uint8Array[] | undefined = [];
  #hash: RunningHash | undefined;
  #name: HashName | undefined;

  constructor(private readonly provider: CryptoProvider) {}

  /** @param message with its header */
  add(message: Uint8Array): void {
    this.#messages?.push(message);
    this.#hash?.update(message);
  }

  /** Settles the hash; a second call with the same one does nothing. */
  start(name: HashName): void {
    if (this.#hash !== undefined && this.#name === name) return;
    this.#name = name;
    this.#hash = this.provider.createHash(name);
    this.#hash.update(this.messages());
  }

  /** The hash of what was added so far; `start` was called. */
  hash(): Uint8Array<ArrayBuffer> {
    if (this.#hash === undefined) throw new Error('the transcript has no hash yet');
    return this.#hash.digest();
  }

  /** The hash of what was added so far and of `part`, which is not added: for binders (RFC 8446 §4.2.11.2). */
  hashWith(name: HashName, part: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.provider.hash(name, concat(this.messages(), part));
  }

  /** RFC 8446 §4.4.1: a HelloRetryRequest replaces the first ClientHello by its hash. To be called before that is added. */
  replaceByHash(name: HashName): void {
    const hash = this.provider.hash(name, this.messages());
    this.#messages = [frame(HANDSHAKE.message_hash, hash)];
    this.#hash = undefined;
    this.start(name);
  }

  /** All that was added, in one piece: what TLS 1.2 signs (RFC 5246 §7.4.8). Not after `forget`. */
  messages(): Uint8Array<ArrayBuffer> {
    if (this.#messages === undefined) throw new Error('the messages of the transcript are gone');
    return concat(...this.#messages);
  }

  /** From now on only the hash is kept. */
  forget(): void {
    this.#messages = undefined;
  }
}
