/**
 * What a socket sends: how many bytes it took, what `writeAll` still has to get rid of, and whether what a short `write`
 * left over was forgotten. Not for: endings (`socket.ts`), bytes in flight (`../stack/connection.ts`).
 */
import { type Ends, writeFailure } from '../errors.js';
import { utf8 } from '../payload.js';
import type { Transport } from '../transport.js';
import { warnOfShortWrite } from './short-write.js';

export class Output {
  /** What the last `write` was given and did not take. */
  #left = 0;
  /** After that the program could have gone on, or has ended the stream without it. */
  #forgotten = false;
  /** First in, first out; `undefined` when nothing waits. */
  #queue: Waiting[] | undefined;

  /** @param bytesWritten accepted, sent or not, acknowledged or not */
  constructor(public bytesWritten: number = 0) {}

  /** @returns the bytes taken, 0 when there is no room or `writeAll` comes first; −1 when the transport is closed */
  write(transport: Transport, payload: string | Uint8Array): number {
    if (payload.length === 0) return 0;
    const text = typeof payload === 'string' && this.#queue === undefined ? transport.writeText(payload) : undefined;
    const bytes = text === undefined ? encoded(payload) : undefined;
    const taken = text ?? (this.#queue === undefined ? transport.write(bytes as Uint8Array) : 0);
    if (taken < 0) return -1;
    this.bytesWritten += taken;
    this.#left = bytes === undefined ? 0 : bytes.length - taken;
    this.#forgotten = false;
    return taken;
  }

  /** @param transport `undefined` when the socket does not take anything */
  writeAll(transport: Transport | undefined, payload: string | Uint8Array): Promise<void> {
    const bytes = encoded(payload);
    const total = bytes.length;
    const idle = this.#queue === undefined;
    const taken = transport === undefined ? -1 : idle && total > 0 ? transport.write(bytes) : 0;
    if (transport === undefined || taken < 0) return Promise.reject(writeFailure(0, total, transport?.endpoints()));
    this.#left = 0;
    this.bytesWritten += taken;
    if (idle && taken === total) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      this.#queue ??= [];
      this.#queue.push({ bytes: bytes.subarray(taken), total, ends: transport.endpoints(), resolve, reject });
    });
  }

  /** There is room again. @returns whether there is some for the program too */
  drained(transport: Transport): boolean {
    this.#feed(transport);
    const free = this.#queue === undefined;
    this.#forgotten = free && this.#left > 0;
    return free;
  }

  /**
   * @param chosen by the program, and not because the peer has ended
   * @returns the final chunk, behind everything that waits
   */
  end(final: Uint8Array | undefined, chosen: boolean): Uint8Array | undefined {
    if (final !== undefined) this.#left = 0;
    if (chosen) this.#forgotten = this.#left > 0;
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    const last = queue.length === 0 ? final : joined([...queue.map(({ bytes }) => bytes), final ?? NOTHING]);
    this.bytesWritten += last?.length ?? 0;
    for (const { resolve } of queue) resolve();
    return last;
  }

  /** Nothing more is taken. What waits fails. */
  close(error: Error | undefined): void {
    if (this.#forgotten && error === undefined) warnOfShortWrite(this.#left);
    this.#forgotten = false;
    this.#fail(error);
  }

  /** The program does not want any of it to arrive. */
  abandon(): void {
    this.#forgotten = false;
  }

  #feed(transport: Transport): void {
    for (let first = this.#queue?.[0]; first !== undefined; first = this.#queue?.[0]) {
      const taken = first.bytes.length === 0 ? 0 : transport.write(first.bytes);
      if (taken < 0) break;
      this.bytesWritten += taken;
      first.bytes = first.bytes.subarray(taken);
      if (first.bytes.length > 0) return;
      this.#queue?.shift();
      first.resolve();
    }
    this.#fail(undefined);
  }

  /** What waits, if anything does. */
  #fail(cause: Error | undefined): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    for (const { bytes, total, ends, reject } of queue) reject(writeFailure(total - bytes.length, total, ends, cause));
  }
}

/** One call of `writeAll`. */
interface Waiting {
  /** Not taken yet. */
  bytes: Uint8Array;
  readonly total: number;
  readonly ends: Ends;
  resolve(): void;
  reject(error: Error): void;
}

function encoded(payload: string | Uint8Array): Uint8Array {
  return typeof payload === 'string' ? utf8(payload) : payload;
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

const NOTHING = new Uint8Array(0);
