// The transmission control block: everything a connection remembers (RFC 9293 §3.3.1).
//
//       1         2          3          4                          1          2          3
//  ----------|----------|----------|----------                ----------|----------|----------
//         SND.UNA    SND.NXT    SND.UNA                              RCV.NXT    RCV.NXT
//                              +SND.WND                                        +RCV.WND
//  1 acknowledged   2 sent, unacknowledged                    1 received and acknowledged
//  3 may be sent    4 not yet allowed                         2 may be received   3 not yet allowed
//
// The head of the send ring is the byte at SND.UNA; the head of the receive ring is the oldest byte the user has not
// taken, its end is RCV.NXT. Not for: changing any of it by rule (every other file of this folder).

import { CONNECTION_DIRECTORY, POOLS_BASE } from '../memory/map';
import { Pool, poolFind, poolGive, poolInitialize, poolTake } from '../memory/pool';
import { Ring } from '../memory/ring';
import { Micros, state } from '../memory/state';
import { Endpoint, halfOpenPool, timeWaitPool } from './block/endpoint';

@unmanaged
export class Tcb extends Endpoint {
  // In the order of use, so that a segment touches few cache lines: what every segment reads comes first.
  events: u8; // EVENT_* that the host has not taken
  raised: u8; // EVENT_* that were raised once and for all
  softError: u8; // the trouble since the peer was heard last: an ERROR_* without its sign; 0: none
  error: i8; // ERROR_* that ended the connection, 0: none

  // Send sequence space.
  sndUna: u32;
  sndNxt: u32; // everything before it has been sent at least once
  sndResume: u32; // where sending goes on: SND.NXT, or behind it after a timeout
  sndWnd: u32; // scaled
  sndWl1: u32;
  sndWl2: u32;
  sndWndMax: u32; // MAX.SND.WND (RFC 5961 §5.2)

  // Receive sequence space.
  irs: u32;
  rcvAdv: u32; // the right edge of the window as last advertised; never moves left
  lastAckSent: u32; // Last.ACK.sent (RFC 7323 §4.3)
  receiveSize: u32; // bytes that may wait for the reader (block/buffers.ts)
  rcvMss: u16; // the peer's segments as seen, for ACKing every second one
  textAt: u16; // when text last came, the low bits of milliseconds
  tsRecentAt: u32; // when TS.Recent was taken (RFC 7323 §5.5), in seconds
  reassembly: usize; // ranges received out of order; 0: none
  duplicateStart: u32; // bytes that came twice, to be reported (RFC 2883); empty: none
  duplicateEnd: u32;

  // Pieces of this batch that the user may still take from their slots.
  pieceBytes: u32;
  pieceFirst: u8; // 1 + index in the piece table; 0: none
  pieceLast: u8;
  duplicateAcks: u8;
  quickAcks: u8; // segments whose ACKs do not wait (open/quick.ts)
  keepCount: u8;
  keepProbes: u8;
  congestion: u8; // CONGESTION_*
  timer: u8; // what `retransmitAt` stands for: TIMER_*

  readyNext: usize;
  rare: usize; // block/rare.ts; 0: nothing of it was needed yet
  statistics: usize; // observe/statistics.ts; 0: nothing is counted
  flow: usize; // congestion/flow.ts; 0: nothing was sent for a while
  scoreboard: usize; // recovery/sent.ts; 0: nothing is in flight, or no SACK

  // Timers; NEVER: not running. The wheel holds the earliest or an earlier moment.
  ackAt: Micros;
  heardAt: Micros; // when the last acceptable segment arrived
  retransmitAt: Micros; // retransmission, zero-window probe or TIME-WAIT: never two of them at once
  waitsSince: Micros; // since when what is outstanding has waited, or the window was shut; 0: nothing waits (block/deadlines.ts)
  keepAt: Micros; // keep-alive
  timeoutAt: Micros; // the user's

  // Rings, each as long as `Ring`.
  receiveRingFields: u64;
  receiveRingFields2: u64;
  sendRingFields: u64;
  sendRingFields2: u64;

  // Congestion control (RFC 5681, RFC 6582), bytes.
  cwnd: u32;
  ssthresh: u32;

  // Round-trip time (RFC 6298), microseconds.
  srtt: u32;
  rttvar: u32;
  rto: u32;
  rttSeq: u32; // the timed segment is acknowledged when SND.UNA passes this
  rttAt: Micros; // when it was sent; 0: none is timed
  rttMinimum: u32; // the least seen

