/**
 * The kernel's side of an interop test: `node:net` in a process of its own, steered by `kernel.ts`. Ends with the
 * process that started it.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { KERNEL, VITRINE } from './addresses.js';
import { answerOrders } from './answering.js';
import { type Behaviour, CONTENT, type Orders, type Outcome } from './orders.js';

let latest: Party | undefined;

/** One connection and what it has come to. */
class Party {
  readonly closed: Promise<Outcome>;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #text = '';
  #taken = 0;
  #code: string | null = null;
  #open = true;

  constructor(
    readonly socket: Socket,
    behaviour: Behaviour,
    length: number,
  ) {
    latest = this;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#code = error.code ?? error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#open = false;
        resolve(this.outcome());
      });
    });
    this.#behave(behaviour, length);
  }

  outcome(): Outcome {
    const sha256 = this.#hash.copy().digest('hex');
    return { bytes: this.#bytes, sha256, text: this.#text, taken: this.#taken, code: this.#code, open: this.#open };
  }

  resume(): void {
    this.#digest();
    this.socket.resume();
  }

  #behave(behaviour: Behaviour, length: number): void {
    const { socket } = this;
    if (behaviour === 'digest') this.#digest();
    else if (behaviour !== 'stall') this.#read();
    if (behaviour === 'echo') socket.on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end());
    if (behaviour === 'send') void this.#send(length).then(() => socket.end());
    if (behaviour === 'send and stay') void this.#send(length);
    if (behaviour === 'reset') socket.once('data', () => socket.resetAndDestroy());
    if (behaviour === 'idle') socket.setKeepAlive(true, 1000);
  }

  #digest(): void {
    this.#read();
    this.socket.on('end', () => this.socket.end(this.outcome().sha256));
  }

  #read(): void {
    this.socket.on('data', (chunk) => {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes <= 1000) this.#text += chunk.toString('latin1');
    });
  }

  /** A piece at a time, so that `taken` is what the kernel has taken. */
  async #send(length: number): Promise<void> {
    for (const piece of pieces(length)) {
      await new Promise<void>((resolve) => {
        this.socket.write(piece, () => resolve());
      });
      this.#taken += piece.length;
    }
  }
}

answerOrders<Orders>({
  listen({ behaviour, length = 0 }) {
    const options = { allowHalfOpen: true, pauseOnConnect: behaviour === 'stall' };
    const server = createServer(options, (socket) => new Party(socket, behaviour, length));
    return new Promise((resolve) => {
      server.listen(0, KERNEL, 1024, () => resolve((server.address() as AddressInfo).port));
    });
  },

  connect({ port, behaviour, length = 0 }) {
    return new Party(connect({ host: VITRINE, port, allowHalfOpen: true }), behaviour, length).closed;
  },

  async crowd({ port, count }) {
    const sockets = await Promise.all(Array.from({ length: count }, (_, index) => echoed(port, index)));
    const atOnce = sockets.filter((socket) => socket.readyState === 'open').length;
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.on('close', () => resolve()).end())),
    );
    return { echoes: sockets.length, atOnce };
  },

  look() {
    if (latest === undefined) throw new Error('there was no connection');
    return latest.outcome();
  },

  resume() {
    latest?.resume();
    return null;
  },
});

/** The bytes of `pseudoRandomBytes`, made when they are needed: a gigabyte is more than most are sent of it. */
function* pieces(length: number): Generator<Uint8Array> {
  const key = createHash('sha256').update(CONTENT).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  for (let left = length; left > 0; left -= PIECE) yield cipher.update(Buffer.alloc(Math.min(left, PIECE)));
}

/** A connection over which its number came back. */
function echoed(port: number, number: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, VITRINE, () => socket.write(String(number)));
    let text = '';
    socket.on('error', reject).on('data', (chunk) => {
      text += chunk;
      if (text === String(number)) resolve(socket);
    });
  });
}

const PIECE = 256 * 1024;
