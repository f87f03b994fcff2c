// IGMP input (RFC 2236, RFC 3376): queries of routers, reports of other hosts. Not for: what we answer (report.ts).
//
//   type u8 | max resp code u8 | checksum u16 | group address u32            version 1 (code 0) and 2
//   … | reserved, S, QRV u8 | QQIC u8 | number of sources u16 | sources      a query of version 3

import { load16 } from '../../memory/bytes';
import { Micros } from '../../memory/state';
import { mappedLow } from '../address';
import { fold, sum } from '../checksum';
import { HEADER4 } from '../header4';
import { incoming } from '../incoming';
import { groupFind, querierOf, ROBUSTNESS } from './groups';
import { generalQuery, groupQuery, heardOld, heardReport, VERSION_1, VERSION_2 } from './query';

/** Takes the IGMP message in `incoming`. False: malformed. */
export function igmpInput(): bool {
  const message = incoming.payload;
  if (incoming.size < IGMP_HEADER || fold(sum(message, incoming.size)) != 0xffff) return false;
  const type = load<u8>(message);
  if (type == QUERY) return queryArrives(message);
  if (type == REPORT_1 || type == REPORT_2) {
    const group = groupFind(incoming.interface, 0, mappedLow(message + 4));
    if (group != null) heardReport(group);
  }
  return true;
}

function queryArrives(message: usize): bool {
  const code = <u32>load<u8>(message, 1);
  const querier = querierOf(incoming.interface, true);
  let delay = VERSION_1_DELAY;
  let count: u32 = 0;
  // RFC 3376 §7.1: the version shows in the length and the code.
  if (incoming.size == IGMP_HEADER && code == 0) {
    // Version 1 has no such option, but asks all hosts of its link alone (RFC 1112 appendix I).
    if (incoming.toLow != ALL_HOSTS) return true;
    heardOld(querier, VERSION_1, delay);
  } else {
    // Forged queries come from afar (RFC 3376 §9.1).
    if (!hasAlert()) return true;
    if (incoming.size == IGMP_HEADER) {
      delay = <Micros>code * TENTH;
      heardOld(querier, VERSION_2, delay);
    } else {
      if (incoming.size < QUERY_3) return false;
      count = load16(message + 10);
      if (QUERY_3 + count * 4 > incoming.size) return false;
      delay = max<Micros>(1, <Micros>floating(code) * TENTH);
      const robustness = load<u8>(message, 8) & 7;
      querier.robustness = robustness == 0 ? ROBUSTNESS : robustness;
    }
  }
  if (load<u32>(message, 4) == 0) {
    // A general query is for all, and says so (RFC 3376 §9.1).
    if (incoming.toLow == ALL_HOSTS) generalQuery(incoming.interface, true, delay);
    return true;
  }
  const group = groupFind(incoming.interface, 0, mappedLow(message + 4));
  if (group != null) groupQuery(group, delay, message + QUERY_3, count, 4);
  return true;
}

/** Whether the IPv4 header has the Router Alert option (RFC 2113). Options are a byte, or type and length (RFC 791 §3.1). */
function hasAlert(): bool {
  for (let at = incoming.packet + HEADER4; at + 1 < incoming.payload; ) {
    const type = load<u8>(at);
    if (type == ROUTER_ALERT) return true;
    const length = type == NO_OPERATION ? 1 : <u32>load<u8>(at, 1);
    if (type == 0 || length == 0) return false;
    at += length;
  }
  return false;
}

/** Large codes are an exponent and a mantissa (RFC 3376 §4.1.1). */
function floating(code: u32): u32 {
  return code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
}

export const IGMP_HEADER: u32 = 8;
export const REPORT_1: u32 = 0x12;
export const REPORT_2: u32 = 0x16;
export const LEAVE_2: u32 = 0x17;
export const REPORT_3: u32 = 0x22;

const QUERY: u32 = 0x11;
const QUERY_3: u32 = 12;
const ROUTER_ALERT: u32 = 148;
const NO_OPERATION: u32 = 1;
const TENTH: Micros = 100_000;
/** RFC 2236 §4: a router of version 1 means ten seconds. */
const VERSION_1_DELAY: Micros = 10_000_000;
/** The low word of 224.0.0.1. */
const ALL_HOSTS: u64 = 0x010000e0ffff0000;
