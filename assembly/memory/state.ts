// What the stack as a whole remembers: clock, settings, secrets, list heads. One instance, at a fixed address.
// Not for: anything of a single connection (tcp/tcb.ts).

import { STATE_BASE } from './map';

/** Microseconds on the stack's clock. */
export type Micros = i64;

/** A moment that never comes. */
export const NEVER: Micros = i64.MAX_VALUE;

@unmanaged
export class State {
  /** The moment of the running call. Every entry sets it; nothing inside the core moves it. */
  now: Micros;

  // Secrets, from `random_get`.
  hashKey0: u64;
  hashKey1: u64;
  isnKey0: u64;
  isnKey1: u64;
  random: u64; // state of the generator for what need not be secret for ever

  // Settings, in the order of SETTING_*, from 1 on (memory/settings.ts).
  sendBuffer: u32;
  receiveBuffer: u32;
  memoryLimit: u32;
  connectionLimit: u32;
  msl: u32;
  synRetries: u32;
  dataRetries: u32;
  congestion: u32;
  synAckRetries: u32;
  orphanRetries: u32;
  orphanLimit: u32;
  finWait2: u32;
  initialWindow: u32;
  ackDelay: u32;
  quickAcks: u32;
  rtoMinimum: u32;
  rtoInitial: u32;
  timestamps: u32;
  windowScaling: u32;
  sack: u32;
  ecn: u32;
  fastOpen: u32;
  synCookies: u32;
  idleRestart: u32;
  tailProbe: u32;
  duplicateThreshold: u32;
  mtuProbing: u32;
  baseMss: u32;
  pacing: u32;
  dialect: u32;
  sendBufferInitial: u32;
  receiveBufferInitial: u32;
  strictReset: u32;
  strictSyn: u32;
  dropSynFin: u32;
  userTimeout: u32;
  statistics: u32;
  hystart: u32;
  forwardRto: u32;
  challengeLimit: u32;
  timeToLive: u32;
  growthLimit: u32;
  icmpAbort: u32;
  ecnSynRetries: u32;
  rtoSpread: u32;
  forwarding: u32;
  icmpRate: u32;
  udpReceiveBuffer: u32;
  share: u32;

  // Dynamic memory.
  dynamicEnd: usize;
  bufferBytes: u32;

  // Connection table (linear hashing).
  hashBuckets: u32;
  hashSplit: u32;
  hashMask: u32;
  hashCount: u32;
  lastFound: u32; // the connection found last, or 0

  // Who has something to tell; the host looks here before it calls (`readyLists`).
  readyHead: u32; // connections (tcp/block/ready.ts)
  readyTail: u32;
  udpReadyHead: u32; // UDP sockets (udp/events.ts)
  udpWaitHead: u32; // those that wait for room to send

  // Lists of connections.
  sendHead: u32;
  sendTail: u32;
  sendHeldHead: u32;
  sendHeldTail: u32;
  memoryHead: u32;
  memoryTail: u32;
  synAckHead: u32;
  synAckTail: u32;

  /** OWES_*: which modules have something to send. */
  owes: u32;

  // UDP sockets.
  udpReadyTail: u32;
  udpScratch: usize; // room for a datagram that leaves in fragments; 0: none was needed yet

  // Multicast groups (ip/multicast/groups.ts).
  groups: usize;
  groupCount: u32; // places in use or between those

  // Tables of one batch.
  datagramCount: u32;
  pieceCount: u32;
  piecePlace: u32; // of the packet with the end of the last piece; 0: it lies in no slot
  replyCount: u32;
  loopbackTaken: u32;

  // Timer wheel.
  wheelTick: u64;

  // Everything that has deadlines, but connections (memory/deadlines.ts).
  wakeAt: Micros;

  // Interfaces, addresses, routes. A generation is another number after each change.
  interfaceCount: u32;
  addressCount: u32;
  addressGeneration: u32;
  routeCount: u32;
  routeGeneration: u32;
  pathCount: u32; // destinations of which something is known (ip/icmp/paths.ts)

  // Rate limits and choices.
  challengeWindow: Micros;
  challengesLeft: u32; // in this window
  orphans: u32; // control blocks whose user has let go
  ephemeralNext: u32;

  // Fast open (tcp/open/fastopen.ts, tcp/open/fastcache.ts).
  fastKey0: u64;
  fastKey1: u64;
  fastOldKey0: u64;
  fastOldKey1: u64;
  fastKeys: u32; // how many of the two the user has given
  fastCache: u32; // what a client remembers of servers; 0: nothing yet

  // Fragments and ICMP: tables in dynamic memory.
  reassembly: usize; // ip/fragment/packets.ts
  identifications: usize; // ip/fragment/identification.ts
  icmpBuckets: usize; // ip/icmp/limit.ts

  // ICMP echo.
  echoIdentifier: u32;
  echoHead: u32;
  echoCount: u32;

  // Trace.
  traceOn: u32;
  traceHead: u32;
  traceCount: u32;
  traceDropped: u32;

  // Counters are u64 from here on; `counter` in memory/counters.ts indexes them.
  counters: u64;
}

export const state: State = changetype<State>(STATE_BASE);

/** Address of `readyHead`, behind which `readyTail`, `udpReadyHead` and `udpWaitHead` lie. */
export function readyLists(): usize {
  return STATE_BASE + offsetof<State>('readyHead');
}

/** The moment of the running call in whole seconds, for what is compared with much longer times. */
export function seconds(): u32 {
  return <u32>(state.now / 1_000_000);
}
