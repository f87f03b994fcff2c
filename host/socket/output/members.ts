/**
 * The members of a socket that send: how many bytes it took, and what becomes of those it did not. What waits lies beside the
 * socket, once something has: among very many sockets an ordinary `write` need not wait for another object.
 * Not for: endings (`../socket.ts`), bytes in flight (`../../stack/connection.ts`).
 */
import { writeFailure } from '../errors.js';
import { type Payload, parsePayload, utf8 } from '../payload.js';
import { TlsMembers } from '../tls/members.js';
import type { Transport } from '../transport.js';
import { Backlog } from './backlog.js';
import { warnOfShortWrite } from './short-write.js';

/** The transport of a socket that takes bytes: once it is open, until its end was asked for. */
export const WRITABLE: unique symbol = Symbol('writable');

export abstract class OutputMembers extends TlsMembers {
  abstract get [WRITABLE](): Transport | undefined;
  #bytesWritten: number;
  /** `undefined`: nothing has ever waited. */
  #backlog: Backlog | undefined;

  /** What a socket and `writeAll` ask of its output. Not for programs. */
  static readonly output = {
    writeAll(socket: OutputMembers, payload: string | Uint8Array): Promise<void> {
      const transport = socket[WRITABLE];
      const bytes = encoded(payload);
      const total = bytes.length;
      const first = socket.#backlog?.waits !== true;
      const taken = transport === undefined ? -1 : first && total > 0 ? transport.write(bytes) : 0;
      if (transport === undefined || taken < 0) return Promise.reject(writeFailure(0, total, transport?.endpoints()));
      socket.#bytesWritten += taken;
      socket.#backlog?.leave(0);
      if (first && taken === total) return Promise.resolve();
      socket.#backlog ??= new Backlog();
      return socket.#backlog.add(bytes.subarray(taken), total, transport.endpoints());
    },

    /** There is room again. @returns whether there is some for the program, too */
    drained(socket: OutputMembers, transport: Transport): boolean {
      if (socket.#backlog === undefined) return true;
      const taken = socket.#backlog.feed(transport);
      socket.#bytesWritten += taken;
      return !socket.#backlog.waits;
    },

    /**
     * @param chosen by the program, and not because the peer has ended
     * @returns the final chunk, behind everything that waits
     */
    end(socket: OutputMembers, final: Uint8Array | undefined, chosen: boolean): Uint8Array | undefined {
      const waiting = socket.#backlog?.end(final !== undefined, chosen) ?? [];
      const last = waiting.length === 0 ? final : joined([...waiting, final ?? NOTHING]);
      socket.#bytesWritten += last?.length ?? 0;
      return last;
    },

    /** Nothing more is taken. What waits fails. */
    close(socket: OutputMembers, error: Error | undefined): void {
      const backlog = socket.#backlog;
      socket.#backlog = undefined;
      if (backlog?.forgotten && error === undefined) warnOfShortWrite(backlog.left);
      backlog?.fail(error);
    },

    /** The program does not want what is left to arrive. */
    abandon(socket: OutputMembers): void {
      if (socket.#backlog !== undefined) socket.#backlog.forgotten = false;
    },
  };

  constructor(bytesWritten: number = 0) {
    super();
    this.#bytesWritten = bytesWritten;
  }

  /** Bytes that `write` and `end` accepted, sent or not, acknowledged or not. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /**
   * Sends what fits: nothing is queued beyond the send buffer. Keep the rest and go on in `drain`.
   * @param data a string (UTF-8), buffer or view; its bytes are copied before `write` returns
   * @param byteOffset first byte to send, 0 by default; ignored for strings
   * @param byteLength how many, the remainder by default; ignored for strings
   * @returns the bytes taken, possibly fewer than given, 0 when the buffer is full; −1 when closed or shutting down
   * @throws TypeError, RangeError for arguments that mean nothing
   */
  write(data: Payload, byteOffset?: number, byteLength?: number): number {
    // First of all: on what is no socket it throws.
    const waits = this.#backlog?.waits === true;
    const transport = this[WRITABLE];
    if (transport === undefined) return -1;
    const payload = parsePayload(data, byteOffset, byteLength);
    if (payload.length === 0) return 0;
    const text = typeof payload === 'string' && !waits ? transport.writeText(payload) : undefined;
    const bytes = text === undefined ? encoded(payload) : undefined;
    const taken = text ?? (waits ? 0 : transport.write(bytes as Uint8Array));
    if (taken < 0) return -1;
    this.#bytesWritten += taken;
    const left = bytes === undefined ? 0 : bytes.length - taken;
    if (left > 0) this.#backlog ??= new Backlog();
    this.#backlog?.leave(left);
    return taken;
  }
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
