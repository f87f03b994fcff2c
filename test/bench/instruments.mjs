/** Compiles the C instruments of the bench into `dist/bench`, each only when its source is newer. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @returns the path of each instrument. @throws when there is no compiler, or a source does not compile. */
export function buildInstruments() {
  mkdirSync(FOLDER, { recursive: true });
  return Object.fromEntries(NAMES.map((name) => [name, build(name)]));
}

function build(name) {
  const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url));
  const program = FOLDER + name;
  const built = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built <= statSync(source).mtimeMs) {
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', program, source], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return program;
}

const NAMES = ['tunexec', 'rawtun', 'kpeer', 'forward'];
const FOLDER = fileURLToPath(new URL('../../dist/bench/', import.meta.url));
