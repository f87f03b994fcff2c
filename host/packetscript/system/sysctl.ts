/**
 * What `sysctl` lines of scripts mean to this stack: kernel variables by their names, Linux's and FreeBSD's.
 * Not for: reading the lines (`shell.ts`).
 */
import type { StackSettings } from '../profiles.js';

/**
 * @param name with dots, as `net.ipv4.tcp_sack`
 * @returns the settings it changes, none for one that changes nothing here; a string says why it can't be done
 */
export function sysctl(name: string, value: string): StackSettings | string {
  const meaning = VARIABLES.get(name);
  if (meaning === undefined) return HARMLESS.test(name) ? {} : `the sysctl ${name}`;
  const numbers = value.trim().split(/\s+/).map(Number);
  if (numbers.some(Number.isNaN) && !WORDS.has(name)) return `sysctl ${name}=${value}`;
  return meaning(numbers[0] as number, numbers, value.trim());
}

type Meaning = (value: number, values: number[], text: string) => StackSettings | string;

function flag(value: number): number {
  return value === 0 ? 0 : 1;
}

const LARGEST_BUFFER = 1 << 26;

const LINUX: readonly (readonly [string, Meaning])[] = [
  ['rmem', (_, [, initial = 0, most = 0]) => ({ receiveBuffer: most, tcp: { receiveBufferInitial: initial } })],
  ['wmem', (_, [, initial = 0, most = 0]) => ({ sendBuffer: most, tcp: { sendBufferInitial: initial } })],
  ['timestamps', (value) => ({ tcp: { timestamps: flag(value) } })],
  ['window_scaling', (value) => ({ tcp: { windowScaling: flag(value) } })],
  ['sack', (value) => ({ tcp: { sack: flag(value) } })],
  ['syn_retries', (synRetries) => ({ synRetries })],
  ['synack_retries', (synAckRetries) => ({ tcp: { synAckRetries } })],
  ['retries2', (dataRetries) => ({ dataRetries })],
  ['orphan_retries', (orphanRetries) => ({ tcp: { orphanRetries } })],
  ['fin_timeout', (seconds) => ({ tcp: { finWait2: seconds * 1000 } })],
  ['frto', (value) => ({ tcp: { forwardRto: flag(value) } })],
  ['reordering', (duplicateThreshold) => ({ tcp: { duplicateThreshold } })],
  ['slow_start_after_idle', (value) => ({ tcp: { idleRestart: flag(value) } })],
  ['early_retrans', (value) => ({ tcp: { tailProbe: value >= 3 ? 1 : 0 } })],
  ['ecn', (ecn) => (ecn > 2 ? `ECN mode ${ecn} (AccECN)` : { tcp: { ecn } })],
  ['fastopen', (bits) => ({ tcp: { fastOpen: bits & 0xffff } })],
  ['fastopen_key', (_, __, text) => fastOpenKey(text)],
  ['syncookies', (synCookies) => ({ tcp: { synCookies } })],
  ['mtu_probing', (mtuProbing) => ({ tcp: { mtuProbing } })],
  ['base_mss', (baseMss) => ({ tcp: { baseMss } })],
  ['challenge_ack_limit', (challengeLimit) => ({ tcp: { challengeLimit } })],
  ['congestion_control', (_, __, text) => congestion(text)],
];

