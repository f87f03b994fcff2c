/** Node's own TLS at the other end of one of ours, in one process, over a stream in memory. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { End } from './ends.js';

/** Joins them, and lets them talk for as long as they like. */
export class NodePeer {
  readonly socket: tls.TLSSocket;
  readonly #wire: Duplex;
  #received = '';
  #failure: Error | undefined;

  private constructor(
    private readonly end: End,
    make: (wire: Duplex) => tls.TLSSocket,
  ) {
    this.#wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _, done) => {
        this.pump([chunk]);
        done();
      },
    });
    this.socket = make(this.#wire);
    this.socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString();
    });
    this.socket.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Node as server of our client. */
  static server(end: End, options: tls.TLSSocketOptions): NodePeer {
    return new NodePeer(end, (wire) => new tls.TLSSocket(wire, { isServer: true, ...options }));
  }

  /** Node as client of our server. */
  static client(end: End, options: tls.ConnectionOptions): NodePeer {
    return new NodePeer(end, (wire) => tls.connect({ socket: wire, servername: 'localhost', ...options }));
  }

  /** What Node got as application data. */
  get text(): string {
    return this.#received;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Gives ours what came, and Node what ours has to say. */
  pump(incoming: readonly Uint8Array[] = []): void {
    for (const bytes of this.end.turn(incoming)) this.#wire.push(bytes);
  }

  /** Lets Node work until this holds. */
  async until(condition: () => boolean): Promise<void> {
    this.pump();
    while (!condition()) {
      await new Promise((resolve) => setImmediate(resolve));
      this.pump();
    }
  }

  async close(): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}
