/**
 * Makes one module of a program and of all that it imports: a process that loads one file starts in half the time of one
 * that loads hundreds. What has been made once is kept, and taken for as long as every source is byte for byte the same.
 * Not for: a module that a program names only while it runs (`typescript-hooks.mjs`).
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { erased, KEPT, keep, kept } from './typescript-erase.mjs';

/**
 * @param {string} url of the module that a process or a thread starts with
 * @returns {boolean} whether it is one of our sources, not something built or installed
 */
export function isBundled(url) {
  return url.startsWith(ROOT.href) && !/^(?:dist|node_modules)\//.test(url.slice(ROOT.href.length));
}

/**
 * @param {string} url
 * @returns {Promise<string>} the source of a module that does the same by itself
 */
export async function bundle(url) {
  const path = fileURLToPath(url);
  const name = `bundle-${createHash('sha256').update(path).digest('hex')}.js`;
  const code = kept(name);
  return code !== undefined && isFresh(code) ? code : await make(path, name);
}

/** @param {string} code */
function isFresh(code) {
  const { sources, print } = JSON.parse(code.slice(code.lastIndexOf(SOURCES) + SOURCES.length));
  return sources.every(existsSync) && fingerprint(sources) === print;
}

/**
 * @param {string} path
 * @param {string} name
 */
async function make(path, name) {
  // Only here: it is a large library, and most processes find what they need.
  const { rolldown } = await import('rolldown');
  const build = await rolldown({ ...INPUT, input: path });
  const [{ code, map, modules }] = (await build.generate(OUTPUT)).output;
  await build.close();
  keep(`${name}.map`, JSON.stringify(map));
  const sources = Object.keys(modules).filter(existsSync);
  const lines = [
    code.replace(/^\/\/# sourceMappingURL=.*$/m, ''),
    // A relative one: Node takes no other that is a file.
    `//# sourceMappingURL=${relative(dirname(path), fileURLToPath(new URL(name, KEPT)))}.map`,
    `${SOURCES}${JSON.stringify({ sources, print: fingerprint(sources) })}`,
  ];
  return keep(name, lines.join('\n'));
}

/**
 * What we have built and the packages that we depend on are part of it, but those that are optional or only for tests: they may be native, or care
 * where they lie.
 * @param {string} id as it is imported
 */
function isExternal(id) {
  return !/^[./]/.test(id) && !BUNDLED.some((name) => id === name || id.startsWith(`${name}/`));
}

/** @type {import('rolldown').Plugin} */
const asInTheSources = {
  name: 'as in the sources',
  resolveId(specifier, importer) {
    if (importer === undefined || importer.includes('/node_modules/') || !/^\.{1,2}\/.*\.js$/.test(specifier))
      return null;
    const path = join(dirname(importer), specifier.replace(/\.js$/, '.ts'));
    return existsSync(path) ? path : null;
  },
  load(id) {
    if (!id.endsWith('.ts')) return null;
    const [code = '', map = ''] = erased(id).split('//# sourceMappingURL=data:application/json;base64,');
    return { code, map: Buffer.from(map, 'base64').toString(), moduleType: 'js' };
  },
  /** What a module asks about itself has the answer that it would have there. */
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    return { code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)), map: null };
  },
};

/** @param {readonly string[]} sources */
function fingerprint(sources) {
  const hash = createHash('sha256').update(MAKER);
  for (const path of sources) hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

/** @type {import('rolldown').InputOptions} */
const INPUT = {
  external: isExternal,
  platform: 'node',
  tsconfig: false,
  treeshake: false,
  plugins: [asInTheSources],
  // Whoever reads what the program prints wants nothing else.
  logLevel: 'silent',
};
/** @type {import('rolldown').OutputOptions} */
const OUTPUT = {
  codeSplitting: false,
  keepNames: true,
  sourcemap: true,
  sourcemapExcludeSources: true,
  sourcemapPathTransform: (source, map) => pathToFileURL(resolve(dirname(map), source)).href,
};
const ROOT = new URL('../../', import.meta.url);
const { name: ours, dependencies } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
const BUNDLED = [ours, ...Object.keys(dependencies)];
const SOURCES = '//# sources ';
/** A change of how it is made, or of what is installed, must not go unnoticed. */
const MAKER = ['test/kit/typescript-bundle.mjs', 'test/kit/typescript-erase.mjs', 'package-lock.json']
  .map((path) => readFileSync(new URL(path, ROOT), 'utf8'))
  .join('\0');
