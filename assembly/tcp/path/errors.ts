// ICMP errors about segments of ours (RFC 9293 §3.9.2.2). An error is believed only if the segment that it quotes is in
// flight (RFC 5927 §4.1), and even then no connection that is synchronized ends by it (RFC 5927 §5.2): it is remembered,
// and told when retransmission gives up. While a connection is being opened it may end it at once (SETTING_ICMP_ABORT).
// Not for: the message itself (ip/icmp/), sizes (tcp/path/discovery.ts).

import { ICMP_ABORT_ANY, ICMP_ABORT_HARD, STATE_SYN_RECEIVED } from '../../abi/constants';
import { quote } from '../../ip/incoming';
import { state } from '../../memory/state';
import { CONNECTION, Endpoint, HALF_OPEN } from '../block/endpoint';
import { finish } from '../block/finish';
import { traceState } from '../block/observe';
import { softError } from '../block/ready';
import { destinationPort, sequenceNumber, sourcePort } from '../header';
import { HalfOpen, halfOpenForget } from '../open/halfopen';
import { seqLe, seqLt } from '../seq';
import { tableFind } from '../table';
import { Tcb } from '../tcb';
import { packetTooBig } from './discovery';

/**
 * Somebody reports trouble with the segment in `quote`. `error`: what it is called (ERROR_*); `hard`: what it is called if it
 * is a hard error, else 0 (RFC 1122 §4.2.3.9).
 */
export function tcpErrorArrives(error: i32, hard: i32): void {
  const end = concerned();
  if (end != null) errorArrives(end, error, hard);
}

/** A router could not pass on the packet in `quote`: the next hop takes `mtu` bytes; 0: it does not say. */
export function tcpTooBigArrives(mtu: u32): void {
  const end = concerned();
  if (end == null || end.kind != CONNECTION) return;
  packetTooBig(changetype<Tcb>(end), sequenceNumber(quote.transport), mtu, quote.length);
}

/** The end with the four-tuple of the quoted segment, if that segment is in flight. */
function concerned(): Endpoint | null {
  const tcp = quote.transport;
  const end = tableFind(quote, sourcePort(tcp), destinationPort(tcp));
  return end != null && isInFlight(end, sequenceNumber(tcp)) ? end : null;
}

/** SND.UNA ≤ the number < SND.NXT; only the SYN of a half-open connection, nothing in TIME-WAIT. */
function isInFlight(end: Endpoint, sequence: u32): bool {
  if (end.kind != CONNECTION) return end.kind == HALF_OPEN && sequence == end.iss;
  const tcb = changetype<Tcb>(end);
  if (tcb.state == STATE_SYN_RECEIVED && sequence == tcb.iss) return true;
  return seqLe(tcb.sndUna, sequence) && seqLt(sequence, tcb.sndNxt);
}

function errorArrives(end: Endpoint, error: i32, hard: i32): void {
  const ends = state.icmpAbort == ICMP_ABORT_ANY || (state.icmpAbort == ICMP_ABORT_HARD && hard != 0);
  if (end.kind == HALF_OPEN) {
    if (ends) halfOpenForget(changetype<HalfOpen>(end));
    return;
  }
  const tcb = changetype<Tcb>(end);
  softError(tcb, error);
  if (!ends || tcb.state > STATE_SYN_RECEIVED) return;
  const before = tcb.state;
  finish(tcb, state.icmpAbort == ICMP_ABORT_ANY ? error : hard);
  traceState(tcb, before);
}
