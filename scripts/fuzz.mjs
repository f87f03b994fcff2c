/**
 * Handshakes of TLS of which one end gets something else than its peer sent: the one of a seed that failed, or many of them.
 *
 * Usage: node scripts/fuzz.mjs [--seed 17] [--count 1000000]
 */
import { commandLine, exitWith, isMain } from './process.mjs';
import '../test/kit/typescript-loader.mjs';

/**
 * @param {{ seed: number, count: number }} options
 * @returns {Promise<number>} how many failed
 */
export async function runFuzz({ seed, count }) {
  const { Fuzzer } = await import('../test/hostile/tls/fuzzer.js');
  const fuzzer = await Fuzzer.create();
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  /** @type {Map<string, number>} */
  const ends = new Map();
  let failed = 0;
  let settled = 0;
  let slowest = { seed, took: 0 };
  // Every input ends in errors, and their stacks cost more than the errors: that of one seed has them.
  if (count > 1) Error.stackTraceLimit = 0;
  for (let each = seed; each < seed + count && failed < FAILURES_LIMIT; each++) {
    const begun = performance.now();
    try {
      const { end, ...how } = fuzzer.run(each);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (count === 1) console.log(JSON.stringify({ ...how, end }));
    } catch (error) {
      failed++;
      console.error(`seed ${each}: ${error instanceof Error ? error.stack : error}`);
      console.error(`Again: node scripts/fuzz.mjs --seed ${each}`);
    }
    const took = performance.now() - begun;
    if (took > slowest.took) slowest = { seed: each, took };
    const done = each - seed + 1;
    if (done === SETTLED) settled = fuzzer.memory;
    if (done % PROGRESS === 0) {
      const memory = `core ${fuzzer.memory >> 10} KiB, heap ${process.memoryUsage().heapUsed >> 20} MiB`;
      console.log(`${done} of ${count} inputs, ${seconds()} s, ${failed} failed, ${memory}`);
    }
  }
  if (settled > 0 && fuzzer.memory > settled) {
    failed++;
    console.error(`linear memory grew from ${settled} to ${fuzzer.memory} bytes`);
  }
  const sorted = [...ends].sort(([, left], [, right]) => right - left);
  const known = sorted.filter(([end]) => !end.startsWith('told ')).map(([end, times]) => `${end} ${times}`);
  const told = sorted.filter(([end]) => end.startsWith('told ')).reduce((sum, [, times]) => sum + times, 0);
  console.log(`${[...known, `told by the peer ${told}`].join(', ')}`);
  const longest = `the longest ${slowest.took.toFixed(1)} ms, seed ${slowest.seed}`;
  console.log(`fuzz: ${failed} of ${count} inputs failed, in ${seconds()} s, ${longest}`);
  return failed;
}

/** Inputs after which linear memory has its size. */
const SETTLED = 10_000;
const PROGRESS = 50_000;
const FAILURES_LIMIT = 20;

if (isMain(import.meta.url)) {
  try {
    process.exitCode = (await runFuzz(commandLine(import.meta.url, { seed: 1, count: 1 }))) === 0 ? 0 : 1;
  } catch (error) {
    exitWith(error);
  }
}