  takenSeq: u32; // where the user's reading stood …
  takenAt: u32; // … at this moment, in milliseconds: what was taken since sizes the buffer

  // What hardly any segment needs: block/ahead.ts asks for what stands before it.
  recover: u32; // RFC 6582
  rcvFin: u32; // where the peer's FIN stands, once seen
  answeredAt: u32; // when a bare ACK that did not belong here was last answered, in milliseconds; 0: never
  keepIdle: u32; // keep-alive (RFC 9293 §3.8.4), milliseconds
  keepInterval: u32;
  ceiling: u16; // what the peer, the user and the interface allow `mss` to be

  get sendRing(): Ring {
    return changetype<Ring>(changetype<usize>(this) + offsetof<Tcb>('sendRingFields'));
  }

  get receiveRing(): Ring {
    return changetype<Ring>(changetype<usize>(this) + offsetof<Tcb>('receiveRingFields'));
  }
}

export function tcbInitialize(): void {
  assert(offsetof<Tcb>() <= TCB_SIZE, 'a control block has grown');
  poolInitialize(connectionPool, CONNECTION_DIRECTORY, offsetof<Tcb>());
}

/**
 * A fresh control block, or null when the connection limit or a memory limit is reached. `replaced`: so many records are
 * about to become this one.
 */
export function tcbNew(replaced: u32 = 0): Tcb | null {
  if (connectionsInUse() >= state.connectionLimit + replaced) return null;
  return changetype<Tcb | null>(poolTake(connectionPool, u32.MAX_VALUE));
}

/** Connections in all states, whatever is remembered of them. */
export function connectionsInUse(): u32 {
  return connectionPool.used + halfOpenPool.used + timeWaitPool.used;
}

export function tcbFind(handle: u32): Tcb | null {
  return changetype<Tcb | null>(poolFind(connectionPool, handle));
}

/** The user has let go. */
export function tcbOrphan(tcb: Tcb): void {
  tcb.set(ORPHAN);
  state.orphans++;
}

/** Gives a control block back; nothing may refer to it any more. */
export function tcbFree(tcb: Tcb): void {
  if (tcb.has(ORPHAN)) state.orphans--;
  poolGive(connectionPool, changetype<usize>(tcb));
}

/** What an idle connection costs, beside its place in the connection table. */
const TCB_SIZE: usize = 368;

export const connectionPool: Pool = changetype<Pool>(POOLS_BASE);

// Flags.

/** Nagle is off. */
export const NO_DELAY: u64 = 1 << 0;
export const KEEP_ALIVE: u64 = 1 << 1;
/** The user does not want data now. */
export const PAUSED: u64 = 1 << 2;
/** The user does not want data ever again: it is acknowledged and dropped. */
export const DISCARD: u64 = 1 << 3;
/** The user has closed the send side: a FIN follows the last byte. */
export const FIN_QUEUED: u64 = 1 << 4;
/** The FIN has been sent at least once: it is the byte before SND.NXT. */
export const FIN_SENT: u64 = 1 << 5;
/** A FIN of the peer was seen, at `rcvFin`. */
export const FIN_SEEN: u64 = 1 << 6;
/** RCV.NXT has passed the peer's FIN. */
export const FIN_REACHED: u64 = 1 << 7;
/** Both sides use timestamps. */
export const TIMESTAMPS_ON: u64 = 1 << 8;
/** Both sides use window scaling. */
export const SCALING_ON: u64 = 1 << 9;
/** Owed: a SYN (with ACK in SYN-RECEIVED), an ACK, the oldest segment again, a probe, a keep-alive probe, a RST. */
export const OWES_SYN: u64 = 1 << 10;
export const OWES_ACK: u64 = 1 << 11;
export const OWES_RETRANSMIT: u64 = 1 << 12;
export const OWES_PROBE: u64 = 1 << 13;
export const OWES_KEEP_ALIVE: u64 = 1 << 14;
export const OWES_RESET: u64 = 1 << 15;
/** Everything queued goes out, Nagle or not. */
export const FLUSH: u64 = 1 << 16;
/** The user was told that the send buffer is full. */
export const DRAIN_WANTED: u64 = 1 << 17;
/** The retransmission timer is a zero-window probe timer. */
export const PERSIST: u64 = 1 << 18;
/** Fast recovery is under way, up to `recover`. */
export const RECOVERY: u64 = 1 << 19;
/** Opened by a listener. */
export const PASSIVE: u64 = 1 << 20;
/** The host has the handle. */
export const HELD: u64 = 1 << 21;
/** The host had the handle and let go. */
export const ORPHAN: u64 = 1 << 22;
export const ON_READY_LIST: u64 = 1 << 23;
export const ON_SEND_LIST: u64 = 1 << 24;
export const IN_TABLE: u64 = 1 << 25;
export const ON_MEMORY_LIST: u64 = 1 << 48;
/** The peer sent what nobody will read: a RST follows our last byte, once it is acknowledged. */
export const RESET_WHEN_SENT: u64 = 1 << 26;
/** Nobody will read what the peer sends. */
export const REFUSE: u64 = 1 << 27;
/** The same, but the peer may still say goodbye, up to FAREWELL bytes behind `takenSeq`. */
export const GRACE: u64 = 1 << 60;
/** Both sides understand SACK. */
export const SACK_ON: u64 = 1 << 28;
/** The network has been seen to reorder. */
export const REORDERS: u64 = 1 << 29;
/** Owed: a tail loss probe (RFC 8985 §7.3). */
export const OWES_TAIL_PROBE: u64 = 1 << 30;
/** A tail loss probe was sent, and no round-trip time has been measured since (RFC 8985 §7.3). */
export const PROBED: u64 = 1 << 31;
/** Segments of other sizes are tried now and then (tcp/path/search.ts). */
export const SEARCHES: u64 = 1 << 54;
/** The path takes less than what both ends allow. */
export const NARROW: u64 = 1 << 55;
/** Routers may fragment what it sends. */
export const MAY_FRAGMENT: u64 = 1 << 56;
/** Waits on its listener's accept queue. */
export const QUEUED: u64 = 1 << 32;
// Fast open (RFC 7413): tcp/open/fastconnect.ts, tcp/open/fastopen.ts.

