// ICMP echo, what we send (RFC 792, RFC 1122 §3.2.2.6, RFC 4443 §4): replies that input owes, and requests of our own, of any
// size, in fragments where they have to be. Not for: what comes back (icmp/answers.ts).

import {
  ECHO_DONT_FRAGMENT,
  ERROR_HOST_UNREACHABLE,
  ERROR_INVALID,
  ERROR_MESSAGE_SIZE,
  ERROR_NETWORK_UNREACHABLE,
  ERROR_NO_BUFFERS,
} from '../../abi/constants';
import { PACKET_LIMIT } from '../../abi/limits';
import { store16 } from '../../memory/bytes';
import { Ends, endsOf } from '../../memory/ends';
import { RESULT_BASE } from '../../memory/map';
import { Reply } from '../../memory/replies';
import { slabGive, slabSize, slabTake } from '../../memory/slab';
import { state } from '../../memory/state';
import { isMapped, isUnspecified } from '../address';
import { isOurs } from '../addresses';
import { complement, pseudoSum, sum } from '../checksum';
import { sendFragmented } from '../fragment/send';
import { FRAGMENTS, HEADER4, PROTOCOL_ICMP } from '../header4';
import { PROTOCOL_ICMP6 } from '../header6';
import { choice, route } from '../route';
import { sourceFor } from '../source';
import { ECHO_REPLY, ECHO_REPLY6, ECHO_REQUEST, ECHO_REQUEST6, ICMP_HEADER } from './message';
import { pathMtu } from './paths';

/**
 * Sends an echo request of `length` data bytes to the address at result[0..3]. `lifetime`: its TTL or hop limit, 0 for that
 * of all packets, and ECHO_DONT_FRAGMENT.
 */
export function icmpEcho(sequence: u32, length: u32, lifetime: u32): i32 {
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  if (isUnspecified(high, low)) return ERROR_INVALID;
  if ((isMapped(high, low) ? HEADER4 : 0) + ICMP_HEADER + length > PACKET_LIMIT) return ERROR_MESSAGE_SIZE;
  const number = route(high, low);
  if (number < 0) return ERROR_NETWORK_UNREACHABLE;
  if (!sourceFor(number, high, low)) return ERROR_HOST_UNREACHABLE;
  const block = slabSize(ICMP_HEADER + length);
  const message = slabTake(block);
  if (message == 0) return ERROR_NO_BUFFERS;
  store16(message + 4, state.echoIdentifier);
  store16(message + 6, sequence);
  for (let offset: u32 = 0; offset < length; offset++) store<u8>(message + ICMP_HEADER + offset, <u8>offset);
  const type = isMapped(high, low) ? ECHO_REQUEST : ECHO_REQUEST6;
  const hops = (lifetime & 0xff) == 0 ? state.timeToLive : lifetime & 0xff;
  const service = lifetime & ECHO_DONT_FRAGMENT ? 0 : FRAGMENTS;
  const ends = endsOf(choice.sourceHigh, choice.sourceLow, high, low);
  const answer = send(number, message, type, length, ends, service, hops, PACKET_LIMIT);
  slabGive(message, block);
  return answer;
}

/** Sends the echo reply that `icmpInput` owed, in the bytes of the request, which still lies in its place. */
export function icmpReply(reply: Reply): void {
  const high = reply.remoteHigh;
  const low = reply.remoteLow;
  const number = route(high, low);
  if (number < 0) return;
  // A group does not speak (RFC 4443 §2.2 (b)).
  if (!isOurs(reply.localHigh, reply.localLow)) {
    if (!sourceFor(number, high, low)) return;
    reply.localHigh = choice.sourceHigh;
    reply.localLow = choice.sourceLow;
  }
  const type = isMapped(high, low) ? ECHO_REPLY : ECHO_REPLY6;
  const length = reply.acknowledgment - ICMP_HEADER;
  // As it was asked, but for the marks of its own way (RFC 1122 §3.2.2.6, RFC 3168 §5).
  const service = FRAGMENTS | (reply.tsVal & ~3);
  // What came in fragments goes back in no larger ones: errors about replies, which anybody could forge, are not heard.
  const most = reply.tsEcr;
  send(number, <usize>reply.sequence, type, length, reply.ends, service, state.timeToLive, most);
}

function send(
  number: u32,
  message: usize,
  type: u32,
  length: u32,
  ends: Ends,
  service: u32,
  lifetime: u32,
  most: u32,
): i32 {
  const size = ICMP_HEADER + length;
  const four = isMapped(ends.toHigh, ends.toLow);
  const protocol = four ? PROTOCOL_ICMP : PROTOCOL_ICMP6;
  store16(message, type << 8);
  store<u16>(message, 0, 2);
  const pseudo = four ? 0 : pseudoSum(ends, protocol, size);
  store<u16>(message, complement(pseudo + sum(message, size)), 2);
  const mtu = min(pathMtu(number, ends.toHigh, ends.toLow), most);
  return sendFragmented(number, protocol, ends, message, size, service, lifetime, mtu);
}
