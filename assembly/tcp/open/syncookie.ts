// SYN cookies (RFC 4987 §3.6): a listener that has no room for another half-open connection remembers nothing of a SYN; what
// it would have to know comes back in the handshake's last ACK.
//
//   our ISN   31 … 29 | 28            | 27 … 0                our TSval   31 … 6    | 5   | 4    | 3 … 0
//             MSS     | parity of the | keyed hash of all                 the clock | ECN | SACK | the peer's window
//             (table) | minute        | this, the four-tuple                        |     |      | shift; 15: no scaling
//                     |               | and the peer's ISN
//
// Without timestamps only the MSS survives, so no other option is offered (RFC 7323 §3.2 lets a TSval be any clock that
// does not go back: ours is at most 63 ms slow). Not for: deciding when (tcp/open/listen.ts).

import { COUNTER_COOKIES_ACCEPTED, COUNTER_COOKIES_FAILED, COUNTER_COOKIES_SENT } from '../../abi/constants';
import { sipHash } from '../../crypto/siphash';
import { count } from '../../memory/counters';
import { endsCopy } from '../../memory/ends';
import { DRAFT_BASE } from '../../memory/map';
import { REPLY_COOKIE, REPLY_ECN, REPLY_SACK, REPLY_SCALES, REPLY_STAMPS, replyNew } from '../../memory/replies';
import { Micros, state } from '../../memory/state';
import { endpointName, RECORD } from '../block/endpoint';
import { inheritWishes, rareFree } from '../block/rare';
import { ecnOffer } from '../congestion/ecn';
import { endpointOpen, noScaling } from '../handshake';
import { ACK, RST, SYN } from '../header';
import { largestSegment } from '../path/size';
import { timestampNow } from '../recovery/rtt';
import { Segment } from '../segment';
import { seqGt } from '../seq';
import { tableInsert } from '../table';
import { ECN_ON, PASSIVE, SACK_ON, SCALING_ON, Tcb, TIMESTAMPS_ON, tcbFree, tcbNew } from '../tcb';
import { awaitAck, HalfOpen, halfOpenFill } from './halfopen';
import { Listener } from './listener';

/** Owes a SYN-ACK that says everything; false when a batch already owes as many answers as it has packets. */
export function cookieOwe(listener: Listener, seg: Segment): bool {
  const reply = replyNew(REPLY_COOKIE);
  if (reply == null) return false;
  memory.fill(DRAFT_BASE, 0, RECORD);
  halfOpenFill(draft, listener, seg);
  const stamped = draft.has(TIMESTAMPS_ON);
  reply.handle = listener.handle;
  reply.interface = draft.interface;
  reply.localPort = draft.localPort;
  reply.remotePort = draft.remotePort;
  endsCopy(reply.ends, draft.ends);
  reply.sequence = cookie(seg, seg.seq, mssIndex(draft.mss), minute());
  reply.acknowledgment = draft.rcvNxt;
  if (stamped) {
    reply.options = REPLY_STAMPS;
    if (draft.has(SACK_ON)) reply.options |= REPLY_SACK;
    if (draft.has(SCALING_ON)) reply.options |= REPLY_SCALES;
    if (draft.has(ECN_ON)) reply.options |= REPLY_ECN;
    reply.shift = draft.rcvShift;
    reply.tsVal = stampWith(timestampNow(draft), optionBits(draft));
    reply.tsEcr = draft.tsRecent;
  }
  listener.cookieAt = max<Micros>(state.now, 1);
  count(COUNTER_COOKIES_SENT);
  return true;
}

/** Whether a segment to a listener is the last ACK of a handshake that began with a cookie. */
export function cookieReturns(listener: Listener, seg: Segment): bool {
  if ((seg.flags & (ACK | SYN | RST)) != ACK || state.synCookies == 0) return false;
  // A listener that gave none out lately need not look (RFC 4987 §3.6): nobody can guess at its expense.
  if (listener.cookieAt == 0 || state.now - listener.cookieAt >= 2 * MINUTE) return false;
  const value = seg.ack - 1;
  const now = minute();
  // Of two minutes in a row the parity names one.
  const then = (now & 1) == (<u64>(value >> PARITY_AT) & 1) ? now : now - 1;
  if (cookie(seg, seg.seq - 1, value >> MSS_AT, then) == value) return true;
  count(COUNTER_COOKIES_FAILED);
  return false;
}

