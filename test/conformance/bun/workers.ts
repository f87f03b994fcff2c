/**
 * Runs scenarios in processes and collects their transcripts. Not for: judging them (`verdict.ts`).
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { program } from '../../kit/typescript-bundle.mjs';
import type { Scenario } from './scenarios/registry.js';
import type { Transcript } from './transcript.js';

export type Transcripts = Map<string, Transcript>;

/**
 * Runs all of them with both ends on one stack.
 * @param six over IPv6, without those about the end of the process
 * @throws Error for a process that fails
 */
export async function collectInStack(scenarios: readonly Scenario[], six = false): Promise<Transcripts> {
  const transcripts: Transcripts = new Map();
  const [exits, others] = [scenarios.filter((each) => each.naturalExit), scenarios.filter((each) => !each.naturalExit)];
  await Promise.all([
    ...shared(others, WORKING).map((share) =>
      collect([six ? 'in-stack-ipv6' : 'in-stack', ...share.map(({ id }) => id)], transcripts),
    ),
    ...shared(six ? [] : exits, WAITING).map((share) => oneByOne(share, transcripts)),
  ]);
  return transcripts;
}

/** Parts of about the same size. */
function shared<T>(list: readonly T[], parts: number): T[][] {
  const all = Array.from({ length: parts }, (_, part) => list.filter((_, index) => index % parts === part));
  return all.filter((part) => part.length > 0);
}

async function oneByOne(scenarios: readonly Scenario[], transcripts: Transcripts): Promise<void> {
  for (const { id, limit } of scenarios) await collect(['exit', id], transcripts, limit);
}

/** @param limit milliseconds after which a process that is ready is asked to end */
async function collect(args: string[], transcripts: Transcripts, limit?: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', LOADER, await program(WORKER), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  let timer: NodeJS.Timeout | undefined;
  createInterface(child.stdout).on('line', (line) => {
    if (line === 'ready') timer = setTimeout(() => child.kill('SIGTERM'), limit);
    else note(line, transcripts);
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearTimeout(timer);
  if (code !== 0) throw new Error(`a process of scenarios ended with ${code}: ${args.join(' ')}\n${printed}`);
}

function note(line: string, transcripts: Transcripts): void {
  const { id, transcript } = JSON.parse(line) as { id: string; transcript: Transcript };
  transcripts.set(id, transcript);
}

/** How many processes compute at once, and how many wait for an end. */
const WORKING = 2;
const WAITING = 3;
const PATIENCE = 300_000;
const LOADER = new URL('../../kit/typescript-loader.mjs', import.meta.url).href;
const WORKER = new URL('./worker.ts', import.meta.url);
