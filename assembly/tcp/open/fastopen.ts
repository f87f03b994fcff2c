// TCP Fast Open, the listener's side (RFC 7413 §4.1.2, §4.2.2): a SYN that brings back a cookie of ours comes from where it
// says, so its data is taken, and the user may answer, before the handshake is complete.
//
//   cookie   SipHash(key, the peer's address, ours), 8 bytes, as Linux computes it: servers that share a key may share clients
//
// Not for: the client's side (fastconnect.ts), SYN cookies (syncookie.ts), which remember nothing of a SYN.

import {
  FAST_OPEN_EVERY_LISTENER,
  FAST_OPEN_SERVER,
  FAST_OPEN_SERVER_NO_COOKIE,
  STATE_LISTEN,
  STATE_SYN_RECEIVED,
  TRACE_SEGMENT_IN,
} from '../../abi/constants';
import { sipHash8, sipHash32 } from '../../crypto/siphash';
import { isMapped, mappedBytes, withoutZone } from '../../ip/address';
import { RESULT_BASE } from '../../memory/map';
import { Micros, state } from '../../memory/state';
import { buffersEstablished } from '../block/buffers';
import { Endpoint, endpointName } from '../block/endpoint';
import { traceSegment } from '../block/observe';
import { inheritWishes, rareFree } from '../block/rare';
import { wantSend } from '../block/sendlist';
import { ecnOffer } from '../congestion/ecn';
import { congestionInitialize } from '../congestion/window';
import { endpointAccept, endpointOpen, tcbAccept, tcbBegin } from '../handshake';
import { FIN, SYN } from '../header';
import { takeText } from '../receive';
import { Segment } from '../segment';
import { tableInsert } from '../table';
import { EXPERIMENTAL, FAST_OPEN, GRANTS_COOKIE, OWES_SYN, PASSIVE, SYN_DATA, Tcb, tcbFree, tcbNew } from '../tcb';
import { announce } from './accept';
import { keepAbove } from './isn';
import { Listener, pendingFastOpens } from './listener';
import { offer } from './offer';

/** The key at result[0..3] makes cookies from now on; those of the key before it stay good, until the next one comes. */
export function tcpFastOpenKey(): void {
  state.fastOldKey0 = state.fastKey0;
  state.fastOldKey1 = state.fastKey1;
  state.fastKey0 = load<u64>(RESULT_BASE);
  state.fastKey1 = load<u64>(RESULT_BASE + 8);
  state.fastKeys = min<u32>(state.fastKeys + 1, 2);
}

/** Takes a SYN as a whole connection, with its data, when that may be. False: an ordinary handshake will do. */
export function fastOpenTake(listener: Listener, seg: Segment): bool {
  if (seg.length == 0 && !seg.hasFastOpen) return false;
  const limit = fastOpenLimit(listener);
  const age = cookieAge(seg);
  const trusted = age != STRANGE || (limit > 0 && (state.fastOpen & FAST_OPEN_SERVER_NO_COOKIE) != 0);
  if (!trusted || pendingFastOpens(listener) >= limit) return false;
  const tcb = tcbNew();
  if (tcb == null) return false;
  if (!begin(tcb, listener, seg)) {
    rareFree(tcb);
    tcbFree(tcb);
    return false;
  }
  // A cookie of the old key is good once more, and replaced.
  if (age == 1) fastOpenGrant(tcb, listener, seg);
  announce(tcb);
  takeData(tcb, seg);
  wantSend(tcb);
  return true;
}

/** A SYN asks for a cookie, or brings one that is no good: the SYN-ACK of its ordinary handshake grants one (§4.1.2). */
export function fastOpenGrant(end: Endpoint, listener: Listener, seg: Segment): void {
  if (!seg.hasFastOpen || fastOpenLimit(listener) == 0) return;
  end.set(GRANTS_COOKIE);
  if (seg.experimental) end.set(EXPERIMENTAL);
}

/** Puts the cookie that is granted into the offer. */
export function fastOpenOffer(end: Endpoint): void {
  if (!end.has(GRANTS_COOKIE)) return;
  offer.fastOpen = 1;
  offer.experimental = end.has(EXPERIMENTAL) ? 1 : 0;
  offer.cookieSize = COOKIE;
  offer.cookie0 = cookie(end.remoteHigh, end.remoteLow, end.localHigh, end.localLow, 0);
}

