/**
 * Compares Vitrine's sockets with what real Bun was recorded to do, scenario by scenario. Ends with code 1 when one
 * differs in a way that nobody has reviewed: see test/conformance/bun/README.md.
 *
 * Usage: npm run conformance:bun -- [--only close/,tls/end] [--print] [--update]
 *   --only     those whose name contains one of these
 *   --print    the transcripts, too
 *   --update   writes what differs to test/conformance/bun/expected/, to be reviewed there
 */
import '../test/kit/typescript-loader.mjs';
import { commandLine, exitWith, isMain } from './process.mjs';

/** @param {{ only: string, print: boolean, update: boolean }} options `only`: '' for all */
async function conformance({ only, print, update }) {
  const { runAcross, runConformance } = await import('../test/conformance/bun/conformance.js');
  const { ROLES, tunMissing } = await import('../test/conformance/bun/across.js');
  const options = { only: only === '' ? undefined : only.split(','), update };
  await tell('Both ends on one stack', await runConformance(options), print);
  for (const role of ROLES) {
    const title = `Vitrine as ${role}, the kernel at the other end`;
    const missing = tunMissing();
    if (missing === undefined) await tell(title, await runAcross(role, options), print);
    else console.log(`\n${title}: ${missing}`);
  }
}

/**
 * @param {string} title
 * @param {import('../test/conformance/bun/conformance.js').Judged[]} judged
 * @param {boolean} print
 */
async function tell(title, judged, print) {
  const { count, report } = await import('../test/conformance/bun/conformance.js');
  console.log(`\n${title}\n`);
  if (print) for (const { scenario, transcript } of judged) console.log(shown(scenario.id, transcript));
  console.log(report(judged));
  if (count(judged).unreviewed > 0) process.exitCode = 1;
}

/**
 * @param {string} id
 * @param {import('../test/conformance/bun/transcript.js').Transcript | undefined} transcript
 */
function shown(id, transcript) {
  if (transcript === undefined) return id;
  const { actors, ...rest } = transcript;
  const lists = Object.entries(actors).map(([actor, list]) =>
    [`  ${actor}`, ...list.map((entry) => `    ${JSON.stringify(entry)}`)].join('\n'),
  );
  return [id, ...lists, ...(Object.keys(rest).length > 0 ? [`  ${JSON.stringify(rest)}`] : [])].join('\n');
}

if (isMain(import.meta.url)) {
  try {
    await conformance(commandLine(import.meta.url, { only: '', print: false, update: false }));
  } catch (error) {
    exitWith(error);
  }
}
