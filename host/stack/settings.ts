/**
 * What can be chosen when a stack is made. Not for: options of one connection (`../socket/options.ts`).
 */
import {
  CONGESTION_CUBIC,
  CONGESTION_RENO,
  SETTING_ACK_DELAY,
  SETTING_BASE_MSS,
  SETTING_CHALLENGE_LIMIT,
  SETTING_CONGESTION,
  SETTING_CONNECTION_LIMIT,
  SETTING_DATA_RETRIES,
  SETTING_DIALECT,
  SETTING_DROP_SYN_FIN,
  SETTING_DUPLICATE_THRESHOLD,
  SETTING_ECN,
  SETTING_ECN_SYN_RETRIES,
  SETTING_FAST_OPEN,
  SETTING_FIN_WAIT_2,
  SETTING_FORWARD_RTO,
  SETTING_GROWTH_LIMIT,
  SETTING_HYSTART,
  SETTING_ICMP_ABORT,
  SETTING_IDLE_RESTART,
  SETTING_INITIAL_WINDOW,
  SETTING_MEMORY_LIMIT,
  SETTING_MSL,
  SETTING_MTU_PROBING,
  SETTING_ORPHAN_LIMIT,
  SETTING_ORPHAN_RETRIES,
  SETTING_PACING,
  SETTING_QUICK_ACKS,
  SETTING_RECEIVE_BUFFER,
  SETTING_RECEIVE_BUFFER_INITIAL,
  SETTING_RTO_INITIAL,
  SETTING_RTO_MINIMUM,
  SETTING_RTO_SPREAD,
  SETTING_SACK,
  SETTING_SEND_BUFFER,
  SETTING_SEND_BUFFER_INITIAL,
  SETTING_SHARE,
  SETTING_STATISTICS,
  SETTING_STRICT_RESET,
  SETTING_STRICT_SYN,
  SETTING_SYN_ACK_RETRIES,
  SETTING_SYN_COOKIES,
  SETTING_SYN_RETRIES,
  SETTING_TAIL_PROBE,
  SETTING_TIME_TO_LIVE,
  SETTING_TIMESTAMPS,
  SETTING_UDP_RECEIVE_BUFFER,
  SETTING_USER_TIMEOUT,
  SETTING_WINDOW_SCALING,
} from '../../assembly/abi/constants.js';
import type { Clock } from '../core/clock.js';
import type { Core } from '../core/core.js';
import type { CoreSource } from '../core/load.js';
import type { Device } from '../device/device.js';
import type { DnsOptions } from '../dns/options.js';
import type { RouteOptions } from './network.js';

export interface StackOptions extends Limits {
  /** How TCP behaves, where programs may differ from the defaults: for experiments, and to mimic other stacks. */
  tcp?: Tuning;
  /** The device of a stack that has one; without any, only loopback works. */
  device?: Device;
  /** Addresses of `device`, as `['10.9.0.2/24']`; without them, those that the device suggests. */
  addresses?: readonly string[];
  /** Of `device`, if it is an Ethernet. */
  ipv6?: LinkOptions['ipv6'];
  dhcp?: boolean;
  /**
   * Further devices, whose interfaces are numbered on. What no route is for goes to the first device of all, if it is no
   * Ethernet device and the stack no router: those need a route.
   */
  interfaces?: readonly InterfaceOptions[];
  /** Routes beside those to the networks of the addresses. */
  routes?: readonly RouteOptions[];
  /** Passes on packets that are for others: the stack is a router (RFC 1812). Default false. */
  forwarding?: boolean;
  /** How new connections find their rate: `'cubic'` (RFC 9438, the default) or `'reno'` (RFC 5681). */
  congestion?: Congestion;
  /**
   * What makes the cookies of TCP Fast Open (RFC 7413 §4.1.2): 16 bytes as four words, as Linux writes tcp_fastopen_key.
   * Servers that share it take each other's cookies. Without it the stack has one of its own for each day.
   */
  fastOpenKey?: readonly [number, number, number, number];
  /**
   * What the keys of TLS tickets (RFC 5077 §4) are made of, 32 bytes that are hard to guess. Servers that share it, and their
   * certificate, resume each other's sessions. The keys change with each day; whoever has the secret has all of them. Without
   * it each listener has random keys of its own, and forgets them after two days.
   */
  ticketSecret?: Uint8Array;
  /**
   * Which of `count` stacks with the same addresses this one is, from 0 on: it chooses local ports from 32768 on whose distance
   * from there, modulo `count`, is `index`, and does not refuse what came in fragments and may be another's. Who sees to it
   * that each gets its packets is `createWorkers`.
   */
  share?: { index: number; count: number };
  /** How names become addresses. */
  dns?: DnsOptions;
  /** Where time comes from; the runtime's clock by default. */
  clock?: Clock;
  /** Replaces the system's randomness: same seed, same packets. For simulations only: everything becomes predictable. */
  seed?: number;
  /** The core's WebAssembly, for runtimes and bundlers where the built file can't be found. */
  core?: CoreSource;
  /**
   * Hears of a device that failed by itself and of a fault in the core; nobody else could be told. Without it they are
   * uncaught exceptions.
   */
  error?: (error: Error) => void;
  /**
   * Gets the keys of every TLS connection, line by line, in the format of `SSLKEYLOGFILE`: for `pcap`'s `secret`, or for a
   * file that Wireshark reads. Whoever has them can read the connections.
   */
  keylog?: (line: string) => void;
}

