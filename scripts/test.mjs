/**
 * Sets up, then runs Vitest once with the arguments given here.
 *
 * Usage: npm test [-- vitest arguments]
 */
import { exitWith, runTool } from './process.mjs';
import { setup } from './setup.mjs';

try {
  await setup();
  runTool('vitest/vitest.mjs', ['run', ...process.argv.slice(2)], 'the test run');
} catch (error) {
  exitWith(error);
}
