/**
 * Builds `dist/`: the core with `asc` (a release and two test binaries), the host with `tsc`. A step whose inputs are
 * byte for byte those of its last success is skipped.
 *
 * Usage: node scripts/build.mjs
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './files.mjs';
import { exitWith, isMain, root, StepFailed, startTool } from './process.mjs';

/** Runs every stale step, all at once, and throws a `StepFailed` behind the last if any failed. */
export async function build() {
  const ends = await Promise.allSettled(steps().map(runWhenStale));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  for (const reason of reasons) if (!(reason instanceof StepFailed)) throw reason;
  if (reasons.length > 0) throw new StepFailed(reasons.map(({ message }) => message).join('\n'));
}

/** @param {Step} step */
async function runWhenStale(step) {
  const print = fingerprint(step.inputs);
  if (isFresh(step, print)) return;
  console.log(`Building ${step.name}`);
  rmSync(stampOf(step), { force: true });
  await step.run();
  const missing = step.outputs.filter((output) => !existsSync(join(root, output)));
  if (missing.length > 0) throw new StepFailed(`building ${step.name} failed: it left no ${missing.join(', no ')}`);
  mkdirSync(join(root, STAMPS), { recursive: true });
  writeFileSync(stampOf(step), print);
}

/** @returns {Step[]} */
function steps() {
  const assembly = [
    ...listFiles('assembly').filter(isTypeScript),
    'asconfig.json',
    'scripts/optimize.mjs',
    'package-lock.json',
  ];
  const host = [
    ...listFiles('host').filter(isSource),
    'assembly/abi/constants.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
  ];
  return [
    assemblyStep('core.wasm', 'assembly/index.ts', 'release', assembly),
    assemblyStep('core.test.wasm', 'assembly/testing.ts', 'test', assembly),
    assemblyStep('crypto.test.wasm', 'assembly/crypto/testing.ts', 'crypto', assembly),
    { name: 'the host', inputs: host, outputs: ['dist/host/index.js'], run: compileHost },
  ];
}

/**
 * @param {string} file below dist
 * @param {string} entry named here because `asc` ignores the entries of a target
 * @param {string} target of asconfig.json
 * @param {string[]} inputs
 * @returns {Step}
 */
function assemblyStep(file, entry, target, inputs) {
  return {
    name: file,
    inputs,
    outputs: [`dist/${file}`, `dist/${file}.map`],
    run: () => startTool('assemblyscript/bin/asc.js', [entry, '--target', target, ...OPTIMIZED], `compiling ${entry}`),
  };
}

/** Compiles the host and takes away what has no source any more. */
async function compileHost() {
  await startTool('typescript/bin/tsc', ['-p', 'tsconfig.build.json'], 'compiling host/');
  for (const path of listFiles('dist/host')) {
    if (sourcesOf(path).every((source) => !existsSync(join(root, source)))) rmSync(join(root, path));
  }
  const main = join(root, 'dist/host/cli/main.js');
  if (existsSync(main)) chmodSync(main, 0o755);
}

/**
 * @param {string} output below dist, such as 'dist/host/index.d.ts.map'
 * @returns {string[]} the sources it may come from
 */
function sourcesOf(output) {
  const match = /^dist\/(.*?)(?:\.d)?\.([cm]?)[jt]s(?:\.map)?$/.exec(output);
  if (match === null) return [];
  const [, stem, kind] = match;
  return [`${stem}.${kind}ts`, `${stem}.${kind}js`];
}

/**
 * @param {Step} step
 * @param {string} print
 */
function isFresh(step, print) {
  const stamp = stampOf(step);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== print) return false;
  return step.outputs.every((output) => existsSync(join(root, output)));
}

/**
 * @param {readonly string[]} paths from the root
 * @returns {string} changes whenever a file is added, removed, renamed or edited
 */
function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const file = join(root, path);
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** @param {Step} step */
function stampOf(step) {
  return join(root, STAMPS, step.name.replaceAll(/\W+/g, '-'));
}

/** @param {string} path */
function isTypeScript(path) {
  return path.endsWith('.ts');
}

/** @param {string} path */
function isSource(path) {
  return /\.[cm]?[jt]s$/.test(path);
}

/**
 * @typedef {object} Step
 * @property {string} name as printed
 * @property {readonly string[]} inputs from the root: what its outputs depend on
 * @property {readonly string[]} outputs from the root: without one of these the step is stale
 * @property {() => Promise<void>} run rejects when it fails
 */

/** In place of the passes that `asc` has by itself, which asconfig.json asks for where it is called by hand. */
const OPTIMIZED = ['--optimizeLevel', '0', '--transform', './scripts/optimize.mjs'];
const STAMPS = 'dist/.stamps';

if (isMain(import.meta.url)) {
  try {
    await build();
  } catch (error) {
    exitWith(error);
  }
}
