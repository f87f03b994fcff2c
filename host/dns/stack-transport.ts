/**
 * Asking name servers over the stack's own sockets: one datagram from a socket of its own, whose port the core chooses at
 * random (RFC 6056), connected so that it hears nobody but the server (RFC 5452 §9.2); one message each way over TCP (RFC 7766).
 * Not for: timeouts; whoever asks gives up by itself.
 */
import type { Socket } from '../socket/socket.js';
import type { Stack } from '../stack/stack.js';
import type { Cancel, Hearing, NameServer, Transport } from './transport.js';

/** What it needs of a stack. */
export interface Ways {
  connect: Stack['connect'];
  sockets(): Iterable<Socket<unknown>>;
  udpSocket(options: {
    connect: { hostname: string; port: number };
    binaryType: 'uint8array';
    socket: { data(socket: unknown, bytes: Uint8Array): void; error(socket: unknown, error: Error): void };
  }): Promise<{ send(bytes: Uint8Array): boolean; close(): void }>;
}

export class StackTransport implements Transport {
  constructor(private readonly ways: Ways) {}

  udp({ address, port }: NameServer, query: Uint8Array, heard: Hearing): Cancel {
    let over = false;
    let close = (): void => {};
    const failed = (error: Error): void => {
      if (!over) heard.failed(error);
    };
    const asked = attempt(() =>
      this.ways.udpSocket({
        connect: { hostname: address, port },
        binaryType: 'uint8array',
        socket: {
          data: (_, bytes) => {
            if (!over) heard.message(bytes);
          },
          error: (_, error) => failed(error),
        },
      }),
    );
    asked.then((socket) => {
      if (over) return socket.close();
      close = () => socket.close();
      socket.send(query);
      return undefined;
    }, failed);
    return () => {
      over = true;
      close();
    };
  }

  tcp({ address, port }: NameServer, query: Uint8Array, heard: Hearing): Cancel {
    let over = false;
    /** By which the socket is found while it is connecting. */
    const token = {};
    const reader = new Reader();
    const failed = (error: Error): void => {
      if (!over) heard.failed(error);
    };
    const asked = attempt(() =>
      this.ways.connect<unknown>({
        hostname: address,
        port,
        data: token,
        socket: {
          binaryType: 'uint8array',
          open: (socket) => void socket.write(framed(query)),
          data: (_, bytes) => {
            const message = reader.push(bytes);
            if (message !== undefined && !over) heard.message(message);
          },
          close: (_, error) => failed(error ?? new Error('closed the connection without an answer')),
          error: (_, error) => failed(error),
        },
      }),
    );
    asked.catch(failed);
    return () => {
      if (over) return;
      over = true;
      for (const socket of this.ways.sockets()) if (socket.data === token) return socket.terminate();
    };
  }
}

/** Who asks is never told inside its question, not even that the stack is closed. */
function attempt<Way>(begin: () => Promise<Way>): Promise<Way> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** One write, so that length and message travel in one segment: RFC 7766 §8. */
function framed(query: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + query.length);
  new DataView(bytes.buffer).setUint16(0, query.length);
  bytes.set(query, 2);
  return bytes;
}

/** The first message of a stream: one question, one answer. */
class Reader {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  /** Of the message and the length before it; 2 until that is known. */
  #wanted = 2;

  push(chunk: Uint8Array): Uint8Array | undefined {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#wanted) {
      const bytes = Buffer.concat(this.#chunks);
      const wanted = 2 + bytes.readUInt16BE(0);
      if (this.#size >= wanted) return bytes.subarray(2, wanted);
      this.#wanted = wanted;
    }
    return undefined;
  }
}
