/**
 * Runs packet scripts: the function for programs and tests. A script runs against a stack of its own, in this process, on a
 * manual clock: the same script gives the same result, always and at once.
 * Not for: files and directories (`../cli/packetscript.ts`), the words of a report (`report.ts`).
 */
import { type CompiledCore, compileCore } from '../core/load.js';
import { chosen, configure, IP_VERSIONS, type IpVersion, MODES, type Mode } from './configuration.js';
import { type Failure, Mismatch } from './failure.js';
import { Interpreter } from './interpreter.js';
import type { Event, Script } from './language/ast.js';
import { type Place, ScriptError, UnsupportedError } from './language/errors.js';
import { parseLeadingOptions, parseOptionLines, parseScript } from './language/script.js';
import { PROFILE_NAMES, PROFILES, type ProfileName } from './profiles.js';

export interface PacketScriptOptions {
  /** How the stack is set, whatever the script says: `'linux'` (the default) or `'freebsd'`. */
  profile?: ProfileName;
  /** How packets are compared, whatever the script says; the profile's own way by default. */
  mode?: Mode;
  /**
   * Which IP the script runs over, whatever it says: `'ipv4'`, `'ipv6'`, or `'ipv4-mapped-ipv6'`, which is IPv4 on sockets of
   * AF_INET6. A script that was written for one runs over the others, with an MTU that makes its segments as long.
   */
  ipVersion?: IpVersion;
  /** `--name=value` lines before the script's own, which go over them: those of its directory. */
  options?: string;
  /** Where relative paths in the script's commands begin; the working directory by default. */
  directory?: string;
  /** Words of the script that stand for something else, as `--define` does. */
  defines?: Readonly<Record<string, string>>;
}

/** How a script ended. */
export interface PacketScriptResult {
  /**
   * `failed`: the stack did something else than the script expects. `unsupported`: the script asks for something that there
   * is not yet. `invalid`: it is not in the language.
   */
  status: 'passed' | 'failed' | 'unsupported' | 'invalid';
  /** Why it did not pass, in a line. */
  reason?: string;
  /** Where in the script. */
  place?: Place;
  /** The event that failed, as the script writes it, and the time in microseconds of the script. */
  text?: string;
  time?: number;
  /** The state of the connection under test then. */
  state?: string;
  failure?: Failure;
  /** Differences that the script told to pass over (`--non_fatal`). */
  warnings: string[];
  /** What happened, a line for each event. */
  log: string[];
}

/** Runs a script. Never throws for what is in it. */
export async function runPacketScript(source: string, options: PacketScriptOptions = {}): Promise<PacketScriptResult> {
  compiled ??= compileCore();
  return runCompiled(await compiled, source, options);
}

function runCompiled(core: CompiledCore, source: string, options: PacketScriptOptions): PacketScriptResult {
  const { directory = '.', defines = {} } = options;
  let interpreter: Interpreter | undefined;
  try {
    const before = parseOptionLines(options.options ?? '');
    const named = [...before, ...parseLeadingOptions(source)];
    const profile = options.profile ?? chosen(named, 'profile', PROFILE_NAMES) ?? 'linux';
    const mode = options.mode ?? chosen(named, 'mode', MODES) ?? (profile === 'vitrine' ? 'exact' : profile);
    const { defined, defines: usual } = PROFILES[profile];
    const version = options.ipVersion ?? chosen(named, 'ip_version', IP_VERSIONS) ?? 'ipv4';
    const six = version === 'ipv4' ? {} : SIX_DEFINES;
    const words = new Map<string, string>(Object.entries({ ...usual, ...six, ...defines }));
    const script = parseScript(source, new Set(defined), words, version === 'ipv6' ? 6 : 4);
    const configuration = configure([...before, ...script.options], mode, options.ipVersion);
    refuseForeign(script);
    interpreter = new Interpreter(core, script, configuration, profile, directory);
    interpreter.run();
    return { status: 'passed', warnings: interpreter.warnings, log: interpreter.log };
  } catch (error) {
    return explain(error, interpreter);
  } finally {
    interpreter?.world.close();
  }
}

/** What will not run is told before anything runs. */
function refuseForeign(script: Script): void {
  for (const event of script.events) {
    const { action } = event;
    if (action.kind === 'packet' && action.packet.kind === 'foreign')
      throw new UnsupportedError(action.packet.name, event);
  }
}

function explain(error: unknown, interpreter: Interpreter | undefined): PacketScriptResult {
  const { warnings = [], log = [], event, world } = interpreter ?? {};
  if (error instanceof ScriptError) {
    return { status: 'invalid', reason: error.message, place: error.at, warnings, log, ...textOf(event) };
  }
  if (error instanceof UnsupportedError) {
    const place = error.at ?? event;
    const reason = `${error.message}: not supported yet`;
    return { status: 'unsupported', reason, ...(place && { place: placeOf(place) }), warnings, log, ...textOf(event) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const failure: Failure = error instanceof Mismatch ? error.failure : { kind: 'stack', message };
  const state = world?.stateOf(world.endpoints.current?.fd);
  return {
    status: 'failed',
    reason: failure.message,
    failure,
    ...(event && { place: placeOf(event) }),
    ...textOf(event),
    ...(world && { time: world.time }),
    ...(state !== undefined && { state }),
    warnings,
    log,
  };
}

function textOf(event: Event | undefined): { text?: string } {
  return event === undefined ? {} : { text: event.text };
}

function placeOf({ line, column }: Place): Place {
  return { line, column };
}

/** Words that the family's runner defines for sockets of AF_INET6. */
const SIX_DEFINES = { CMSG_LEVEL_IP: 'SOL_IPV6', CMSG_TYPE_RECVERR: 'IPV6_RECVERR' };
/** The core's code is the same for all. */
let compiled: Promise<CompiledCore> | undefined;
