/**
 * Compares Vitrine's sockets with what real Bun was recorded to do, scenario by scenario. Ends with code 1 when one
 * differs in a way that nobody has reviewed: see test/conformance/bun/README.md.
 *
 * Usage: npm run conformance:bun -- [--only close/,tls/end] [--print] [--update]
 *   --only     those whose name contains one of these
 *   --print    the transcripts, too
 *   --update   writes what differs to test/conformance/bun/expected/, to be reviewed there
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import '../test/kit/typescript-loader.mjs';
import { exitWith, isMain } from './process.mjs';

/** @param {{ only?: string | undefined, print: boolean, update: boolean }} options */
async function conformance({ only, print, update }) {
  const { count, report, runConformance } = await import('../test/conformance/bun/conformance.js');
  const judged = await runConformance({ only: only?.split(','), update });
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
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        print: { type: 'boolean', default: false },
        update: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help)
      console.log(/\/\*\*\n([\s\S]*?) \*\//.exec(readFileSync(fileURLToPath(import.meta.url), 'utf8'))?.[1]);
    else await conformance(values);
  } catch (error) {
    exitWith(error);
  }
}