/** How many SYNs may have brought data and wait for their ACK (§5.1). */
function fastOpenLimit(listener: Listener): u32 {
  if (!(state.fastOpen & FAST_OPEN_SERVER)) return 0;
  if (listener.fastOpen > 0) return listener.fastOpen;
  return state.fastOpen & FAST_OPEN_EVERY_LISTENER ? listener.backlog : 0;
}

/** How many keys ago the cookie of a SYN was made; STRANGE: it is no cookie of ours. */
function cookieAge(seg: Segment): u32 {
  if (!seg.hasFastOpen || seg.cookieSize != COOKIE) return STRANGE;
  const brought = load<u64>(seg.cookie);
  if (brought == cookie(seg.remoteHigh, seg.remoteLow, seg.localHigh, seg.localLow, 0)) return 0;
  if (state.fastKeys == 1) return STRANGE;
  return brought == cookie(seg.remoteHigh, seg.remoteLow, seg.localHigh, seg.localLow, 1) ? 1 : STRANGE;
}

function cookie(remoteHigh: u64, remoteLow: u64, localHigh: u64, localLow: u64, age: u32): u64 {
  if (state.fastKeys == 0) {
    // A key of our own for each day (§4.1.2: "periodically").
    const day = 2 * (<u64>(state.now / DAY) - age);
    const key0 = sipHash8(state.isnKey0, state.isnKey1, day);
    const key1 = sipHash8(state.isnKey0, state.isnKey1, day + 1);
    return hashAddresses(key0, key1, remoteHigh, remoteLow, localHigh, localLow);
  }
  const key0 = age == 0 ? state.fastKey0 : state.fastOldKey0;
  const key1 = age == 0 ? state.fastKey1 : state.fastOldKey1;
  return hashAddresses(key0, key1, remoteHigh, remoteLow, localHigh, localLow);
}

/** Of the addresses as they stand in the packet. */
function hashAddresses(key0: u64, key1: u64, remoteHigh: u64, remoteLow: u64, localHigh: u64, localLow: u64): u64 {
  if (!isMapped(remoteHigh, remoteLow)) {
    return sipHash32(key0, key1, withoutZone(remoteHigh), remoteLow, withoutZone(localHigh), localLow);
  }
  return sipHash8(key0, key1, <u64>mappedBytes(remoteLow) | ((<u64>mappedBytes(localLow)) << 32));
}

/** SYN-RECEIVED with a whole control block. */
function begin(tcb: Tcb, listener: Listener, seg: Segment): bool {
  if (!inheritWishes(tcb, listener.wishes)) return false;
  endpointName(tcb, seg);
  endpointOpen(tcb);
  keepAbove(tcb, seg);
  if (!tableInsert(tcb)) return false;
  tcb.listener = listener.handle;
  tcb.set(PASSIVE | FAST_OPEN | OWES_SYN);
  ecnOffer(tcb, true);
  endpointAccept(tcb, seg);
  tcbBegin(tcb);
  tcbAccept(tcb, seg.wnd);
  tcb.state = STATE_SYN_RECEIVED;
  // The SYN-ACK counts as sent and is told apart by the handshake's state: what the send ring begins with is data.
  tcb.sndUna = tcb.iss + 1;
  tcb.sndNxt = tcb.sndUna;
  tcb.sndResume = tcb.sndUna;
  congestionInitialize(tcb, false);
  buffersEstablished(tcb);
  listener.halfOpen++;
  listener.fastPending++;
  traceSegment(tcb, TRACE_SEGMENT_IN, STATE_LISTEN, seg.flags, seg.seq, seg.ack, seg.length, seg.wnd);
  return true;
}

/** The data of the SYN. A FIN behind it is left to the peer's retransmission. */
function takeData(tcb: Tcb, seg: Segment): void {
  seg.flags &= ~(SYN | FIN);
  seg.seq++;
  seg.length = min(seg.length, tcb.rcvAdv - tcb.rcvNxt);
  if (seg.length == 0) return;
  takeText(tcb, seg);
  if (tcb.rcvNxt != seg.seq) tcb.set(SYN_DATA);
}

/** Bytes of a cookie. */
const COOKIE: u32 = 8;
const STRANGE: u32 = 2;
const DAY: Micros = 86_400_000_000;
