/**
 * What a server seals its tickets with (RFC 8446 §4.6.1, RFC 5077 §4): keys that change with time and overlap, so that a
 * ticket lives as long as it says and a stolen key opens no more than a few days. They are random, or made of a secret that
 * several servers have. Not for: what stands in a ticket
 * (`session.ts`).
 */
import type { CryptoProvider } from '../crypto/provider.js';
import { expand } from '../schedule/hkdf.js';
import { concat, EMPTY, latin1, sameBytes } from '../wire/bytes.js';
import { encode } from '../wire/writer.js';

export interface TicketKeysOptions {
  readonly provider: CryptoProvider;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds for which one key seals; it opens twice as long. */
  readonly period?: number;
  /** What the keys of every period are made of, in place of randomness, 32 bytes of it. Who has the same opens the same tickets. */
  readonly secret?: Uint8Array | undefined;
  /** Goes into keys that are made of a secret: those of servers that differ in it differ. */
  readonly context?: Uint8Array | undefined;
}

/** May be shared by servers that resume each other's sessions. */
export class TicketKeys {
  readonly #provider: CryptoProvider;
  readonly #wall: () => number;
  readonly #period: number;
  readonly #secret: Uint8Array | undefined;
  readonly #context: Uint8Array | undefined;
  /** The newest first. */
  #keys: TicketKey[] = [];

  constructor({ provider, wall, period = DAY, secret, context }: TicketKeysOptions) {
    this.#provider = provider;
    this.#wall = wall;
    this.#period = period;
    this.#secret = secret;
    this.#context = context;
  }

  /** Seconds for which a ticket that is sealed now can be opened, at least. */
  get lifetime(): number {
    return Math.floor(this.#period / 1000);
  }

  /** name ‖ nonce ‖ sealed content; the name is authenticated, too. */
  seal(content: Uint8Array): Uint8Array<ArrayBuffer> {
    const { name, key } = this.#current();
    const nonce = this.#provider.random(NONCE_LENGTH);
    return concat(name, nonce, this.#provider.seal(key, nonce, name, content));
  }

  /** `undefined` for what these keys did not seal, or too long ago. */
  open(ticket: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    this.#refresh();
    const name = ticket.subarray(0, NAME_LENGTH);
    const key = this.#keys.find((candidate) => sameBytes(candidate.name, name))?.key;
    if (key === undefined || ticket.length < NAME_LENGTH + NONCE_LENGTH) return undefined;
    const nonce = ticket.subarray(NAME_LENGTH, NAME_LENGTH + NONCE_LENGTH);
    return this.#provider.open(key, nonce, name, ticket.subarray(NAME_LENGTH + NONCE_LENGTH));
  }

  #current(): TicketKey {
    this.#refresh();
    const [newest] = this.#keys;
    const now = this.#wall();
    if (newest !== undefined && now < newest.since + this.#period) return newest;
    const fresh = { name: this.#provider.random(NAME_LENGTH), key: this.#provider.random(KEY_LENGTH), since: now };
    this.#keys.unshift(fresh);
    return fresh;
  }

  #refresh(): void {
    if (this.#secret === undefined) this.#expire();
    else this.#derive(this.#secret);
  }

  /** The keys of this period and of the one before; periods are counted from 1970 on. */
  #derive(secret: Uint8Array): void {
    const now = this.#wall();
    const since = now - (now % this.#period);
    if (this.#keys[0]?.since === since) return;
    for (const { key } of this.#keys) key.fill(0);
    this.#keys = [since, since - this.#period].map((since) => {
      const info = encode((writer) =>
        writer
          .vector8(latin1('ticket key'))
          .vector8(this.#context ?? EMPTY)
          .u48(since),
      );
      const bytes = expand({ provider: this.#provider, name: 'sha256' }, secret, info, NAME_LENGTH + KEY_LENGTH);
      return { name: bytes.subarray(0, NAME_LENGTH), key: bytes.subarray(NAME_LENGTH), since };
    });
  }

  /** A clock that was set back makes no key live longer. */
  #expire(): void {
    const now = this.#wall();
    const isLive = ({ since }: TicketKey) => since <= now && now < since + 2 * this.#period;
    for (const { key } of this.#keys.filter((key) => !isLive(key))) key.fill(0);
    this.#keys = this.#keys.filter(isLive);
  }
}

interface TicketKey {
  readonly name: Uint8Array;
  readonly key: Uint8Array;
  /** When its period began. */
  readonly since: number;
}

const DAY = 86_400_000;
const NAME_LENGTH = 16;
const NONCE_LENGTH = 12;
const KEY_LENGTH = 32;
