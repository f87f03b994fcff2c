/** The command line of the bench: what to measure, for how long, and how to say it. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PEER_NAMES } from './peers/index.mjs';
import { GROUPS, ROWS, rowsNamed } from './rows/index.mjs';

/**
 * @param {string[]} words
 * @returns `{ rows, seconds, rounds, peers, output, plot, profile, help }`: `output` is `text`, `json` or `markdown`, `peers` names
 * @throws {Error} when the command line makes no sense
 */
export function parseCommand(words) {
  const { values, positionals } = parseArgs({ args: words, options: OPTIONS, allowPositionals: true });
  if (values.json && values.markdown) throw new Error('--json and --markdown are two answers; ask for one');
  return {
    rows: rowsNamed(positionals),
    seconds: positive('seconds', values.seconds),
    rounds: whole('rounds', values.rounds),
    peers: peersNamed(values.peers),
    output: values.json ? 'json' : values.markdown ? 'markdown' : 'text',
    plot: path('plot', values.plot),
    profile: path('profile', values.profile),
    help: values.help,
  };
}

/**
 * @param {{ rows: import('./types.js').Row[], seconds: number, rounds: number }} command
 * @param {(name: string) => boolean} takesPart
 * @returns {number} about how many seconds it takes
 */
export function duration({ rows, seconds, rounds }, takesPart) {
  const oneOf = (row) => {
    if (row.lasts) return row.lasts(seconds);
    const stacks = Object.keys(row.stacks).filter(takesPart).length;
    return START + stacks * (row.connections ? IDLE : WARM_UP + rounds * (seconds + BETWEEN));
  };
  return rows.map(oneOf).reduce((sum, one) => sum + one, 0);
}

export function help() {
  return `Usage: npm run bench -- [row or group …] [options]

Measures Vitrine's throughput, latency, connections and memory over a TUN device, against the kernel, beside a minimal
C and a minimal JavaScript responder and the other stacks that are installed, in a network namespace of its own. The exit
code tells whether everything ran, not whether a bar was met.

  rows     ${wrapped(ROWS.map(({ id, named }) => (named ? `${id} (only by name)` : id)))}
  groups   ${wrapped(GROUPS)}

  --seconds <number>  length of one measurement (1.5)
  --rounds <number>   measurements of each stack in a row, of which the median counts (3)
  --peers <names>     other stacks that take part, separated by commas, or none (all that are installed)
  --profile <folder>  run Vitrine under node --cpu-prof, keep the profiles there and print the top of each
  --plot <file.svg>   draw the ratios to noderaw, the bars and the goals, and what curves the rows have
  --json              print all numbers as JSON instead of tables
  --markdown          print one table in Markdown instead
  --help              this`;
}

/** The seconds of an idle row, of which each stack has one round, and what a measurement takes beside its time. */
const IDLE = 7;
const START = 2;
const WARM_UP = 0.7;
const BETWEEN = 0.15;

function peersNamed(list) {
  const names = list === undefined ? PEER_NAMES : list.split(',').filter((name) => name !== 'none');
  for (const name of names) {
    if (!PEER_NAMES.includes(name)) throw new Error(`no peer is called ${name}; there are ${PEER_NAMES.join(', ')}`);
  }
  return names;
}

function positive(name, text) {
  if (Number(text) > 0 && Number(text) <= 3600) return Number(text);
  throw new Error(`--${name} wants a positive number up to 3600, not ${text}`);
}

function whole(name, text) {
  if (/^\d+$/.test(text) && Number(text) > 0 && Number(text) <= 1000) return Number(text);
  throw new Error(`--${name} wants a whole number from 1 to 1000, not ${text}`);
}

function path(name, text) {
  if (text === '') throw new Error(`--${name} wants a path`);
  return text && resolve(text);
}

function wrapped(words) {
  const lines = [''];
  for (const word of words) {
    if (lines.at(-1).length + word.length > 100) lines.push('');
    lines[lines.length - 1] += `${word} `;
  }
  return lines.map((line) => line.trimEnd()).join('\n           ');
}

const OPTIONS = {
  seconds: { type: 'string', default: '1.5' },
  rounds: { type: 'string', default: '3' },
  peers: { type: 'string' },
  profile: { type: 'string' },
  plot: { type: 'string' },
  json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};
