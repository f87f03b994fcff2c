/**
 * How a child process runs the TypeScript sources as they are. Types are erased, not checked; what has been erased once is
 * kept by its hash. Not for: having it done (`typescript-loader.mjs`).
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  // Not by trying and catching: errors that cross threads are most of what starting a program would cost.
  const url = typescript(specifier, context.parentURL);
  if (url !== undefined) return { url, format: 'module', shortCircuit: true };
  return nextResolve(specifier, context);
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const fileName = fileURLToPath(url);
  const source = readFileSync(fileName, 'utf8');
  const key = createHash('sha256').update(`${loader}\0${fileName}\0${source}`).digest('hex');
  return { format: 'module', source: kept(key) ?? keep(key, erase(fileName, source)), shortCircuit: true };
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

/** @param {string} key */
function kept(key) {
  try {
    return readFileSync(new URL(`${key}.js`, KEPT), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Under a name of its own first: another process may be reading or writing the same. Process ids would not tell them apart,
 * since each namespace counts from 1.
 * @param {string} key
 * @param {string} code
 */
function keep(key, code) {
  const unfinished = new URL(`${key}.${randomUUID()}`, KEPT);
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(unfinished, code);
  renameSync(unfinished, new URL(`${key}.js`, KEPT));
  return code;
}

/**
 * @param {string} fileName
 * @param {string} source
 */
function erase(fileName, source) {
  // Not as an ES module: nine megabytes would be searched for its exports.
  const ts = /** @type {typeof import('typescript')} */ (createRequire(import.meta.url)('typescript'));
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    inlineSourceMap: true,
  };
  return ts.transpileModule(source, { fileName, compilerOptions }).outputText;
}

/** A change of how types are erased must not go unnoticed. */
const loader = readFileSync(fileURLToPath(import.meta.url), 'utf8');
const KEPT = new URL('../../node_modules/.cache/vitrine-typescript/', import.meta.url);
