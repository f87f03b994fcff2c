/**
 * The frame of a script of the lab: steps, one after the other, whatever became of those before; what they gave is printed
 * as one line of JSON by their names. So a test file makes one place, and has a test for each thing that is to be seen there.
 */
import { result } from '../../kit/result.js';
import { GROUND } from './machine.js';

export type Outcome = Record<string, unknown>;

/** Runs each step; one that fails gives `{ error }`. */
export async function play(steps: Record<string, () => Promise<unknown>>): Promise<void> {
  const outcome: Outcome = {};
  for (const [name, step] of Object.entries(steps)) {
    const began = performance.now();
    try {
      outcome[name] = (await step()) ?? null;
    } catch (error) {
      outcome[name] = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    if (process.env.LAB_TIMES !== undefined) console.error(`${Math.round(performance.now() - began)} ms ${name}`);
  }
  console.log(JSON.stringify(outcome));
}

/** What the steps of a script gave. */
export async function outcomeOf(script: URL, args: readonly string[], timeout = 150_000): Promise<Outcome> {
  return (await result(script, args, { ...GROUND, timeout })) as Outcome;
}

/** Rejects when it takes longer than so many milliseconds. */
export function within<Value>(milliseconds: number, what: string, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
