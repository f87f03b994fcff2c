// How much a connection may hold for sending and for its reader, and what follows for the window (RFC 9293 §3.8.6,
// RFC 7323 §2.3). Both sizes are bounds: storage is taken when bytes come (memory/ring.ts). They begin small and grow with
// what a round trip carries, unless the user has fixed them or memory is getting scarce.
//
//   sending     twice the congestion window: one that is in flight, one that waits behind it
//   receiving   four times what the user took in a round trip: a sender in slow start has doubled by the time it hears of
//               the larger window, and doubles again while it uses it
//
// A user who could write nothing for want of memory waits on a list, first come, first served. What he waits for is given to
// the connection before he is told, so that nobody is woken in vain, however many wait.
//
// Not for: the window's right edge, which never moves left (tcp/receive.ts).

import { DIALECT_BSD, DIALECT_LINUX, EVENT_DRAIN, STATE_CLOSED, STATE_SYN_SENT } from '../../abi/constants';
import { PACKET_LIMIT } from '../../abi/limits';
import { ringExtend } from '../../memory/ring';
import { lastQuarter, slabScarce, slabSize } from '../../memory/slab';
import { state } from '../../memory/state';
import { flowEnsure } from '../congestion/flow';
import { MAXIMUM_SHIFT, TIMESTAMPS_SIZE } from '../options';
import { payloadSize } from '../path/size';
import { Segment } from '../segment';
import { seqGe } from '../seq';
import {
  BURSTS,
  DRAIN_WANTED,
  GRACE,
  ON_MEMORY_LIST,
  PASSIVE,
  SCALING_ON,
  Tcb,
  TIMESTAMPS_ON,
  unread,
  WHOLE_RECORDS,
} from '../tcb';
import { CONNECTION, Endpoint } from './endpoint';
import { wishedReceiveSize, wishedSendSize } from './rare';
import { raise } from './ready';
import { wantSend } from './sendlist';

/** The receive buffer of a fresh connection. */
export function receiveSizeFirst(end: Endpoint): u32 {
  const size = wishedReceiveSize(end);
  return size == 0 ? min(state.receiveBufferInitial, state.receiveBuffer) : size;
}

/** The smallest shift that lets 16 bits say the largest size that the receive buffer may have (RFC 7323 §2.3). */
export function windowShift(end: Endpoint): u8 {
  const size = wishedReceiveSize(end);
  const largest = size == 0 ? state.receiveBuffer : size;
  let shift: u32 = 0;
  while (shift < MAXIMUM_SHIFT && largest >> shift > u16.MAX_VALUE) shift++;
  return <u8>shift;
}

/** Measuring begins with what the user takes next. */
export function buffersEstablished(tcb: Tcb): void {
  tcb.takenSeq = tcb.rcvNxt - unread(tcb);
  tcb.takenAt = milliseconds();
}

/** How much may come behind the SYNs: what our own says. BSD's buffer takes whole segments, and all that fits is welcome. */
export function firstWindow(tcb: Tcb, mss: u32): u32 {
  if (state.dialect != DIALECT_BSD) return synWindow(tcb, mss);
  if (wishedReceiveSize(tcb) == 0) tcb.receiveSize = ((tcb.receiveSize + tcb.mss - 1) / tcb.mss) * tcb.mss;
  return tcb.receiveSize;
}

/** Bytes that a connection may hold for sending. */
export function sendSize(tcb: Tcb): u32 {
  const size = wishedSendSize(tcb);
  if (size != 0) return size;
  const initial = min(state.sendBufferInitial, state.sendBuffer);
  return memoryPressed() ? initial : max(initial, min(tcb.cwnd << 1, state.sendBuffer));
}

/** Bytes that the user may put behind what he has put there. */
export function sendRoom(tcb: Tcb): u32 {
  const limit = sendSize(tcb);
  const queued = tcb.sendRing.length;
  if (queued >= limit) return 0;
  return limit - queued + (tcb.has(BURSTS) ? burst(tcb) : 0);
}

/** What goes out together at most: whole segments within half of the peer's largest window, and within a packet of IP. */
export function burst(tcb: Tcb): u32 {
  const size = payloadSize(tcb);
  const most = min(PACKET_LIMIT, tcb.sndWndMax >> 1);
  return max(most - (most % size), size);
}

/**
 * Makes room for `size` bytes behind what waits to be sent, for fewer where memory is short, and for no more than a segment
 * where it is scarce; false: for none.
 */
export function sendStorage(tcb: Tcb, size: u32): bool {
  const ring = tcb.sendRing;
  if (!flowEnsure(tcb)) return false;
  if (ring.length + size <= ring.capacity || !slabScarce(slabSize(ring.length + size))) return ringExtend(ring, size);
  return ring.length < ring.capacity || (ring.length == 0 && ringExtend(ring, min(size, payloadSize(tcb))));
}

/** The user was told that the send buffer is full: half of it is empty now. */
export function raiseDrain(tcb: Tcb): void {
  if (!tcb.has(DRAIN_WANTED) || tcb.sendRing.length > sendSize(tcb) >> 1) return;
  tcb.clear(DRAIN_WANTED);
  raise(tcb, EVENT_DRAIN);
}

