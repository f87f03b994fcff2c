/**
 * One worker as the main thread sees it: its thread, the poller that waits for its queue, and another one in its place when
 * it ends by itself. Its queue stays open meanwhile: if the kernel had one queue less, it would spread all flows anew.
 * Not for: what the thread does (`worker.ts`).
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { Poller } from '../device/kernel/poller.js';
import { type Assignment, errorFrom, type Order, type Report, type WorkerCounters } from './messages.js';

export class Member {
  readonly #assignment: Omit<Assignment, 'poller'>;
  readonly #trouble: (error: Error) => void;
  #thread: Worker | undefined;
  /** Resolved when the thread and its poller are gone. */
  #gone: Promise<unknown> = Promise.resolve();
  #again: NodeJS.Timeout | undefined;
  #reffed = true;
  #closing = false;
  /** The thread has closed its stack. */
  #closed: (() => void) | undefined;
  readonly #asked = new Map<number, (counters: WorkerCounters | undefined) => void>();
  #questions = 0;

  constructor(assignment: Omit<Assignment, 'poller'>, trouble: (error: Error) => void) {
    this.#assignment = assignment;
    this.#trouble = trouble;
  }

  /** Resolved when the worker serves; rejected with what it threw before. */
  async start(): Promise<void> {
    const { port1, port2: port } = new MessageChannel();
    const poller = new Poller(this.#assignment.queue.descriptor, this.#trouble, port1);
    const { control, eventfd } = poller;
    const assignment: Assignment = { ...this.#assignment, poller: { control, eventfd, port } };
    try {
      this.#thread = new Worker(new URL('./entry.mjs', import.meta.url), {
        name: `vitrine worker ${assignment.number}`,
        workerData: assignment,
        transferList: [port],
      });
    } catch (error) {
      poller.stop();
      throw error;
    }
    if (!this.#reffed) this.#thread.unref();
    return this.#watch(this.#thread, poller);
  }

  /** `undefined` of one that does not run. */
  counters(): Promise<WorkerCounters | undefined> {
    if (this.#thread === undefined) return Promise.resolve(undefined);
    const count = this.#questions++;
    this.#order({ count });
    return new Promise((resolve) => this.#asked.set(count, resolve));
  }

  ref(): void {
    this.#reffed = true;
    this.#thread?.ref();
    this.#again?.ref();
  }

  unref(): void {
    this.#reffed = false;
    this.#thread?.unref();
    this.#again?.unref();
  }

  /** Has it end its connections; a thread that does not answer is ended without. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#again);
    const thread = this.#thread;
    if (thread !== undefined) {
      let patience: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#closed = resolve;
        patience = setTimeout(resolve, PATIENCE);
        this.#order('close');
      });
      clearTimeout(patience);
      await thread.terminate();
    }
    await this.#gone;
  }

  #order(order: Order): void {
    this.#thread?.postMessage(order);
  }

  #watch(thread: Worker, poller: Poller): Promise<void> {
    const started = performance.now();
    let ready = false;
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    return new Promise((resolve, reject) => {
      thread.on('message', (report: Report) => {
        if (report.kind === 'ready') {
          ready = true;
          resolve();
        } else this.#heard(report);
      });
      this.#gone = new Promise<void>((gone) => {
        thread.on('exit', (code) => {
          poller.stop();
          poller.ref(); // `close` waits for its end
          this.#ended();
          void poller.ended.then(gone);
          if (!ready) reject(cause ?? this.#end(code, cause));
          else if (!this.#closing) this.#replace(this.#end(code, cause), started);
        });
      });
    });
  }

  #heard(report: Report): void {
    if (report.kind === 'trouble') this.#trouble(errorFrom(report.error));
    else if (report.kind === 'closed') this.#closed?.();
    else if (report.kind === 'counters') {
      this.#asked.get(report.answer)?.(report.counters);
      this.#asked.delete(report.answer);
    }
  }

  #ended(): void {
    this.#thread = undefined;
    for (const answer of this.#asked.values()) answer(undefined);
    this.#asked.clear();
    this.#closed?.();
  }

  #end(code: number, cause: unknown): Error {
    const { number } = this.#assignment;
    const what = `worker ${number} has ended (exit code ${code})`;
    return Object.assign(new Error(`${what}; its connections are lost`, { cause }), { code: 'ERR_WORKER_ENDED' });
  }

  /** Its peers get a RST from its successor (RFC 9293 §3.5.1). One that ends at once again and again does so once a second. */
  #replace(end: Error, started: number): void {
    const begin = performance.now();
    this.#again = setTimeout(
      () => {
        this.#again = undefined;
        this.start().catch((error) => {
          if (this.#closing) return;
          this.#replace(error, begin);
        });
      },
      Math.max(0, LEAST_LIFE - (begin - started)),
    );
    if (!this.#reffed) this.#again.unref();
    this.#trouble(end);
  }
}

/** In milliseconds, for a thread to close its stack. */
const PATIENCE = 2000;
/** In milliseconds, between two starts. */
const LEAST_LIFE = 1000;
