// The user's calls on a connection (RFC 9293 §3.9.1, §3.10): send, receive, close, abort, options. Each takes a handle
// and answers ERROR_STALE_HANDLE when it names nothing. Not for: opening (tcp/open/).

import {
  CONGESTION_CUBIC,
  ERROR_CONNECTION_ABORTED,
  ERROR_INVALID,
  ERROR_NOT_CONNECTED,
  ERROR_STALE_HANDLE,
  OPTION_BURSTS,
  OPTION_CONGESTION,
  OPTION_CORK,
  OPTION_DISCARD,
  OPTION_FAST_OPEN,
  OPTION_KEEP_ALIVE,
  OPTION_KEEP_COUNT,
  OPTION_KEEP_IDLE,
  OPTION_KEEP_INTERVAL,
  OPTION_MORE,
  OPTION_NO_DELAY,
  OPTION_PAUSED,
  OPTION_RECEIVE_BUFFER,
  OPTION_REFUSE,
  OPTION_SOFT_ERRORS,
  REFUSE_BUT_FAREWELL,
  STATE_CLOSE_WAIT,
  STATE_CLOSED,
  STATE_ESTABLISHED,
  STATE_FIN_WAIT_1,
  STATE_FIN_WAIT_2,
  STATE_LAST_ACK,
  STATE_SYN_SENT,
  STATE_TIME_WAIT,
} from '../abi/constants';
import { RESULT_BASE, setResult } from '../memory/map';
import { ringAddress, ringConsume, ringContiguous, ringFree } from '../memory/ring';
import { NEVER, state } from '../memory/state';
import { buffersWished, sendFull, sendRoom, sendStorage } from './block/buffers';
import { armKeepAlive, armTimeout, fileDeadlines } from './block/deadlines';
import { abort, finish, freeIfDone, resetIfSent } from './block/finish';
import { traceState } from './block/observe';
import { pieceAt, pieceConsume, piecesDrop } from './block/pieces';
import { setPiece } from './block/queues';
import { isPatience, setPatience, setWish } from './block/rare';
import { raiseReceived } from './block/ready';
import { reassemblyFree } from './block/reassembly';
import { wantSend } from './block/sendlist';
import { held, taken, windowMoved, writable, written } from './block/stream';
import { urgentLeft, urgentSend } from './block/urgent';
import { armOrphanFinWait } from './close';
import { fastOpenAsk, fastOpenRelease } from './open/fastconnect';
import { segmentsBounded } from './path/size';
import { isWish } from './path/wishes';
import { windowUpdateDue } from './receive';
import {
  BURSTS,
  CORK,
  DISCARD,
  FIN_QUEUED,
  FLUSH,
  GRACE,
  HELD,
  KEEP_ALIVE,
  MORE_COMES,
  NO_DELAY,
  OWES_ACK,
  PAUSED,
  REFUSE,
  REPORTS,
  RESET_WHEN_SENT,
  Tcb,
  tcbOrphan,
  unread,
} from './tcb';

/** SEND, first half: how many of `wanted` bytes may be put at result[0]; 0: the buffer is full, EVENT_DRAIN follows. */
export function tcpSendReserve(handle: u32, wanted: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const refusal = writable(tcb);
  if (refusal < 0) return refusal;
  const ring = tcb.sendRing;
  const size = min(wanted, sendRoom(tcb));
  if (size == 0 || !sendStorage(tcb, size)) {
    if (wanted > 0) sendFull(tcb);
    return 0;
  }
  setResult(0, <u32>ringAddress(ring, ring.length));
  return <i32>ringContiguous(ring, ring.length, min(size, ring.capacity - ring.length));
}

/** SEND, second half: `length` bytes, not more than were reserved, have been put there. */
export function tcpSendCommit(handle: u32, length: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const ring = tcb.sendRing;
  if (length > ring.capacity - ring.length) return ERROR_INVALID;
  written(tcb, length);
  return 0;
}

/** Sends what Nagle's algorithm holds back. */
export function tcpFlush(handle: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  flush(tcb);
  return 0;
}

/**
 * SEND with the URGENT flag (RFC 9293 §3.8.5): what has been committed up to now is urgent, all of it. New programs do not
 * use this (SHLD-13).
 */
export function tcpUrgent(handle: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  if (tcb.state < STATE_ESTABLISHED) return ERROR_NOT_CONNECTED;
  const answer = urgentSend(tcb);
  if (answer == 0) wantSend(tcb);
  return answer;
}

/** Bytes up to the end of the peer's urgent data that are still to be taken (RFC 9293 §3.8.5 MUST-33); 0: none. */
export function tcpUrgentLeft(handle: u32): i32 {
  const tcb = held(handle);
  return tcb == null ? ERROR_STALE_HANDLE : <i32>urgentLeft(tcb);
}

/**
 * RECEIVE: takes up to `limit` in-order bytes. Answers how many; result[0] = bytes left, result[1] = pieces, then each
 * one's address and length.
 */
