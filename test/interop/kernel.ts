/**
 * The process on the kernel's side, as a script on Vitrine's side sees it: it answers orders (`answering.ts`).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Orders, OrderTable } from './orders.js';

export class Kernel<Table extends OrderTable<Table> = Orders> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (message: { answer?: unknown; error?: string }) => void>();
  #id = 0;

  constructor(script: URL = PEER) {
    this.#process = fork(fileURLToPath(script));
    this.#process.on('message', (message: { id: number; answer?: unknown; error?: string }) => {
      this.#waiting.get(message.id)?.(message);
    });
  }

  tell<Name extends keyof Table>(name: Name, order: Table[Name]['order']): Promise<Table[Name]['answer']> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ answer, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(answer as Table[Name]['answer']);
        else reject(new Error(error));
      });
      this.#process.send({ id, name, order });
    });
  }

  /** Kills it, and waits until it is gone. */
  die(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.kill('SIGKILL');
    });
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}

const PEER = new URL('./kernel-peer.ts', import.meta.url);
