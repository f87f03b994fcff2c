#!/usr/bin/env node
/**
 * The conformance shim: a program that a TLS test runner starts once a test. It makes one connection, and as many more
 * as `-resume-count` says, each on behalf of the flags; see README.md. Needs what `node scripts/setup.mjs` builds.
 *
 *   shim.mjs -port PORT -shim-id ID [-server] [flags]
 *
 * Exit codes: 0 as the flags wanted; 1 with `:TOKEN:` on stderr; 89 for what the product does not have.
 */
import { Failure, Unimplemented } from './failure.mjs';
import { readFlags } from './flags.mjs';
import { dial } from './line.mjs';

try {
  const { initial, resume } = readFlags(process.argv.slice(2));
  if (initial['is-handshaker-supported']) console.log('No');
  else await connections(initial, resume);
} catch (error) {
  const known = error instanceof Failure || error instanceof Unimplemented;
  console.error(known ? error.message : error);
  process.exitCode = known ? error.exitCode : 1;
}

/**
 * @param {import('./flags.mjs').Settings} initial
 * @param {import('./flags.mjs').Settings} resume
 */
async function connections(initial, resume) {
  // Behind the flags: one that is not known is answered before the product is loaded. The runner need not wait for that.
  const first = await dial(initial);
  const [{ World }, { Exchange }] = await Promise.all([import('./world.mjs'), import('./exchange.mjs')]);
  try {
    const world = await World.load();
    for (let number = 0; number <= (initial['resume-count'] ?? 0); number++) {
      const settings = number === 0 ? initial : resume;
      const exchange = new Exchange(world, settings, number > 0);
      world.keep(await exchange.run(number === 0 ? first : await dial(settings)), settings);
    }
  } finally {
    first.destroy();
  }
}
