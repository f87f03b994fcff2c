/**
 * How a child process runs the TypeScript sources as they are, each module by itself.
 * Not for: having it done (`typescript-loader.mjs`), or starting in a moment (`typescript-bundle.mjs`).
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { erased } from './typescript-erase.mjs';

/** @type {import('node:module').ResolveHook} */
export function resolve(specifier, context, nextResolve) {
  // Not by trying and catching: errors that cross threads are most of what starting a program would cost.
  const url = typescript(specifier, context.parentURL);
  return url === undefined ? nextResolve(specifier, context) : { url, format: 'module', shortCircuit: true };
}

/** @type {import('node:module').LoadHook} */
export function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  return { format: 'module', source: erased(fileURLToPath(url)), shortCircuit: true };
}

/**
 * The source that a relative import of ours means, if there is one: packages may have sources beside what they run.
 * @param {string} specifier
 * @param {string | undefined} parent
 */
function typescript(specifier, parent) {
  if (parent === undefined || parent.includes('/node_modules/') || !/^\.{1,2}\/.*\.js$/.test(specifier))
    return undefined;
  const url = new URL(specifier.replace(/\.js$/, '.ts'), parent);
  return existsSync(url) ? url.href : undefined;
}
