// Initial send sequence numbers and timestamp offsets: ISN = M + F(four-tuple, secret) (RFC 9293 §3.4.1, RFC 6528 §3).

import { sipHash } from '../../crypto/siphash';
import { state } from '../../memory/state';
import { Endpoint } from '../block/endpoint';
import { Segment } from '../segment';
import { seqLe } from '../seq';

/** M is a clock of 4 µs, so the numbers of one four-tuple rise from one incarnation to the next. */
export function initialSequence(end: Endpoint): u32 {
  return <u32>(state.now >> 2) + <u32>tupleSecret(end);
}

/** The connection that a SYN begins has numbers above those of the one it takes the place of (RFC 9293 §3.6.1 MAY-2). */
export function keepAbove(end: Endpoint, seg: Segment): void {
  if (seg.hasFloor && seqLe(end.iss, seg.floor)) end.iss = seg.floor + INCARNATION_GAP;
}

/** A timestamp clock of each four-tuple's own (RFC 7323 §5.4); it too rises from one incarnation to the next. */
export function timestampOffset(end: Endpoint): u32 {
  return <u32>(tupleSecret(end) >> 32);
}

function tupleSecret(end: Endpoint): u64 {
  const ports = ((<u64>end.localPort) << 16) | end.remotePort;
  return sipHash(state.isnKey0, state.isnKey1, end.localHigh, end.localLow, end.remoteHigh, end.remoteLow, ports);
}

/** How far a new incarnation's numbers stay above those of the one in TIME-WAIT: beyond any window that was never scaled. */
const INCARNATION_GAP: u32 = 65_537;
