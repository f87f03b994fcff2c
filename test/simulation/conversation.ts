/**
 * The programs on both ends of one simulated connection: they write in odd sizes, pause, end each half in its own time or
 * break off, and check every byte they get against what the other one wrote.
 */
import type { ManualClock } from '../../host/core/clock.js';
import { SeededRandom } from '../../host/device/random.js';
import type { SocketHandler } from '../../host/socket/handlers.js';
import type { Socket } from '../../host/socket/socket.js';

/** What one end does. */
export interface Role {
  /** Bytes to send. */
  bytes: number;
  /** Largest `write`. */
  chunk: number;
  /** Chance to pause after a `data`, and for how long at most, in milliseconds. */
  pause: number;
  pauseTime: number;
  ending: 'end' | 'shutdown';
  /** Breaks off with RST when so many bytes have arrived. */
  terminateAt?: number;
}

/** One end of a connection. `mine` and `theirs` name the two streams of bytes. */
export class End {
  sent = 0;
  received = 0;
  ended = false;
  closed = false;
  error: Error | undefined;
  /** The first thing that was wrong. */
  wrong: string | undefined;
  #finished = false;
  #terminated = false;
  readonly #random: SeededRandom;

  constructor(
    readonly role: Role,
    private readonly mine: number,
    private readonly theirs: number,
    private readonly clock: ManualClock,
  ) {
    this.#random = new SeededRandom(mine, 9);
  }

  get handlers(): SocketHandler<unknown> {
    return {
      open: (socket) => {
        socket.setKeepAlive(true, 20_000);
        this.#pump(socket);
      },
      drain: (socket) => this.#pump(socket),
      data: (socket, chunk) => this.#take(socket, chunk),
      end: () => {
        this.ended = true;
      },
      close: (_, error) => {
        if (this.closed) this.wrong ??= 'closed twice';
        this.closed = true;
        this.error = error as Error | undefined;
      },
      connectError: (_, error) => {
        this.closed = true;
        this.error = error as Error;
      },
      error: (_, error) => {
        this.wrong ??= `a handler threw ${error}`;
      },
    };
  }

  #pump(socket: Socket<unknown>): void {
    const { bytes, chunk, ending } = this.role;
    while (this.sent < bytes) {
      const size = Math.min(1 + Math.floor(this.#random.fraction() * chunk), bytes - this.sent);
      const taken = socket.write(stream(this.mine, this.sent, size));
      if (taken < 0) return;
      this.sent += taken;
      if (taken < size) return;
    }
    if (this.#finished) return;
    this.#finished = true;
    if (ending === 'end') socket.end();
    else socket.shutdown(true);
  }

  #take(socket: Socket<unknown>, chunk: Uint8Array): void {
    const expected = stream(this.theirs, this.received, chunk.length);
    if (Buffer.compare(chunk, expected) !== 0) this.wrong ??= `wrong bytes from ${this.received} on`;
    if (this.ended || this.closed) this.wrong ??= 'data after the end';
    this.received += chunk.length;
    if (this.role.terminateAt !== undefined && this.received >= this.role.terminateAt && !this.#terminated) {
      this.#terminated = true;
      socket.terminate();
      return;
    }
    if (this.#random.fraction() >= this.role.pause) return;
    socket.pause();
    const timer = this.clock.timer(() => socket.resume());
    timer.arm(this.clock.now() + this.#random.fraction() * this.role.pauseTime);
  }
}

/** What is not as it should be between two ends that have done their work; undefined when all is well. */
export function verdict(a: End, b: End): string | undefined {
  const wrong = a.wrong ?? b.wrong;
  if (wrong !== undefined) return wrong;
  if (!a.closed || !b.closed) return 'a connection that never ends';
  if (a.role.terminateAt !== undefined || b.role.terminateAt !== undefined) return undefined;
  const error = a.error ?? b.error;
  if (error !== undefined) return `ended with ${error}`;
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    if (to.received !== from.role.bytes) return `${to.received} of ${from.role.bytes} bytes arrived`;
    if (!to.ended) return 'no end was told';
  }
  return undefined;
}

/** Bytes of an endless stream; streams differ by `name`. Looks random, repeats after a prime number of bytes. */
function stream(name: number, from: number, length: number): Uint8Array {
  const start = (from + name * 7919) % PERIOD;
  if (length <= PERIOD) return NOISE.subarray(start, start + length);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += PERIOD)
    bytes.set(NOISE.subarray(start, start + Math.min(PERIOD, length - at)), at);
  return bytes;
}

const PERIOD = 1_048_573;
const NOISE = (() => {
  const noise = new Uint8Array(2 * PERIOD);
  const random = new SeededRandom(0x600d, 1);
  for (let at = 0; at < PERIOD; at++) noise[at] = noise[at + PERIOD] = Math.floor(random.fraction() * 256);
  return noise;
})();
