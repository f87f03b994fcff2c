/**
 * The thread that waits for a descriptor (`tun-poller.mjs`) as those see it who have it wait.
 *
 * It starts unref'd. A thread in a system call keeps `process.exit` waiting, and one that returns from it while the
 * process is being torn down crashes it: so at exit, and on `stop`, the call is interrupted and the thread's end awaited.
 * A worker that dies without a last word could not do that; its poller is the main thread's, and lent.
 * Not for: what is waited for (`readiness.ts`).
 */
import { closeSync, writeSync } from 'node:fs';
import { type MessagePort, Worker } from 'node:worker_threads';
import { linux } from './linux.js';

/** What it takes to have a poller wait. */
export interface Waiting {
  /** Adds POLL* bits to those that it waits for. `waiting`: it may be waiting for others now. */
  ask(events: number, waiting: boolean): void;
  /** Who gets the bits that came, from the event loop. */
  listen(answered: (events: number) => void): void;
  ref(): void;
  unref(): void;
  stop(): void;
}

/** What another thread needs to have a poller wait, as plain data. */
export interface PollerLoan {
  readonly control: SharedArrayBuffer;
  readonly eventfd: number;
  readonly port: MessagePort;
}

export class Poller implements Waiting {
  readonly control = new SharedArrayBuffer(8);
  readonly eventfd = linux().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  /** The thread is gone, and what it had. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #stopped = false;
  #exited = false;

  /**
   * @param onFailure called when the thread can't run
   * @param port where the answers go, if not to `listen`
   */
  constructor(descriptor: number, onFailure: (error: Error) => void, port?: MessagePort) {
    const { control, eventfd } = this;
    this.#worker = new Worker(new URL('./tun-poller.mjs', import.meta.url), {
      name: 'vitrine tun poller',
      workerData: { descriptor, eventfd, control, port },
      transferList: port === undefined ? [] : [port],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    });
    this.#worker.on('error', (error) => {
      // What has thrown says no last word.
      Atomics.store(new Int32Array(control), DONE, 1);
      if (!this.#stopped) onFailure(error);
    });
    this.ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#exited = true;
        this.#letGo();
        resolve();
      });
    });
    this.#worker.unref();
    running.add(this);
    if (running.size === 1) process.on('exit', stopAll);
  }

  ask(events: number, waiting: boolean): void {
    ask(this.control, this.eventfd, events, waiting);
  }

  listen(answered: (events: number) => void): void {
    this.#worker.on('message', answered);
    this.#worker.unref(); // only now: listening for messages refs it
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }

  /** Afterwards the thread holds the descriptor no more, so that closing it makes the device vanish at once. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    running.delete(this);
    if (running.size === 0) process.off('exit', stopAll);
    this.#worker.unref();
    this.#interrupt();
    this.#letGo();
  }

  /** Until `stop` somebody may ask: the number of the descriptor must not have become another's by then. */
  #letGo(): void {
    if (this.#stopped && this.#exited) closeSync(this.eventfd);
  }

  #interrupt(): void {
    const words = new Int32Array(this.control);
    ask(this.control, this.eventfd, CLOSE, true);
    Atomics.notify(words, WANTED);
    Atomics.wait(words, DONE, 0, LONGEST_STOP);
  }

  static interrupt(poller: Poller): void {
    poller.#interrupt();
  }
}

/** A poller of another thread. */
export class LentPoller implements Waiting {
  constructor(private readonly loan: PollerLoan) {}

  ask(events: number, waiting: boolean): void {
    ask(this.loan.control, this.loan.eventfd, events, waiting);
  }

  listen(answered: (events: number) => void): void {
    this.loan.port.on('message', answered);
    this.loan.port.unref();
  }

  ref(): void {
    this.loan.port.ref();
  }

  unref(): void {
    this.loan.port.unref();
  }

  /** It goes on until its owner stops it. */
  stop(): void {
    this.loan.port.close();
  }
}

function ask(control: SharedArrayBuffer, eventfd: number, events: number, waiting: boolean): void {
  const words = new Int32Array(control);
  Atomics.or(words, WANTED, events);
  if (waiting) writeSync(eventfd, ONE);
  else Atomics.notify(words, WANTED);
}

function stopAll(): void {
  for (const poller of running) Poller.interrupt(poller);
}

const running = new Set<Poller>();
/** The eventfd's counter is a number of the machine's byte order; any but 0 will do. */
const ONE = new Uint8Array(8).fill(1);
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
// Words and a bit of the memory shared with the thread, as in `tun-poller.mjs`.
const WANTED = 0;
const DONE = 1;
const CLOSE = 1 << 16;
/** In milliseconds. A running thread ends within microseconds; one that has only just been made has to start first. */
const LONGEST_STOP = 1000;
