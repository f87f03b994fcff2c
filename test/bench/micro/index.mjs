/** The smallest pieces of the bench, by group. Each group answers how long one of each of its pieces takes. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { spread } from '../report/statistics.mjs';
import { range, renderTable, shown } from '../report/table.mjs';
import { buildInstruments } from '../running/instruments.mjs';
import { takeTurns } from '../running/turns.mjs';

/** @type {Record<string, (settings: Settings) => Promise<import('../types.js').Timed[]>>} `seconds` are of each piece, in all its rounds */
export const GROUPS = {
  core: async (settings) => inTurns(await (await import('./core.mjs')).works(), settings),
  chunks: async (settings) => inTurns((await import('./chunks.mjs')).works(), settings),
  udp: async (settings) => (await import('./udp.mjs')).measure(settings),
  device: async ({ seconds, rounds }) => {
    const { tunexec } = buildInstruments();
    const script = fileURLToPath(new URL('device.mjs', import.meta.url));
    const command = ['-n', 'micro0', '-i', '10.9.0.1', '-m', '65500', '-q', '4096', '--', process.execPath, script];
    const words = [...command, seconds, rounds].map(String);
    return JSON.parse(execFileSync(tunexec, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  },
};

/** @param {string} title @param {import('../types.js').Timed[]} timed @returns {string[]} a table */
export function renderTimes(title, timed) {
  const rows = timed.map(({ label, bytes, times }) => {
    const { median, ...limits } = spread(times);
    const digits = median < 100 ? 1 : 0;
    return [label, shown(median, digits), range(limits, digits), bytes ? shown((bytes * 1000) / median, 0) : ''];
  });
  return renderTable(title, [['', 'ns', '', 'MB/s'], ...rows]);
}

function inTurns(works, { seconds, rounds }) {
  const all = takeTurns(Object.fromEntries(works.map(({ label, work }) => [label, work])), {
    seconds: seconds * works.length,
    rounds,
  });
  return works.map(({ label, bytes }) => ({ label, bytes, times: all[label] }));
}

/** @typedef {{ seconds: number, rounds: number }} Settings */
