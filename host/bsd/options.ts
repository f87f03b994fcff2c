/**
 * The options of a socket that are a number: which values each takes, what it is when nobody says, and which option of
 * the core it becomes. Ranges and defaults are Linux's (socket(7), ip(7), tcp(7)).
 * Not for: options that only tell something (`information.ts`).
 */
import {
  LISTENER_DEFER_ACCEPT,
  LISTENER_DIFFSERV,
  LISTENER_FAST_OPEN,
  LISTENER_MSS,
  LISTENER_MTU_DISCOVER,
  LISTENER_RECEIVE_BUFFER,
  LISTENER_SEND_BUFFER,
  LISTENER_TIME_TO_LIVE,
  OPTION_CONGESTION,
  OPTION_CORK,
  OPTION_DIFFSERV,
  OPTION_FIN_WAIT_2,
  OPTION_KEEP_ALIVE,
  OPTION_KEEP_COUNT,
  OPTION_KEEP_IDLE,
  OPTION_KEEP_INTERVAL,
  OPTION_MSS,
  OPTION_MTU_DISCOVER,
  OPTION_NO_DELAY,
  OPTION_RECEIVE_BUFFER,
  OPTION_SEND_BUFFER,
  OPTION_SYN_RETRIES,
  OPTION_TIME_TO_LIVE,
  OPTION_USER_TIMEOUT,
  SETTING_FIN_WAIT_2,
  SETTING_SYN_RETRIES,
  SETTING_TIME_TO_LIVE,
  SETTING_USER_TIMEOUT,
} from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import {
  AF_INET6,
  IP_FREEBIND,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DONT,
  IP_PMTUDISC_PROBE,
  IP_PMTUDISC_WANT,
  IP_RECVERR,
  IP_TOS,
  IP_TTL,
  IPV6_FREEBIND,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_KEEPALIVE,
  SO_MARK,
  SO_OOBINLINE,
  SO_PRIORITY,
  SO_RCVBUF,
  SO_RCVLOWAT,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_ZEROCOPY,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CORK,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_FASTOPEN_NO_COOKIE,
  TCP_INQ,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_LINGER2,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_QUICKACK,
  TCP_SYNCNT,
  TCP_USER_TIMEOUT,
} from './constants.js';
import type { Bsd, Linger } from './contract.js';
import { EINVAL, ENOPROTOOPT } from './errno.js';

/** What has been set on one socket. */
export class Settings {
  linger: Linger = { onoff: 0, linger: 0 };
  /** CONGESTION_*; undefined: the stack's. */
  congestion: number | undefined;
  readonly #values = new Map<Rule, number>();

  constructor(
    private readonly core: Core,
    readonly profile: Bsd['profile'],
    /** AF_INET or AF_INET6. */
    readonly domain: number,
  ) {}

  /** The options of a connection that a listener with these accepts. */
  inherited(): Settings {
    const settings = new Settings(this.core, this.profile, this.domain);
    settings.linger = this.linger;
    settings.congestion = this.congestion;
    for (const [rule, value] of this.#values) settings.#values.set(rule, value);
    return settings;
  }

  /** The value that is in force; -ENOPROTOOPT for an option there is not. */
  get(level: number, name: number): number {
    const rule = this.#ruleOf(level, name);
    if (rule === undefined) return -ENOPROTOOPT;
    return this.#values.get(rule) ?? rule.initial(this.core);
  }

  /** @param handle the connection that has to learn of it, 0: none yet. @returns 0 or a negative error number */
  set(level: number, name: number, value: number, handle: number): number {
    const rule = this.#ruleOf(level, name);
    if (rule === undefined) return -ENOPROTOOPT;
    // RFC 3542 §6.5: -1 is what it was.
    const accepted = rule.accept(level === SOL_IPV6 && value === -1 ? rule.initial(this.core) : value);
    if (accepted === undefined) return -EINVAL;
    this.#values.set(rule, accepted);
    return handle === 0 ? 0 : this.#tell(rule, accepted, handle);
  }

  /** Tells a connection all that was set before it was there. */
  apply(handle: number): void {
    for (const [rule, value] of this.#values) this.#tell(rule, value, handle);
    if (this.congestion !== undefined) this.core.calls.tcpSetOption(handle, OPTION_CONGESTION, this.congestion);
  }

  /** Tells a listener what its connections are to be like from their SYN-ACK on. */
  applyToListener(handle: number): void {
    for (const [{ listener, encode }, value] of this.#values) {
      if (listener !== 0) this.core.calls.tcpListenerOption(handle, listener, encode(value, this.profile));
    }
  }

  #ruleOf(level: number, name: number): Rule | undefined {
    return level === SOL_IPV6 && this.domain !== AF_INET6 ? undefined : RULES.get(level)?.get(name);
  }

  #tell({ option, encode }: Rule, value: number, handle: number): number {
    return option === 0 ? 0 : Math.min(this.core.calls.tcpSetOption(handle, option, encode(value, this.profile)), 0);
  }
}

