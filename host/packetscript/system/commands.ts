/**
 * The commands that scripts put in backquotes. Settings change the stack, questions are answered by it, housekeeping of a
 * kernel's machine is passed over, and everything else is unsupported by name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { StackSettings } from '../profiles.js';
import { parseShell } from './shell.js';
import { sysctl } from './sysctl.js';

/** What commands do to the world. */
export interface CommandHost {
  /** Changes settings of the stack. */
  configure(settings: StackSettings): void;
  /** How many connections are in a state, by FreeBSD's names (`SYN_RCVD`, `TIME_WAIT` …). */
  connectionsIn(state: string): number;
  /** Forgets what is remembered of servers. */
  forget(): void;
  /** Lets time pass. */
  sleep(seconds: number): void;
  /** What kernel variables without a setting were set to: `keepinit` and its like show in socket options. */
  readonly variables: Map<string, string>;
}

/** `ok`: whether the command succeeded; `unsupported`: what of it there is not. */
export type CommandResult = { ok: boolean } | { unsupported: string };

/** @param directory of the script: where its relative paths begin */
export function runCommand(source: string, directory: string, host: CommandHost, depth = 0): CommandResult {
  const pipelines = parseShell(source);
  if (typeof pipelines === 'string') return { unsupported: pipelines };
  let result: CommandResult = { ok: true };
  for (const { commands, after } of pipelines) {
    const skipped = 'ok' in result && ((after === 'success' && !result.ok) || (after === 'failure' && result.ok));
    if (skipped) continue;
    result = runPipeline(commands, directory, host, depth);
    if ('unsupported' in result) return result;
  }
  return result;
}

function runPipeline(commands: string[][], directory: string, host: CommandHost, depth: number): CommandResult {
  const [first = []] = commands;
  const [program = '', ...words] = first;
  const name = basename(program);
  if (name === 'sysctl') return runSysctl(words, host);
  if (name === 'set_sysctls.py') return runSetSysctls(words, host);
  if (name === 'sockstat') return runSockstat(commands, host);
  if (name === 'sleep') return runSleep(words, host);
  if (isMetrics(name, words)) {
    host.forget();
    return { ok: true };
  }
  if (/^sysctl_restore_/.test(name) || isHousekeeping(name, words)) return { ok: true };
  if (name.endsWith('.sh')) return runScript(program, directory, host, depth);
  return { unsupported: `the command '${commands.map((one) => one.join(' ')).join(' | ')}'` };
}

/** `sysctl -q net.ipv4.tcp_sack=1 net.ipv4.tcp_ecn=0` */
function runSysctl(words: readonly string[], host: CommandHost): CommandResult {
  for (const word of words) {
    if (word.startsWith('-')) continue;
    const sign = word.indexOf('=');
    if (sign === -1) return { unsupported: `reading the sysctl ${word}` };
    const result = setVariable(word.slice(0, sign).replaceAll('/', '.'), word.slice(sign + 1), host);
    if (result !== undefined) return result;
  }
  return { ok: true };
}

/** `set_sysctls.py /proc/sys/net/ipv4/tcp_sack=1` */
function runSetSysctls(words: readonly string[], host: CommandHost): CommandResult {
  return runSysctl(
    words.map((word) => word.replace(/^\/proc\/sys\//, '')),
    host,
  );
}

function setVariable(name: string, value: string, host: CommandHost): CommandResult | undefined {
  const settings = sysctl(name, value);
  if (typeof settings === 'string') return { unsupported: settings };
  host.variables.set(name, value);
  try {
    host.configure(settings);
  } catch (error) {
    return { unsupported: `sysctl ${name}=${value} (${error instanceof Error ? error.message : error})` };
  }
  return undefined;
}

/** `sockstat … | grep packetdril | grep -c STATE | grep COUNT` */
function runSockstat(commands: readonly string[][], host: CommandHost): CommandResult {
  const greps = commands.slice(1).filter(([name]) => name === 'grep');
  const state = greps.find((words) => words[1] === '-c')?.[2];
  const count = greps.at(-1)?.[1];
  if (state === undefined || count === undefined || greps.length !== commands.length - 1) {
    return { unsupported: `the command '${commands.map((one) => one.join(' ')).join(' | ')}'` };
  }
  return { ok: String(host.connectionsIn(state)).includes(count) };
}

function runSleep(words: readonly string[], host: CommandHost): CommandResult {
  const seconds = Number(words[0]);
  if (!Number.isFinite(seconds) || seconds < 0) return { unsupported: `sleep ${words.join(' ')}` };
  host.sleep(seconds);
  return { ok: true };
}

/** A script of settings that many scripts begin with. */
function runScript(path: string, directory: string, host: CommandHost, depth: number): CommandResult {
  const file = resolve(directory, path);
  // A script may have been copied without its neighbours: the profile is what defaults.sh says.
  if (!existsSync(file))
    return basename(path) === 'defaults.sh' ? { ok: true } : { unsupported: `${path}: no such file` };
  if (depth === DEPTH_LIMIT) return { unsupported: `${path}: scripts that call scripts, ${DEPTH_LIMIT} deep` };
  return runCommand(readFileSync(file, 'utf8'), dirname(file), host, depth + 1);
}

/** `ip tcp_metrics flush all` */
function isMetrics(name: string, words: readonly string[]): boolean {
  return name === 'ip' && words.filter((word) => word !== '-6')[0] === 'tcp_metrics';
}

/** What prepares or cleans a kernel's machine, and says nothing to a stack that begins anew for every script. */
function isHousekeeping(name: string, words: readonly string[]): boolean {
  if (HOUSEKEEPING.has(name)) return true;
  return name === 'nstat' && words.length === 0;
}

const HOUSEKEEPING = new Set(['tc', 'ethtool', 'rm', 'dd', 'echo', 'true', ':', 'exit', 'tcpdrop', 'modprobe', 'set']);
const DEPTH_LIMIT = 4;
