/**
 * The process in which scenarios run: `worker.ts in-stack id …` runs them one after the other, `in-stack-ipv6` over IPv6, `worker.ts exit id` one
 * that is about the end of its process. Prints `{ id, transcript }`, one a line. A process of its own, because what
 * nobody catches in it is part of a transcript.
 */
import { writeSync } from 'node:fs';
import './scenarios/index.mjs';
import { realTime, runInStack } from './in-stack.js';
import { runToExit } from './run.js';
import { scenarios } from './scenarios/registry.js';
import type { Transcript } from './transcript.js';

const [mode, ...ids] = process.argv.slice(2);
const chosen = scenarios().filter(({ id }) => ids.includes(id));
if (mode === 'exit') {
  const [scenario] = chosen;
  if (scenario === undefined) throw new Error(`there is no scenario ${ids}`);
  const impl = await realTime();
  print('ready');
  await runToExit(impl, scenario, (transcript) => tell(scenario.id, transcript));
} else {
  for (const scenario of chosen) tell(scenario.id, await runInStack(scenario, mode === 'in-stack-ipv6'));
  process.exit(0);
}

function tell(id: string, transcript: Transcript): void {
  print(JSON.stringify({ id, transcript }));
}

/** At once: the process may be about to end. */
function print(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
