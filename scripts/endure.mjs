/**
 * What has to go on for very long, one thing at a time, with progress and a line of numbers; exits with 1 where a byte or a
 * connection was lost, or memory grew.
 */

import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { insideNamespace, runInNamespace } from '../test/bench/running/namespace.mjs';
import { checkMachine } from '../test/bench/running/requirements.mjs';
import { exitWith, isMain, StepFailed } from './process.mjs';
import '../test/kit/typescript-loader.mjs';

/** What `npm run soak` does. @type {Record<string, number>} */
export const SIZES = {
  bulk: 1e10,
  short: 1e6,
  parallel: 1e4,
  'tun-receive': 1e10,
  'tun-send': 1e10,
  'tun-short': 1e6,
  'tun-parallel': 1e4,
};

/** Of these, what needs a TUN device and the kernel. @param {string} name */
export const needsKernel = (name) => name.startsWith('tun-');

/** @returns why nothing can go on over a TUN device here, undefined when it can */
export function kernelMissing() {
  try {
    checkMachine('what goes on over a TUN device');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * What needs the kernel runs in a process of its own, in a network namespace of its own.
 *
 * @param {string} name
 * @param {number} size
 * @returns {Promise<number>} how many faults there were
 */
export async function endure(name, size) {
  if (SIZES[name] === undefined || !(size > 0)) throw new StepFailed(`there is no ${name} of ${size}\n\n${USAGE}`);
  if (!needsKernel(name)) return report(name, size, (await import('../test/simulation/endurance.js')).ENDURANCE);
  if (insideNamespace()) return report(name, size, (await import('../test/interop/endurance.js')).ENDURANCE);
  const missing = kernelMissing();
  if (missing !== undefined) throw new StepFailed(missing);
  const code = await runInNamespace([fileURLToPath(import.meta.url), name, String(size)]);
  if (code > 128) throw new StepFailed(`${name} was ended by signal ${code - 128}`);
  return code;
}

/**
 * @param {string} name
 * @param {number} size
 * @param {Readonly<Record<string, import('../test/kit/endurance.js').Scenario>>} scenarios
 */
async function report(name, size, scenarios) {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc');
  let told = 0;
  const result = await scenarios[name]?.(size, (share) => {
    if (share < told + 0.1) return;
    told = Math.floor(share * 10) / 10;
    console.error(`  … ${name}: ${Math.round(told * 100)} %`);
  });
  if (result === undefined) throw new Error(`${name} is not written`);
  // Buffers of those that go side by side grow together, within `memoryLimit`.
  const flat = !name.endsWith('parallel');
  const grown = flat && (result.linear[1] > result.linear[0] + STEP || result.rss[1] > result.rss[0] * GROWTH);
  const [linear, rss] = [result.linear, result.rss].map((sizes) => sizes.map((bytes) => bytes / 1024).join(' → '));
  console.log(
    `${name}: ${result.done.toExponential(0)}, ${result.bytes} bytes in ${result.seconds.toFixed(1)} s; ${result.faults} faults, ` +
      `${result.left} connections left; KiB after a tenth and at the end: linear ${linear}, RSS ${rss}${grown ? ': GROWN' : ''}`,
  );
  return result.faults + result.left + (grown ? 1 : 0);
}

/**
 * Linear memory grows in steps, and the first of something may come late: the end of the only connection, a burst. To lose a
 * byte with each segment would be three times as much, the smallest block with each connection thirty times.
 */
const STEP = 2 << 20;
/** What the heap's own comings and goings may make of the size of the process. */
const GROWTH = 1.1;

const USAGE = `Usage: node scripts/endure.mjs [NAME [SIZE]]     everything without a name, as \`npm run soak\`

  between two stacks on a wire in memory
    bulk           SIZE bytes through one connection, 10^10 by default
    short          SIZE connections with a request and an answer, 10^6
    parallel       SIZE connections at once with 1 MiB each, 10^4: more than a stack's memory takes at once

  between a stack on a TUN device and the kernel, in a network namespace of their own
    tun-receive    SIZE bytes from the kernel through one connection, in large packets, 10^10
    tun-send       the same to the kernel
    tun-short      SIZE connections with a request and an answer, 10^6
    tun-parallel   SIZE connections at once with 1 MiB each way, 10^4`;

if (isMain(import.meta.url)) {
  try {
    const [, , chosen, size] = process.argv;
    if (chosen === '--help') console.log(USAGE);
    const names = chosen === '--help' ? [] : chosen === undefined ? Object.keys(SIZES) : [chosen];
    for (const name of names) if ((await endure(name, Number(size ?? SIZES[name]))) > 0) process.exitCode = 1;
  } catch (error) {
    exitWith(error);
  }
}
