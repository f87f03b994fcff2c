/**
 * Two stacks on a wire in memory for datagrams, and ways to wait for what handlers hear. Not for: the core alone (`test/kit/driver.ts`).
 */
import { memoryWire } from '../../host/device/memory.js';
import type { StackOptions } from '../../host/stack/settings.js';
import { createStack, type Stack } from '../../host/stack/stack.js';

export interface Pair {
  one: Stack;
  two: Stack;
  close(): void;
}

export async function pair(options: StackOptions = {}): Promise<Pair> {
  const [left, right] = memoryWire();
  const one = await createStack({ ...options, device: left, addresses: ['10.9.0.1/24', 'fd00::1/64'] });
  const two = await createStack({ ...options, device: right, addresses: ['10.9.0.2/24', 'fd00::2/64'] });
  return {
    one,
    two,
    close() {
      one.close();
      two.close();
    },
  };
}

/** What comes, in order; `take` waits for the next. */
export class Heard<T> {
  readonly all: T[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  readonly add = (value: T): void => {
    this.all.push(value);
    this.#waiting.shift()?.();
  };

  async take(): Promise<T> {
    const index = this.#taken++;
    while (index >= this.all.length) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.all[index] as T;
  }
}

/** Lets everything that is on its way arrive. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
