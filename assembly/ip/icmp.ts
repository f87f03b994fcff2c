// ICMP input (RFC 792, RFC 1122 §3.2.2.6): echo requests to us are owed a reply, replies to us are kept for the host.
// Not for: ICMP errors; sending (ip/echo.ts).
//
//   type u8 | code u8 | checksum u16 | identifier u16 | sequence u16 | data

import { load16 } from '../memory/bytes';
import { ECHOES_BASE } from '../memory/map';
import { REPLY_ECHO, replyNew } from '../memory/replies';
import { state } from '../memory/state';
import { mappedLow } from './address';
import { fold, sum } from './checksum';
import { destination, HEADER4, headerLength, source, timeToLive, totalLength } from './header4';
import { interfaceAt } from './interface';

/** Takes an ICMP message addressed to us. False: malformed. */
export function icmpInput(packet: usize, interfaceNumber: u32): bool {
  const message = packet + headerLength(packet);
  const length = totalLength(packet) - headerLength(packet);
  if (length < ICMP_HEADER || fold(sum(message, length)) != 0xffff) return false;
  const type = load<u8>(message);
  if (type == ECHO_REQUEST && load<u8>(message, 1) == 0) owe(packet, message, length, interfaceNumber);
  else if (type == ECHO_REPLY && load16(message + 4) == state.echoIdentifier) record(packet, message, length);
  return true;
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

export const ECHO_REPLY: u8 = 0;
export const ECHO_REQUEST: u8 = 8;
export const ICMP_HEADER: u32 = 8;
/** Replies that wait for the host; more are lost, as pings may be. */
export const ECHO_LIMIT: u32 = 64;
export const ECHO_SIZE: u32 = 32;