const FREEBSD: readonly (readonly [string, Meaning])[] = [
  ['net.inet.tcp.rfc1323', (value) => ({ tcp: { timestamps: flag(value), windowScaling: flag(value) } })],
  ['net.inet.tcp.sack.enable', (value) => ({ tcp: { sack: flag(value) } })],
  ['net.inet.tcp.ecn.enable', (ecn) => (ecn > 2 ? `ECN mode ${ecn} (AccECN)` : { tcp: { ecn } })],
  ['net.inet.tcp.ecn.maxretries', (ecnSynRetries) => ({ tcp: { ecnSynRetries } })],
  ['net.inet.tcp.recvspace', (receiveBufferInitial) => ({ tcp: { receiveBufferInitial } })],
  ['net.inet.tcp.sendspace', (sendBufferInitial) => ({ tcp: { sendBufferInitial } })],
  ['kern.ipc.maxsockbuf', (most) => ({ receiveBuffer: Math.min(most, LARGEST_BUFFER) })],
  ['net.inet.tcp.insecure_rst', (value) => ({ tcp: { strictReset: 1 - flag(value) } })],
  ['net.inet.tcp.insecure_syn', (value) => ({ tcp: { strictSyn: 1 - flag(value) } })],
  ['net.inet.tcp.drop_synfin', (value) => ({ tcp: { dropSynFin: flag(value) } })],
  ['net.inet.tcp.delacktime', (ackDelay) => ({ tcp: { ackDelay } })],
  ['net.inet.tcp.rexmit_initial', (rtoInitial) => ({ tcp: { rtoInitial } })],
  ['net.inet.tcp.syncookies', (synCookies) => ({ tcp: { synCookies: flag(synCookies) } })],
  ['net.inet.tcp.syncookies_only', (value) => ({ tcp: { synCookies: value === 0 ? 1 : 2 } })],
  ['net.inet.tcp.fastopen.client_enable', (value) => ({ tcp: { fastOpen: flag(value) } })],
  ['net.inet.tcp.icmp_may_rst', (value) => ({ tcp: { icmpAbort: flag(value) } })],
  ['net.inet.tcp.pmtud_blackhole_detection', (value) => ({ tcp: { mtuProbing: flag(value) } })],
  ['net.inet.tcp.rexmit_drop_options', (value) => (value === 0 ? {} : 'SYNs that lose their options when repeated')],
  ['net.inet.tcp.udp_tunneling_port', (port) => (port === 0 ? {} : 'TCP over UDP')],
];

/** As the kernel writes it: four words of 32 bits, in hexadecimal. */
function fastOpenKey(text: string): StackSettings | string {
  const words = text.split('-').map((word) => Number.parseInt(word, 16));
  const [a, b, c, d] = words;
  if (words.length !== 4 || a === undefined || b === undefined || c === undefined || d === undefined)
    return `the key ${text}`;
  return { fastOpenKey: [a, b, c, d] };
}

function congestion(name: string): StackSettings | string {
  return name === 'cubic' || name === 'reno' ? { congestion: name } : `the congestion controller ${name}`;
}

/** Whose values are no numbers. */
const WORDS = new Set(['net.ipv4.tcp_congestion_control', 'net.ipv4.tcp_fastopen_key']);

const VARIABLES = new Map<string, Meaning>([
  ...LINUX.map(([name, meaning]) => [`net.ipv4.tcp_${name}`, meaning] as const),
  ...FREEBSD,
]);

/** What changes nothing that a packet on this stack would show. */
const HARMLESS = new RegExp(
  `^(?:${[
    'net\\.ipv4\\.tcp_(?:dsack|fack|recovery|tso_win_divisor|min_tso_segs|ecn_option|pacing_[sc][sa]_ratio|no_metrics_save',
    'autocorking|limit_output_bytes|moderate_rcvbuf|fastopen_blackhole_timeout_sec|min_rtt_wlen|notsent_lowat',
    'shrink_window|comp_sack_.*|rto_min_us|tw_reuse|max_syn_backlog)|net\\.ipv4\\.tcp_early_demux',
    'net\\.inet\\.tcp\\.(?:blackhole|hostcache\\.purgenow|rexmit_slop|rexmit_min|keepinit|keepidle',
    'keepintvl|keepcnt|path_mtu_discovery|pmtud_blackhole_mss|v6pmtud_blackhole_mss|mssdflt|v6mssdflt',
    'udp_tunneling_overhead|tolerate_missing_ts)|net\\.inet6?\\.icmp6?\\..*',
  ].join('|')})$`,
);
