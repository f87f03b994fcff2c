/** Runs the kernel's side (native/kpeer.c, or what a row names) against a stack. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{
 *   stack: { pid: number | undefined, place: { stack: string }, nextSource(): string },
 *   tools: Record<string, string>, mode: readonly (string | number)[], seconds: number, congestion: string,
 *   program?: string | undefined, prefix?: readonly string[],
 * }} PeerOptions
 */

/**
 * Starts kpeer with the words of a row's `mode`; `program` is the name of an instrument, or a script's path from here, in its place.
 *
 * @param {PeerOptions} options
 * @returns its lines, one by one; `lines.next()` throws what it reports as an error. `input` is its stdin.
 */
export function startPeer({ stack, tools, mode, seconds, congestion, program = 'kpeer', prefix = [] }) {
  const target = ['-h', stack.place.stack, '-s', stack.nextSource(), '-P', stack.pid];
  const path = () => fileURLToPath(new URL(`../${program}`, import.meta.url));
  const peer = tools[program] ? [tools[program]] : [...MORTAL, process.execPath, path()];
  const words = [...prefix, ...peer, ...mode, '-t', seconds, '-C', congestion, ...target].map(String);
  const child = spawn(String(words[0]), words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  return { lines: parsed(child.stdout), input: child.stdin };
}

/** Runs kpeer to its end. @param {PeerOptions} options @returns its one line, parsed. */
export async function runPeer(options) {
  const { value } = await startPeer(options).lines.next();
  return value;
}

/** @param {import('node:stream').Readable} output */
async function* parsed(output) {
  for await (const text of createInterface({ input: output })) {
    const line = JSON.parse(text);
    if (line.error) throw new Error(`kpeer: ${line.error}`);
    yield line;
  }
  throw new Error('kpeer ended without an answer');
}

/** What runs behind these words ends with the bench, however that ends. Instruments see to it themselves. */
const MORTAL = ['setpriv', '--pdeathsig', 'KILL'];