interface Rule {
  /** What is kept of a value; undefined: it can't be had. */
  accept(value: number): number | undefined;
  initial(core: Core): number;
  /** OPTION_* of a connection; 0: the core does not care. */
  option: number;
  /** LISTENER_*; 0: the core does not care. */
  listener: number;
  /** As the core takes it. */
  encode(value: number, profile: Bsd['profile']): number;
}

/** A value that any number becomes. */
function made(accept: (value: number) => number, initial: number | Rule['initial'], rest: Partial<Rule> = {}): Rule {
  const first = typeof initial === 'number' ? () => initial : initial;
  return { accept, initial: first, option: 0, listener: 0, encode: same, ...rest };
}

/** On or off. */
function toggle(option = 0, initial = 0): Rule {
  return made((value) => (value === 0 ? 0 : 1), initial, { option });
}

/** Any value but those out of bounds, which become the bound. */
function clamped(least: number, most: number, initial: number, rest: Partial<Rule> = {}): Rule {
  return made((value) => Math.min(Math.max(value, least), most), initial, rest);
}

/** No value out of bounds. */
function between(least: number, most: number, initial: number | Rule['initial'], rest: Partial<Rule> = {}): Rule {
  return { ...made(same, initial, rest), accept: (value) => (value >= least && value <= most ? value : undefined) };
}

function same(value: number): number {
  return value;
}

/** Linux's SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF. */
export const LEAST_SEND_BUFFER = 4608;
export const LEAST_RECEIVE_BUFFER = 2304;
const SECOND = 1000;
const LARGEST = 2 ** 31 - 1;
/** Linux's TCP_FIN_TIMEOUT_MAX, seconds. */
const LONGEST_LINGER = 120;

// What IPv4 and IPv6 have under two names: one value, whichever name it was set by.
/** The lowest two bits are ECN's, which is TCP's own business. */
const SERVICE = made((value) => value & 0xfc, 0, { option: OPTION_DIFFSERV, listener: LISTENER_DIFFSERV });
const LIFETIME = between(1, 255, settingOf(SETTING_TIME_TO_LIVE), {
  option: OPTION_TIME_TO_LIVE,
  listener: LISTENER_TIME_TO_LIVE,
});
const DISCOVERY = between(IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE, IP_PMTUDISC_WANT, {
  option: OPTION_MTU_DISCOVER,
  listener: LISTENER_MTU_DISCOVER,
});
const ERRORS = toggle();
const FREE = toggle();

