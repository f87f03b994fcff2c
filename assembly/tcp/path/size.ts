// How large the segments of a connection may be: what its ends allow (RFC 9293 §3.7.1), and what is known of its path.
// Not for: learning more about the path (tcp/path/discovery.ts).

import { MTU_DISCOVER_DONT, MTU_DISCOVER_PROBE, STATE_SYN_SENT } from '../../abi/constants';
import { isMapped } from '../../ip/address';
import { headerSize } from '../../ip/header6';
import { knownMtu, NOTHING_KNOWN } from '../../ip/icmp/paths';
import { interfaceAt } from '../../ip/interface';
import { state } from '../../memory/state';
import { Endpoint } from '../block/endpoint';
import { discover, maximumSegment } from '../block/rare';
import { blocksToReport } from '../block/reassembly';
import { TCP_HEADER } from '../header';
import { sackOptionSize, TIMESTAMPS_SIZE } from '../options';
import { MAY_FRAGMENT, NARROW, SACK_ON, SEARCHES, Tcb, TIMESTAMPS_ON } from '../tcb';

/** The MSS we announce (RFC 9293 §3.7.1, MUST-67): what one packet of the interface can carry, or less by the user's wish. */
export function largestSegment(end: Endpoint): u32 {
  const most = interfaceAt(end.interface).mtu - headers(end);
  const wished = maximumSegment(end);
  return wished == 0 ? most : min(most, wished);
}

/** What our SYN says of it. Where a SYN has turned out too big for the path, its way back may be as narrow. */
export function announcedSegment(end: Endpoint): u32 {
  const most = largestSegment(end);
  return end.state == STATE_SYN_SENT && end.has(NARROW) ? min<u32>(end.mss, most) : most;
}

/** What both ends allow, now that the peer's SYN has come; `offered`: its MSS option, 0 when there was none. */
export function segmentAgreed(end: Endpoint, offered: u32): u32 {
  // RFC 9293 §3.7.1: 536, over IPv6 1220, when the option is absent (MUST-15); a tiny value would be an attack on us.
  const absent = isMapped(end.remoteHigh, end.remoteLow) ? DEFAULT_MSS : DEFAULT_MSS6;
  const theirs = offered == 0 ? absent : max(offered, SMALLEST_MSS);
  return min(theirs, largestSegment(end));
}

/** What both ends allow is known; the path may be known to take less. */
export function segmentsBegin(tcb: Tcb): void {
  tcb.ceiling = tcb.mss;
  if (hears(tcb)) fitPath(tcb);
  // Some do not wait for what routers may say (RFC 4821 §7.2).
  if (state.mtuProbing != SEARCH_ALWAYS || tcb.has(NARROW | MAY_FRAGMENT) || !tcb.has(SACK_ON)) return;
  const base = baseSegment(tcb);
  if (tcb.mss <= base) return;
  tcb.mss = <u16>base;
  tcb.set(SEARCHES);
}

/** What most paths carry (RFC 4821 §7.2); of IPv6 never less than what every path does (RFC 8899 §5.1.2). */
export function baseSegment(tcb: Tcb): u32 {
  return isMapped(tcb.remoteHigh, tcb.remoteLow) ? state.baseMss : max(state.baseMss, DEFAULT_MSS6);
}

/** The largest packet that is known to fit the path. */
export function pathMtu(tcb: Tcb): u32 {
  return tcb.mss < tcb.ceiling ? <u32>tcb.mss + headers(tcb) : interfaceAt(tcb.interface).mtu;
}

/** The user's bound has changed. */
export function segmentsBounded(tcb: Tcb): void {
  const most = largestSegment(tcb);
  tcb.ceiling = <u16>min<u32>(tcb.ceiling, most);
  tcb.mss = <u16>min<u32>(tcb.mss, most);
}

/** Bytes of payload in a full-sized segment: Eff.snd.MSS without the options it carries (RFC 9293 §3.7.1). */
export function payloadSize(tcb: Tcb): u32 {
  return plainSize(tcb) - sackOptionSize(blocksToReport(tcb));
}

/** No segment is larger than what is known of the path. */
export function fitPath(tcb: Tcb): void {
  const known = knownMtu(tcb.remoteHigh, tcb.remoteLow);
  if (known == NOTHING_KNOWN || known >= <u32>tcb.mss + headers(tcb)) return;
  tcb.mss = <u16>(known - headers(tcb));
  tcb.set(NARROW);
}

/** Whether what routers say about sizes concerns a connection. */
export function hears(tcb: Tcb): bool {
  const choice = discover(tcb);
  return choice != MTU_DISCOVER_DONT && choice != MTU_DISCOVER_PROBE;
}

/** The same of a segment that reports no SACK blocks. */
export function plainSize(tcb: Tcb): u32 {
  return <u32>tcb.mss - (tcb.has(TIMESTAMPS_ON) ? TIMESTAMPS_SIZE : 0);
}

/** Bytes of the headers of a segment without options. */
export function headers(end: Endpoint): u32 {
  return headerSize(end.remoteHigh, end.remoteLow) + TCP_HEADER;
}

/** Of SETTING_MTU_PROBING. */
const SEARCH_ALWAYS: u32 = 2;
/** RFC 9293 §3.7.1. */
const DEFAULT_MSS: u32 = 536;
const DEFAULT_MSS6: u32 = 1220;
/** The least that leaves room for data beside the timestamps option. */
const SMALLEST_MSS: u32 = 64;
