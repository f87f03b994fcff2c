/**
 * The long run: 100 seeds of 16 MiB both ways at once in heavy weather, then 1,000 seeds of all kinds, then 1,000,000 handshakes
 * of TLS that are changed on their way and 10,000,000 spoilt packets, then 10 GB through one
 * connection, 1,000,000 short connections and 10,000 at once with 1 MiB each, between two stacks and again between a stack on a TUN
 * device and the kernel, then the tests that do more here than in `npm test` (`test/kit/soak.ts`). Prints progress and a summary; exits with 1 when a seed failed, having printed the command that shows
 * it again, or a test did.
 *
 * Usage: npm run soak
 */
import { endure, kernelMissing, needsKernel, SIZES } from './endure.mjs';
import { runFuzz } from './fuzz.mjs';
import { runFuzz as runPackets } from './fuzz-packets.mjs';
import { commandLine, exitWith, runTool } from './process.mjs';
import { runSimulations } from './simulate.mjs';

const FUZZED = 1_000_000;
const PACKETS = 10_000_000;
/** Where `test/kit/soak.ts` is asked. */
const LONG_TESTS = [
  'test/simulation',
  'test/hostile',
  'test/tls/records/fuzz',
  'test/interop/transfer',
  'test/interop/clients',
  'test/interop/tls',
];

try {
  commandLine(import.meta.url, {});
  const heavy = await runSimulations({ seed: 1, count: 100, heavy: true, bytes: 16 << 20 });
  const varied = await runSimulations({ seed: 1, count: 1000, heavy: false, bytes: 0 });
  const fuzzed = await runFuzz({ seed: 1, count: FUZZED });
  const spoilt = await runPackets({ seed: 1, count: PACKETS });
  const missing = kernelMissing();
  let lost = 0;
  for (const [name, size] of Object.entries(SIZES)) {
    if (missing === undefined || !needsKernel(name)) lost += await endure(name, size);
  }
  process.env.VITRINE_SOAK = '1';
  const tests = passes(() => runTool('vitest/vitest.mjs', ['run', ...LONG_TESTS], 'the long tests'));
  console.log(`soak: ${100 - heavy} of 100 heavy seeds, ${1000 - varied} of 1000 varied seeds`);
  console.log(`soak: ${fuzzed} failures in ${FUZZED} handshakes of TLS, in ${spoilt} rounds of ${PACKETS} packets`);
  console.log(
    `soak: ${lost} faults in what goes on for long${missing === undefined ? '' : `, without the kernel: ${missing}`}`,
  );
  console.log(`soak: the long tests ${tests ? 'pass' : 'fail'}`);
  process.exitCode = tests && heavy + varied + fuzzed + spoilt + lost === 0 ? 0 : 1;
} catch (error) {
  exitWith(error);
}

/** @param {() => void} step */
function passes(step) {
  try {
    step();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}