const RULES = new Map<number, Map<number, Rule>>([
  [
    SOL_SOCKET,
    new Map([
      [SO_REUSEADDR, toggle()],
      [SO_REUSEPORT, toggle()],
      [SO_KEEPALIVE, toggle(OPTION_KEEP_ALIVE)],
      [SO_OOBINLINE, toggle()],
      [SO_ZEROCOPY, toggle()],
      [SO_SNDBUF, buffer(doubled(LEAST_SEND_BUFFER), { option: OPTION_SEND_BUFFER, listener: LISTENER_SEND_BUFFER })],
      [SO_RCVBUF, buffer(same, { option: OPTION_RECEIVE_BUFFER, listener: LISTENER_RECEIVE_BUFFER })],
      [SO_PRIORITY, clamped(0, LARGEST, 0)],
      [SO_MARK, clamped(0, LARGEST, 0)],
      [SO_RCVLOWAT, clamped(1, LARGEST, 1)],
    ]),
  ],
  [
    SOL_IP,
    new Map([
      [IP_TOS, SERVICE],
      [IP_TTL, LIFETIME],
      [IP_MTU_DISCOVER, DISCOVERY],
      [IP_RECVERR, ERRORS],
      [IP_FREEBIND, FREE],
    ]),
  ],
  [
    SOL_IPV6,
    new Map([
      [IPV6_TCLASS, SERVICE],
      [IPV6_UNICAST_HOPS, LIFETIME],
      [IPV6_MTU_DISCOVER, DISCOVERY],
      [IPV6_RECVERR, ERRORS],
      [IPV6_FREEBIND, FREE],
      [IPV6_V6ONLY, toggle()],
    ]),
  ],
  [
    SOL_TCP,
    new Map([
      [TCP_NODELAY, toggle(OPTION_NO_DELAY)],
      [TCP_CORK, toggle(OPTION_CORK)],
      [TCP_MAXSEG, { ...clamped(88, 32767, 0, { option: OPTION_MSS, listener: LISTENER_MSS }), accept: segment }],
      [TCP_KEEPIDLE, between(1, 32767, 7200, { option: OPTION_KEEP_IDLE, encode: inMilliseconds })],
      [TCP_KEEPINTVL, between(1, 32767, 75, { option: OPTION_KEEP_INTERVAL, encode: inMilliseconds })],
      [TCP_KEEPCNT, between(1, 127, 9, { option: OPTION_KEEP_COUNT })],
      [TCP_SYNCNT, between(1, 127, settingOf(SETTING_SYN_RETRIES), { option: OPTION_SYN_RETRIES })],
      [
        TCP_LINGER2,
        // Negative: a connection that nobody holds does not stay in FIN-WAIT-2. Too long: as long as without the option.
        made((value) => (value > LONGEST_LINGER ? 0 : Math.max(value, -1)), inSeconds(SETTING_FIN_WAIT_2), {
          option: OPTION_FIN_WAIT_2,
          encode: (value) => (value < 0 ? 1 : value * SECOND),
        }),
      ],
      [
        TCP_DEFER_ACCEPT,
        clamped(0, Math.floor(LARGEST / SECOND), 0, { listener: LISTENER_DEFER_ACCEPT, encode: inMilliseconds }),
      ],
      [TCP_FASTOPEN, clamped(0, LARGEST, 0, { listener: LISTENER_FAST_OPEN })],
      [TCP_FASTOPEN_CONNECT, between(0, 1, 0)],
      [TCP_FASTOPEN_NO_COOKIE, between(0, 1, 0)],
      [TCP_QUICKACK, toggle(0, 1)],
      [TCP_USER_TIMEOUT, between(0, LARGEST, settingOf(SETTING_USER_TIMEOUT), { option: OPTION_USER_TIMEOUT })],
      [TCP_NOTSENT_LOWAT, made((value) => value >>> 0, 0)],
      [TCP_INQ, between(0, 1, 0)],
    ]),
  ],
]);

/** A size that tuning leaves alone; 0 while tuning has its way. To the core 0 means that. */
function buffer(encode: Rule['encode'], rest: Partial<Rule>): Rule {
  return { ...clamped(1, LARGEST, 1, { ...rest, encode }), initial: () => 0 };
}

/** Linux counts its own bookkeeping into a buffer, so it makes it twice what was asked for, and no less than that (socket(7)). */
export function doubled(least: number): Rule['encode'] {
  return (size, profile) => (profile === 'linux' ? Math.max(2 * size, least) : size);
}

/** 0 takes the bound away. */
function segment(value: number): number | undefined {
  return value === 0 || (value >= 88 && value <= 32767) ? value : undefined;
}

function settingOf(which: number): Rule['initial'] {
  return (core) => core.calls.setting(which);
}

function inSeconds(which: number): Rule['initial'] {
  return (core) => Math.floor(core.calls.setting(which) / SECOND);
}

function inMilliseconds(seconds: number): number {
  return seconds * SECOND;
}
