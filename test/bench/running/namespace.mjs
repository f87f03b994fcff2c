/**
 * Runs the bench in an anonymous network namespace: its devices and addresses touch nothing outside, and vanish with
 * the last process in it, however that ends.
 */
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, userInfo } from 'node:os';

export const insideNamespace = () => process.env[MARK] === '1';

/** Runs this very command again inside a new namespace. @returns its exit code. */
export function runInNamespace() {
  const flags = userInfo().uid === 0 ? '-n' : '-Urn';
  const command = ['unshare', flags, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
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

/** The addresses of the subnet with this number: the kernel's, the stack's, and the kernel's for the run with number `run`. */
export function subnet(number) {
  const prefix = `10.${FIRST_SUBNET + number}`;
  return {
    kernel: `${prefix}.0.1`,
    stack: `${prefix}.0.2`,
    source: (run) => `${prefix}.${128 + Math.floor(run / 200)}.${1 + (run % 200)}`,
  };
}

const MARK = 'VITRINE_BENCH_NAMESPACE';
const FIRST_SUBNET = 9;
/** As many as there are stacks in a row. */
const SUBNETS = 8;
