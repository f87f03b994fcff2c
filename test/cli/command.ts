/** Runs `vitrine` from its sources, as a shell would. */
import { spawn } from 'node:child_process';
import { program } from '../kit/typescript-bundle.mjs';

export const MAIN = new URL('../../host/cli/main.ts', import.meta.url);

export interface CommandRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

export async function vitrine(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandRun> {
  const loader = new URL('../kit/typescript-loader.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', loader, await program(MAIN), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: CommandRun = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ ...run, code }));
  });
}
