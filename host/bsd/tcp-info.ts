/**
 * What a connection is like at this moment, by the names and in the units of Linux's `struct tcp_info` (tcp(7),
 * linux/tcp.h). Times without a unit in their comment are microseconds.
 * Not for: where the numbers come from (`assembly/tcp/block/info.ts`).
 */
export interface TcpInfo {
  /** TCP_ESTABLISHED … */
  tcpi_state: number;
  /** TCP_CA_* */
  tcpi_ca_state: number;
  /** Retransmission timeouts in a row for the oldest segment. */
  tcpi_retransmits: number;
  /** Unanswered zero-window or keep-alive probes. */
  tcpi_probes: number;
  /** How many times the timeout has been doubled. */
  tcpi_backoff: number;
  /** TCPI_OPT_* */
  tcpi_options: number;
  tcpi_snd_wscale: number;
  tcpi_rcv_wscale: number;
  /** 1: the program, not the network, limited the delivery rate. */
  tcpi_delivery_rate_app_limited: number;
  /** Why Fast Open was not used: 0 unknown or it was, 1 no cookie, 2 data not acknowledged, 3 SYN sent again. */
  tcpi_fastopen_client_fail: number;
  tcpi_rto: number;
  tcpi_ato: number;
  tcpi_snd_mss: number;
  tcpi_rcv_mss: number;
  /** Segments in flight; of a listener: connections that wait to be accepted. */
  tcpi_unacked: number;
  /** Segments that the peer holds behind a gap; of a listener: its backlog. */
  tcpi_sacked: number;
  /** Segments. */
  tcpi_lost: number;
  /** Segments that were sent again and are not acknowledged. */
  tcpi_retrans: number;
  /** Always 0, as in Linux. */
  tcpi_fackets: number;
  /** Milliseconds since. */
  tcpi_last_data_sent: number;
  /** Always 0, as in Linux. */
  tcpi_last_ack_sent: number;
  /** Milliseconds since. */
  tcpi_last_data_recv: number;
  /** Milliseconds since. */
  tcpi_last_ack_recv: number;
  tcpi_pmtu: number;
  tcpi_rcv_ssthresh: number;
  tcpi_rtt: number;
  tcpi_rttvar: number;
  /** Segments; 2147483647: none yet. */
  tcpi_snd_ssthresh: number;
  /** Segments. */
  tcpi_snd_cwnd: number;
  tcpi_advmss: number;
  /** Segments that may be out of order before one counts as lost. */
  tcpi_reordering: number;
  tcpi_rcv_rtt: number;
  /** Bytes. */
  tcpi_rcv_space: number;
  /** Segments, ever. */
  tcpi_total_retrans: number;
  /** Bytes a second; Infinity without a limit. */
  tcpi_pacing_rate: number;
  tcpi_max_pacing_rate: number;
  tcpi_bytes_acked: number;
  tcpi_bytes_received: number;
  tcpi_segs_out: number;
  tcpi_segs_in: number;
  tcpi_notsent_bytes: number;
  /** 4294967295: none yet. */
  tcpi_min_rtt: number;
  tcpi_data_segs_in: number;
  tcpi_data_segs_out: number;
  /** Bytes a second. */
  tcpi_delivery_rate: number;
  /** With data in flight or waiting. */
  tcpi_busy_time: number;
  /** Of it: held up by the peer's window. */
  tcpi_rwnd_limited: number;
  /** Of it: held up by the own send buffer. */
  tcpi_sndbuf_limited: number;
  /** Segments that have arrived at the peer. */
  tcpi_delivered: number;
  /** Of them: with a congestion mark. */
  tcpi_delivered_ce: number;
  tcpi_bytes_sent: number;
  tcpi_bytes_retrans: number;
  /** Duplicates that the peer reported. */
  tcpi_dsack_dups: number;
  /** Times that reordering was seen. */
  tcpi_reord_seen: number;
  tcpi_rcv_ooopack: number;
  /** Bytes, scaled. */
  tcpi_snd_wnd: number;
  tcpi_rcv_wnd: number;
  tcpi_rehash: number;
  /** Retransmission timeouts, ever. */
  tcpi_total_rto: number;
  /** Recoveries that began with a timeout. */
  tcpi_total_rto_recoveries: number;
  /** Milliseconds spent in them. */
  tcpi_total_rto_time: number;
}
