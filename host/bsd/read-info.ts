/**
 * What the core says of a connection, made readable: `struct tcp_info` as it lies in memory, and how it ended. Not for: what the fields mean (`tcp-info.ts`).
 */
import { DIALECT_LINUX, ERROR_CONNECTION_RESET, SETTING_DIALECT } from '../../assembly/abi/constants.js';
import type { Core } from '../core/core.js';
import { TCP_CLOSE } from './constants.js';
import { EPIPE } from './errno.js';
import type { TcpInfo } from './tcp-info.js';

/** Of a listener or a connection; of one that is gone, or of none, `tcpi_state` is TCP_CLOSE and the rest is 0. */
export function readTcpInfo(core: Core, { role, handle }: { role: string; handle: number }): TcpInfo {
  const { calls } = core;
  const found = role === 'listener' ? calls.tcpListenerInfo(handle) : calls.tcpInfo(handle);
  const view = new DataView(core.memory.buffer, calls.resultArea());
  const info = {} as Record<string, number>;
  let at = 0;
  for (const [name, kind] of LAYOUT) {
    const size = SIZES[kind];
    at = Math.ceil(at / size) * size;
    info[name] = READERS[kind](view, at);
    at += size;
  }
  return { ...withBits(info), ...(found < 0 ? { tcpi_state: TCP_CLOSE } : {}) };
}

/**
 * What ended a connection, as an error number. A reset behind the peer's FIN (it had nothing more to say, but did not read
 * what we said) is a broken pipe on Linux, a reset on BSD.
 */
export function readEnding({ calls }: Core, handle: number, peerDone: boolean): number {
  const cause = calls.tcpError(handle);
  const linux = calls.setting(SETTING_DIALECT) === DIALECT_LINUX;
  return linux && peerDone && cause === ERROR_CONNECTION_RESET ? EPIPE : -cause;
}

/** Two bytes of the structure are bit fields. */
function withBits({ scales = 0, marks = 0, ...info }: Record<string, number>): TcpInfo {
  return {
    ...(info as unknown as TcpInfo),
    tcpi_snd_wscale: scales & 15,
    tcpi_rcv_wscale: scales >> 4,
    tcpi_delivery_rate_app_limited: marks & 1,
    tcpi_fastopen_client_fail: (marks >> 1) & 3,
  };
}

const SIZES = { u8: 1, u16: 2, u32: 4, u64: 8 };

const READERS = {
  u8: (view: DataView, at: number) => view.getUint8(at),
  u16: (view: DataView, at: number) => view.getUint16(at, true),
  u32: (view: DataView, at: number) => view.getUint32(at, true),
  u64: (view: DataView, at: number) => bounded(view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)),
};

/** All ones mean "no bound". */
function bounded(value: number): number {
  return value >= 2 ** 64 - 1 ? Number.POSITIVE_INFINITY : value;
}

type Kind = keyof typeof SIZES;

/** In the order of linux/tcp.h; each field lies on a multiple of its size. */
// biome-ignore format: a table
const LAYOUT: readonly (readonly [name: keyof TcpInfo | 'scales' | 'marks', kind: Kind])[] = [
  ['tcpi_state', 'u8'], ['tcpi_ca_state', 'u8'], ['tcpi_retransmits', 'u8'], ['tcpi_probes', 'u8'],
  ['tcpi_backoff', 'u8'], ['tcpi_options', 'u8'], ['scales', 'u8'], ['marks', 'u8'],
  ['tcpi_rto', 'u32'], ['tcpi_ato', 'u32'], ['tcpi_snd_mss', 'u32'], ['tcpi_rcv_mss', 'u32'],
  ['tcpi_unacked', 'u32'], ['tcpi_sacked', 'u32'], ['tcpi_lost', 'u32'], ['tcpi_retrans', 'u32'],
  ['tcpi_fackets', 'u32'],
  ['tcpi_last_data_sent', 'u32'], ['tcpi_last_ack_sent', 'u32'], ['tcpi_last_data_recv', 'u32'],
  ['tcpi_last_ack_recv', 'u32'],
  ['tcpi_pmtu', 'u32'], ['tcpi_rcv_ssthresh', 'u32'], ['tcpi_rtt', 'u32'], ['tcpi_rttvar', 'u32'],
  ['tcpi_snd_ssthresh', 'u32'], ['tcpi_snd_cwnd', 'u32'], ['tcpi_advmss', 'u32'], ['tcpi_reordering', 'u32'],
  ['tcpi_rcv_rtt', 'u32'], ['tcpi_rcv_space', 'u32'], ['tcpi_total_retrans', 'u32'],
  ['tcpi_pacing_rate', 'u64'], ['tcpi_max_pacing_rate', 'u64'], ['tcpi_bytes_acked', 'u64'],
  ['tcpi_bytes_received', 'u64'],
  ['tcpi_segs_out', 'u32'], ['tcpi_segs_in', 'u32'], ['tcpi_notsent_bytes', 'u32'], ['tcpi_min_rtt', 'u32'],
  ['tcpi_data_segs_in', 'u32'], ['tcpi_data_segs_out', 'u32'],
  ['tcpi_delivery_rate', 'u64'], ['tcpi_busy_time', 'u64'], ['tcpi_rwnd_limited', 'u64'],
  ['tcpi_sndbuf_limited', 'u64'],
  ['tcpi_delivered', 'u32'], ['tcpi_delivered_ce', 'u32'],
  ['tcpi_bytes_sent', 'u64'], ['tcpi_bytes_retrans', 'u64'],
  ['tcpi_dsack_dups', 'u32'], ['tcpi_reord_seen', 'u32'], ['tcpi_rcv_ooopack', 'u32'],
  ['tcpi_snd_wnd', 'u32'], ['tcpi_rcv_wnd', 'u32'], ['tcpi_rehash', 'u32'],
  ['tcpi_total_rto', 'u16'], ['tcpi_total_rto_recoveries', 'u16'], ['tcpi_total_rto_time', 'u32'],
];
