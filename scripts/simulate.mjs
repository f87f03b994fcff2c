/**
 * Runs simulations by hand: the one of a seed that failed, or a range of them.
 *
 * Odd seeds run over IPv6.
 *
 * Usage: npm run simulate -- [--seed 17] [--count 100] [--heavy [--bytes 16777216]]
 *   --heavy   16 MiB both ways at once in the weather that the project is judged by
 */
import { commandLine, exitWith, isMain } from './process.mjs';
import '../test/kit/typescript-loader.mjs';

/**
 * @param {{ seed: number, count: number, heavy: boolean, bytes: number }} options
 * @returns {Promise<number>} how many failed
 */
export async function runSimulations({ seed, count, heavy, bytes }) {
  const { simulate, scenarioOf, heavyScenario } = await import('../test/simulation/simulation.js');
  let failed = 0;
  let virtual = 0;
  const start = performance.now();
  for (let each = seed; each < seed + count; each++) {
    const begun = performance.now();
    try {
      const report = await simulate(each, heavy ? heavyScenario(bytes, each) : scenarioOf(each), heavy);
      virtual += report.duration;
      const seconds = (report.duration / 1000).toFixed(1);
      const real = ((performance.now() - begun) / 1000).toFixed(2);
      const { packets, retransmitted, wire } = report;
      console.log(
        `seed ${each}, IPv${report.scenario.family}: ok, ${packets} packets, ${retransmitted} sent again, ${seconds} s in ${real} s, wire ${wire}`,
      );
      if (count === 1) console.log(JSON.stringify(report.scenario));
    } catch (error) {
      failed++;
      console.error(error instanceof Error ? error.message : error);
    }
  }
  const real = (performance.now() - start) / 1000;
  console.log(`${count - failed} of ${count} seeds, ${(virtual / 60_000).toFixed(1)} minutes in ${real.toFixed(1)} s`);
  return failed;
}

if (isMain(import.meta.url)) {
  try {
    const options = commandLine(import.meta.url, { seed: 1, count: 1, heavy: false, bytes: 16 << 20 });
    const failed = await runSimulations(options);
    process.exitCode = failed === 0 ? 0 : 1;
  } catch (error) {
    exitWith(error);
  }
}
