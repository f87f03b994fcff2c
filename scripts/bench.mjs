// Measures Vitrine beside the least that C and plain JavaScript can do on the same TUN device, and beside other stacks:
// `npm run bench`. What the rows mean: test/bench/README.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { duration, help, parseCommand } from '../test/bench/arguments.mjs';
import { findPeers, PEER_NAMES } from '../test/bench/peers/index.mjs';
import { machineLine } from '../test/bench/report/machine.mjs';
import { renderMarkdown } from '../test/bench/report/markdown.mjs';
import { plot } from '../test/bench/report/plot.mjs';
import { summarize, summarizeLocal } from '../test/bench/report/summary.mjs';
import { renderRow } from '../test/bench/report/table.mjs';
import { buildInstruments } from '../test/bench/running/instruments.mjs';
import { measureRow } from '../test/bench/running/measure.mjs';
import { insideNamespace, prepareNamespace, runInNamespace } from '../test/bench/running/namespace.mjs';
import { newestProfile, topCosts } from '../test/bench/running/profile.mjs';
import { checkMachine, checkOutputs, lackingRows } from '../test/bench/running/requirements.mjs';

async function main() {
  const command = parse();
  if (command === undefined) return 2;
  if (command.help) {
    console.log(help());
    return 0;
  }
  const settings = prepare(command);
  if (settings === undefined) return 2;
  if (!insideNamespace()) return runInNamespace();
  prepareNamespace();

  const { rows, missing } = settings;
  const say = command.output === 'text' ? console.log : () => {};
  say(heading(settings));
  for (const [name, why] of Object.entries(missing)) say(`without ${name}: ${why}`);
  say();
  const summaries = [];
  for (const row of rows) {
    const summary = row.local
      ? await measureLocal(row, settings)
      : summarize(await measureRow(row, settings, progress));
    summaries.push(summary);
    say(`${renderRow(summary).join('\n')}\n`);
    if (settings.profile && !row.local) say(`${renderProfile(settings.profile, row.id).join('\n')}\n`);
  }
  await conclude(command, { machine: machineLine(), date: new Date().toISOString(), missing, rows: summaries });
  return summaries.some(({ failures }) => Object.keys(failures).length > 0) ? 1 : 0;
}

/** @returns undefined, having said why, when the command line makes no sense. */
function parse() {
  try {
    return parseCommand(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${error.message}; see --help`);
    return undefined;
  }
}

/** @returns undefined, having said why, when nothing can be measured here. */
function prepare(command) {
  try {
    checkMachine();
    checkOutputs(command);
    const lacking = lackingRows(command.rows);
    const rows = command.rows.filter(({ id }) => !lacking[id]);
    const [first] = Object.entries(lacking);
    if (rows.length === 0) throw new Error(`${first.join(' can not run here: ')}`);
    const { commands: peers, missing } = findPeers(peersIn(command), progress);
    const tools = buildInstruments();
    return { ...command, rows, peers, missing: { ...lacking, ...missing }, tools, congestion: 'cubic', progress };
  } catch (error) {
    console.error(`bench: ${error.message}`);
    return undefined;
  }
}

function peersIn({ rows, peers }) {
  return PEER_NAMES.filter((name) => peers.includes(name) && rows.some(({ stacks = {} }) => stacks[name]));
}

function heading(settings) {
  const { rounds, seconds, peers } = settings;
  const minutes = Math.ceil(duration(settings, (name) => !PEER_NAMES.includes(name) || peers[name]) / 60);
  return [
    machineLine(),
    `${rounds} rounds of ${seconds} s, medians and least–most; stacks take turns; about ${minutes} min in all`,
  ].join('\n');
}

async function measureLocal(row, settings) {
  progress(row.id);
  const { measure } = await import(new URL(row.local, new URL('../test/bench/', import.meta.url)).href);
  const within = (text) => progress(`${row.id} ${text}`);
  try {
    return summarizeLocal(row, await measure({ ...settings, progress: within }));
  } catch (error) {
    return { ...summarizeLocal(row, { columns: [], rows: [] }), failures: { [row.id]: error.message } };
  }
}

async function conclude({ output, plot: path }, report) {
  if (output === 'json') console.log(JSON.stringify(report, null, 2));
  if (output === 'markdown') console.log(renderMarkdown(report));
  if (path === undefined) return;
  writeFileSync(path, await plot(report));
  progress(`drawn: ${path}`);
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

process.exitCode = await main();
