// What every remembered end of a connection has, whether much or little is remembered of it: who talks with whom, where
// the connection table and the timer wheel find it, and what both SYNs agreed on.
//
//   Tcb        a whole control block (tcp/tcb.ts)
//   HalfOpen   SYN-RECEIVED of a passive open: 128 bytes (tcp/open/halfopen.ts)
//   TimeWait   TIME-WAIT that no user holds: 128 bytes (tcp/block/timewait.ts)
//
// Not for: what only one of them needs.

import { Ends, endsCopy } from '../../memory/ends';
import { HALF_OPEN_DIRECTORY, POOLS_BASE, TIME_WAIT_DIRECTORY } from '../../memory/map';
import { Pool, poolInitialize } from '../../memory/pool';
import { WheelEntry } from '../../memory/wheel';
import { Segment } from '../segment';

@unmanaged
export class Endpoint extends WheelEntry {
  state: i32; // STATE_*
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  flags: u64;
  hash: u32;
  hashNext: usize;
  sendNext: usize;
  listener: u32; // handle of the listener, of an accepted connection
  iss: u32;
  rcvNxt: u32;
  tsRecent: u32; // RFC 7323 §4.3
  tsOffset: u32;
  localPort: u16;
  remotePort: u16;
  mss: u16; // Eff.snd.MSS without options (RFC 9293 §3.7.1)
  interface: u8;
  kind: u8; // CONNECTION, HALF_OPEN, TIME_WAIT
  sndShift: u8; // the peer's window is scaled by this
  rcvShift: u8; // ours is
  retransmissions: u8; // of the oldest segment, in a row

  /** Of what we send. */
  get ends(): Ends {
    return changetype<Ends>(changetype<usize>(this) + offsetof<Endpoint>('localHigh'));
  }

  has(flag: u64): bool {
    return (this.flags & flag) != 0;
  }

  set(flag: u64): void {
    this.flags |= flag;
  }

  clear(flag: u64): void {
    this.flags &= ~flag;
  }
}

/** Prepares the pools of what is less than a control block. */
export function recordsInitialize(): void {
  poolInitialize(halfOpenPool, HALF_OPEN_DIRECTORY, RECORD);
  poolInitialize(timeWaitPool, TIME_WAIT_DIRECTORY, RECORD);
}

/** The four-tuple of a segment, seen from here. */
export function endpointName(end: Endpoint, seg: Segment): void {
  endsCopy(end.ends, seg.ends);
  end.localPort = <u16>seg.localPort;
  end.remotePort = <u16>seg.remotePort;
  end.interface = <u8>seg.interface;
}

/** Everything of `from` but its place in its pool, on the wheel and on the want-to-send list. `to` is fresh. */
export function endpointCopy(to: Endpoint, from: Endpoint): void {
  const kind = to.kind;
  const start = offsetof<Endpoint>('state');
  memory.copy(changetype<usize>(to) + start, changetype<usize>(from) + start, offsetof<Endpoint>() - start);
  to.kind = kind;
  to.sendNext = 0;
}

export const CONNECTION: u8 = 0;
export const HALF_OPEN: u8 = 1;
export const TIME_WAIT: u8 = 2;

export const halfOpenPool: Pool = changetype<Pool>(POOLS_BASE + 128);
export const timeWaitPool: Pool = changetype<Pool>(POOLS_BASE + 192);

/** Bytes of a record. */
export const RECORD: u32 = 128;
