/**
 * Starts the process in which situations are observed, and reads what they came to. Not for: observing (`observer.ts`).
 */
import { execFile } from 'node:child_process';
import { program } from '../kit/typescript-bundle.mjs';
import type { Outcome } from './observer.js';

export interface Observed {
  readonly outcomes: ReadonlyMap<string, string | null>;
  /** The exit code, or the signal that ended the process. */
  readonly exit: number | NodeJS.Signals;
  readonly stderr: string;
}

/** Runs a script that calls `observe`, to its end. */
export async function runObserved(script: URL): Promise<Observed> {
  const args = ['--enable-source-maps', '--import', LOADER, await program(script)];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { timeout: PATIENCE, killSignal: 'SIGKILL' }, (_, stdout, stderr) =>
      resolve(observed(child.exitCode ?? child.signalCode ?? 'SIGKILL', stdout, stderr)),
    );
  });
}

/** Reads the output of `observe`. */
export function observed(exit: number | NodeJS.Signals, stdout: string, stderr: string): Observed {
  const lines = stdout.split('\n').filter((line) => line !== '');
  const outcomes = new Map(
    lines.map((line) => JSON.parse(line) as Outcome).map(({ name, failure }) => [name, failure]),
  );
  return { outcomes, exit, stderr };
}

const LOADER = new URL('../kit/typescript-loader.mjs', import.meta.url).href;
/** How long such a process may take, in milliseconds; then it is killed. */
export const PATIENCE = 60_000;
