/**
 * What a Node-shaped socket stands on: a Bun-shaped socket whose `data` is the Node-shaped one, or something with the
 * same members (TLS over a stream, `tls/duplex-channel.ts`). Not for: handlers (`socket.ts` has the table).
 */
import type { Socket as InnerSocket } from '../socket/socket.js';
import type { Socket } from './socket.js';

export type Channel = Pick<
  InnerSocket<Socket | undefined>,
  | 'data'
  | 'write'
  | 'end'
  | 'close'
  | 'terminate'
  | 'pause'
  | 'resume'
  | 'ref'
  | 'unref'
  | 'setNoDelay'
  | 'setKeepAlive'
  | 'localAddress'
  | 'localPort'
  | 'localFamily'
  | 'remoteAddress'
  | 'remotePort'
  | 'remoteFamily'
>;

/** Both ends of a connection, kept because the channel forgets them when it closes. */
export interface Ends {
  localAddress: string;
  localPort: number;
  localFamily: string;
  remoteAddress: string;
  remotePort: number;
  remoteFamily: string;
}

export function endsOf(channel: Channel): Ends {
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = channel;
  return { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily };
}

/**
 * The bytes of one `_write` or `_writev`: handed to the channel as far as it takes them, the rest when it has room again.
 */
export class Outgoing {
  #chunks: readonly Uint8Array[] = [];
  #first = 0;
  /** What is left of the first chunk. */
  #rest: Uint8Array | undefined;
  #done: ((error?: Error | null) => void) | undefined;

  /** @param done called when all is taken */
  put(chunks: readonly Uint8Array[], done: (error?: Error | null) => void): void {
    this.#chunks = chunks;
    this.#first = 0;
    this.#rest = chunks[0];
    this.#done = done;
  }

  /** @returns false when the channel takes nothing any more */
  flush(channel: Channel): boolean {
    while (this.#rest !== undefined) {
      const taken = this.#rest.length === 0 ? 0 : channel.write(this.#rest);
      if (taken < 0) return false;
      if (taken < this.#rest.length) {
        this.#rest = this.#rest.subarray(taken);
        return true;
      }
      this.#first += 1;
      this.#rest = this.#chunks[this.#first];
    }
    this.settle(null);
    return true;
  }

  /** It is over with what was put, for better or worse. */
  settle(error: Error | null): void {
    const done = this.#done;
    this.#done = undefined;
    this.#rest = undefined;
    this.#chunks = [];
    done?.(error);
  }
}
