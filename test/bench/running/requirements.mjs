/** What the machine must have before anything is measured, and what brings it there. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { canMakeNamespace } from './namespace.mjs';

/**
 * @param {string} [what] needs it
 * @throws Error that names all that is missing, with what would bring it (Debian).
 */
export function checkMachine(what = 'the bench') {
  if (process.platform !== 'linux') throw new Error(`${what} needs Linux: for a TUN device`);
  const missing = Object.entries(NEEDS).filter(([need]) => !isThere(need));
  const names = missing.map(([need]) => need).join(', ');
  const cures = [...new Set(missing.map(([, what]) => what))].join('; ');
  if (missing.length > 0) throw new Error(`${what} needs ${names}: ${cures}`);
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
  } catch {
    throw new Error(`no permission to open ${TUN}: run as root`);
  }
  if (!canMakeNamespace()) throw new Error(`${what} needs a network namespace of its own: run as root`);
}

/**
 * @param {import('../types.js').Row[]} rows
 * @returns {Record<string, string>} what would bring what a row lacks, by the row's id
 */
export function lackingRows(rows) {
  const lacking = rows.flatMap(({ id, needs }) => (needs && !isThere(needs.program) ? [[id, needs.install]] : []));
  return Object.fromEntries(lacking);
}

/** @param {string} need a path, or the name of a program */
export function isThere(need) {
  if (need.startsWith('/')) return existsSync(need);
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(`${folder}/${need}`));
}

/**
 * Before a run that takes minutes.
 *
 * @param {{ plot?: string, profile?: string }} command
 * @throws Error when the plot can't be written to its path, or the profiles to their folder
 */
export function checkOutputs({ plot, profile }) {
  try {
    if (profile) makeFolder(profile);
    if (!plot) return;
    if (statSync(plot, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${plot} is a folder`);
    accessSync(existsSync(plot) ? plot : dirname(plot), constants.W_OK);
  } catch (error) {
    throw new Error(`nothing can be written there: ${error instanceof Error ? error.message : error}`);
  }
}

/** One by one: `recursive` never returns below a folder that takes none, as /proc (Node 20). @param {string} path */
function makeFolder(path) {
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  if (!existsSync(path)) mkdirSync(path);
  accessSync(path, constants.W_OK);
}

const TUN = '/dev/net/tun';
const NEEDS = {
  gcc: 'apt-get install gcc libc6-dev',
  ip: 'apt-get install iproute2',
  unshare: 'apt-get install util-linux',
  setpriv: 'apt-get install util-linux',
  taskset: 'apt-get install util-linux',
  [TUN]: 'modprobe tun',
};
