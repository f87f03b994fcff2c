// The settings of a stack: what each may be, and what it is when nobody says. They lie in State, in the order of SETTING_*.
// Not for: what a setting means (abi/constants.ts), or obeying it.

import {
  CONGESTION_CUBIC,
  DIALECT_BSD,
  ERROR_INVALID,
  FAST_OPEN_CLIENT,
  FAST_OPEN_SERVER,
  ICMP_ABORT_ANY,
  SETTING_LIMIT,
} from '../abi/constants';
import { STATE_BASE } from './map';
import { State } from './state';

/** Gives every setting its default. */
export function settingsInitialize(): void {
  for (let setting: u32 = 1; setting < <u32>SETTING_LIMIT; setting++) store<u32>(place(setting), row(setting, 0));
}

/** Sets SETTING_*; ERROR_INVALID for a value outside its bounds. */
export function configure(setting: u32, value: u32): i32 {
  if (setting == 0 || setting >= <u32>SETTING_LIMIT) return ERROR_INVALID;
  if (value < row(setting, 1) || value > row(setting, 2)) return ERROR_INVALID;
  store<u32>(place(setting), value);
  return 0;
}

/** The value of SETTING_*; 0 for one there is not. */
export function setting(which: u32): u32 {
  return which == 0 || which >= <u32>SETTING_LIMIT ? 0 : load<u32>(place(which));
}

function place(setting: u32): usize {
  return STATE_BASE + offsetof<State>('sendBuffer') + ((<usize>(setting - 1)) << 2);
}

function row(setting: u32, column: u32): u32 {
  return load<u32>(TABLE + ((<usize>((setting - 1) * COLUMNS + column)) << 2));
}

const COLUMNS: u32 = 3;
/** Bytes of the smallest buffer and the largest that a connection may have. */
export const SMALLEST_BUFFER: u32 = 1 << 11;
export const LARGEST_BUFFER: u32 = 1 << 26;

/** Default, least, most. */
// biome-ignore format: a table
const TABLE: usize = memory.data<u32>([
  1 << 22, SMALLEST_BUFFER, LARGEST_BUFFER, // SETTING_SEND_BUFFER: as Linux's tcp_wmem
  1 << 23, SMALLEST_BUFFER, LARGEST_BUFFER, // SETTING_RECEIVE_BUFFER: 1 Gbit/s over 64 ms
  1 << 30, 1 << 23, u32.MAX_VALUE, // SETTING_MEMORY_LIMIT
  1 << 20, 1, 1 << 22, // SETTING_CONNECTION_LIMIT
  30_000, 1, 240_000, // SETTING_MSL: TIME-WAIT lasts a minute, as on kernels; RFC 9293 §3.4.2 takes two minutes "arbitrarily"
  7, 1, 100, // SETTING_SYN_RETRIES: gives up after more than the three minutes of RFC 9293 §3.8.3 MUST-23
  15, 1, 100, // SETTING_DATA_RETRIES: Linux's tcp_retries2, beyond the 100 seconds of RFC 9293 §3.8.3 SHLD-11
  CONGESTION_CUBIC, 0, CONGESTION_CUBIC, // SETTING_CONGESTION
  5, 1, 100, // SETTING_SYN_ACK_RETRIES: Linux's tcp_synack_retries
  8, 1, 100, // SETTING_ORPHAN_RETRIES: Linux's tcp_orphan_retries
  1 << 16, 0, 1 << 22, // SETTING_ORPHAN_LIMIT
  60_000, 1, 3_600_000, // SETTING_FIN_WAIT_2: Linux's tcp_fin_timeout
  0, 0, 1_000, // SETTING_INITIAL_WINDOW
  40, 0, 499, // SETTING_ACK_DELAY: MUST-40 wants less than half a second; this is what kernels take
  0, 0, 1_000, // SETTING_QUICK_ACKS
  200, 1, 120_000, // SETTING_RTO_MINIMUM: see tcp/recovery/rtt.ts
  1_000, 1, 120_000, // SETTING_RTO_INITIAL: RFC 6298 §2.1
  1, 0, 1, // SETTING_TIMESTAMPS
  1, 0, 1, // SETTING_WINDOW_SCALING
  1, 0, 1, // SETTING_SACK
  2, 0, 2, // SETTING_ECN
  FAST_OPEN_CLIENT | FAST_OPEN_SERVER, 0, 0x0fff_ffff, // SETTING_FAST_OPEN: for connections and listeners that ask for it
  1, 0, 2, // SETTING_SYN_COOKIES
  1, 0, 1, // SETTING_IDLE_RESTART
  1, 0, 1, // SETTING_TAIL_PROBE
  3, 1, 255, // SETTING_DUPLICATE_THRESHOLD: RFC 5681 §3.2
  1, 0, 2, // SETTING_MTU_PROBING
  1_024, 256, 9_000, // SETTING_BASE_MSS: RFC 4821 §7.2
  0, 0, 1, // SETTING_PACING
  0, 0, DIALECT_BSD, // SETTING_DIALECT
  1 << 18, SMALLEST_BUFFER, LARGEST_BUFFER, // SETTING_SEND_BUFFER_INITIAL
  1 << 18, SMALLEST_BUFFER, LARGEST_BUFFER, // SETTING_RECEIVE_BUFFER_INITIAL
  1, 0, 1, // SETTING_STRICT_RESET
  1, 0, 1, // SETTING_STRICT_SYN
  0, 0, 1, // SETTING_DROP_SYN_FIN
  0, 0, u32.MAX_VALUE, // SETTING_USER_TIMEOUT
  0, 0, 1, // SETTING_STATISTICS
  1, 0, 1, // SETTING_HYSTART
  1, 0, 1, // SETTING_FORWARD_RTO
  1_000, 1, 1_000_000, // SETTING_CHALLENGE_LIMIT
  64, 1, 255, // SETTING_TIME_TO_LIVE: RFC 1700; RFC 1122 §3.2.1.7 asks for more than the Internet's diameter
  8, 0, 1_000, // SETTING_GROWTH_LIMIT
  ICMP_ABORT_ANY, 0, ICMP_ABORT_ANY, // SETTING_ICMP_ABORT: as kernels do
  0, 0, 100, // SETTING_ECN_SYN_RETRIES: as Linux; FreeBSD's tcp.ecn.maxretries is 1
  1, 1, 10_000, // SETTING_RTO_SPREAD: the grain of our clock; Linux and FreeBSD take 200
  0, 0, 1, // SETTING_FORWARDING: RFC 1122 §3.3.1.1: a host does not pass packets on unless it is told to
  1_000, 0, 1_000_000, // SETTING_ICMP_RATE: Linux's icmp_msgs_per_sec
  1 << 18, 1 << 11, 1 << 26, // SETTING_UDP_RECEIVE_BUFFER: as Linux's rmem_default
  1 << 8, 1 << 8, (1 << 16) | 0xff, // SETTING_SHARE: as many as a device of Linux's has queues
]);
