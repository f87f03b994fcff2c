/**
 * The client of the row of HTTP: wrk, with the words and the answer of native/kpeer.c.
 *
 *   node http-peer.mjs CONNECTIONS -h HOST -P PID -t SECONDS   (and -s, -C, which wrk can not have)
 *
 * Asks port 5006 again and again over connections that stay. Prints one line of JSON.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { cpuSeconds } from './running/cpu.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['h', 's', 'P', 't', 'C'].map((short) => [short, { type: 'string', short }])),
});
const before = cpuSeconds(values.P);
const load = ['-t', '1', '-c', positionals[0], '-d', String(Math.ceil(Number(values.t)))];
// It ends with this process, however that ends.
const words = ['--pdeathsig', 'KILL', 'wrk', ...load, `http://${values.h}:5006/`];
const { error, stdout, stderr } = spawnSync('setpriv', words, { encoding: 'utf8' });
const stackCpu = cpuSeconds(values.P) - before;
const [, requests, seconds] = /(\d+) requests in ([\d.]+)s/.exec(stdout ?? '') ?? [];
const complaint = error?.message ?? /(Socket errors|Non-2xx).*/.exec(stdout)?.[0] ?? (requests ? undefined : stderr);
const line = { requests: Number(requests), seconds: Number(seconds), stackCpu };
console.log(JSON.stringify(complaint === undefined ? line : { error: `wrk: ${complaint}` }));
