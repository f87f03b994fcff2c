// The segment under examination: one at a time, at a fixed address, filled by tcp/input.ts (RFC 9293 §3.3.1, SEG.*).
// Checks may shorten it: what is left is what the connection has still to take.

import { Ends } from '../memory/ends';
import { SEGMENT_BASE } from '../memory/map';
import { FIN, SYN } from './header';

@unmanaged
export class Segment {
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  localPort: u32;
  remotePort: u32;
  interface: u32;

  seq: u32;
  ack: u32;
  wnd: u32; // as it stands in the header, unscaled
  up: u32; // behind the last urgent byte; means something with URG only
  flags: u32;
  ecn: u32; // of the IP header
  data: usize;
  length: u32; // bytes of data
  hasFloor: u32; // 1: a connection that it begins numbers its bytes above `floor` (RFC 9293 §3.6.1 MAY-2)
  floor: u32;

  // Options. `hasX` 0: absent.
  mss: u32; // 0: absent
  windowShift: u32;
  hasWindowScale: u32;
  tsVal: u32;
  tsEcr: u32;
  hasTimestamps: u32;
  sackPermitted: u32;
  sackBlocks: usize; // address of the first block in the packet
  sackCount: u32;
  hasFastOpen: u32;
  experimental: u32; // 1: by its experimental number
  cookie: usize; // address of the cookie in the packet
  cookieSize: u32; // 0: it is asked for

  /** Of an answer. */
  get ends(): Ends {
    return changetype<Ends>(changetype<usize>(this) + offsetof<Segment>('localHigh'));
  }

  /** SEG.LEN: SYN and FIN count (RFC 9293 §3.4). */
  get size(): u32 {
    return this.length + (this.flags & SYN ? 1 : 0) + (this.flags & FIN ? 1 : 0);
  }

  /** The sequence number behind the segment. */
  get end(): u32 {
    return this.seq + this.size;
  }
}

export const segment: Segment = changetype<Segment>(SEGMENT_BASE);
