// Errors that go out (RFC 792, RFC 1812 §4.3, RFC 4443 §3): the message, with as much of the packet as fits.
// Not for: whether there is to be one (icmp/errors.ts).

import { COUNTER_ICMP_ERRORS_OUT } from '../../abi/constants';
import { store16, store32 } from '../../memory/bytes';
import { count } from '../../memory/counters';
import { Ends, endsOf } from '../../memory/ends';
import { Reply } from '../../memory/replies';
import { state } from '../../memory/state';
import { isMapped } from '../address';
import { isOurs } from '../addresses';
import { complement, pseudoSum, sum } from '../checksum';
import { FRAGMENTS, PROTOCOL_ICMP } from '../header4';
import { headerSize, LEAST_MTU6, PROTOCOL_ICMP6 } from '../header6';
import { interfaceAt } from '../interface';
import { packetBegin, packetSend } from '../output';
import { choice, route } from '../route';
import { sourceFor } from '../source';
import { writePlain } from '../virtio';
import { codeOf, PARAMETER } from './kinds';
import { errorAllowed } from './limit';
import { ICMP_HEADER } from './message';

/** Sends the error that `icmpErrorOwe` has noted. */
export function icmpErrorSend(reply: Reply): void {
  report(reply.control, reply.tsVal, <usize>reply.sequence, reply.acknowledgment, reply.ends);
}

/** Sends an error about the packet at `packet`, which waited long enough and `mayAnswer`, to where it came from. `ends`: the packet's. */
export function icmpReport(kind: u32, packet: usize, length: u32, ends: Ends): void {
  if (!errorAllowed(ends.fromHigh, ends.fromLow)) return;
  report(kind, 0, packet, length, endsOf(ends.toHigh, ends.toLow, ends.fromHigh, ends.fromLow));
}

/** `ends`: those of the error, which is from the address that was spoken to, if it is ours (RFC 4443 §2.2 (a), RFC 1812 §4.3.2.4). */
function report(kind: u32, parameter: u32, packet: usize, length: u32, ends: Ends): void {
  const number = route(ends.toHigh, ends.toLow);
  if (number < 0) return;
  if (!isOurs(ends.fromHigh, ends.fromLow)) {
    if (!sourceFor(number, ends.toHigh, ends.toLow)) return;
    ends.fromHigh = choice.sourceHigh;
    ends.fromLow = choice.sourceLow;
  }
  const four = isMapped(ends.toHigh, ends.toLow);
  const before = headerSize(ends.toHigh, ends.toLow) + ICMP_HEADER;
  const most = min<u32>(four ? MOST4 : LEAST_MTU6, interfaceAt(number).mtu);
  const quoted = min(length, most - before);
  const error = packetBegin(number, before + quoted);
  if (error == 0) return;
  const message = error + before - ICMP_HEADER;
  store16(message, codeOf(kind, four ? 4 : 6));
  store<u16>(message, 0, 2);
  store32(message + 4, four && kind == PARAMETER ? parameter << 24 : parameter);
  memory.copy(message + ICMP_HEADER, packet, quoted);
  const size = ICMP_HEADER + quoted;
  const protocol = four ? PROTOCOL_ICMP : PROTOCOL_ICMP6;
  const pseudo = four ? 0 : pseudoSum(ends, protocol, size);
  store<u16>(message, complement(pseudo + sum(message, size)), 2);
  const service = four ? FRAGMENTS | CONTROL : 0;
  writePlain(error);
  packetSend(number, error, protocol, before + quoted, ends, service, state.timeToLive);
  count(COUNTER_ICMP_ERRORS_OUT);
}

/** RFC 1812 §4.3.2.3: an error quotes as much as makes a packet that every host takes. */
const MOST4: u32 = 576;
/** Precedence of what networks tell each other, no type of service (RFC 1812 §4.3.2.5, RFC 1122 §3.2.2). */
const CONTROL: u32 = 0xc0;
