// TCP Fast Open, the client's side (RFC 7413 §4.1.1, §4.1.3, §4.2.1): data goes out on the SYN with a cookie that the server
// gave us before. What of it the SYN-ACK does not acknowledge is sent again at once; a SYN that is lost is repeated without
// data and cookie, for something on the path may dislike them.
// Not for: what is remembered of servers (fastcache.ts).

import {
  ERROR_INVALID,
  FAST_OPEN_CLIENT,
  FAST_OPEN_CLIENT_NO_COOKIE,
  OPEN_COOKIE,
  OPEN_NO_COOKIE,
  STATE_SYN_SENT,
} from '../../abi/constants';
import { ringConsume } from '../../memory/ring';
import { NEVER, state } from '../../memory/state';
import { raiseDrain } from '../block/buffers';
import { armRetransmit } from '../block/deadlines';
import { wantSend } from '../block/sendlist';
import { LOST, scoreboard, sentAppend, setFate } from '../recovery/sent';
import { Segment } from '../segment';
import { FAST_OPEN, FAST_OPEN_BARE, OWES_SYN, SACK_ON, SYN_DATA, SYN_WAITS, Tcb } from '../tcb';
import { avoided, cachedServer, noteAnswer, noteLoss } from './fastcache';
import { offer } from './offer';

/**
 * OPTION_FAST_OPEN. Answers how many bytes the SYN can carry that now waits for them; 0: it goes out at once, perhaps to ask
 * for a cookie.
 */
export function fastOpenAsk(tcb: Tcb, mode: u32): i32 {
  if (tcb.state != STATE_SYN_SENT || tcb.sndNxt != tcb.iss) return ERROR_INVALID;
  if (mode != OPEN_COOKIE && mode != OPEN_NO_COOKIE) return ERROR_INVALID;
  if (!(state.fastOpen & FAST_OPEN_CLIENT)) return 0;
  const server = cachedServer(tcb, false);
  if (server != null && avoided(server)) return 0;
  tcb.set(FAST_OPEN);
  const bare = mode == OPEN_NO_COOKIE || (state.fastOpen & FAST_OPEN_CLIENT_NO_COOKIE) != 0;
  if (bare) tcb.set(FAST_OPEN_BARE);
  else if (server == null || server.cookieSize == 0) return 0;
  tcb.set(SYN_WAITS);
  tcb.clear(OWES_SYN);
  return <i32>synRoom(tcb);
}

/** Whether the user may send before the connection is open. */
export function sendsEarly(tcb: Tcb): bool {
  return tcb.has(FAST_OPEN) && tcb.state >= STATE_SYN_SENT;
}

/** The SYN that waits need wait no longer. */
export function fastOpenRelease(tcb: Tcb): void {
  if (!tcb.has(SYN_WAITS)) return;
  tcb.clear(SYN_WAITS);
  tcb.set(OWES_SYN);
  wantSend(tcb);
}

/** Bytes of data that the next SYN carries: the first one only. */
export function synLength(tcb: Tcb): u32 {
  if (!carries(tcb) || !mayCarry(tcb)) return 0;
  return min(tcb.sendRing.length, synRoom(tcb));
}

/** Puts the cookie that is known, or the question for one, into the offer. */
export function fastConnectOffer(tcb: Tcb): void {
  if (!carries(tcb) || tcb.has(FAST_OPEN_BARE)) return;
  const server = cachedServer(tcb, false);
  offer.fastOpen = 1;
  if (server == null) return;
  offer.experimental = server.experimental;
  offer.cookieSize = server.cookieSize;
  offer.cookie0 = server.cookie0;
  offer.cookie1 = server.cookie1;
}

/** The SYN-ACK has come, and the connection is established. `repeated`: the SYN went out more than once. */
export function fastOpenAnswered(tcb: Tcb, seg: Segment, repeated: bool): void {
  if (!tcb.has(FAST_OPEN)) return;
  const taken = seg.ack - tcb.sndUna;
  const carried = tcb.sndNxt - tcb.sndUna;
  noteAnswer(tcb, seg, carried, taken, repeated);
  ringConsume(tcb.sendRing, taken);
  tcb.sndUna = seg.ack;
  raiseDrain(tcb);
  if (taken < carried) {
    repeatRest(tcb);
    return;
  }
  if (taken > 0) tcb.set(SYN_DATA);
  armRetransmit(tcb, NEVER);
}

/** The SYN was not answered in time. */
export function fastOpenLost(tcb: Tcb): void {
  if (tcb.has(FAST_OPEN) && tcb.sndNxt - tcb.iss > 1) noteLoss(tcb);
}

/** What the server has not taken goes out again at once (§4.2.1): nothing says that the network is congested. */
function repeatRest(tcb: Tcb): void {
  tcb.sndResume = tcb.sndUna;
  if (!tcb.has(SACK_ON) || tcb.flow == 0) return;
  sentAppend(tcb, tcb.sndNxt);
  if (tcb.scoreboard == 0) return;
  setFate(tcb, scoreboard(tcb), 0, LOST);
  tcb.sndResume = tcb.sndNxt;
}

/** Bytes that a SYN can carry: a segment of the server's size, as far as it is known, with room for any options (§4.2.1). */
function synRoom(tcb: Tcb): u32 {
  const server = cachedServer(tcb, false);
  const mss = server == null || server.mss == 0 ? <u32>tcb.mss : min<u32>(server.mss, tcb.mss);
  return mss > LONGEST_OPTIONS ? mss - LONGEST_OPTIONS : 0;
}

/** Whether the next SYN is the first, of a client that opens fast. */
function carries(tcb: Tcb): bool {
  return tcb.has(FAST_OPEN) && tcb.state == STATE_SYN_SENT && tcb.sndNxt == tcb.iss;
}

/** Whether there is a cookie, or none is needed. */
function mayCarry(tcb: Tcb): bool {
  if (tcb.has(FAST_OPEN_BARE)) return true;
  const server = cachedServer(tcb, false);
  return server != null && server.cookieSize > 0;
}

/** Bytes of the options that a header has room for. */
const LONGEST_OPTIONS: u32 = 40;
