/** Waiting in real time for what another process, a thread or the kernel does. Not for: what a manual clock drives (`stacks.ts`). */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks again and again until `condition` holds.
 * @throws Error when it has not after a minute, so that a test says what it has waited for before it is over itself
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const start = performance.now(); !(await condition()); await delay(5)) {
    if (performance.now() - start > LONGEST) throw new Error(`not within a minute: ${condition}`);
  }
}

const LONGEST = 60_000;
