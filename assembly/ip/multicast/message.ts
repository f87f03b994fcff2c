// The messages that tell routers of our groups, written where their packet will lie. They stay on the link and ask every router
// on it to look: a lifetime of one hop, and the Router Alert option (RFC 2113, RFC 2711).
// Not for: when they are sent (report.ts).
//
//   IGMPv1, v2   type u8 | 0 | checksum u16 | group
//   MLDv1        type u8 | 0 | checksum u16 | 0 u16 | 0 u16 | group
//   IGMPv3, MLDv2, many groups:
//     type u8 | 0 | checksum u16 | 0 u16 | number of records u16 | record …
//     record: type u8 | 0 | number of sources u16 | group | source …

import { load16, store16, store32 } from '../../memory/bytes';
import { endsOf } from '../../memory/ends';
import { GROUP_DRAFT } from '../../memory/map';
import { isLinkLocal, isMapped, MAPPED, mappedBytes, withoutZone, withZone } from '../address';
import { complement, pseudoSum, sum } from '../checksum';
import { HEADER4, PROTOCOL_IGMP, writeHeader4 } from '../header4';
import { HEADER6, HOP_BY_HOP, PROTOCOL_ICMP6 } from '../header6';
import { interfaceAt } from '../interface';
import { linkSend, packetBegin, packetSend } from '../output';
import { choice } from '../route';
import { sourceFor } from '../source';
import { writePlain } from '../virtio';
import { Group, Source } from './groups';
import { IGMP_HEADER, LEAVE_2, REPORT_1, REPORT_2, REPORT_3 } from './igmp';
import { DONE_V1, MLD_MESSAGE, REPORT_V1, REPORT_V2 } from './mld';

/** The report that is being written. */
@unmanaged
class Draft {
  packet: usize;
  message: usize;
  end: usize; // behind its last record
  limit: usize;
  interface: u32;
  four: u32;
}

/** A report of an older version on one group. False: there is no room. */
export function sendReport(group: Group, version: u32): bool {
  const four = isMapped(group.high, group.low);
  const type = four ? (version == 1 ? REPORT_1 : REPORT_2) : REPORT_V1;
  if (!sendShort(group, type, group.high, group.low)) return false;
  group.lastReporter = 1;
  return true;
}

/** We leave a group, in the words of an older version; the first one has none. */
export function sendLeave(group: Group, version: u32): bool {
  if (version == 1) return true;
  if (isMapped(group.high, group.low)) return sendShort(group, LEAVE_2, 0, ALL_ROUTERS4);
  return sendShort(group, DONE_V1, ALL_ROUTERS6_HIGH, ALL_ROUTERS6_LOW);
}

/** Begins a report of the newest version. False: there is no room for it. */
export function reportBegin(number: u32, four: bool): bool {
  draft.interface = number;
  draft.four = four ? 1 : 0;
  const size = min<u32>(interfaceAt(number).mtu, LARGEST);
  draft.packet = packetBegin(number, size);
  if (draft.packet == 0) return false;
  draft.message = draft.packet + (four ? HEADER4_ALERT : HEADER6 + ALERT6);
  draft.limit = draft.packet + size;
  store<u64>(draft.message, four ? REPORT_3 : REPORT_V2);
  draft.end = draft.message + REPORT_HEADER;
  return true;
}

/** A record on a group. False: it does not fit behind others. One that is too long by itself names as many sources as fit. */
export function recordAdd(group: Group, type: u32): bool {
  const width: u32 = draft.four ? 4 : 16;
  let count: u32 = type == IS_EXCLUDE || type == TO_EXCLUDE ? 0 : countSources(group, type);
  if (count == 0 && (type == ALLOW || type == BLOCK)) return true;
  const first = draft.end + RECORD_HEADER + width;
  const fits: u32 = first <= draft.limit ? <u32>(draft.limit - first) / width : 0;
  if (count > fits || first > draft.limit) {
    if (draft.end != draft.message + REPORT_HEADER) return false;
    count = fits;
  }
  const record = draft.end;
  store32(record, (type << 24) | count);
  draft.end = putAddress(record + RECORD_HEADER, group.high, group.low);
  for (let address = group.sources; address != 0 && count > 0; ) {
    const source = changetype<Source>(address);
    address = source.next;
    if (!isNamed(source, type)) continue;
    draft.end = putAddress(draft.end, source.high, source.low);
    count--;
  }
  store16(draft.message + 6, load16(draft.message + 6) + 1);
  return true;
}

/** Sends the report, if it says anything. */
export function reportEnd(): void {
  if (load16(draft.message + 6) == 0) return;
  if (draft.four) sendIgmp(draft.interface, draft.packet, draft.end, REPORTS4);
  else sendMld(draft.interface, draft.packet, draft.end, REPORTS6_HIGH, REPORTS6_LOW);
}

