// ICMP echo, what we send (RFC 792, RFC 1122 §3.2.2.6): replies that input owes, and requests of our own.

import { ERROR_HOST_UNREACHABLE, ERROR_INVALID, ERROR_NETWORK_UNREACHABLE, ERROR_NO_BUFFERS } from '../abi/constants';
import { store16 } from '../memory/bytes';
import { ECHOES_BASE, RESULT_BASE } from '../memory/map';
import { Reply } from '../memory/replies';
import { state } from '../memory/state';
import { isMapped } from './address';
import { complement, sum } from './checksum';
import { HEADER4, PROTOCOL_ICMP } from './header4';
import { ECHO_LIMIT, ECHO_REPLY, ECHO_REQUEST, ECHO_SIZE, ICMP_HEADER } from './icmp';
import { interfaceAt } from './interface';
import { packetBegin, packetSend } from './output';
import { choice, route } from './route';
import { sourceFor } from './source';
import { writePlain } from './virtio';

/** Sends an echo request of `length` data bytes to the address at result[0..3]. */
export function icmpEcho(sequence: u32, length: u32): i32 {
  const high = load<u64>(RESULT_BASE);
  const low = load<u64>(RESULT_BASE + 8);
  if (!isMapped(high, low)) return ERROR_INVALID;
  const number = route(high, low);
  if (number < 0) return ERROR_NETWORK_UNREACHABLE;
  if (HEADER4 + ICMP_HEADER + length > interfaceAt(number).mtu) return ERROR_INVALID;
  if (!sourceFor(number, high, low)) return ERROR_HOST_UNREACHABLE;
  const packet = packetBegin(number, HEADER4 + ICMP_HEADER + length);
  if (packet == 0) return ERROR_NO_BUFFERS;
  const message = packet + HEADER4;
  for (let offset: u32 = 0; offset < length; offset++) store<u8>(message + ICMP_HEADER + offset, <u8>offset);
  store16(message + 4, state.echoIdentifier);
  store16(message + 6, sequence);
  send(packet, number, ECHO_REQUEST, length, choice.sourceLow, low);
  return 0;
}

/** Takes one reply to our requests: 1 and result[0..6], or 0 when there is none. */
export function icmpEchoNext(): i32 {
  if (state.echoCount == 0) return 0;
  const echo = ECHOES_BASE + <usize>(state.echoHead * ECHO_SIZE);
  memory.copy(RESULT_BASE, echo, ECHO_SIZE);
  state.echoHead = (state.echoHead + 1) % ECHO_LIMIT;
  state.echoCount--;
  return 1;
}

/** Sends the echo reply that `icmpInput` owed. The request still lies in its slot. */
export function icmpReply(reply: Reply): void {
  const length = reply.acknowledgment;
  const packet = packetBegin(reply.interface, HEADER4 + length);
  if (packet == 0) return;
  memory.copy(packet + HEADER4, <usize>reply.sequence, length);
  send(packet, reply.interface, ECHO_REPLY, length - ICMP_HEADER, reply.localLow, reply.remoteLow);
}

function send(packet: usize, number: u32, type: u8, length: u32, from: u64, to: u64): void {
  const message = packet + HEADER4;
  store16(message, (<u32>type) << 8);
  store<u16>(message + 2, 0);
  store<u16>(message + 2, complement(sum(message, ICMP_HEADER + length)));
  writePlain(packet);
  const size = HEADER4 + ICMP_HEADER + length;
  packetSend(number, packet, PROTOCOL_ICMP, size, 0, from, 0, to, 0, state.timeToLive);
}
