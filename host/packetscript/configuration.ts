/**
 * How a script is to be run: its own `--name=value` lines over the defaults of the mode it is compared in.
 * Not for: how the stack is set (`profiles.ts`).
 */
import type { Option } from './language/ast.js';
import { ScriptError, UnsupportedError } from './language/errors.js';
import { WIDER } from './language/packet.js';
import { canonical } from './packet/addresses.js';
import type { Addresses } from './packet/endpoints.js';

/**
 * How strictly packets are compared. `exact`: every field, at the very microsecond. `linux`, `freebsd`: what the tool of that
 * family compares, with the tolerance that it has when a script names none.
 */
export type Mode = 'exact' | 'linux' | 'freebsd';

/** What a script's sockets and packets are: AF_INET over IPv4, AF_INET6 over IPv6, or AF_INET6 over IPv4. */
export type IpVersion = 'ipv4' | 'ipv6' | 'ipv4-mapped-ipv6';

export interface Configuration {
  mode: Mode;
  version: IpVersion;
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

export const IP_VERSIONS: readonly IpVersion[] = ['ipv4', 'ipv6', 'ipv4-mapped-ipv6'];
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

/**
 * @param version instead of the script's own: what the script says of IPv4 is then passed over or made fit. Over IPv6 its
 *   MTU grows by the difference of the headers, so that segments are as long as they are written
 * @throws ScriptError, UnsupportedError
 */
export function configure(options: readonly Option[], mode: Mode, version?: IpVersion): Configuration {
  const own = version ?? chosen(options, 'ip_version', IP_VERSIONS) ?? 'ipv4';
  const configuration: Configuration = {
    mode,
    version: own,
    addresses: { ...(own === 'ipv6' ? ADDRESSES_6 : ADDRESSES_4), bindPort: 8080, connectPort: 8080 },
    mtu: 1500,
    ...TOLERANCES[mode],
    looseEcho: false,
    merge: mode === 'linux',
    nonFatal: new Set(),
  };
  for (const option of options) apply(option, configuration, version !== undefined);
  if (version === 'ipv6') configuration.mtu += WIDER;
  if (own === 'ipv6' && configuration.mtu < 1280) throw new UnsupportedError(`IPv6 on an MTU of ${configuration.mtu}`);
  return configuration;
}

function apply(option: Option, configuration: Configuration, given: boolean): void {
  const { name, value } = option;
  const { addresses } = configuration;
  if (name === 'local_ip') addresses.local = address(option, configuration, given) ?? addresses.local;
  else if (name === 'remote_ip') addresses.remote = address(option, configuration, given) ?? addresses.remote;
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

/** @returns undefined for one of the other family, when somebody else than the script has chosen */
function address(option: Option, { version }: Configuration, given: boolean): string | undefined {
  const text = canonical((option.value ?? '').replace(/\/\d+$/, ''));
  if (text?.includes(':') === (version === 'ipv6')) return text;
  if (text !== undefined && given) return undefined;
  const family = version === 'ipv6' ? 'IPv6' : 'IPv4';
  throw new ScriptError(option, `expected an ${family} address for --${option.name}, found '${option.value ?? ''}'`);
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

const ADDRESSES_4 = { local: '192.168.0.1', remote: '192.0.2.1' };
const ADDRESSES_6 = { local: 'fd3d:a0b:17d6::1', remote: 'fd3d:fa7b:d17d::1' };

/** Options of the tools that concern their machine, their interface or themselves. */
const WITHOUT_MEANING = new Set([
  'ip_version',
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
