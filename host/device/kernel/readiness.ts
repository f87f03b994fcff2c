/**
 * Tells when an idle descriptor can be read or written, without blocking the event loop: one worker in `poll`
 * (`tun-poller.mjs`), which is asked each time and answers once.
 *
 * The worker starts unref'd. A thread in a system call keeps `process.exit` waiting, and one that returns from it while the
 * process is being torn down crashes it: so at exit, and on `close`, the call is interrupted and the worker's end awaited.
 * Not for: reading and writing, which the main thread does itself.
 */
import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { linux } from './linux.js';

export class Readiness {
  readonly #control = new Int32Array(new SharedArrayBuffer(8));
  readonly #eventfd: number;
  readonly #worker: Worker;
  /** POLL* bits that the worker was asked for and has not answered. */
  #wanted = 0;
  #closed = false;

  /**
   * @param onEvents gets POLL* bits, from the event loop
   * @param onFailure called when the worker can't run
   */
  constructor(
    descriptor: number,
    private readonly onEvents: (events: number) => void,
    onFailure: (error: Error) => void,
  ) {
    const eventfd = linux().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    this.#eventfd = eventfd;
    this.#worker = new Worker(new URL('./tun-poller.mjs', import.meta.url), {
      name: 'vitrine tun poller',
      workerData: { descriptor, eventfd, control: this.#control.buffer },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    this.#worker.on('message', (events: number) => this.#answered(events));
    this.#worker.on('error', (error) => {
      if (!this.#closed) onFailure(error);
    });
    this.#worker.on('exit', () => closeSync(eventfd));
    this.#worker.unref(); // only now: listening for messages refs it
    open.add(this);
    if (open.size === 1) process.on('exit', stopAll);
  }

  /** Asks for one answer as soon as any of these POLL* bits comes. */
  want(events: number): void {
    if (this.#closed || (this.#wanted & events) === events) return;
    const waiting = this.#wanted !== 0;
    this.#wanted |= events;
    Atomics.or(this.#control, WANTED, events);
    if (waiting) writeSync(this.#eventfd, ONE);
    else Atomics.notify(this.#control, WANTED);
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }

  /** Afterwards the worker holds the descriptor no more, so that closing it makes the device vanish at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    open.delete(this);
    if (open.size === 0) process.off('exit', stopAll);
    this.#worker.unref();
    this.#stop();
  }

  #stop(): void {
    Atomics.or(this.#control, WANTED, CLOSE);
    Atomics.notify(this.#control, WANTED);
    writeSync(this.#eventfd, ONE);
    Atomics.wait(this.#control, DONE, 0, LONGEST_STOP);
  }

  #answered(events: number): void {
    if (this.#closed) return;
    const missing = this.#wanted & ~events;
    this.#wanted = 0;
    if ((events & POLLERR) === 0) this.want(missing);
    this.onEvents(events);
  }

  static stop(readiness: Readiness): void {
    readiness.#stop();
  }
}

function stopAll(): void {
  for (const readiness of open) Readiness.stop(readiness);
}

export const POLLIN = 1;
export const POLLOUT = 4;
/** Also stands for POLLNVAL: either way nothing more will come. */
export const POLLERR = 8 | 32;

const open = new Set<Readiness>();
/** The eventfd's counter is a number of the machine's byte order; any but 0 will do. */
const ONE = new Uint8Array(8).fill(1);
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
// Words and a bit of the memory shared with the worker, as in `tun-poller.mjs`.
const WANTED = 0;
const DONE = 1;
const CLOSE = 1 << 16;
/** In milliseconds. A running worker ends within microseconds; one that has only just been made has to start first. */
const LONGEST_STOP = 1000;
