/**
 * What has to go on for very long, one thing at a time, with progress and a line of numbers; exits with 1 where a byte or a
 * connection was lost, or memory grew.
 *
 * Usage: node scripts/endure.mjs [bulk|short|parallel [SIZE]]
 *   bulk       SIZE bytes through one connection, 10^10 by default
 *   short      SIZE connections with a request and an answer, 10^6
 *   parallel   SIZE connections at once with 1 MiB each, 10^4: more than a stack's memory takes at once
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exitWith, isMain } from './process.mjs';
import '../test/kit/typescript-loader.mjs';

/** What `npm run soak` does. @type {Record<string, number>} */
export const SIZES = { bulk: 1e10, short: 1e6, parallel: 1e4 };

/**
 * @param {string} name
 * @param {number} size
 * @returns {Promise<number>} how many faults there were
 */
export async function endure(name, size) {
  const { ENDURANCE } = await import('../test/simulation/endurance.js');
  const scenario = ENDURANCE[name];
  if (scenario === undefined || !(size > 0)) throw new Error(`there is no ${name} of ${size}; see scripts/endure.mjs`);
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc');
  let told = 0;
  const result = await scenario(size, (/** @type {number} */ share) => {
    if (share < told + 0.1) return;
    told = Math.floor(share * 10) / 10;
    console.error(`  … ${name}: ${Math.round(told * 100)} %`);
  });
  // Buffers of those that go side by side grow together, within `memoryLimit`.
  const flat = name !== 'parallel';
  const grown = flat && (result.linear[1] > result.linear[0] || result.rss[1] > result.rss[0] * GROWTH);
  const [linear, rss] = [result.linear, result.rss].map((sizes) => sizes.map((bytes) => (bytes / 2 ** 20).toFixed(0)));
  console.log(
    `${name}: ${result.done.toExponential(0)}, ${result.bytes} bytes in ${result.seconds.toFixed(1)} s; ${result.faults} faults, ` +
      `${result.left} connections left; MiB after a tenth and at the end: linear ${linear?.join(' → ')}, RSS ${rss?.join(' → ')}`,
  );
  return result.faults + result.left + (grown ? 1 : 0);
}

/** What the heap's own comings and goings may make of the size of the process. */
const GROWTH = 1.1;

if (isMain(import.meta.url)) {
  try {
    const [, , chosen, size] = process.argv;
    const names = chosen === undefined ? Object.keys(SIZES) : [chosen];
    for (const name of names) if ((await endure(name, Number(size ?? SIZES[name]))) > 0) process.exitCode = 1;
  } catch (error) {
    exitWith(error);
  }
}
