#!/usr/bin/env node
/**
 * The command `vitrine`.
 * Not for: what its commands are (`program.ts`).
 */
import { reportFailure } from './failure.js';
import { run } from './program.js';

process.on('uncaughtException', (error) => process.exit(reportFailure(error)));
// The reader of our output has gone, as `head` does: nobody is left to tell.
process.stdout.on('error', () => process.exit());

process.exitCode = await run(process.argv);
