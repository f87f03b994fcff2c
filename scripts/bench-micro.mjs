// Times the smallest pieces that packets and records are made of: `npm run bench:micro`. See test/bench/README.md.
import { parseArgs } from 'node:util';
import { GROUPS, renderTimes } from '../test/bench/micro/index.mjs';
import { machineLine } from '../test/bench/report/machine.mjs';
import { insideNamespace, prepareNamespace, runInNamespace } from '../test/bench/running/namespace.mjs';

async function main() {
  const { values, positionals } = parse();
  const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);
  const settings = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const unknown = names.find((name) => !GROUPS[name]);
  if (values.help || unknown || !(settings.seconds > 0) || !(settings.rounds > 0)) {
    if (unknown) console.error(`bench:micro: no group is called ${unknown}`);
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  if (!insideNamespace()) return runInNamespace();
  prepareNamespace();
  const groups = {};
  if (!values.json) console.log(`${machineLine()}\n`);
  for (const name of names) {
    console.error(`  … ${name}`);
    groups[name] = await GROUPS[name](settings);
    if (!values.json) console.log(`${renderTimes(name, groups[name]).join('\n')}\n`);
  }
  if (values.json)
    console.log(JSON.stringify({ machine: machineLine(), date: new Date().toISOString(), groups }, null, 2));
  return 0;
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    console.error(`bench:micro: ${error.message}`);
    return { values: { seconds: 'none' }, positionals: [] };
  }
}

const HELP = `Usage: npm run bench:micro -- [group …] [options]

Nanoseconds of single operations, median and least–most of the rounds: ${Object.keys(GROUPS).join(', ')}.

  --seconds <number>  for each operation, all rounds together (0.6)
  --rounds <number>   (5)
  --json              print all numbers as JSON instead of tables
  --help              this`;

const OPTIONS = {
  seconds: { type: 'string', default: '0.6' },
  rounds: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

process.exitCode = await main();
