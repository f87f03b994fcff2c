/**
 * The process on the kernel's side, `kernel-peer.ts`, as a script on Vitrine's side sees it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Orders } from './orders.js';

export class Kernel {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('./kernel-peer.ts', import.meta.url)));
  readonly #waiting = new Map<number, (message: { answer?: unknown; error?: string }) => void>();
  #id = 0;

  constructor() {
    this.#process.on('message', (message: { id: number; answer?: unknown; error?: string }) => {
      this.#waiting.get(message.id)?.(message);
    });
  }

  tell<Name extends keyof Orders>(name: Name, order: Orders[Name]['order']): Promise<Orders[Name]['answer']> {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ answer, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(answer as Orders[Name]['answer']);
        else reject(new Error(error));
      });
      this.#process.send({ id, name, order });
    });
  }

  /** Tells it to kill itself, and waits until it is gone. */
  die(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.tell('die', {}).catch(() => {});
    });
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
