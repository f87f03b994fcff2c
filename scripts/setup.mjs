/**
 * Makes a clone ready to run: installs the packages of the lockfile and builds, each only when stale.
 * Runs on a clone without `node_modules`, so until `install` has returned it may use Node's own modules only.
 *
 * Usage: node scripts/setup.mjs
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitWith, isMain, root, run } from './process.mjs';

/** Installs and builds what is stale. Throws a `StepFailed` that names the step. */
export async function setup() {
  requireNode(process.versions.node);
  install();
  const { build } = await import('./build.mjs');
  await build();
}

/** Installs the packages of the lockfile unless they are there already. */
export function install() {
  const reason = staleReason(readPackages('package-lock.json'), readPackages('node_modules/.package-lock.json'));
  if (reason === undefined) return;
  console.log(`Installing packages (${reason})`);
  // Nothing here needs an install script: koffi ships its binary inside its package, so no compiler is required.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'installing the packages of package-lock.json');
}

/**
 * Why the installed packages do not match the lockfile, or undefined when they do. Packages that the lockfile marks
 * as optional may be missing: most of them are binaries for other platforms.
 *
 * @param {Packages | undefined} locked the `packages` of package-lock.json
 * @param {Packages | undefined} installed the same of the file that npm leaves behind in node_modules
 * @returns {string | undefined}
 */
export function staleReason(locked, installed) {
  if (locked === undefined) return 'package-lock.json is missing';
  if (installed === undefined) return 'none installed yet';
  for (const [path, entry] of Object.entries(locked)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return `${path} is missing`;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${path} is ${found.version}, the lockfile says ${entry.version}`;
    }
  }
  return undefined;
}

/** @param {string} version of Node, as in `process.versions.node` */
function requireNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  exitWith(`Vitrine needs Node 20.19 or newer; this is Node ${version}.`);
}

/**
 * @param {string} path of a lockfile, from the project's root
 * @returns {Packages | undefined}
 */
function readPackages(path) {
  const file = join(root, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

/**
 * @typedef {Record<string, LockedPackage>} Packages by path below the project's root; '' is the project itself
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockedPackage
 */

if (isMain(import.meta.url)) await setup().catch(exitWith);
