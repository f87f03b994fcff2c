/**
 * Makes one module of a program and of all that it imports: a process that loads one file starts in a fraction of the time
 * of one that loads hundreds. What has been made once is kept, and taken for as long as every source is byte for byte the
 * same. Not for: a module that a program names only while it runs (`typescript-hooks.mjs`).
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { erased, KEPT, keep, kept } from './typescript-erase.mjs';

/**
 * @param {URL | string} url of one of our sources that a process or a thread starts with
 * @returns {Promise<string>} the path of a module that does the same by itself
 */
export async function program(url) {
  const path = fileURLToPath(url);
  // One such module names another.
  if (path.startsWith(fileURLToPath(KEPT))) return path;
  const needed = [path];
  // It grows by those that are started by one of them.
  for (const each of needed) {
    const others = ready.get(each) ?? prepare(each);
    ready.set(each, others);
    needed.push(...(await others).filter((other) => !needed.includes(other)));
  }
  return fileURLToPath(keptUrl(path));
}

/**
 * @param {string} path
 * @returns {Promise<string[]>} the paths of those that it starts
 */
async function prepare(path) {
  const code = kept(nameOf(path));
  if (code !== undefined) {
    const { sources, programs, print } = told(code);
    if (sources.every(existsSync) && fingerprint(sources) === print) return programs;
  }
  return told(await make(path)).programs;
}

/**
 * @param {string} path
 * @returns {Promise<string>}
 */
async function make(path) {
  // Only here: it is a large library, and most of what is needed is there already.
  const { rolldown } = await import('rolldown');
  /** @type {Set<string>} */
  const programs = new Set();
  const build = await rolldown({ ...INPUT, input: path, plugins: [asInTheSources(programs)] });
  const [{ code, map, modules }] = (await build.generate(OUTPUT)).output;
  await build.close();
  const name = nameOf(path);
  keep(`${name}.map`, JSON.stringify(map));
  const sources = Object.keys(modules).filter(existsSync);
  const what = { sources, programs: [...programs], print: fingerprint(sources) };
  const mapped = `//# sourceMappingURL=${name}.map`;
  return keep(
    name,
    [code.replace(/^\/\/# sourceMappingURL=.*$/m, ''), mapped, SOURCES + JSON.stringify(what)].join('\n'),
  );
}

/**
 * What we have built and the packages that we depend on are part of it, but those that are optional or only for tests: they may be native, or care
 * where they lie.
 * @param {string} id as it is imported
 */
function isExternal(id) {
  return !/^[./]/.test(id) && !BUNDLED.some((name) => id === name || id.startsWith(`${name}/`));
}

/**
 * What a module asks about itself has the answer that it would have there; a module of ours that it names to start it is
 * one of these too.
 * @param {Set<string>} programs where the paths of those go
 * @returns {import('rolldown').Plugin}
 */
function asInTheSources(programs) {
  return {
    name: 'as in the sources',
    transform: {
      filter: { code: /import\.meta\.url|\busing \w+ = / },
      handler(code, id) {
        if (!code.includes('import.meta.url')) return lowered(id);
        const named = code.replace(BESIDE, (all, specifier) => {
          const path = source(resolve(id, '..', specifier));
          if (path === undefined) return all;
          programs.add(path);
          return `new URL(${JSON.stringify(keptUrl(path).href)})`;
        });
        return { code: named.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)), map: null };
      },
    },
  };
}

/**
 * Without what Node 20 does not know, for which rolldown wants a package of helpers.
 * @param {string} id
 */
function lowered(id) {
  const [code = '', map = ''] = erased(id).split('//# sourceMappingURL=data:application/json;base64,');
  return { code, map: Buffer.from(map, 'base64').toString(), moduleType: 'js' };
}

/**
 * @param {string} path
 * @returns {string | undefined} of the source that it means, if it is one of ours
 */
function source(path) {
  if (/^(?:\.\.|dist|node_modules)\//.test(relative(ROOT, path))) return undefined;
  return [path.replace(/\.js$/, '.ts'), path].find(existsSync);
}

/** @param {string} path */
function nameOf(path) {
  return `bundle-${createHash('sha256').update(path).digest('hex')}.mjs`;
}

/** @param {string} path */
function keptUrl(path) {
  return new URL(nameOf(path), KEPT);
}

/**
 * @param {string} code
 * @returns {{ sources: string[], programs: string[], print: string }}
 */
function told(code) {
  return JSON.parse(code.slice(code.lastIndexOf(SOURCES) + SOURCES.length));
}

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
  // What a package runs lies beside its sources, if it has those.
  resolve: { extensionAlias: { '.js': ['.js', '.ts'] } },
  transform: { target: 'es2022', typescript: { onlyRemoveTypeImports: true } },
  // Whoever reads what the program prints wants nothing else.
  logLevel: 'silent',
};
/** @type {import('rolldown').OutputOptions} */
const OUTPUT = {
  codeSplitting: false,
  keepNames: true,
  sourcemap: true,
  sourcemapExcludeSources: true,
  sourcemapPathTransform: (source, map) => pathToFileURL(resolve(map, '..', source)).href,
};
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { name: ours, dependencies } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
const BUNDLED = [ours, ...Object.keys(dependencies)];
const BESIDE = /new URL\(\s*'(\.{1,2}\/[^']+\.(?:js|mjs|ts))',\s*import\.meta\.url\s*,?\s*\)/g;
const SOURCES = '//# sources ';
/** A change of how it is made, or of what is installed, must not go unnoticed. */
const MAKER = ['test/kit/typescript-bundle.mjs', 'test/kit/typescript-erase.mjs', 'package-lock.json']
  .map((path) => readFileSync(resolve(ROOT, path), 'utf8'))
  .join('\0');
/**
 * What this process has found to be there, which it will not look for again: those that each starts.
 * @type {Map<string, Promise<string[]>>}
 */
const ready = new Map();
