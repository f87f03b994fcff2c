/**
 * What a Node-shaped socket stands on: a Bun-shaped socket whose `data` is the Node-shaped one, or something with the
 * same members (TLS over a stream, `tls/duplex-channel.ts`). Not for: handlers (`socket.ts` has the table).
 */
import type { SocketHandler } from '../socket/handlers.js';
import { Socket as InnerSocket } from '../socket/socket.js';
import type { TLSOptions } from '../tls/options.js';
import { brokenPipe } from './errors.js';
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

/** A channel whose socket is destroyed has nobody to tell. */
export function tell({ data }: Pick<Channel, 'data'>, what: (socket: Socket) => void): void {
  if (data !== undefined) what(data);
}

/**
 * TLS over a channel.
 * @returns what is left of it, which nobody hears any more, and the channel over it; `undefined` where there is TLS already
 */
export function upgrade(
  channel: Channel | undefined,
  owner: Socket,
  { tls, handlers }: { tls: TLSOptions; handlers: SocketHandler<Socket | undefined> },
): readonly [raw: Channel, secure: Channel] | undefined {
  if (!(channel instanceof InnerSocket)) return undefined;
  // The owner is told that it is open by getting it.
  const upgraded = channel.upgradeTLS<Socket | undefined>({
    tls,
    data: owner,
    socket: { ...handlers, open: () => {} },
  });
  // A socket that has TLS gives nothing, which its type, Bun's, does not say.
  if ((upgraded as unknown) === undefined) return undefined;
  upgraded[0].data = undefined;
  return upgraded;
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

  #taken = 0;

  /** Bytes of writes that are done. */
  get bytesTaken(): number {
    return this.#taken;
  }

  /** @param done called when all is taken */
  put(chunks: readonly Uint8Array[], done: (error?: Error | null) => void): void {
    this.#chunks = chunks;
    this.#first = 0;
    this.#rest = chunks[0];
    this.#done = done;
  }

  flush(channel: Channel): void {
    while (this.#rest !== undefined) {
      const taken = this.#rest.length === 0 ? 0 : channel.write(this.#rest);
      if (taken < 0) {
        this.settle(brokenPipe());
        return;
      }
      if (taken < this.#rest.length) {
        this.#rest = this.#rest.subarray(taken);
        return;
      }
      this.#first += 1;
      this.#rest = this.#chunks[this.#first];
    }
    this.#taken += this.#chunks.reduce((sum, { length }) => sum + length, 0);
    this.settle(null);
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