export type Congestion = 'reno' | 'cubic';

export interface InterfaceOptions extends LinkOptions {
  device: Device;
  addresses?: readonly string[];
}

/** How an Ethernet interface finds its place on its link. On others it makes no difference. */
export interface LinkOptions {
  /** Asks a server for an IPv4 address, routes and name servers (RFC 2131), and gives the address back in the end. */
  dhcp?: boolean;
  /** IPv6: see `Ipv6Options`; `false`: none but the addresses given, not even a link-local one. */
  ipv6?: Ipv6Options | false;
}

export interface Ipv6Options {
  /** Asks for routers, and takes addresses, routes and name servers from what they advertise (RFC 4862). Default false. */
  autoconfigure?: boolean;
  /**
   * How often it is asked whether somebody has an address already, before it is used (RFC 4862 §5.1: DupAddrDetectTransmits); it
   * takes one to two seconds. 0: not at all. Default 1.
   */
  duplicateDetection?: number;
}

/**
 * How TCP behaves. Times in milliseconds; a switch is 1 or 0. What is left out keeps its default, which is meant to be
 * right: see `assembly/memory/settings.ts` for defaults and bounds.
 */
export type Tuning = { [Name in keyof typeof TUNING]?: number };

/** Bounds of the whole stack. What is left out is the core's own choice. */
export interface Limits {
  /** Bytes that a connection may hold for sending at most; it begins with less and follows the congestion window. */
  sendBuffer?: number;
  /** Bytes that a connection may hold for its reader at most; it begins with less and follows what a round trip brings. */
  receiveBuffer?: number;
  /** Bytes of datagrams that a UDP socket may hold for its reader, each counted with 256 more; it may have a number of its own. */
  udpReceiveBuffer?: number;
  /** Bytes of linear memory that buffers and pools may take in all. */
  memoryLimit?: number;
  /** Connections in all states, TIME-WAIT included. */
  connectionLimit?: number;
  /** Maximum segment lifetime in milliseconds; TIME-WAIT lasts twice as long (RFC 9293 §3.4.2). */
  maximumSegmentLifetime?: number;
  /** Retransmissions of a SYN before `ETIMEDOUT`. */
  synRetries?: number;
  /** Retransmissions of data before `ETIMEDOUT` (RFC 9293 §3.8.3, R2). */
  dataRetries?: number;
}

/** What can be set at any time. */
export type StackSettings = Pick<StackOptions, keyof Limits | 'tcp' | 'congestion' | 'fastOpenKey'>;

/** @throws TypeError, RangeError for what does not exist or the core does not accept */
export function applySettings(core: Core, settings: StackSettings): void {
  applyLimits(core, settings);
  applyTuning(core, settings.tcp);
  applyCongestion(core, settings.congestion);
  applyFastOpenKey(core, settings.fastOpenKey);
}

/** @throws RangeError for a share that can't be */
export function applyShare(core: Core, share: StackOptions['share']): void {
  if (share === undefined) return;
  const { index, count } = share;
  const sane = Number.isInteger(index) && Number.isInteger(count) && index >= 0 && index < count;
  if (!sane || core.calls.configure(SETTING_SHARE, count * 256 + index) < 0) {
    throw new RangeError(`share can't be ${index} of ${count}`);
  }
}

/** @throws TypeError, RangeError for what is no secret */
export function checkTicketSecret(secret: unknown): void {
  if (secret === undefined) return;
  if (!(secret instanceof Uint8Array)) throw new TypeError('ticketSecret must be a Uint8Array');
  if (secret.length < LEAST_SECRET)
    throw new RangeError(`ticketSecret has ${secret.length} bytes; it needs ${LEAST_SECRET}`);
}

/** @throws TypeError for a controller that does not exist */
function applyCongestion(core: Core, congestion: Congestion | undefined): void {
  if (congestion === undefined) return;
  if (!Object.hasOwn(CONTROLLERS, congestion))
    throw new TypeError(`congestion must be 'reno' or 'cubic', not ${congestion}`);
  core.calls.configure(SETTING_CONGESTION, CONTROLLERS[congestion]);
}

