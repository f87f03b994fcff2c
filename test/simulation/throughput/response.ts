/**
 * What theory says of the rate that a congestion controller reaches under random loss: its response function. Windows are
 * in segments, the mean over time; `loss` is the chance of a packet, `rtt` in milliseconds, rates in bits a second.
 * Not for: queues; on a link that is full, theory says no more than that it is full.
 */
import type { Congestion } from '../../../host/stack/settings.js';
import { PACKET, PAYLOAD } from './transfer.js';

export interface Conditions {
  loss: number;
  rtt: number;
  rate: number;
}

/**
 * W = √(3 / 2p): Mathis et al. 1997, which RFC 3819 cites with a smaller constant, since delayed ACKs halve the growth of a
 * sender that counts ACKs. One that counts bytes (RFC 3465) grows by a segment each round trip.
 */
export function renoWindow(loss: number): number {
  return Math.sqrt(3 / (2 * loss));
}

/**
 * RFC 9438 §5.1: W = (C (3 + β) / (4 (1 - β)))^¼ × (RTT / p)^¾, RTT in seconds, C = 0.4, β = 0.7, which is
 * 1.054 × (RTT / p)^¾; and never less than Reno's (§4.3).
 */
export function cubicWindow(loss: number, rtt: number): number {
  const cubic = ((C * (3 + BETA)) / (4 * (1 - BETA))) ** (1 / 4) * (rtt / 1000 / loss) ** (3 / 4);
  return Math.max(cubic, renoWindow(loss));
}

/** Bits of payload a second: a window each round trip, at most what the link carries. */
export function responseRate(controller: Congestion, { loss, rtt, rate }: Conditions): number {
  const full = (rate * PAYLOAD) / PACKET;
  if (loss === 0) return full;
  const window = controller === 'reno' ? renoWindow(loss) : cubicWindow(loss, rtt);
  return Math.min((window * PAYLOAD * 8 * 1000) / rtt, full);
}

const C = 0.4;
const BETA = 0.7;
