// Errors that arrive. Anybody can make one up, so each has to quote a packet that we can have sent; the protocol of that
// packet says whether it has (RFC 5927 §4, RFC 8085 §5.2, RFC 8201 §4). Not for: what the error does there.

import { load16, load32 } from '../../memory/bytes';
import { state } from '../../memory/state';
import { tcpErrorArrives, tcpTooBigArrives } from '../../tcp/path/errors';
import { udpErrorArrives } from '../../udp/errors';
import { mappedLow, withZone } from '../address';
import { upperAt, upperProtocol } from '../fragment/chain';
import {
  destination,
  fragmentOffset,
  HEADER4,
  headerLength,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  protocol,
  source,
  totalLength,
  version,
} from '../header4';
import { destination6, HEADER6, LEAST_MTU6, nextHeader, PROTOCOL_ICMP6, payloadLength, source6 } from '../header6';
import { INCOMING_MULTICAST, incoming, quote } from '../incoming';
import { answerError } from './answers';
import { QUOTE_TOO_BIG, quoteMeaning } from './kinds';
import { ECHO_REQUEST, ECHO_REQUEST6, ICMP_HEADER } from './message';
import { knowMtu, plateauBelow } from './paths';

/** Takes the error that `incoming` is. False: not about a packet that we can have sent. */
export function errorArrives(): bool {
  const at = incoming.payload + ICMP_HEADER;
  const size = incoming.size - ICMP_HEADER;
  if (incoming.has(INCOMING_MULTICAST) || !(incoming.family == 4 ? quoted4(at, size) : quoted6(at, size))) return false;
  const message = incoming.payload;
  if (!quoteMeaning(load<u8>(message), load<u8>(message, 1), load32(message + 4), incoming.family)) return true;
  const tooBig = quote.kind == QUOTE_TOO_BIG;
  // Every link carries packets of that size, so nobody has said this (RFC 8201 §4).
  if (tooBig && incoming.family == 6 && quote.mtu < LEAST_MTU6) return true;
  if (quote.protocol == PROTOCOL_TCP) {
    if (tooBig) tcpTooBigArrives(quote.mtu);
    else tcpErrorArrives(quote.error, quote.hard);
  } else if (quote.protocol == PROTOCOL_UDP) {
    if (udpErrorArrives() && tooBig) narrow();
  } else if (quote.protocol == (incoming.family == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6)) echoErrorArrives();
  return true;
}

/** Errors go to whoever sent the packet (RFC 792), and only of the first fragment they come (RFC 1122 §3.2.2). */
function quoted4(at: usize, size: u32): bool {
  if (size < HEADER4 || version(at) != 4) return false;
  const header = headerLength(at);
  if (header < HEADER4 || size < header + QUOTED || fragmentOffset(at) != 0) return false;
  quote.family = 4;
  quote.fromHigh = 0;
  quote.fromLow = mappedLow(source(at));
  quote.toHigh = 0;
  quote.toLow = mappedLow(destination(at));
  quote.transport = at + header;
  quote.size = size - header;
  quote.length = totalLength(at);
  quote.protocol = protocol(at);
  return quote.fromLow == incoming.toLow;
}

function quoted6(at: usize, size: u32): bool {
  if (size < HEADER6 || version(at) != 6) return false;
  const transport = upperAt(nextHeader(at), at + HEADER6, at + size);
  if (transport == 0 || transport + QUOTED > at + size) return false;
  quote.family = 6;
  quote.fromHigh = withZone(load<u64>(source6(at)), incoming.interface);
  quote.fromLow = load<u64>(source6(at) + 8);
  quote.toHigh = withZone(load<u64>(destination6(at)), incoming.interface);
  quote.toLow = load<u64>(destination6(at) + 8);
  quote.transport = transport;
  quote.size = <u32>(at + size - transport);
  quote.length = HEADER6 + payloadLength(at);
  quote.protocol = upperProtocol(nextHeader(at), at + HEADER6);
  return quote.fromLow == incoming.toLow && quote.fromHigh == incoming.toHigh;
}

/** An error about an echo request of ours. */
function echoErrorArrives(): void {
  const request = incoming.family == 4 ? ECHO_REQUEST : ECHO_REQUEST6;
  if (load<u8>(quote.transport) != request || load16(quote.transport + 4) != state.echoIdentifier) return;
  if (quote.kind == QUOTE_TOO_BIG) narrow();
  answerError(load16(quote.transport + 6));
}

/** The path of a quoted packet takes no larger ones than a router says. */
function narrow(): void {
  // What fits was not too big, whoever says so.
  if (quote.mtu >= quote.length) return;
  const mtu = quote.mtu == 0 ? plateauBelow(quote.length) : quote.mtu;
  knowMtu(quote.toHigh, quote.toLow, incoming.family == 4 ? max(mtu, LEAST_MTU4) : mtu);
}

/** Bytes behind the IP header that every error quotes (RFC 792). */
const QUOTED: u32 = 8;
/** A forged claim can do no more harm than this (RFC 5927 §7); TCP takes the same. */
const LEAST_MTU4: u32 = 552;
