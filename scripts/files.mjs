/** Finding and reading the project's files, in a stable order. Node's own modules only. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

/**
 * Reads every source file below a folder of the project; none when the folder does not exist.
 *
 * @param {string} folder from the root, such as 'assembly'
 * @returns {SourceFile[]} sorted by path
 */
export function readSources(folder) {
  return listFiles(folder)
    .filter((path) => SOURCE.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/**
 * @param {string} folder from the root
 * @returns {string[]} the paths of all files below it, from the root, with '/', sorted
 */
export function listFiles(folder) {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? listFiles(path) : [path];
    })
    .sort();
}

/**
 * @typedef {{ path: string, text: string }} SourceFile a path from the project's root, with '/', and what it holds
 */

const SOURCE = /\.[cm]?[jt]s$/;
