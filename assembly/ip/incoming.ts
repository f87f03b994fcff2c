// The packet under examination: one at a time, at a fixed address, filled by ip/input.ts. A protocol finds here what it
// needs of the packet, whatever its family, and what stands before its own header.

import { Ends } from '../memory/ends';
import { INCOMING_BASE, QUOTE_BASE } from '../memory/map';

@unmanaged
export class Incoming extends Ends {
  packet: usize; // the IP header
  length: u32; // bytes of the packet, without what the link has padded
  payload: usize; // behind the IP header and its extension headers
  size: u32; // bytes of payload
  protocol: u32; // of the payload
  family: u32; // 4 or 6
  interface: u32;
  lifetime: u32; // Time to Live, Hop Limit
  service: u32; // Differentiated Services field and ECN's two bits
  flags: u32; // INCOMING_*
  place: u32; // which packet of the batch it is, from 1 on; 0: it came over loopback

  // Fragments.
  fragmentAt: u32; // where this one belongs, in bytes
  fragmentMore: u32; // 1: more follow
  identification: u32;
  largest: u32; // of a packet that was put together: bytes of the largest fragment packet

  // The last packet whose addresses were found good, and its destination ours (ip/input.ts).
  trainFromHigh: u64;
  trainFromLow: u64;
  trainToHigh: u64;
  trainToLow: u64;
  trainInterface: u32;
  trainGeneration: u32; // 1 + that of the addresses
  trainSum: u32; // of both addresses, as pseudo-headers have them

  // What is wrong with its headers (ip/extension.ts).
  problemCode: u32; // of ICMPv6's Parameter Problem (RFC 4443 §3.4)
  problemAt: usize; // address of the field in question

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }
}

/** A packet of ours as an ICMP error quotes it; `from` is ours. */
@unmanaged
export class Quote extends Ends {
  transport: usize; // the first of its bytes behind the IP header and extension headers
  size: u32; // how many of them are quoted, 8 at the least
  length: u32; // what its IP header says of the length of the whole packet
  protocol: u32;
  family: u32;

  // What the error says of it (ip/icmp/kinds.ts).
  kind: u32; // QUOTE_*
  type: u32;
  code: u32;
  mtu: u32; // of QUOTE_TOO_BIG: what the next hop takes, 0 from routers that do not say
  error: i32; // what it is called (ERROR_*)
  hard: i32; // what it is called if it is a hard error, else 0 (RFC 1122 §4.2.3.9)
}

export const incoming: Incoming = changetype<Incoming>(INCOMING_BASE);
export const quote: Quote = changetype<Quote>(QUOTE_BASE);

/** It came in a frame for many hosts: nobody may answer it with an error (RFC 1122 §3.2.2). */
export const INCOMING_LINK_MULTICAST: u32 = 1 << 0;
/** It is for many hosts by its IP address. */
export const INCOMING_MULTICAST: u32 = 1 << 1;
/** The checksum of its payload needs no check. */
export const INCOMING_CHECKSUM_KNOWN: u32 = 1 << 2;
/** It was put together from fragments. */
export const INCOMING_REASSEMBLED: u32 = 1 << 3;
/** Its payload is a fragment. */
export const INCOMING_FRAGMENT: u32 = 1 << 4;
/** A Router Alert option stands in it (RFC 2113, RFC 2711). */
export const INCOMING_ROUTER_ALERT: u32 = 1 << 5;
