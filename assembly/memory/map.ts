// Where everything lies in linear memory. All state of the core is here, in memory, and nowhere else: no module
// variable of `assembly/` is mutable, so a copy of memory is a snapshot of the stack.
//
//   0x000000  the compiler's constant data (texts of assertions)
//   0x010000  state: settings, clock, secrets, list heads              one page
//   0x011000  result area, the segment under examination, descriptors, tables of one batch
//   0x020000  tables of IP: addresses, routes, destinations, and what the other protocols remember of the network
//   0x02c000  transmit queues, one of descriptors for each interface
//   0x034200  scratch memory of records and of their ciphers, empty between calls
//   0x040000  receive arena: the packets of one batch, packed
//   0x140000  trace ring
//   0x150000  dynamic: pools, slabs, transmit arenas, the hash table's segments; grows with memory
//
// Not for: what the regions hold (the file that owns a region says that).

import {
  ADDRESS_LIMIT,
  BATCH_LIMIT,
  HEADROOM,
  INTERFACE_LIMIT,
  PACKET_LIMIT,
  RECEIVE_DESCRIPTOR,
  RESULT_WORDS,
  ROUTE_LIMIT,
  TRACE_LIMIT,
  TRACE_RECORD,
  TRANSMIT_DESCRIPTOR,
  TRANSMIT_LIMIT,
} from '../abi/limits';

export const STATE_BASE: usize = 0x10000;
export const POOLS_BASE: usize = 0x10800;
export const RESULT_BASE: usize = 0x11000;
export const SEGMENT_BASE: usize = 0x11800;
export const OFFER_BASE: usize = 0x11a00;
export const INCOMING_BASE: usize = 0x11c00;
export const QUOTE_BASE: usize = 0x11d00;
export const CHOICE_BASE: usize = 0x11d80;
export const ENDS_BASE: usize = 0x11e00;
export const RECEIVE_DESCRIPTORS: usize = 0x12000;
export const PIECES_BASE: usize = 0x12400;
export const REPLIES_BASE: usize = 0x12800;
export const AHEAD_BASE: usize = 0x13800;
export const WHEEL_BASE: usize = 0x13c00;
export const SLAB_BASE: usize = 0x14800;
export const SLAB_BITMAPS: usize = 0x14900;
export const HASH_DIRECTORY: usize = 0x14c00;
export const INTERFACES_BASE: usize = 0x15000;
export const LISTENER_BUCKETS: usize = 0x15400;
export const DRAFT_BASE: usize = 0x15800;
export const CONNECTION_DIRECTORY: usize = 0x16000;
export const LISTENER_DIRECTORY: usize = 0x1a000;
export const HALF_OPEN_DIRECTORY: usize = 0x1b000;
export const TIME_WAIT_DIRECTORY: usize = 0x1b400;
export const TLS_DIRECTORY: usize = 0x1b800;
export const PATHS_BASE: usize = 0x1c000;
export const FAULT_BASE: usize = 0x1e000;
export const ADDRESSES_BASE: usize = 0x20000;
export const ROUTES_BASE: usize = 0x21000;
export const DESTINATIONS_BASE: usize = 0x25000;
export const ANSWERS_BASE: usize = 0x27000;
export const LINK_BASE: usize = 0x28000;
export const UDP_BUCKETS: usize = 0x29000;
export const UDP_DATAGRAMS: usize = 0x2a000;
export const UDP_DIRECTORY: usize = 0x2b000;
export const UDP_MEMBERSHIP_DIRECTORY: usize = 0x2b400;
export const GROUP_SOURCE_DIRECTORY: usize = 0x2b480;
export const QUERIERS_BASE: usize = 0x2b500;
export const UDP_DRAFT: usize = 0x2b800;
export const GROUP_DRAFT: usize = 0x2b900;
export const TRANSMIT_QUEUES: usize = 0x2c000;
export const TLS_SCRATCH: usize = 0x34200;
export const TLS_SCRATCH_SIZE: usize = 0x7c00;
export const CRYPTO_SCRATCH: usize = 0x3c000;
export const RECEIVE_ARENA: usize = 0x40000;
export const TRACE_BASE: usize = 0x140000;
export const DYNAMIC_BASE: usize = 0x150000;

/** Address of the receive descriptors, BATCH_LIMIT of them. */
export function receiveDescriptors(): usize {
  return RECEIVE_DESCRIPTORS;
}

/** First address of the receive arena. */
export function receiveArena(): usize {
  return RECEIVE_ARENA;
}

/** The address behind the receive arena. */
export function receiveArenaEnd(): usize {
  return TRACE_BASE;
}

/** Address of the result area, RESULT_WORDS of u32. */
export function resultArea(): usize {
  return RESULT_BASE;
}

/** The n-th word of the result area. */
export function setResult(index: u32, value: u32): void {
  store<u32>(RESULT_BASE + ((<usize>index) << 2), value);
}

/** Asserts what the constants above promise one another, for a test of each build. */
export function checkMap(): void {
  assert(__heap_base <= STATE_BASE, 'constant data reaches into the state');
  assert(RESULT_BASE + RESULT_WORDS * 4 <= SEGMENT_BASE, 'result area too small');
  assert(RECEIVE_DESCRIPTORS + BATCH_LIMIT * RECEIVE_DESCRIPTOR <= PIECES_BASE, 'descriptors too many');
  assert(TRACE_BASE + TRACE_LIMIT * TRACE_RECORD <= DYNAMIC_BASE, 'trace ring too large');
  assert(ADDRESSES_BASE + <usize>(ADDRESS_LIMIT * 64) <= ROUTES_BASE, 'too many addresses');
  assert(ROUTES_BASE + <usize>(ROUTE_LIMIT * 64) <= DESTINATIONS_BASE, 'too many routes');
  const queue = TRANSMIT_LIMIT * TRANSMIT_DESCRIPTOR + 16;
  assert(TRANSMIT_QUEUES + <usize>(INTERFACE_LIMIT * queue) <= TLS_SCRATCH, 'transmit queues too large');
  assert(TLS_SCRATCH + TLS_SCRATCH_SIZE <= CRYPTO_SCRATCH, 'scratch memory of records too large');
  assert(RECEIVE_ARENA + HEADROOM + PACKET_LIMIT <= TRACE_BASE, 'receive arena too small');
}
