/**
 * Many inputs to one role, for a test: 4,000, in `npm run soak` 25,000, or a quarter of what `VITRINE_FUZZ` says;
 * `VITRINE_FUZZ_SEED` begins elsewhere.
 * Not for: the long run (`scripts/fuzz.mjs`).
 */
import { expect, onTestFinished } from 'vitest';
import { amount } from '../../kit/soak.js';
import { Fuzzer } from './fuzzer.js';
import type { Role } from './scenarios.js';

export const COUNT = Number(process.env.VITRINE_FUZZ ?? amount(16_000, 100_000)) / 4;
const FIRST = Number(process.env.VITRINE_FUZZ_SEED ?? 1);

/** Milliseconds that may pass on a machine that does a lot besides. */
export const DEADLINE = COUNT * 10 + 30_000;

/** @returns how often each end was met. @throws Error that names the seed */
export async function runInputs(victim: Role): Promise<Map<string, number>> {
  const fuzzer = await Fuzzer.create();
  const ends = new Map<string, number>();
  let memory = 0;
  // Every input ends in errors, and their stacks cost more than the errors.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  for (let index = 0; index < COUNT; index++) {
    // Odd seeds are a client's, even ones a server's.
    const seed = 2 * (FIRST + index) - (victim === 'client' ? 1 : 0);
    try {
      const { end } = fuzzer.run(seed);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    } catch (error) {
      throw new Error(`${error}\nAgain: node scripts/fuzz.mjs --seed ${seed}`, { cause: error });
    }
    if (index === SETTLED) memory = fuzzer.memory;
  }
  if (COUNT > SETTLED) expect(fuzzer.memory, 'linear memory, which has its size after some inputs').toBe(memory);
  return ends;
}

const SETTLED = 2000;
