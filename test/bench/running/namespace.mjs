/**
 * Runs the bench in an anonymous network namespace: its devices and addresses touch nothing outside, and vanish with
 * the last process in it, however that ends.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, userInfo } from 'node:os';

export const insideNamespace = () => process.env[MARK] === '1';

/**
 * Runs a program of Node's inside a new namespace: this very command again, unless other words are given.
 *
 * @param {readonly string[]} words
 * @returns {Promise<number>} its exit code
 */
export function runInNamespace(words = process.argv.slice(1)) {
  const command = [namespaceFlag(), process.execPath, ...process.execArgv, ...words];
  const child = spawn('unshare', command, { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const each of SIGNALS) process.off(each, pass);
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
    });
  });
}

/** Whether this user may make a namespace. */
export function canMakeNamespace() {
  return spawnSync('unshare', [namespaceFlag(), 'true'], { stdio: 'ignore' }).status === 0;
}

/** Root can unshare alone; an ordinary user becomes root of a user namespace. */
function namespaceFlag() {
  return userInfo().uid === 0 ? '-n' : '-Urn';
}

/**
 * Brings up loopback and gives it the upper half of every subnet of the bench: any address there is local, so each run
 * can connect from one that has no connection in TIME-WAIT.
 */
export function prepareNamespace() {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (let subnet = 0; subnet < SUBNETS; subnet++) {
    execFileSync('ip', ['address', 'add', `10.${FIRST_SUBNET + subnet}.128.0/17`, 'dev', 'lo']);
  }
  writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '1024 65535');
}

/**
 * The addresses of the subnet with this number: the kernel's, the stack's, and the kernel's for the run with number `run`.
 *
 * @param {number} number
 */
export function subnet(number) {
  const prefix = `10.${FIRST_SUBNET + number}`;
  return {
    kernel: `${prefix}.0.1`,
    stack: `${prefix}.0.2`,
    source: (/** @type {number} */ run) => `${prefix}.${128 + Math.floor(run / 200)}.${1 + (run % 200)}`,
  };
}

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM']);
const MARK = 'VITRINE_BENCH_NAMESPACE';
const FIRST_SUBNET = 9;
/** As many as there are stacks in a row. */
const SUBNETS = 8;
