// ICMP errors about segments of ours (RFC 9293 §3.9.2.2). An error is believed only if the segment that it quotes is in
// flight (RFC 5927 §4.1), and even then no connection that is synchronized ends by it (RFC 5927 §5.2): it is remembered,
// and told when retransmission gives up. While a connection is being opened it may end it at once (SETTING_ICMP_ABORT).
// Not for: the message itself (ip/icmp.ts), sizes (tcp/path/discovery.ts).

import {
  ERROR_CONNECTION_REFUSED,
  ERROR_HOST_UNREACHABLE,
  ERROR_PROTOCOL,
  ICMP_ABORT_ANY,
  ICMP_ABORT_HARD,
  STATE_SYN_RECEIVED,
} from '../../abi/constants';
import { mappedLow } from '../../ip/address';
import { destination, headerLength, source, totalLength } from '../../ip/header4';
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

/** A router or host reports a destination unreachable. `quote`: the IP header of our packet, at least 8 bytes behind it. */
export function unreachableArrives(code: u32, nextHopMtu: u32, quote: usize): void {
  const end = concerned(quote);
  if (end == null || code > LAST_CODE) return;
  if (code != FRAGMENTATION_NEEDED) {
    const refused = (REFUSALS & (1 << code)) != 0;
    errorArrives(end, -(<i32>load<u8>(ERRORS + code)), refused ? ERROR_CONNECTION_REFUSED : 0);
  } else if (end.kind == CONNECTION) {
    const sequence = sequenceNumber(quote + headerLength(quote));
    packetTooBig(changetype<Tcb>(end), sequence, nextHopMtu, totalLength(quote));
  }
}

/** The time to live of our packet ran out on its way, or that of its fragments where they were put together. */
export function timeExceededArrives(code: u32, quote: usize): void {
  const end = concerned(quote);
  if (end != null) errorArrives(end, ERROR_HOST_UNREACHABLE, code == TTL_EXCEEDED ? ERROR_HOST_UNREACHABLE : 0);
}

/** Somebody did not understand the IP header of our packet. */
export function parameterProblemArrives(quote: usize): void {
  const end = concerned(quote);
  if (end != null) errorArrives(end, ERROR_PROTOCOL, 0);
}

/** The end with the four-tuple of a quoted segment, if that segment is in flight. */
function concerned(quote: usize): Endpoint | null {
  const tcp = quote + headerLength(quote);
  const local = mappedLow(source(quote));
  const remote = mappedLow(destination(quote));
  const end = tableFind(0, local, 0, remote, sourcePort(tcp), destinationPort(tcp));
  return end != null && isInFlight(end, sequenceNumber(tcp)) ? end : null;
}

/** SND.UNA ≤ the number < SND.NXT; only the SYN of a half-open connection, nothing in TIME-WAIT. */
function isInFlight(end: Endpoint, sequence: u32): bool {
  if (end.kind != CONNECTION) return end.kind == HALF_OPEN && sequence == end.iss;
  const tcb = changetype<Tcb>(end);
  if (tcb.state == STATE_SYN_RECEIVED && sequence == tcb.iss) return true;
  return seqLe(tcb.sndUna, sequence) && seqLt(sequence, tcb.sndNxt);
}

/** `error`: what it is called; `hard`: what it is called if it is a hard error, else 0 (RFC 1122 §4.2.3.9). */
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

const FRAGMENTATION_NEEDED: u32 = 4;
const TTL_EXCEEDED: u32 = 0;
const LAST_CODE: u32 = 15;
/** Linux's error numbers for the codes of destination unreachable (RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
// biome-ignore format: a table
const ERRORS: usize = memory.data<u8>([
  101, 113, 92, 111, // net, host, protocol, port unreachable
  0, 95, 101, 112, // fragmentation needed, source route failed, net unknown, host unknown
  64, 101, 113, 101, // source host isolated, net prohibited, host prohibited, net unreachable for this service
  113, 113, 113, 113, // host unreachable for this service, prohibited, precedence violation, precedence cutoff
]);
/** Protocol and port unreachable, and the three ways of being prohibited. */
const REFUSALS: u32 = (1 << 2) | (1 << 3) | (1 << 9) | (1 << 10) | (1 << 13);
