/**
 * Running a step and failing with one clear line. Node's own modules only: the setup uses it before anything is
 * installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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
