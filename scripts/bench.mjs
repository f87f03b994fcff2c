// Measures Vitrine beside the least that C and plain JavaScript can do on the same TUN device: `npm run bench`.
// What the rows mean: test/bench/README.md.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildInstruments } from '../test/bench/instruments.mjs';
import { measureRow } from '../test/bench/measure.mjs';
import { insideNamespace, prepareNamespace, runInNamespace } from '../test/bench/namespace.mjs';
import { newestProfile, topCosts } from '../test/bench/profile.mjs';
import { machineLine, renderRow, renderTable, summarize } from '../test/bench/report.mjs';
import { ROWS } from '../test/bench/rows.mjs';

async function main() {
  const options = parse();
  if (options === undefined) return 2;
  if (options.help) {
    console.log(help());
    return 0;
  }
  const settings = { ...options, tools: buildInstruments(), congestion: 'cubic' };
  if (!insideNamespace()) return runInNamespace();
  prepareNamespace();
  if (settings.profile) mkdirSync(settings.profile, { recursive: true });

  const summaries = [];
  const say = options.json ? () => {} : console.log;
  say(`${machineLine()}\n${options.rounds} rounds of ${options.seconds} s, medians; stacks take turns\n`);
  for (const row of options.rows) {
    if (row.local) {
      progress(row.id);
      const { measure } = await import(new URL(row.local, new URL('../test/bench/', import.meta.url)).href);
      const table = await measure(options.seconds);
      summaries.push({ id: row.id, title: row.title, ...table, failures: {} });
      say(`${renderTable(row.title, table).join('\n')}\n`);
      continue;
    }
    const summary = summarize(await measureRow(row, settings, progress));
    summaries.push(summary);
    say(`${renderRow(summary).join('\n')}\n`);
    if (settings.profile) say(`${renderProfile(settings.profile, row.id).join('\n')}\n`);
  }
  if (options.json) console.log(JSON.stringify({ machine: machineLine(), rows: summaries }, null, 2));
  return summaries.some(({ failures }) => Object.keys(failures).length > 0) ? 1 : 0;
}

/** @returns undefined, having said why, when the command line makes no sense. */
function parse() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const ids = values.rows?.split(',') ?? ROWS.map(({ id }) => id);
    const rows = ids.map((id) => ROWS.find((row) => row.id === id) ?? fail(`no row is called ${id}`));
    return {
      rows,
      help: values.help,
      json: values.json,
      seconds: positive('seconds', values.seconds ?? '3'),
      rounds: positive('rounds', values.rounds ?? '3'),
      profile: values.profile && resolve(values.profile),
    };
  } catch (error) {
    console.error(`bench: ${error.message}; see --help`);
    return undefined;
  }
}

function positive(name, text) {
  return Number(text) > 0 ? Number(text) : fail(`--${name} wants a positive number, not ${text}`);
}

function fail(message) {
  throw new Error(message);
}

function progress(text) {
  console.error(`  … ${text}`);
}

function renderProfile(folder, id) {
  const path = newestProfile(join(folder, id));
  if (path === undefined) return ['  vitrine left no profile'];
  const costs = topCosts(path, 15).map(
    ({ name, place, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}  ${place}`,
  );
  return [`  vitrine's own time, ${path}:`, ...costs];
}

function help() {
  return `Usage: npm run bench -- [options]

Measures Vitrine's throughput, latency, connections and memory over a TUN device, against the kernel, beside a minimal
C and a minimal JavaScript responder, in a network namespace of its own. The exit code tells whether everything ran,
not whether a bar was met.

  --rows <ids>        only these, separated by commas: ${ROWS.map(({ id }) => id).join(',')}
  --seconds <number>  length of one measurement (3)
  --rounds <number>   measurements of each stack in a row, of which the median counts (3)
  --profile <folder>  run Vitrine under node --cpu-prof, keep the profiles there and print the top of each
  --json              print all numbers as JSON instead of tables
  --help              this`;
}

const OPTIONS = {
  rows: { type: 'string' },
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

process.exitCode = await main();