/**
 * The user finds less room than he wanted: EVENT_DRAIN follows. With bytes of his on the way their ACKs bring it; with none
 * there was no memory, and he waits for that.
 */
export function sendFull(tcb: Tcb): void {
  tcb.set(DRAIN_WANTED);
  if (tcb.sendRing.length > 0 || tcb.has(ON_MEMORY_LIST)) return;
  tcb.set(ON_MEMORY_LIST);
  tcb.poolNext = 0;
  if (state.memoryHead == 0) state.memoryHead = <u32>changetype<usize>(tcb);
  else changetype<Tcb>(<usize>state.memoryTail).poolNext = <u32>changetype<usize>(tcb);
  state.memoryTail = <u32>changetype<usize>(tcb);
}

/** Wakes as many as there is memory for. One that was closed meanwhile keeps its control block until its turn comes. */
export function grantMemory(): void {
  while (state.memoryHead != 0) {
    const tcb = changetype<Tcb>(<usize>state.memoryHead);
    const waits = tcb.has(DRAIN_WANTED) && tcb.state != STATE_CLOSED;
    if (waits && !sendStorage(tcb, payloadSize(tcb))) return;
    state.memoryHead = tcb.poolNext;
    tcb.clear(ON_MEMORY_LIST);
    if (waits) raiseDrain(tcb);
    wantSend(tcb); // what is not used goes back with the next output
  }
}

/** In-order text arrives: once in a round trip, the receive buffer follows what the user has taken in it. */
export function receiveTune(tcb: Tcb, seg: Segment): void {
  if (tcb.receiveSize >= state.receiveBuffer || !roundTripOver(tcb, seg) || tcb.has(GRACE)) return;
  const next = tcb.rcvNxt - unread(tcb);
  const taken = next - tcb.takenSeq;
  tcb.takenSeq = next;
  tcb.takenAt = milliseconds();
  if (wishedReceiveSize(tcb) != 0 || memoryPressed()) return;
  tcb.receiveSize = max(tcb.receiveSize, min(min(taken, state.receiveBuffer) << 2, state.receiveBuffer));
}

/** The user may have fixed a size, or left it to tuning again, which goes on from the size it has. */
export function buffersWished(tcb: Tcb): void {
  const size = wishedReceiveSize(tcb);
  if (size != 0) tcb.receiveSize = tcb.has(WHOLE_RECORDS) ? max(size, RECORDS_SIZE) : size;
  const unsent = tcb.state <= STATE_SYN_SENT && tcb.sndNxt == tcb.iss;
  if (unsent && tcb.has(SCALING_ON)) tcb.rcvShift = windowShift(tcb);
  raiseDrain(tcb);
}

/**
 * The user takes nothing but whole records of TLS from now on: the receive buffer is never too small for one. As long as a
 * record is half of it at most, the window opens far enough for the rest of one that has begun (tcp/receive.ts).
 */
export function buffersForRecords(tcb: Tcb): void {
  tcb.set(WHOLE_RECORDS);
  tcb.receiveSize = max(tcb.receiveSize, RECORDS_SIZE);
}

/** The window field of our SYN, which is never scaled (RFC 7323 §2.2); `mss` is what the SYN announces. */
export function synWindow(end: Endpoint, mss: u32): u32 {
  const size = end.kind == CONNECTION ? changetype<Tcb>(end).receiveSize : receiveSizeFirst(end);
  if (size <= <u32>u16.MAX_VALUE || state.dialect != DIALECT_LINUX) return min<u32>(size, u16.MAX_VALUE);
  // Linux offers whole segments, as many as its buffer takes; a client does not know yet what they will carry.
  const segment = mss - (end.has(PASSIVE) && end.has(TIMESTAMPS_ON) ? TIMESTAMPS_SIZE : 0);
  return min<u32>(size - (size % segment), u16.MAX_VALUE);
}

/** Whether new bytes that are out of order must find no place, so that those in order still do. */
export function memoryScarce(): bool {
  return lastQuarter(state.bufferBytes);
}

/** Whether buffers stay as large as they are. */
function memoryPressed(): bool {
  return state.bufferBytes > state.memoryLimit >> 1;
}

/**
 * Whether a round trip has passed since measuring began, and a millisecond at the least: the peer echoes a timestamp of
 * then or later (RFC 7323 §4); without timestamps, the time that our own segments take is over.
 */
function roundTripOver(tcb: Tcb, seg: Segment): bool {
  const elapsed = milliseconds() - tcb.takenAt;
  if (elapsed == 0) return false;
  if (tcb.has(TIMESTAMPS_ON)) return seqGe(seg.tsEcr, tcb.takenAt + tcb.tsOffset);
  return elapsed >= (tcb.srtt == 0 ? tcb.rto : tcb.srtt) / 1_000;
}

function milliseconds(): u32 {
  return <u32>(state.now / 1_000);
}

/** Two records of the largest size that TLS 1.2 allows (RFC 5246 §6.2.3). */
const RECORDS_SIZE: u32 = 2 * (5 + 16_384 + 2_048);
