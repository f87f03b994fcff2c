/**
 * The long run: 100 seeds of 16 MiB both ways at once in heavy weather, then 1,000 seeds of all kinds, then 1,000,000 handshakes
 * of TLS that are changed on their way and 10,000,000 spoilt packets, then the table of clients in bad weather, in full. Prints progress and a summary; exits
 * with 1 when a seed failed, having printed the command that shows it again, or a client did.
 *
 * Usage: npm run soak
 */
import { runFuzz } from './fuzz.mjs';
import { runFuzz as runPackets } from './fuzz-packets.mjs';
import { exitWith, runTool } from './process.mjs';
import { runSimulations } from './simulate.mjs';

const FUZZED = 1_000_000;
const PACKETS = 10_000_000;

try {
  const heavy = await runSimulations({ seed: 1, count: 100, heavy: true, bytes: 16 << 20 });
  const varied = await runSimulations({ seed: 1, count: 1000, heavy: false, bytes: 0 });
  const fuzzed = await runFuzz({ seed: 1, count: FUZZED });
  const spoilt = await runPackets({ seed: 1, count: PACKETS });
  console.log(`soak: ${100 - heavy} of 100 heavy seeds, ${1000 - varied} of 1000 varied seeds`);
  console.log(`soak: ${fuzzed} failures in ${FUZZED} handshakes of TLS, in ${spoilt} rounds of ${PACKETS} packets`);
  process.env.VITRINE_SOAK = '1';
  runTool('vitest/vitest.mjs', ['run', 'test/interop/clients'], 'the clients in bad weather');
  process.exitCode = heavy + varied + fuzzed + spoilt === 0 ? 0 : 1;
} catch (error) {
  exitWith(error);
}
