/**
 * A network namespace without a name, for one program: devices and addresses made there touch nothing outside and
 * vanish with its last process, even one that was killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { EXIT_FAILURE, isSignal, onSignal, signalExitCode } from '../failure.js';

/** Why there can be no namespace with a TUN device here, in words that follow "because"; `undefined` when there can. */
export function namespaceObstacle(): string | undefined {
  if (process.platform !== 'linux') return `TUN devices are a thing of Linux, and this is ${process.platform}`;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return '/dev/net/tun is missing or closed to you';
  }
  const probe = spawnSync('unshare', [unshareFlag(), 'true'], { encoding: 'utf8' });
  if (probe.error !== undefined) return 'the program unshare (util-linux) is missing';
  if (probe.status === 0) return undefined;
  return `unshare ${unshareFlag()} is not permitted here (${probe.stderr.trim().split('\n')[0]})`;
}

/**
 * Runs this very program again inside, with `args`. Signals are passed on, and it learns when we are gone.
 * @returns its exit code
 */
export function runInside(args: readonly string[]): Promise<number> {
  const script = process.argv[1] as string;
  const command = [unshareFlag(), process.execPath, ...process.execArgv, script, ...args];
  const child = spawn('unshare', command, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const signals = onSignal((signal) => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      signals.release();
      resolve(code ?? (isSignal(signal) ? signalExitCode(signal) : EXIT_FAILURE));
    });
  });
}

/**
 * If somebody started us to hear from us: `then` runs when they have gone, at once if they have already. It keeps this
 * process alive until `release` is called.
 */
export function whenAbandoned(then: () => void): { release(): void } {
  if (process.send !== undefined && !process.connected) then();
  process.on('disconnect', then);
  return { release: () => process.off('disconnect', then) };
}

/** Brings up loopback. The demonstration works without; programs that a student starts in there may not. */
export function raiseLoopback(): void {
  spawnSync('ip', ['link', 'set', 'lo', 'up'], { stdio: 'ignore' });
}

/** Root can unshare alone; an ordinary user becomes root of a user namespace. */
function unshareFlag(): string {
  return process.getuid?.() === 0 ? '-n' : '-Urn';
}