export function tcpReceive(handle: u32, limit: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const before = unread(tcb);
  const pieces = takePieces(tcb, limit, takeRing(tcb, limit));
  const left = unread(tcb);
  setResult(0, left);
  setResult(1, pieces);
  if (before > left) taken(tcb);
  return <i32>(before - left);
}

/** CLOSE (RFC 9293 §3.10.4): a FIN follows what has been sent. */
export function tcpShutdown(handle: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const before = tcb.state;
  shutdown(tcb);
  traceState(tcb, before);
  return 0;
}

/** ABORT (RFC 9293 §3.10.5): a RST, and nothing more. */
export function tcpAbort(handle: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const before = tcb.state;
  abortCall(tcb);
  traceState(tcb, before);
  return 0;
}

/**
 * The host lets go. What was sent is still delivered; bytes that nobody read, or that still come, are answered with a
 * RST (RFC 9293 §3.6.1, RFC 2525 §2.17).
 */
export function tcpRelease(handle: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const before = tcb.state;
  tcb.clear(HELD | PAUSED);
  tcbOrphan(tcb);
  tcb.events = 0;
  armTimeout(tcb, NEVER);
  if (tcb.state == STATE_CLOSED) freeIfDone(tcb);
  else if (state.orphans > state.orphanLimit && tcb.state != STATE_TIME_WAIT) abortCall(tcb);
  else {
    refuse(tcb);
    shutdown(tcb);
  }
  if (tcb.state == STATE_FIN_WAIT_2) armOrphanFinWait(tcb);
  if (tcb.state == STATE_TIME_WAIT) wantSend(tcb); // a record will do
  traceState(tcb, before);
  return 0;
}

/** Sets OPTION_*. */
export function tcpSetOption(handle: u32, option: u32, value: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  if (option == OPTION_NO_DELAY) {
    setFlag(tcb, NO_DELAY, value != 0);
    if (value != 0) flush(tcb); // corked or not, as on Linux
  } else if (option == OPTION_CORK) {
    setFlag(tcb, CORK, value != 0);
    if (value == 0) wantSend(tcb);
  } else if (option == OPTION_BURSTS) setFlag(tcb, BURSTS, value != 0);
  else if (option == OPTION_MORE) setFlag(tcb, MORE_COMES, value != 0);
  else if (option == OPTION_KEEP_ALIVE) setKeepAlive(tcb, value != 0);
  else if (option == OPTION_KEEP_IDLE) {
    tcb.keepIdle = max<u32>(value, 1);
    if (tcb.has(KEEP_ALIVE)) setKeepAlive(tcb, true);
  } else if (option == OPTION_KEEP_INTERVAL) tcb.keepInterval = max<u32>(value, 1);
  else if (option == OPTION_KEEP_COUNT) tcb.keepCount = <u8>min(max<u32>(value, 1), <u32>u8.MAX_VALUE);
  else if (option == OPTION_PAUSED) {
    setFlag(tcb, PAUSED, value != 0);
    raiseReceived(tcb);
  } else if (option == OPTION_DISCARD && value != 0) discard(tcb);
  else if (option == OPTION_REFUSE && value != 0) {
    refuse(tcb);
    if (value == REFUSE_BUT_FAREWELL) grant(tcb);
  } else if (option == OPTION_CONGESTION && value <= <u32>CONGESTION_CUBIC) tcb.congestion = <u8>value;
  else if (option == OPTION_FAST_OPEN) return fastOpenAsk(tcb, value);
  else if (option == OPTION_SOFT_ERRORS) setFlag(tcb, REPORTS, value != 0);
  else if (isPatience(option)) {
    const outcome = setPatience(tcb, option, value);
    if (tcb.state != STATE_CLOSED) fileDeadlines(tcb);
    return outcome;
  } else if (isWish(option)) {
    const outcome = setWish(tcb, option, value);
    segmentsBounded(tcb);
    buffersWished(tcb);
    if (option == OPTION_RECEIVE_BUFFER) windowMoved(tcb);
    return outcome;
  } else return ERROR_INVALID;
  return 0;
}

/** Fires EVENT_TIMEOUT once, in so many milliseconds; 0 or less cancels. */
export function tcpSetTimeout(handle: u32, milliseconds: f64): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const delay = min(milliseconds, LONGEST_TIMEOUT);
  armTimeout(tcb, delay > 0 && tcb.state != STATE_CLOSED ? state.now + i64(nearest(delay * 1000)) : NEVER);
  return 0;
}

/** STATE_* of a connection; ERROR_STALE_HANDLE when there is none. */
export function tcpState(handle: u32): i32 {
  const tcb = held(handle);
  return tcb == null ? ERROR_STALE_HANDLE : <i32>tcb.state;
}

/** What ended a connection: ERROR_*, 0 for an orderly close or none yet. */
export function tcpError(handle: u32): i32 {
  const tcb = held(handle);
  return tcb == null ? ERROR_STALE_HANDLE : tcb.error;
}

/** What ICMP or repeated silence has told since the peer was heard last: ERROR_*, 0 when nothing (RFC 9293 §3.9.1.8 MUST-47). */
export function tcpSoftError(handle: u32): i32 {
  const tcb = held(handle);
  return tcb == null ? ERROR_STALE_HANDLE : -(<i32>tcb.softError);
}

