/**
 * The long run: 100 seeds of 16 MiB both ways at once in heavy weather, then 1,000 seeds of all kinds. Prints each seed
 * and a summary; exits with 1 when one failed, having printed the command that shows it again.
 *
 * Usage: npm run soak
 */
import { exitWith } from './process.mjs';
import { runSimulations } from './simulate.mjs';

try {
  const heavy = await runSimulations({ seed: 1, count: 100, heavy: true, bytes: 16 << 20 });
  const varied = await runSimulations({ seed: 1, count: 1000, heavy: false, bytes: 0 });
  console.log(`soak: ${100 - heavy} of 100 heavy seeds, ${1000 - varied} of 1000 varied seeds`);
  process.exitCode = heavy + varied === 0 ? 0 : 1;
} catch (error) {
  exitWith(error);
}
