// Multicast Listener Discovery, input (RFC 2710, RFC 3810): queries of routers, reports of other hosts. It is carried in ICMPv6.
// Not for: what we answer (report.ts).
//
//   type u8 | code u8 | checksum u16 | maximum response code u16 | reserved u16 | multicast address 16 bytes
//   … | reserved, S, QRV u8 | QQIC u8 | number of sources u16 | sources           a query of version 2

import { load16 } from '../../memory/bytes';
import { Micros } from '../../memory/state';
import { isLinkLocal, withZone } from '../address';
import { INCOMING_ROUTER_ALERT, incoming } from '../incoming';
import { groupFind, querierOf, ROBUSTNESS } from './groups';
import { generalQuery, groupQuery, heardOld, heardReport, VERSION_2 } from './query';

/** Takes the message in `incoming`, of type 130 to 132 or 143, whose checksum is right. False: malformed. */
export function mldInput(): bool {
  const message = incoming.payload;
  if (incoming.size < MLD_MESSAGE && load<u8>(message) != REPORT_V2) return false;
  // From a neighbour, and never from further away (RFC 3810 §5.1.14, §6.2; RFC 2710 §5).
  if (incoming.lifetime != 1 || !incoming.has(INCOMING_ROUTER_ALERT) || !isLinkLocal(incoming.fromHigh)) return true;
  const type = load<u8>(message);
  if (type == QUERY) return queryArrives(message);
  if (type == REPORT_V1) {
    const group = groupFind(incoming.interface, groupHigh(message), load<u64>(message, 16));
    if (group != null) heardReport(group);
  }
  return true;
}

/** Whether a type of ICMPv6 is that of such a message. */
export function isMembership(type: u32): bool {
  return (type >= QUERY && type <= DONE_V1) || type == REPORT_V2;
}

function queryArrives(message: usize): bool {
  const querier = querierOf(incoming.interface, false);
  let delay = <Micros>load16(message + 4) * MILLISECOND;
  let count: u32 = 0;
  if (incoming.size == MLD_MESSAGE) heardOld(querier, VERSION_2, delay);
  else {
    if (incoming.size < QUERY_V2) return false;
    count = load16(message + 26);
    if (QUERY_V2 + count * 16 > incoming.size) return false;
    delay = max<Micros>(1, <Micros>floating(load16(message + 4)) * MILLISECOND);
    const robustness = load<u8>(message, 24) & 7;
    querier.robustness = robustness == 0 ? ROBUSTNESS : robustness;
  }
  const low = load<u64>(message, 16);
  if (load<u64>(message, 8) == 0 && low == 0) {
    generalQuery(incoming.interface, false, delay);
    return true;
  }
  const group = groupFind(incoming.interface, groupHigh(message), low);
  if (group != null) groupQuery(group, delay, message + QUERY_V2, count, 16);
  return true;
}

function groupHigh(message: usize): u64 {
  return withZone(load<u64>(message, 8), incoming.interface);
}

/** Large codes are an exponent and a mantissa (RFC 3810 §5.1.3). */
function floating(code: u32): u32 {
  return code < 0x8000 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}

export const MLD_MESSAGE: u32 = 24;
export const REPORT_V1: u32 = 131;
export const DONE_V1: u32 = 132;
export const REPORT_V2: u32 = 143;

const QUERY: u32 = 130;
const QUERY_V2: u32 = 28;
const MILLISECOND: Micros = 1_000;
