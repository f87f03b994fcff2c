/**
 * What the bench measures: its rows, the stacks compared in each, and the bars that Vitrine has to pass. Data, and how it is
 * named on the command line; `../running/measure.mjs` runs it.
 * The shapes are in `../types.ts`.
 */
import { BULK } from './bulk.mjs';
import { CONNECTIONS } from './connections.mjs';
import { LOCAL } from './local.mjs';
import { TLS } from './tls.mjs';
import { DATAGRAMS } from './udp.mjs';

/** @type {import('../types.js').Row[]} */
export const ROWS = [...BULK, ...TLS, ...CONNECTIONS, ...DATAGRAMS, ...LOCAL];

/** Every group, in the order in which rows have them. */
export const GROUPS = [...new Set(ROWS.flatMap(({ groups }) => groups))];

/**
 * @param {string[]} names of rows or groups; none for all that need not be named
 * @returns {import('../types.js').Row[]} each row once, in the order of ROWS
 * @throws {Error} for a name that nothing has
 */
export function rowsNamed(names) {
  if (names.length === 0) return ROWS.filter(({ named }) => !named);
  const has = (name) => (row) => row.id === name || row.groups.includes(name);
  for (const name of names) if (!ROWS.some(has(name))) throw new Error(`no row or group is called ${name}`);
  return ROWS.filter((row) => names.some((name) => has(name)(row)));
}