/** @throws RangeError for a limit that the core does not accept */
function applyLimits(core: Core, limits: Limits): void {
  for (const [name, setting] of LIMITS) applySetting(core, name, setting, limits[name]);
}

/** @throws TypeError for a name that does not exist, RangeError for a value that the core does not accept */
function applyTuning(core: Core, tuning: Tuning = {}): void {
  for (const [name, value] of Object.entries(tuning)) {
    if (!Object.hasOwn(TUNING, name)) throw new TypeError(`tcp.${name} is no option`);
    applySetting(core, `tcp.${name}`, TUNING[name as keyof typeof TUNING], value);
  }
}

/** @throws RangeError for anything but four words of 32 bits */
function applyFastOpenKey(core: Core, key: StackOptions['fastOpenKey']): void {
  if (key === undefined) return;
  const sane = key.length === 4 && key.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
  if (!sane) throw new RangeError(`fastOpenKey can't be ${key}`);
  core.words.set(key, core.calls.resultArea() >> 2);
  core.calls.tcpFastOpenKey();
}

function applySetting(core: Core, name: string, setting: number, value: number | undefined): void {
  if (value === undefined) return;
  const sane = Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  if (!sane || core.calls.configure(setting, value) < 0) throw new RangeError(`${name} can't be ${value}`);
}

/** RFC 5077 §5.5: keys of at least 128 bits; ours have 256. */
const LEAST_SECRET = 32;
const CONTROLLERS: Readonly<Record<Congestion, number>> = { reno: CONGESTION_RENO, cubic: CONGESTION_CUBIC };

/** What each of them means stands beside the constants. */
const TUNING = {
  synAckRetries: SETTING_SYN_ACK_RETRIES,
  orphanRetries: SETTING_ORPHAN_RETRIES,
  orphanLimit: SETTING_ORPHAN_LIMIT,
  finWait2: SETTING_FIN_WAIT_2,
  initialWindow: SETTING_INITIAL_WINDOW,
  ackDelay: SETTING_ACK_DELAY,
  quickAcks: SETTING_QUICK_ACKS,
  rtoMinimum: SETTING_RTO_MINIMUM,
  rtoInitial: SETTING_RTO_INITIAL,
  timestamps: SETTING_TIMESTAMPS,
  windowScaling: SETTING_WINDOW_SCALING,
  sack: SETTING_SACK,
  ecn: SETTING_ECN,
  ecnSynRetries: SETTING_ECN_SYN_RETRIES,
  fastOpen: SETTING_FAST_OPEN,
  synCookies: SETTING_SYN_COOKIES,
  idleRestart: SETTING_IDLE_RESTART,
  tailProbe: SETTING_TAIL_PROBE,
  duplicateThreshold: SETTING_DUPLICATE_THRESHOLD,
  mtuProbing: SETTING_MTU_PROBING,
  baseMss: SETTING_BASE_MSS,
  pacing: SETTING_PACING,
  dialect: SETTING_DIALECT,
  sendBufferInitial: SETTING_SEND_BUFFER_INITIAL,
  receiveBufferInitial: SETTING_RECEIVE_BUFFER_INITIAL,
  strictReset: SETTING_STRICT_RESET,
  strictSyn: SETTING_STRICT_SYN,
  dropSynFin: SETTING_DROP_SYN_FIN,
  userTimeout: SETTING_USER_TIMEOUT,
  statistics: SETTING_STATISTICS,
  hystart: SETTING_HYSTART,
  forwardRto: SETTING_FORWARD_RTO,
  challengeLimit: SETTING_CHALLENGE_LIMIT,
  icmpAbort: SETTING_ICMP_ABORT,
  timeToLive: SETTING_TIME_TO_LIVE,
  growthLimit: SETTING_GROWTH_LIMIT,
  rtoSpread: SETTING_RTO_SPREAD,
} as const;

const LIMITS: readonly (readonly [keyof Limits, number])[] = [
  ['sendBuffer', SETTING_SEND_BUFFER],
  ['receiveBuffer', SETTING_RECEIVE_BUFFER],
  ['udpReceiveBuffer', SETTING_UDP_RECEIVE_BUFFER],
  ['memoryLimit', SETTING_MEMORY_LIMIT],
  ['connectionLimit', SETTING_CONNECTION_LIMIT],
  ['maximumSegmentLifetime', SETTING_MSL],
  ['synRetries', SETTING_SYN_RETRIES],
  ['dataRetries', SETTING_DATA_RETRIES],
];
