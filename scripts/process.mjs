/**
 * Running a step and failing with one clear line. Node's own modules only: the setup uses it before anything is
 * installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** The project's root. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A step that ended badly; its own output has been shown already. */
export class StepFailed extends Error {}

/**
 * Runs a program in the project's root with its output shown here.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} purpose completes the sentence "… failed"
 */
export function run(program, args, purpose) {
  const { error, signal, status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) throw new StepFailed(`${purpose} failed: cannot run ${program} (${error.message})`);
  if (status !== 0) throw new StepFailed(`${purpose} failed (${program}: ${signal ?? `exit code ${status}`})`);
}

/**
 * Runs a JavaScript program of an installed package with this same Node.
 *
 * @param {string} path below node_modules
 * @param {readonly string[]} args
 * @param {string} purpose
 */
export function runTool(path, args, purpose) {
  run(process.execPath, [join(root, 'node_modules', path), ...args], purpose);
}

/**
 * The same while other things go on. Rejects with a `StepFailed`.
 *
 * @param {string} path below node_modules
 * @param {readonly string[]} args
 * @param {string} purpose
 * @returns {Promise<void>}
 */
export function startTool(path, args, purpose) {
  const child = spawn(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', ({ message }) => reject(new StepFailed(`${purpose} failed: cannot run ${path} (${message})`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new StepFailed(`${purpose} failed (${path}: ${signal ?? `exit code ${code}`})`));
    });
  });
}

/**
 * Ends the process with code 1: one line for a failed step, the whole stack for a surprise.
 *
 * @param {unknown} reason
 * @returns {never}
 */
export function exitWith(reason) {
  console.error(reason instanceof StepFailed ? reason.message : reason);
  process.exit(1);
}

/**
 * @param {string} url of a module, `import.meta.url`
 * @returns whether that module is the program which Node was asked to run
 */
export function isMain(url) {
  return process.argv[1] !== undefined && url === pathToFileURL(process.argv[1]).href;
}

/**
 * The options of the command line, each a switch, a whole number or a text, as its default is. `--help` shows the comment that the
 * program begins with, and ends the process.
 *
 * @template {Record<string, boolean | number | string>} Options
 * @param {string} url of the program, `import.meta.url`
 * @param {Options} defaults
 * @returns {Options}
 * @throws StepFailed naming what is wrong
 */
export function commandLine(url, defaults) {
  const names = Object.keys(defaults);
  const typeOf = (/** @type {string} */ name) => (defaults[name] === false ? 'boolean' : 'string');
  const options = Object.fromEntries([...names.map((name) => [name, { type: typeOf(name) }]), ['help', HELP]]);
  const given = parsed(options);
  if (given.help === true) {
    console.log(/\/\*\*\n([\s\S]*?) \*\//.exec(readFileSync(fileURLToPath(url), 'utf8'))?.[1]?.replace(/^ \* ?/gm, ''));
    process.exit(0);
  }
  const numbers = names.filter((name) => typeof defaults[name] === 'number' && given[name] !== undefined);
  for (const name of numbers) given[name] = wholeNumber(name, String(given[name]));
  return /** @type {Options} */ ({ ...defaults, ...given });
}

/**
 * @param {import('node:util').ParseArgsConfig['options'] & object} options
 * @returns {Record<string, unknown>}
 */
function parsed(options) {
  try {
    return { ...parseArgs({ options }).values };
  } catch (error) {
    throw new StepFailed(`${error instanceof Error ? error.message : error}; --help says what there is`);
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  if (!/^\d{1,15}$/.test(text)) throw new StepFailed(`--${name} takes a whole number, and not '${text}'`);
  return Number(text);
}

const HELP = { type: 'boolean' };
