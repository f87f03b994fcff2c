/**
 * Runs situations one after another in this process, and finds out in each whether the process would end by itself: Node
 * emits `beforeExit` exactly then, and asks again when that has led to new work.
 * Not for: starting such a process (`observed.ts`), what the situations are.
 */

import type { StackOptions } from '../../host/stack/settings.js';
import { createStack, type Stack } from '../../host/stack/stack.js';

export interface Life {
  /** Makes a stack which is closed when the situation is over. */
  stack(options?: StackOptions): Promise<Stack>;
  /** @throws Error unless something keeps the process alive */
  stays(): Promise<void>;
  /** @throws Error unless the process would end by itself, soon */
  ends(): Promise<void>;
}

export type Situation = (life: Life) => Promise<void>;

/** What a situation has come to, as one line of output. */
export interface Outcome {
  name: string;
  /** Why it is not as it should be; `null`: it is. */
  failure: string | null;
}

/** Prints an `Outcome` a line, and leaves nothing behind that would keep the process alive. */
export async function observe(situations: Readonly<Record<string, Situation>>): Promise<void> {
  const observer = new Observer();
  for (const [name, situation] of Object.entries(situations)) {
    const failure = await observer.run(situation);
    console.log(JSON.stringify({ name, failure } satisfies Outcome));
  }
}

class Observer implements Life {
  /** What Node has for itself, such as its output. */
  readonly #ours = process.getActiveResourcesInfo();
  #idle = (): void => {};
  readonly #stacks: Stack[] = [];

  constructor() {
    process.on('beforeExit', () => this.#idle());
  }

  async run(situation: Situation): Promise<string | null> {
    const deserted = new Promise<never>((_, reject) => {
      this.#idle = () => reject(new Error('the process would end while the situation goes on'));
    });
    try {
      await Promise.race([situation(this), deserted]);
      return null;
    } catch (error) {
      return String((error as Error).stack);
    } finally {
      for (const stack of this.#stacks.splice(0)) stack.close();
      await oneTurn();
    }
  }

  async stack(options?: StackOptions): Promise<Stack> {
    const stack = await createStack(options);
    this.#stacks.push(stack);
    return stack;
  }

  async stays(): Promise<void> {
    if (await this.#idleWithin(MOMENT)) throw new Error('the process would end');
    if (this.#holders().length === 0) throw new Error('the process was busy, but nothing keeps it alive');
  }

  async ends(): Promise<void> {
    if (!(await this.#idleWithin(PATIENCE))) throw new Error(`the process stays alive, by ${this.#holders()}`);
    await oneTurn();
  }

  /** Waits without keeping the process alive. */
  async #idleWithin(milliseconds: number): Promise<boolean> {
    const deserted = this.#idle;
    const idle = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds).unref();
      this.#idle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.#idle = deserted;
    return idle;
  }

  /** What keeps the event loop alive. */
  #holders(): string[] {
    const holders = process.getActiveResourcesInfo();
    for (const ours of this.#ours) {
      const index = holders.indexOf(ours);
      if (index >= 0) holders.splice(index, 1);
    }
    return holders;
  }
}

/** Work for the event loop, without which the process would end in the middle of a program of promises. */
function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** In milliseconds; timers of this length are not ref'd: they ring only if something else keeps the process alive. */
const MOMENT = 5;
/** In milliseconds. The timers of TCP and TLS whose influence would be noticed are longer. */
const PATIENCE = 10_000;
