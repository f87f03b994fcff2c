// ICMP input (RFC 792, RFC 1122 §3.2.2): echo requests to us are owed a reply, replies to us are kept for the host, errors
// are handed to the protocol of the packet that they quote. Not for: sending (ip/echo.ts).
//
//   echo     type u8 | code u8 | checksum u16 | identifier u16 | sequence u16 | data
//   error    type u8 | code u8 | checksum u16 | unused u16     | MTU u16      | IP header, 8 bytes of what follows it

import { ERROR_CONNECTION_REFUSED, ERROR_HOST_UNREACHABLE, ERROR_PROTOCOL } from '../abi/constants';
import { load16 } from '../memory/bytes';
import { ECHOES_BASE } from '../memory/map';
import { REPLY_ECHO, replyNew } from '../memory/replies';
import { state } from '../memory/state';
import { tcpErrorArrives, tcpTooBigArrives } from '../tcp/path/errors';
import { mappedLow } from './address';
import { fold, sum } from './checksum';
import {
  destination,
  fragmentOffset,
  HEADER4,
  headerLength,
  PROTOCOL_TCP,
  protocol,
  source,
  timeToLive,
  totalLength,
  version,
} from './header4';
import { quote } from './incoming';
import { interfaceAt } from './interface';

/** Takes an ICMP message addressed to us. False: malformed. */
export function icmpInput(packet: usize, interfaceNumber: u32): bool {
  const message = packet + headerLength(packet);
  const length = totalLength(packet) - headerLength(packet);
  if (length < ICMP_HEADER || fold(sum(message, length)) != 0xffff) return false;
  const type = load<u8>(message);
  if (type == ECHO_REQUEST && load<u8>(message, 1) == 0) owe(packet, message, length, interfaceNumber);
  else if (type == ECHO_REPLY && load16(message + 4) == state.echoIdentifier) record(packet, message, length);
  else if (isError(type)) return errorArrives(packet, message, length - ICMP_HEADER);
  return true;
}

/** Source quench is not among them: it is dropped in silence (RFC 9293 §3.9.2.2 MUST-55). */
function isError(type: u32): bool {
  return type == DESTINATION_UNREACHABLE || type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
}

/** An error that quotes `length` bytes. False: not of a packet that we can have sent. */
function errorArrives(packet: usize, message: usize, length: u32): bool {
  const quoted = message + ICMP_HEADER;
  if (length < HEADER4 || version(quoted) != 4) return false;
  const header = headerLength(quoted);
  if (header < HEADER4 || length < header + QUOTED) return false;
  // Errors go to whoever sent the packet (RFC 792), and only of the first fragment they come (RFC 1122 §3.2.2).
  if (load<u32>(source(quoted)) != load<u32>(destination(packet)) || fragmentOffset(quoted) != 0) return false;
  if (protocol(quoted) != PROTOCOL_TCP) return true;
  quote.fromHigh = 0;
  quote.fromLow = mappedLow(source(quoted));
  quote.toHigh = 0;
  quote.toLow = mappedLow(destination(quoted));
  quote.transport = quoted + header;
  quote.size = length - header;
  quote.length = totalLength(quoted);
  const code = load<u8>(message, 1);
  const type = load<u8>(message);
  if (type == DESTINATION_UNREACHABLE) unreachableArrives(code, load16(message + 6));
  else if (type == TIME_EXCEEDED) tcpErrorArrives(ERROR_HOST_UNREACHABLE, code == 0 ? ERROR_HOST_UNREACHABLE : 0);
  else tcpErrorArrives(ERROR_PROTOCOL, 0);
  return true;
}

function unreachableArrives(code: u32, mtu: u32): void {
  if (code > LAST_CODE) return;
  if (code == FRAGMENTATION_NEEDED) tcpTooBigArrives(mtu);
  else tcpErrorArrives(-(<i32>load<u8>(ERRORS + code)), REFUSALS & (1 << code) ? ERROR_CONNECTION_REFUSED : 0);
}

function owe(packet: usize, message: usize, length: u32, interfaceNumber: u32): void {
  if (HEADER4 + length > interfaceAt(interfaceNumber).mtu) return;
  const reply = replyNew(REPLY_ECHO);
  if (reply == null) return;
  reply.sequence = <u32>message;
  reply.acknowledgment = length;
  reply.interface = <u8>interfaceNumber;
  reply.localLow = mappedLow(destination(packet));
  reply.remoteLow = mappedLow(source(packet));
}

function record(packet: usize, message: usize, length: u32): void {
  if (state.echoCount == ECHO_LIMIT) return;
  const echo = ECHOES_BASE + <usize>(((state.echoHead + state.echoCount) % ECHO_LIMIT) * ECHO_SIZE);
  store<u64>(echo, 0);
  store<u64>(echo + 8, mappedLow(source(packet)));
  store<u32>(echo + 16, load16(message + 6));
  store<u32>(echo + 20, length - ICMP_HEADER);
  store<u32>(echo + 24, timeToLive(packet));
  state.echoCount++;
}

const FRAGMENTATION_NEEDED: u32 = 4;
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
const DESTINATION_UNREACHABLE: u32 = 3;
const TIME_EXCEEDED: u32 = 11;
const PARAMETER_PROBLEM: u32 = 12;
/** Bytes behind the IP header that every error quotes (RFC 792): TCP's ports and sequence number. */
const QUOTED: u32 = 8;

export const ECHO_REPLY: u8 = 0;
export const ECHO_REQUEST: u8 = 8;
export const ICMP_HEADER: u32 = 8;
/** Replies that wait for the host; more are lost, as pings may be. */
export const ECHO_LIMIT: u32 = 64;
export const ECHO_SIZE: u32 = 32;