function sendShort(group: Group, type: u32, toHigh: u64, toLow: u64): bool {
  const four = isMapped(group.high, group.low);
  const size = four ? HEADER4_ALERT + IGMP_HEADER : HEADER6 + ALERT6 + MLD_MESSAGE;
  const packet = packetBegin(group.interface, size);
  if (packet == 0) return false;
  const message = packet + (four ? HEADER4_ALERT : HEADER6 + ALERT6);
  store<u64>(message, type);
  draft.four = four ? 1 : 0;
  putAddress(message + (four ? 4 : 8), group.high, group.low);
  if (four) sendIgmp(group.interface, packet, packet + size, toLow);
  else sendMld(group.interface, packet, packet + size, toHigh, toLow);
  return true;
}

/** RFC 3376 §4: TTL 1, precedence Internetwork Control, Router Alert; from no address while there is none (§4.2.13). */
function sendIgmp(number: u32, packet: usize, end: usize, toLow: u64): void {
  const message = packet + HEADER4_ALERT;
  store<u16>(message + 2, complement(sum(message, <u32>(end - message))));
  const from = sourceFor(number, 0, toLow) ? mappedBytes(choice.sourceLow) : 0;
  const length = <u32>(end - packet);
  writeHeader4(packet, length, PROTOCOL_IGMP, from, mappedBytes(toLow), NETWORK_CONTROL, 1, 0);
  store<u8>(packet, 0x40 | (HEADER4_ALERT >> 2));
  store32(packet + HEADER4, ROUTER_ALERT4);
  store<u16>(packet + 10, 0);
  store<u16>(packet + 10, complement(sum(packet, HEADER4_ALERT)));
  writePlain(packet);
  linkSend(number, packet, length, 0, toLow);
}

/** RFC 3810 §5: from a link-local address, or from none while there is none yet (RFC 3590), with a hop limit of 1. */
function sendMld(number: u32, packet: usize, end: usize, toHigh: u64, toLow: u64): void {
  const alert = packet + HEADER6;
  store32(alert, (PROTOCOL_ICMP6 << 24) | 0x0502);
  store32(alert + 4, PADDING);
  const message = alert + ALERT6;
  const size = <u32>(end - message);
  const known = sourceFor(number, withZone(LINK_LOCAL, number), 0) && isLinkLocal(choice.sourceHigh);
  const ends = endsOf(known ? choice.sourceHigh : 0, known ? choice.sourceLow : 0, toHigh, toLow);
  store<u16>(message + 2, complement(pseudoSum(ends, PROTOCOL_ICMP6, size) + sum(message, size)));
  writePlain(packet);
  packetSend(number, packet, HOP_BY_HOP, <u32>(end - packet), ends, 0, 1);
}

function countSources(group: Group, type: u32): u32 {
  let count: u32 = 0;
  for (let address = group.sources; address != 0; ) {
    const source = changetype<Source>(address);
    address = source.next;
    if (isNamed(source, type)) count++;
  }
  return count;
}

/** Whether a record of a type names a source: those that came, those that went, or all that are wanted. */
function isNamed(source: Source, type: u32): bool {
  if (type == ALLOW) return source.users > 0 && source.repeats > 0;
  if (type == BLOCK) return source.users == 0 && source.repeats > 0;
  return source.users > 0;
}

function putAddress(at: usize, high: u64, low: u64): usize {
  if (draft.four) {
    store<u32>(at, mappedBytes(low));
    return at + 4;
  }
  store<u64>(at, withoutZone(high));
  store<u64>(at, low, 8);
  return at + 16;
}

const draft: Draft = changetype<Draft>(GROUP_DRAFT);

// Types of records (RFC 3376 §4.2.12, RFC 3810 §5.2.12).
export const IS_INCLUDE: u32 = 1;
export const IS_EXCLUDE: u32 = 2;
export const TO_INCLUDE: u32 = 3;
export const TO_EXCLUDE: u32 = 4;
export const ALLOW: u32 = 5;
export const BLOCK: u32 = 6;

/** Bytes of an IPv4 header with the Router Alert option, and of the header that carries it in IPv6. */
const HEADER4_ALERT: u32 = HEADER4 + 4;
const ALERT6: u32 = 8;
const ROUTER_ALERT4: u32 = 0x94040000;
/** The value 0 of IPv6's Router Alert, which means MLD, and PadN. */
const PADDING: u32 = 0x00000100;
const NETWORK_CONTROL: u32 = 0xc0;
const REPORT_HEADER: usize = 8;
const RECORD_HEADER: usize = 4;
/** No report is longer, whatever the link carries. */
const LARGEST: u32 = 1500;
/** fe80:: as it lies in memory. */
const LINK_LOCAL: u64 = 0x80fe;
// Low words of 224.0.0.2 and 224.0.0.22; ff02::2 and ff02::16.
const ALL_ROUTERS4: u64 = MAPPED | ((<u64>0x020000e0) << 32);
const REPORTS4: u64 = MAPPED | ((<u64>0x160000e0) << 32);
const ALL_ROUTERS6_HIGH: u64 = 0x02ff;
const ALL_ROUTERS6_LOW: u64 = 0x0200000000000000;
const REPORTS6_HIGH: u64 = 0x02ff;
const REPORTS6_LOW: u64 = 0x1600000000000000;
