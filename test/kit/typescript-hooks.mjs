/**
 * How a child process runs the TypeScript sources as they are: what it starts with in one piece, what it names later each
 * by itself. Not for: having it done (`typescript-loader.mjs`).
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle, isBundled } from './typescript-bundle.mjs';
import { erased } from './typescript-erase.mjs';

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  // Not by trying and catching: errors that cross threads are most of what starting a program would cost.
  const url = typescript(specifier, context.parentURL);
  if (url !== undefined) return { url, format: 'module', shortCircuit: true };
  const resolved = await nextResolve(specifier, context);
  if (context.parentURL === undefined && isBundled(resolved.url)) first = resolved.url;
  return resolved;
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (url === first) return { format: 'module', source: await bundle(url), shortCircuit: true };
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

/**
 * What the process or the thread starts with.
 * @type {string | undefined}
 */
let first;
