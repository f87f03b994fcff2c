/**
 * How a script is to be run: its own `--name=value` lines over the defaults of the mode it is compared in.
 * Not for: how the stack is set (`profiles.ts`).
 */
import type { Option } from './language/ast.js';
import { ScriptError, UnsupportedError } from './language/errors.js';
import type { Addresses } from './packet/endpoints.js';

/**
 * How strictly packets are compared. `exact`: every field, at the very microsecond. `linux`, `freebsd`: what the tool of that
 * family compares, with the tolerance that it has when a script names none.
 */
export type Mode = 'exact' | 'linux' | 'freebsd';

export interface Configuration {
  mode: Mode;
  addresses: Addresses;
  mtu: number;
  /** Microseconds that an event may be off, and the part of the time since the last event, whichever is more. */
  tolerance: number;
  tolerancePercent: number;
  /** Microseconds of one tick of TCP timestamps; 0: their values are not compared. */
  timestampTick: number;
  /** An echo that stands for no timestamp of the script is worked out from its distance to the first. */
  looseEcho: boolean;
  /** Segments that follow each other may stand for one that is as long as they are together. */
  merge: boolean;
  /** Kinds of differences that are told, but do not fail the script. */
  nonFatal: ReadonlySet<string>;
}

export const MODES: readonly Mode[] = ['exact', 'linux', 'freebsd'];

/** The value of the last option of a name that is one of `choices`. @throws ScriptError for another value */
export function chosen<Choice extends string>(
  options: readonly Option[],
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const option = options.findLast((one) => one.name === name);
  if (option === undefined) return undefined;
  const choice = choices.find((one) => one === option.value);
  if (choice !== undefined) return choice;
  throw new ScriptError(option, `expected --${name}=${choices.join(' or ')}, found '${option.value ?? ''}'`);
}

/** @throws ScriptError, UnsupportedError */
export function configure(options: readonly Option[], mode: Mode): Configuration {
  const configuration: Configuration = {
    mode,
    addresses: { local: '192.168.0.1', remote: '192.0.2.1', bindPort: 8080, connectPort: 8080 },
    mtu: 1500,
    ...TOLERANCES[mode],
    looseEcho: false,
    merge: mode === 'linux',
    nonFatal: new Set(),
  };
  for (const option of options) apply(option, configuration);
  return configuration;
}

function apply(option: Option, configuration: Configuration): void {
  const { name, value } = option;
  const { addresses } = configuration;
  if (name === 'ip_version') checkVersion(option);
  else if (name === 'local_ip') addresses.local = address(option);
  else if (name === 'remote_ip') addresses.remote = address(option);
  else if (name === 'bind_port') addresses.bindPort = wholeNumber(option, 1, 65535);
  else if (name === 'connect_port') addresses.connectPort = wholeNumber(option, 1, 65535);
  else if (name === 'mtu') configuration.mtu = wholeNumber(option, 68, 65535);
  else if (name === 'tolerance_usecs') configuration.tolerance = wholeNumber(option, 0, 1e12);
  else if (name === 'tolerance_percent') configuration.tolerancePercent = percentage(option);
  else if (name === 'tcp_ts_tick_usecs') configuration.timestampTick = wholeNumber(option, 0, 1e6);
  else if (name === 'tcp_ts_ecr_scaled') configuration.looseEcho = true;
  else if (name === 'strict_segments') configuration.merge = false;
  else if (name === 'non_fatal') configuration.nonFatal = new Set(value?.split(','));
  else if (name.startsWith('tcp_md5')) throw new UnsupportedError('TCP MD5 signatures', option);
  else if (name === 'udp_encapsulation') throw new UnsupportedError('TCP over UDP (--udp_encapsulation)', option);
  else if (!WITHOUT_MEANING.has(name)) throw new ScriptError(option, `there is no option --${name}`);
}

function checkVersion(option: Option): void {
  if (option.value === 'ipv4') return;
  if (option.value === 'ipv6' || option.value === 'ipv4-mapped-ipv6') throw new UnsupportedError('IPv6', option);
  throw new ScriptError(option, `expected --ip_version=ipv4, ipv6 or ipv4-mapped-ipv6, found '${option.value ?? ''}'`);
}

function address(option: Option): string {
  const text = (option.value ?? '').replace(/\/\d+$/, '');
  if (text.includes(':')) throw new UnsupportedError('IPv6', option);
  const parts = text.split('.').map(Number);
  if (parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256)) return text;
  throw new ScriptError(option, `expected an IPv4 address for --${option.name}, found '${text}'`);
}

function wholeNumber(option: Option, least: number, most: number): number {
  const value = Number(option.value ?? Number.NaN);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ScriptError(
    option,
    `--${option.name} is a whole number from ${least} to ${most}, not '${option.value ?? ''}'`,
  );
}

function percentage(option: Option): number {
  const value = Number(option.value ?? Number.NaN);
  if (value >= 0 && value <= 100) return value;
  throw new ScriptError(option, `--${option.name} is a number from 0 to 100, not '${option.value ?? ''}'`);
}

/** What each tool takes when a script says nothing; in `exact` mode there is nothing to forgive. */
const TOLERANCES: Readonly<Record<Mode, Pick<Configuration, 'tolerance' | 'tolerancePercent' | 'timestampTick'>>> = {
  exact: { tolerance: 0, tolerancePercent: 0, timestampTick: 1000 },
  linux: { tolerance: 4000, tolerancePercent: 12.5, timestampTick: 0 },
  freebsd: { tolerance: 4000, tolerancePercent: 5, timestampTick: 0 },
};

/** Options of the tools that concern their machine, their interface or themselves. */
const WITHOUT_MEANING = new Set([
  'mode',
  'profile',
  'define',
  'gateway_ip',
  'netmask_ip',
  'speed',
  'mss',
  'init_scripts',
  'code_command',
  'code_format',
  'code_sockopt',
  'wire_client',
  'wire_server',
  'wire_server_ip',
  'wire_server_at',
  'wire_server_port',
  'wire_client_dev',
  'wire_server_dev',
  'tun_dev',
  'persistent_tun_dev',
  'so_filename',
  'so_flags',
  'dry_run',
  'is_anyip',
  'send_omit_free',
  'psp_udp_port',
  'debug',
  'verbose',
]);
