/**
 * TypeScript without its types, which are erased, not checked. What has been erased once is kept by its hash.
 * Not for: running it (`typescript-hooks.mjs`).
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * @param {string} fileName
 * @returns {string} JavaScript with its source map inside
 */
export function erased(fileName) {
  const source = readFileSync(fileName, 'utf8');
  const key = createHash('sha256').update(`${eraser}\0${fileName}\0${source}`).digest('hex');
  return kept(`${key}.js`) ?? keep(`${key}.js`, erase(fileName, source));
}

/** @param {string} name @returns {string | undefined} what `keep` was given, in whatever process */
export function kept(name) {
  try {
    return readFileSync(new URL(name, KEPT), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Under a name of its own first: another process may be reading or writing the same. Process ids would not tell them apart,
 * since each namespace counts from 1.
 * @param {string} name
 * @param {string} code
 */
export function keep(name, code) {
  const unfinished = new URL(`${name}.${randomUUID()}`, KEPT);
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(unfinished, code);
  renameSync(unfinished, new URL(name, KEPT));
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

export const KEPT = new URL('../../node_modules/.cache/vitrine-typescript/', import.meta.url);
/** A change of how types are erased must not go unnoticed. */
const eraser = readFileSync(fileURLToPath(import.meta.url), 'utf8');
