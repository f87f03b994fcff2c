// What is remembered of a packet of which fragments have come, and of each of them. Both are slab blocks.
//
//   a fragment's block    Piece | headers of the packet, of the first fragment only | payload
//
// Not for: any logic.

import { Ends } from '../../memory/ends';
import { Micros } from '../../memory/state';

/** A packet of which fragments have come. */
@unmanaged
export class Fragmented extends Ends {
  identification: u32;
  protocol: u32; // of an IPv4 packet, which is part of what tells it from others (RFC 791 §3.2); else 0
  deadline: Micros;
  next: usize; // in its bucket
  older: usize;
  newer: usize;
  bucket: u32;
  share: u32;
  first: usize; // its fragments, in order
  last: usize;
  pieces: u32; // how many
  have: u32; // bytes of payload that have come
  total: u32; // bytes of payload of the whole; 0: the last fragment has not come
  bytes: u32; // of memory that it takes
  flags: u32; // FRAGMENTED_*
  largest: u32; // bytes of the largest packet that brought one
  congestion: u32; // bit n: a fragment had n in its ECN field

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }
}

/** A fragment. */
@unmanaged
export class Piece {
  next: usize;
  at: u32; // where its payload belongs
  size: u32; // bytes of payload
  header: u32; // bytes of headers before it
  block: u32; // bytes of the block

  get end(): u32 {
    return this.at + this.size;
  }

  /** Address of the headers. */
  get packet(): usize {
    return changetype<usize>(this) + PIECE;
  }

  get payload(): usize {
    return this.packet + this.header;
  }
}

/** Two of its fragments say different things of the same bytes: whatever else comes of it is dropped (RFC 8200 §4.5). */
export const FRAGMENTED_ABANDONED: u32 = 1 << 0;
/** Its time is over. */
export const FRAGMENTED_EXPIRED: u32 = 1 << 1;
/** Its first fragment is here, and whoever sent it may be told when no more comes (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)). */
export const FRAGMENTED_ANSWERABLE: u32 = 1 << 2;
/** Fragments of one packet: 64 KiB over links of 296 bytes (RFC 1144 §4). */
export const PIECES: u32 = 256;

/** Bytes of a Piece. */
export const PIECE: usize = 32;
/** Bytes of a Fragment header (RFC 8200 §4.5). */
export const FRAGMENT_HEADER: u32 = 8;
