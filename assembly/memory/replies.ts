// Replies that input owes at once, one a packet at most: segments that must be answered one by one (RFC 5681 §4.2,
// RFC 5961), resets for segments that belong to no connection, echo replies. Input records them; output sends them.
// Not for: what can wait or merge (the want-to-send list of tcp/block/sendlist.ts).

import { BATCH_LIMIT } from '../abi/limits';
import { Ends } from './ends';
import { REPLIES_BASE } from './map';
import { state } from './state';

@unmanaged
export class Reply {
  kind: u8; // REPLY_*
  interface: u8;
  control: u8; // control bits
  state: u8; // REPLY_RECORD_ACK: STATE_* of the record
  localPort: u16;
  remotePort: u16;
  handle: u32; // REPLY_ACK: the connection; REPLY_RECORD_ACK, REPLY_COOKIE: the listener
  sequence: u32;
  acknowledgment: u32;
  window: u16; // as it stands in the header
  shift: u8; // our window is scaled by this
  options: u8; // REPLY_STAMPS …
  tsVal: u32;
  tsEcr: u32;
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;

  /** Of what is sent. */
  get ends(): Ends {
    return changetype<Ends>(changetype<usize>(this) + offsetof<Reply>('localHigh'));
  }
}

/** A new reply, or null when a batch already owes as many as it has packets. */
export function replyNew(kind: u32): Reply | null {
  if (state.replyCount == BATCH_LIMIT) return null;
  const reply = replyAt(state.replyCount++);
  memory.fill(changetype<usize>(reply), 0, REPLY_SIZE);
  reply.kind = <u8>kind;
  return reply;
}

export function replyAt(index: u32): Reply {
  return changetype<Reply>(REPLIES_BASE + <usize>(index * REPLY_SIZE));
}

/** An ACK of a connection, with the acknowledgment number of the moment. */
export const REPLY_ACK: u32 = 1;
/** A RST to a segment that no connection claims. */
export const REPLY_RESET: u32 = 2;
/** An ICMP echo reply; `sequence` is the address and `acknowledgment` the length of the request's ICMP message, `tsVal` its service, `tsEcr` the most it came in. */
export const REPLY_ECHO: u32 = 3;
/** An ACK of a connection that is remembered in a record. */
export const REPLY_RECORD_ACK: u32 = 4;
/** A SYN-ACK whose sequence number is a SYN cookie. */
export const REPLY_COOKIE: u32 = 5;

/** A packet for somebody else: `sequence` is its address, `acknowledgment` its length, `interface` where it goes. */
export const REPLY_FORWARD: u32 = 6;

/**
 * An ICMP error about the packet at `sequence`, `acknowledgment` bytes long: `control` is its kind, `tsVal` its parameter. `local…`
 * is where the packet was sent.
 */
export const REPLY_ERROR: u32 = 9;
/** An answer to an ARP request: `sequence` and `acknowledgment` are the six bytes of its sender's hardware address. */
export const REPLY_ARP: u32 = 7;
/** A neighbour advertisement of the local address, to the remote one; `control` 1: in answer to it alone. */
export const REPLY_ADVERTISEMENT: u32 = 8;

/** Timestamps: `tsVal` and `tsEcr`. */
export const REPLY_STAMPS: u8 = 1 << 0;
/** In a SYN-ACK: SACK permitted; window scale by `shift`; ECN. */
export const REPLY_SACK: u8 = 1 << 1;
export const REPLY_SCALES: u8 = 1 << 2;
export const REPLY_ECN: u8 = 1 << 3;

const REPLY_SIZE: u32 = 64;
