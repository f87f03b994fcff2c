/**
 * Runs a script in a network namespace of its own, where it may create devices and addresses as it likes: they touch
 * nothing outside and vanish with its last process, however that ends.
 * Not for: what a script does there.
 */
import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { program } from './typescript-bundle.mjs';

export interface NamespaceRun {
  /** The exit code, or the signal that ended the script. */
  readonly exit: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NamespaceOptions {
  /** Shell commands that run in the namespace before the script, joined by `&&`. */
  readonly before?: readonly string[];
  /** Put before the command of the script: `setpriv`, `taskset`, `timeout`. */
  readonly prefix?: readonly string[];
  /** More flags of `unshare`, as `--mount`. */
  readonly unshare?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** In milliseconds; then the script is killed. Default 110,000. */
  readonly timeout?: number;
}

/**
 * Why no script can run in a namespace with a TUN device here; `undefined` when it can. In CI it must: there the answer
 * is always `undefined`, so that a test fails instead of being skipped.
 */
export function namespaceMissing(): string | undefined {
  if (process.env.CI) return undefined;
  if (process.platform !== 'linux') return `skipped: network namespaces need Linux, this is ${process.platform}`;
  try {
    execFileSync('unshare', [namespaceFlag(), 'true'], { stdio: 'ignore' });
  } catch {
    return 'skipped: unshare can not make a network namespace here (no root, no user namespaces)';
  }
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch {
    return 'skipped: /dev/net/tun is missing or not accessible';
  }
  return undefined;
}

/**
 * Runs a TypeScript or JavaScript module, named by its URL, to its end, with loopback up.
 * @returns what it printed; its failure is an `exit` that is not 0
 */
export async function runInNamespace(
  script: URL,
  args: readonly string[] = [],
  options: NamespaceOptions = {},
): Promise<NamespaceRun> {
  const commands = ['ip link set lo up', ...(options.before ?? []), 'exec "$@"'].join(' && ');
  const node = [process.execPath, '--enable-source-maps', '--import', LOADER, await program(script), ...args];
  const unshare = [namespaceFlag(), ...ENDS_WITH_US, ...(options.unshare ?? []), 'sh', '-c', commands, 'sh'];
  const child = spawn('unshare', [...unshare, ...(options.prefix ?? []), ...node], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, NODE_OPTIONS: '' },
    timeout: options.timeout ?? 110_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ exit: code ?? signal ?? 'SIGKILL', stdout, stderr }));
  });
}

/** Root can unshare alone; an ordinary user becomes root of a user namespace. */
function namespaceFlag(): string {
  return userInfo().uid === 0 ? '-n' : '-Urn';
}

/** When `unshare` is killed, so is every process that the script has started. */
const ENDS_WITH_US = ['--pid', '--fork', '--kill-child'];
const LOADER = new URL('./typescript-loader.mjs', import.meta.url).href;
