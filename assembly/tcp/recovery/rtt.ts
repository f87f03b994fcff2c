// The retransmission timeout (RFC 6298) from round-trip times in microseconds, one a round trip: of a segment on the
// scoreboard, which may be SACKed, so that recovery is timed too; without a scoreboard of one timed segment; or of the
// timestamps option (RFC 7323 §4) when that was sent twice. Karn's rule (RFC 6298 §3): what was sent twice is never timed.

import { Micros, state } from '../../memory/state';
import { Endpoint } from '../block/endpoint';
import { flow } from '../congestion/flow';
import { Segment } from '../segment';
import { seqGe } from '../seq';
import { PROBED, Tcb, TIMESTAMPS_ON } from '../tcb';

/** Before any measurement (RFC 6298 §2.1). */
export function rttInitialize(tcb: Tcb): void {
  tcb.rto = state.rtoInitial * 1_000;
}

/** A segment that ends at `end` goes out for the first time. */
export function rttSent(tcb: Tcb, end: u32): void {
  if (tcb.rttAt != 0) return;
  tcb.rttAt = max<Micros>(state.now, 1);
  tcb.rttSeq = end;
}

/** Something goes out again: what is being timed could be it. The scoreboard knows what was sent twice. */
export function rttForget(tcb: Tcb): void {
  if (tcb.scoreboard == 0) tcb.rttAt = 0;
}

/** Segments on the scoreboard have been delivered; the next sample is of what is sent from now on. */
export function rttDelivered(tcb: Tcb): void {
  if (tcb.flow == 0) return;
  const longest = flow(tcb).ackRttLongest;
  if (longest == 0 || state.now - longest < tcb.rttAt) return;
  sample(tcb, min(longest, RTO_MAXIMUM));
  tcb.rttAt = state.now;
}

/** SND.UNA has moved to SEG.ACK. */
export function rttAcknowledged(tcb: Tcb, seg: Segment): void {
  if (tcb.scoreboard == 0 && tcb.rttAt != 0) {
    if (!seqGe(seg.ack, tcb.rttSeq)) return;
    sample(tcb, <u32>min<Micros>(state.now - tcb.rttAt, RTO_MAXIMUM));
    tcb.rttAt = 0;
  } else if (tcb.retransmissions > 0 && tcb.rttAt < state.now && tcb.has(TIMESTAMPS_ON) && seg.tsEcr != 0) {
    // RFC 7323 §4.1: the echoed timestamp names the transmission that arrived, so Karn's ambiguity is gone.
    const elapsed = timestampNow(tcb) - seg.tsEcr;
    if (elapsed < RTO_MAXIMUM / 1000) sample(tcb, elapsed * 1000);
  }
}

/** The timer expired: the timeout doubles, and stays so until there is a new sample (RFC 6298 §5.5, Karn's rule). */
export function rttExpired(tcb: Tcb): void {
  rttForget(tcb);
  tcb.rto = min<u32>(tcb.rto << 1, RTO_MAXIMUM);
}

/** Data transmission begins: a SYN that was sent twice gave no sample (RFC 6298 §5.7). */
export function rttEstablished(tcb: Tcb): void {
  if (tcb.srtt == 0 && tcb.retransmissions > 0) tcb.rto = RTO_UNKNOWN;
}

/** The time between zero-window probes, which doubles each time (RFC 9293 §3.8.6.1 SHLD-30). */
export function probeInterval(tcb: Tcb): Micros {
  return min<Micros>((<Micros>tcb.rto) << min<u32>(tcb.retransmissions, 10), RTO_MAXIMUM);
}

/** TSval: a clock of 1 ms (RFC 7323 §5.4) with an offset of each connection's own. */
export function timestampNow(end: Endpoint): u32 {
  return <u32>(state.now / 1000) + end.tsOffset;
}

/** RFC 6298 §2.2, §2.3 */
function sample(tcb: Tcb, r: u32): void {
  if (tcb.srtt == 0) {
    tcb.srtt = max<u32>(r, 1);
    tcb.rttvar = r >> 1;
  } else {
    const difference = tcb.srtt > r ? tcb.srtt - r : r - tcb.srtt;
    tcb.rttvar = tcb.rttvar - (tcb.rttvar >> 2) + (difference >> 2);
    tcb.srtt = max<u32>(tcb.srtt - (tcb.srtt >> 3) + (r >> 3), 1);
  }
  // We deviate by default: RFC 6298 §2.4 asks for at least one second. That guarded against coarse clocks and delayed ACKs
  // of 500 ms; every stack of today uses 200 ms or less.
  const rto = tcb.srtt + max(state.rtoSpread * 1_000, tcb.rttvar << 2);
  tcb.rto = min<u32>(max(rto, state.rtoMinimum * 1_000), RTO_MAXIMUM);
  tcb.clear(PROBED);
}

const RTO_UNKNOWN: u32 = 3_000_000;
const RTO_MAXIMUM: u32 = 120_000_000;
