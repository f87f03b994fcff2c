/** `vitrine packetscript`: runs packet scripts, of files and directories, and says how each ended. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { IpVersion, Mode } from '../packetscript/configuration.js';
import type { ProfileName } from '../packetscript/profiles.js';
import { reportScript, summarize } from '../packetscript/report.js';
import { type PacketScriptResult, runPacketScript } from '../packetscript/run.js';
import { CommandError, EXIT_FAILURE, EXIT_SUCCESS } from './failure.js';

export interface PacketScriptCommandOptions {
  profile?: ProfileName;
  mode?: Mode;
  ipVersion?: IpVersion;
  define?: Record<string, string>;
  verbose?: true;
}

/** @returns 0 when no script failed and none was invalid; what there is not yet does not count as a failure */
export async function packetscript(paths: readonly string[], options: PacketScriptCommandOptions): Promise<number> {
  const files = paths.flatMap((path) => scriptsIn(path));
  if (files.length === 0) throw new CommandError(`no .pkt files in ${paths.join(', ')}`);
  const results: PacketScriptResult[] = [];
  for (const file of files) {
    const result = await runPacketScript(readFileSync(file, 'utf8'), {
      ...(options.profile && { profile: options.profile }),
      options: optionsOf(dirname(file)),
      ...(options.mode && { mode: options.mode }),
      ...(options.ipVersion && { ipVersion: options.ipVersion }),
      ...(options.define && { defines: options.define }),
      directory: dirname(file),
    });
    results.push(result);
    say(file, result, options.verbose === true);
  }
  process.stdout.write(`${summarize(results)}\n`);
  const failed = results.some(({ status }) => status === 'failed' || status === 'invalid');
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

function say(file: string, result: PacketScriptResult, verbose: boolean): void {
  if (!verbose && result.status === 'passed') return;
  if (verbose) for (const line of result.log) process.stdout.write(`  ${line}\n`);
  for (const warning of result.warnings) process.stdout.write(`warning      ${file}: ${warning}\n`);
  process.stdout.write(`${reportScript(file, result)}\n`);
}

/**
 * What holds for every script of a directory: its file `packetscript.options`, in lines as `--mode=exact`. gVisor's scripts
 * have the tolerance that they are written for in the shell script beside them.
 */
function optionsOf(directory: string): string {
  const own = join(directory, 'packetscript.options');
  if (existsSync(own)) return readFileSync(own, 'utf8');
  const runner = join(directory, 'packetdrill_test.sh');
  const tolerance = existsSync(runner) ? /\btolerance_usecs=(\d+)/.exec(readFileSync(runner, 'utf8'))?.[1] : undefined;
  return tolerance === undefined ? '' : `--tolerance_usecs=${tolerance}`;
}

/** A file, or every .pkt file below a directory, in order. */
function scriptsIn(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CommandError(`${path}: no such file or directory`);
  if (!stats.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pkt'))
    .sort()
    .map((name) => join(path, name));
}
