/**
 * Spoilt packets, extension headers, fragments, ICMP messages and Ethernet frames: the round of a seed that failed, or as many rounds as make
 * so many packets.
 *
 * Usage: node scripts/fuzz-packets.mjs [--seed 17] [--count 1000000]
 */
import { commandLine, exitWith, isMain } from './process.mjs';
import '../test/kit/typescript-loader.mjs';

/**
 * @param {{ seed: number, count: number }} options
 * @returns {Promise<number>} how many rounds failed
 */
export async function runFuzz({ seed, count }) {
  const { PacketFuzzer, ROUND } = await import('../test/hostile/packet-fuzzer.js');
  const fuzzer = await PacketFuzzer.create();
  const rounds = Math.ceil(count / ROUND);
  const start = performance.now();
  const sums = { bad: 0, out: 0, fragments: 0, reassembled: 0, errors: 0, frames: 0, neighbors: 0 };
  let memory = 0;
  let failed = 0;
  for (let round = 0; round < rounds && failed < FAILURES_LIMIT; round++) {
    try {
      const tally = fuzzer.run(seed + round);
      for (const name of /** @type {(keyof typeof sums)[]} */ (Object.keys(sums))) sums[name] += tally[name];
      memory = Math.max(memory, tally.memory);
    } catch (error) {
      failed++;
      console.error(`seed ${seed + round}: ${error instanceof Error ? error.stack : error}`);
      console.error(`Again: node scripts/fuzz-packets.mjs --seed ${seed + round}`);
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if ((round + 1) % PROGRESS === 0)
      console.log(`${(round + 1) * ROUND} packets, ${seconds} s, ${failed} rounds failed`);
  }
  const told = Object.entries(sums).map(([name, value]) => `${name} ${value}`);
  console.log(`${told.join(', ')}, linear memory ${memory >> 10} KiB at most`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`fuzz-packets: ${failed} of ${rounds} rounds failed (${rounds * ROUND} packets), in ${seconds} s`);
  return failed;
}

const PROGRESS = 64;
const FAILURES_LIMIT = 5;

if (isMain(import.meta.url)) {
  try {
    process.exitCode = (await runFuzz(commandLine(import.meta.url, { seed: 1, count: 1 }))) === 0 ? 0 : 1;
  } catch (error) {
    exitWith(error);
  }
}