/** The control block of a connection whose cookie came back, about to take the segment; null when there is no room. */
export function cookieOpen(listener: Listener, seg: Segment): Tcb | null {
  const tcb = tcbNew();
  if (tcb == null) return null;
  if (!inheritWishes(tcb, listener.wishes)) {
    tcbFree(tcb);
    return null;
  }
  endpointName(tcb, seg);
  endpointOpen(tcb);
  tcb.set(PASSIVE);
  tcb.listener = listener.handle;
  tcb.iss = seg.ack - 1;
  tcb.rcvNxt = seg.seq;
  tcb.mss = <u16>min<u32>(mssAt(tcb.iss >> MSS_AT), largestSegment(tcb));
  takeOptions(tcb, seg);
  if (!tableInsert(tcb)) {
    rareFree(tcb);
    tcbFree(tcb);
    return null;
  }
  listener.halfOpen++;
  awaitAck(tcb, seg.wnd, state.now + <Micros>state.rtoInitial * 1_000);
  count(COUNTER_COOKIES_ACCEPTED);
  return tcb;
}

/** What our TSval said, as the peer echoes it. */
function takeOptions(tcb: Tcb, seg: Segment): void {
  const bits = seg.tsEcr & OPTION_BITS;
  const stamped = seg.hasTimestamps && tcb.has(TIMESTAMPS_ON);
  if (!stamped) tcb.clear(TIMESTAMPS_ON);
  else tcb.tsRecent = seg.tsVal;
  if (!stamped || !(bits & SACK_BIT)) tcb.clear(SACK_ON);
  if (stamped && bits & ECN_BIT) ecnOffer(tcb, true);
  if (!stamped || (bits & SHIFT_BITS) == NO_SHIFT) noScaling(tcb);
  else tcb.sndShift = <u8>(bits & SHIFT_BITS);
}

function optionBits(record: HalfOpen): u32 {
  const shift: u32 = record.has(SCALING_ON) ? record.sndShift : NO_SHIFT;
  return shift | (record.has(SACK_ON) ? SACK_BIT : 0) | (record.has(ECN_ON) ? ECN_BIT : 0);
}

/** The latest moment of the clock that ends in `bits` and is not after `now`. */
function stampWith(now: u32, bits: u32): u32 {
  const stamp = (now & ~OPTION_BITS) | bits;
  return seqGt(stamp, now) ? stamp - (OPTION_BITS + 1) : stamp;
}

function cookie(seg: Segment, irs: u32, mss: u32, then: u64): u32 {
  const ports = ((<u64>irs) << 32) | (seg.localPort << 16) | seg.remotePort;
  const who = sipHash(state.isnKey0, state.isnKey1, seg.localHigh, seg.localLow, seg.remoteHigh, seg.remoteLow, ports);
  const hash = sipHash(state.isnKey0, state.isnKey1, who, then, mss, COOKIES, 0);
  return (mss << MSS_AT) | ((<u32>(then & 1)) << PARITY_AT) | (<u32>hash & HASH_BITS);
}

function minute(): u64 {
  return <u64>(state.now / MINUTE);
}

/** The largest MSS of the table that the peer can take. */
function mssIndex(mss: u32): u32 {
  let index: u32 = LARGEST_MSS;
  while (index > 0 && mssAt(index) > mss) index--;
  return index;
}

function mssAt(index: u32): u32 {
  return load<u32>(MSS_TABLE + ((<usize>index) << 2));
}

/** What a cookie is made from, one at a time. */
const draft: HalfOpen = changetype<HalfOpen>(DRAFT_BASE);
/** What peers announce: the least we take, the default, tunnels, PPPoE, Ethernet, jumbo frames. */
const MSS_TABLE: usize = memory.data<u32>([64, 536, 1220, 1360, 1400, 1440, 1460, 8960]);
const LARGEST_MSS: u32 = 7;
const MSS_AT: u32 = 29;
const PARITY_AT: u32 = 28;
const HASH_BITS: u32 = (1 << PARITY_AT) - 1;
const OPTION_BITS: u32 = 63;
const ECN_BIT: u32 = 32;
const SACK_BIT: u32 = 16;
const SHIFT_BITS: u32 = 15;
const NO_SHIFT: u32 = 15;
/** 64 s: a cookie lives for one to two of them, which is as long as a SYN-ACK is worth answering. */
const MINUTE: Micros = 64_000_000;
/** Keeps these hashes apart from those of the initial sequence numbers. */
const COOKIES: u64 = 0x6f6b6965;