/** result[0..3] local address, [4..7] remote address, [8] local port, [9] remote port. */
export function tcpEndpoints(handle: u32): i32 {
  const tcb = held(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  store<u64>(RESULT_BASE, tcb.localHigh);
  store<u64>(RESULT_BASE + 8, tcb.localLow);
  store<u64>(RESULT_BASE + 16, tcb.remoteHigh);
  store<u64>(RESULT_BASE + 24, tcb.remoteLow);
  setResult(8, tcb.localPort);
  setResult(9, tcb.remotePort);
  return 0;
}

function flush(tcb: Tcb): void {
  fastOpenRelease(tcb);
  tcb.set(FLUSH);
  wantSend(tcb);
}

/** CLOSE in each state. Where data is queued the FIN waits behind it, but the state says at once what was asked. */
function shutdown(tcb: Tcb): void {
  if (tcb.state == STATE_CLOSED || tcb.has(FIN_QUEUED)) return;
  // What has gone out on the SYN, or waits for it to be answered, is delivered first.
  if (tcb.state == STATE_SYN_SENT && tcb.sendRing.length == 0) {
    finish(tcb, 0);
    return;
  }
  tcb.set(FIN_QUEUED);
  if (tcb.state == STATE_ESTABLISHED) tcb.state = STATE_FIN_WAIT_1;
  else if (tcb.state == STATE_CLOSE_WAIT) tcb.state = STATE_LAST_ACK;
  wantSend(tcb);
  resetIfSent(tcb);
}

/**
 * ABORT in each state (RFC 9293 §3.10.5): no RST where the peer knows of no connection or needs none. We deviate: CLOSING
 * and LAST-ACK send one too, since they may hold text that was never sent, for which the peer would wait for ever.
 */
function abortCall(tcb: Tcb): void {
  if (tcb.state == STATE_CLOSED) return;
  if (tcb.state == STATE_SYN_SENT || tcb.state == STATE_TIME_WAIT) finish(tcb, ERROR_CONNECTION_ABORTED);
  else abort(tcb, ERROR_CONNECTION_ABORTED);
}

/** Takes up to `limit` bytes from the receive ring: one piece, or two where its storage wraps. Answers how many. */
function takeRing(tcb: Tcb, limit: u32): u32 {
  const ring = tcb.receiveRing;
  const length = min(ring.length, limit);
  if (length == 0) return 0;
  const first = ringContiguous(ring, 0, length);
  setPiece(0, ringAddress(ring, 0), first);
  if (first < length) setPiece(1, ring.base, length - first);
  ringConsume(ring, length);
  return first < length ? 2 : 1;
}

/** Takes what lies in slots, behind `count` pieces of the ring. A connection has one or the other. */
function takePieces(tcb: Tcb, limit: u32, count: u32): u32 {
  let left = limit;
  while (tcb.pieceFirst != 0 && left > 0) {
    const piece = pieceAt(tcb.pieceFirst);
    const length = min(piece.length, left);
    setPiece(count++, piece.address, length);
    pieceConsume(tcb, length);
    left -= length;
  }
  return count;
}

/** From now on what arrives is acknowledged and thrown away; so is what waits. */
function discard(tcb: Tcb): void {
  tcb.set(DISCARD);
  dropReceived(tcb);
  if (tcb.state != STATE_CLOSED && windowUpdateDue(tcb)) tcb.set(OWES_ACK);
  wantSend(tcb);
  raiseReceived(tcb);
}

/** Nobody will read: what waits is dropped, and the peer will hear of it unless it has long gone. */
function refuse(tcb: Tcb): void {
  const lost = (unread(tcb) > 0 || tcb.reassembly != 0) && !tcb.has(DISCARD) && tcb.state != STATE_TIME_WAIT;
  tcb.set(REFUSE);
  dropReceived(tcb);
  if (lost) tcb.set(RESET_WHEN_SENT);
  resetIfSent(tcb);
}

/** A few bytes of what comes behind what was dropped are nobody's loss. */
function grant(tcb: Tcb): void {
  tcb.set(GRACE | DISCARD);
  tcb.takenSeq = tcb.rcvNxt;
}

/** Forgets everything that was received and not taken. */
function dropReceived(tcb: Tcb): void {
  piecesDrop(tcb);
  reassemblyFree(tcb);
  ringFree(tcb.receiveRing);
}

function setKeepAlive(tcb: Tcb, on: bool): void {
  setFlag(tcb, KEEP_ALIVE, on);
  tcb.keepProbes = 0;
  if (tcb.state != STATE_CLOSED && tcb.state != STATE_TIME_WAIT)
    armKeepAlive(tcb, on ? tcb.heardAt + <i64>tcb.keepIdle * 1000 : NEVER);
}

function setFlag(tcb: Tcb, flag: u64, on: bool): void {
  if (on) tcb.set(flag);
  else tcb.clear(flag);
}

/** A century, in milliseconds. */
const LONGEST_TIMEOUT: f64 = 3.2e12;