/** A client's SYN may carry data; a listener's connection lives before its SYN-ACK is acknowledged. */
export const FAST_OPEN: u64 = 1 << 33;
/** The SYN waits for the user's first data. */
export const SYN_WAITS: u64 = 1 << 34;
/** A client's data goes without a cookie. */
export const FAST_OPEN_BARE: u64 = 1 << 35;
/** Data of a SYN was accepted, by the server or by us. */
export const SYN_DATA: u64 = 1 << 36;
/** The next SYN-ACK gives the client a cookie; by the option's experimental number. */
export const GRANTS_COOKIE: u64 = 1 << 37;
export const EXPERIMENTAL: u64 = 1 << 38;

/** The user answers what it gets: ACKs wait for its answers. */
export const ANSWERS: u64 = 1 << 52;
/** The user said of the last bytes that more comes: they are not pushed. */
export const UNPUSHED: u64 = 1 << 58;
/** A segment that is not full waits for more, or until a probe takes it. */
export const CORK: u64 = 1 << 50;
/** The user wants to hear of soft errors. */
export const REPORTS: u64 = 1 << 57;
/** The same, for one output. */
export const MORE_COMES: u64 = 1 << 51;
/** What begins to wait within the send buffer may end outside it. */
export const BURSTS: u64 = 1 << 53;
/** The user takes whole records of TLS: the receive buffer has room for one. */
export const WHOLE_RECORDS: u64 = 1 << 59;

// ECN (RFC 3168); what each bit does stands in congestion/ecn.ts.

/** Both sides have agreed: new data may be marked. */
export const ECN_ON: u64 = 1 << 40;
/** We have agreed to echo the marks on the peer's data. */
export const ECN_ECHOES: u64 = 1 << 41;
/** A mark has come: each ACK says so until the peer answers. */
export const ECN_ECHO: u64 = 1 << 42;
/** The peer's data has come with ECT or CE. */
export const ECN_SEEN: u64 = 1 << 43;
/** Owed: CWR on the next new data. */
export const OWES_CWR: u64 = 1 << 44;
/** The window is being reduced because of a mark, up to `recover`. */
export const ECN_REDUCES: u64 = 1 << 45;
/** The ACK under examination echoes a mark: the window is about to be reduced. */
export const ECN_MARKED: u64 = 1 << 46;
/** A mark has met a window of one segment: nothing goes out before the retransmission timer expires. */
export const ECN_WAITS: u64 = 1 << 47;

// What the deadline `retransmitAt` stands for; a zero-window probe and the end of TIME-WAIT show elsewhere.

export const TIMER_RETRANSMIT: u8 = 0;
export const TIMER_REORDER: u8 = 1;
export const TIMER_PROBE: u8 = 2;

/** In-order bytes the user has not taken, wherever they lie. */
export function unread(tcb: Tcb): u32 {
  return tcb.receiveRing.length + tcb.pieceBytes;
}
