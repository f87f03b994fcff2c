// Fragmentation: a transport payload that no packet holds goes out in several (RFC 791 §3.2, RFC 8200 §4.5), all of them or
// none: one that is lost makes the others useless. TCP does not need it (RFC 9293 §3.7.5); UDP and ICMP may.
// Not for: what the path takes, which the caller knows.

import { COUNTER_FRAGMENTS_OUT, ERROR_MESSAGE_SIZE, ERROR_NO_BUFFERS } from '../../abi/constants';
import { TRANSMIT_LIMIT } from '../../abi/limits';
import { store16, store32 } from '../../memory/bytes';
import { count } from '../../memory/counters';
import { Ends } from '../../memory/ends';
import { isMapped, mappedBytes } from '../address';
import { complement, sum } from '../checksum';
import { FRAGMENTS, HEADER4, writeHeader4 } from '../header4';
import { FRAGMENT, HEADER6, headerSize, writeHeader6 } from '../header6';
import { linkSend, packetBegin, packetSend } from '../output';
import { transmitFits } from '../transmit';
import { writePlain } from '../virtio';
import { identify } from './identification';
import { FRAGMENT_HEADER } from './records';

/**
 * Sends `length` bytes at `payload`, a transport header with its checksum first, in packets of at most `mtu` bytes: one
 * when they fit, else fragments if `service` has FRAGMENTS. Answers 0; ERROR_NO_BUFFERS when there is no room for all of
 * them now, ERROR_MESSAGE_SIZE when there never is.
 */
export function sendFragmented(
  interfaceNumber: u32,
  protocol: u32,
  ends: Ends,
  payload: usize,
  length: u32,
  service: u32,
  lifetime: u32,
  mtu: u32,
): i32 {
  const toHigh = ends.toHigh;
  const toLow = ends.toLow;
  const header = headerSize(toHigh, toLow);
  if (header + length <= mtu) {
    const packet = packetBegin(interfaceNumber, header + length);
    if (packet == 0) return ERROR_NO_BUFFERS;
    writePlain(packet);
    memory.copy(packet + header, payload, length);
    packetSend(interfaceNumber, packet, protocol, header + length, ends, service, lifetime);
    return 0;
  }
  const four = isMapped(toHigh, toLow);
  const before = four ? header : header + FRAGMENT_HEADER;
  // All but the last hold a multiple of eight bytes.
  const most = (mtu - before) & ~7;
  const pieces = (length + most - 1) / most;
  const whole = four ? header + length : length;
  if (!(service & FRAGMENTS) || pieces > TRANSMIT_LIMIT || whole > PACKET_MOST) return ERROR_MESSAGE_SIZE;
  if (!transmitFits(interfaceNumber, pieces, before + most)) return ERROR_NO_BUFFERS;
  const id = identify(ends);
  for (let at: u32 = 0; at < length; at += most) {
    const size = min(most, length - at);
    const packet = packetBegin(interfaceNumber, before + size);
    writePlain(packet);
    memory.copy(packet + before, payload + at, size);
    const place = at | (at + size < length ? 1 : 0);
    if (four) write4(packet, before + size, protocol, ends, service, lifetime, id, place);
    else write6(packet, before + size, protocol, ends, service, lifetime, id, place);
    count(COUNTER_FRAGMENTS_OUT);
    linkSend(interfaceNumber, packet, before + size, toHigh, toLow);
  }
  return 0;
}

/** `place`: the offset in bytes, and in the lowest bit whether more follow. */
function write4(
  packet: usize,
  length: u32,
  protocol: u32,
  ends: Ends,
  service: u32,
  lifetime: u32,
  id: u32,
  place: u32,
): void {
  const from = mappedBytes(ends.fromLow);
  writeHeader4(packet, length, protocol, from, mappedBytes(ends.toLow), service, lifetime, id & 0xffff);
  store16(packet + 6, (place >> 3) | ((place & 1) << MORE_SHIFT));
  store<u16>(packet, 0, 10);
  store<u16>(packet, complement(sum(packet, HEADER4)), 10);
}

function write6(
  packet: usize,
  length: u32,
  protocol: u32,
  ends: Ends,
  service: u32,
  lifetime: u32,
  id: u32,
  place: u32,
): void {
  writeHeader6(packet, length - HEADER6, FRAGMENT, ends, service, 0, lifetime);
  store16(packet + HEADER6, protocol << 8);
  store16(packet + HEADER6 + 2, place);
  store32(packet + HEADER6 + 4, id);
}

/** Total Length has sixteen bits; of an IPv6 packet only what follows its header counts. */
const PACKET_MOST: u32 = 65_535;
/** The bit of More Fragments in the header's field. */
const MORE_SHIFT: u32 = 13;
