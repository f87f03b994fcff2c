/** Compiles the C instruments of the bench into `dist/bench`, each only when its source, or a header beside it, is newer. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `native/ktls.c` is built against. */
export const OPENSSL = '/usr/include/openssl/ssl.h';

/** Where programs are built. */
export const FOLDER = fileURLToPath(new URL('../../../dist/bench/', import.meta.url));

/**
 * @returns {Record<string, string>} the path of each instrument; one whose library is not there has none.
 * @throws when there is no compiler, or a source does not compile
 */
export function buildInstruments() {
  const source = (/** @type {string} */ name) => fileURLToPath(new URL(`../native/${name}.c`, import.meta.url));
  const possible = NAMES.filter((name) => LIBRARIES[name] === undefined || existsSync(LIBRARIES[name].header));
  return Object.fromEntries(possible.map((name) => [name, compile(source(name), name, LIBRARIES[name]?.flags)]));
}

/**
 * @param {string} source
 * @param {string} name
 * @param {readonly string[]} flags
 * @returns the path of the program
 * @throws when it does not compile
 */
export function compile(source, name, flags = []) {
  mkdirSync(FOLDER, { recursive: true });
  const program = FOLDER + name;
  const folder = dirname(source);
  const headers = readdirSync(folder).filter((file) => file.endsWith('.h'));
  if ([source, ...headers.map((file) => `${folder}/${file}`)].every((file) => isNewer(program, file))) return program;
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', program, source, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return program;
}

/** @param {string} program @param {string} source */
export function isNewer(program, source) {
  return (statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0) > statSync(source).mtimeMs;
}

const NAMES = ['tunexec', 'rawtun', 'rawudp', 'kpeer', 'kudp', 'kmany', 'ktls', 'kverify', 'forward'];
/** @type {Record<string, { header: string, flags: string[] }>} */
const LIBRARIES = { ktls: { header: OPENSSL, flags: ['-lssl', '-lcrypto'] } };
