// Replies that input owes at once, one a packet at most: segments that must be answered one by one (RFC 5681 §4.2,
// RFC 5961), resets for segments that belong to no connection, echo replies. Input records them; output sends them.
// Not for: what can wait or merge (the want-to-send list of tcp/queue.ts).

import { BATCH_LIMIT } from '../abi/limits';
import { REPLIES_BASE } from './map';
import { state } from './state';

@unmanaged
export class Reply {
  kind: u32;
  handle: u32; // REPLY_ACK: the connection
  sequence: u32;
  acknowledgment: u32;
  flags: u32;
  interface: u32;
  localPort: u16;
  remotePort: u16;
  reserved: u32;
  localLow: u64;
  localHigh: u64;
  remoteLow: u64;
  remoteHigh: u64;
}

/** A new reply, or null when a batch already owes as many as it has packets. */
export function replyNew(kind: u32): Reply | null {
  if (state.replyCount == BATCH_LIMIT) return null;
  const reply = replyAt(state.replyCount++);
  reply.kind = kind;
  return reply;
}

export function replyAt(index: u32): Reply {
  return changetype<Reply>(REPLIES_BASE + <usize>(index * REPLY_SIZE));
}

/** An ACK of a connection, with the acknowledgment number of the moment. */
export const REPLY_ACK: u32 = 1;
/** A RST to a segment that no connection claims. */
export const REPLY_RESET: u32 = 2;
/** An ICMP echo reply; `sequence` is the address and `acknowledgment` the length of the request's ICMP message. */
export const REPLY_ECHO: u32 = 3;

const REPLY_SIZE: u32 = 64;
