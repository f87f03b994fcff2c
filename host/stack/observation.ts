/**
 * What the core says about itself: counters, and the trace of segments and state changes as records.
 * Not for: printing them (`../packet/`).
 */
import {
  COUNTER_BUFFER_BYTES,
  COUNTER_CHALLENGE_ACKS,
  COUNTER_CONNECTIONS,
  COUNTER_COOKIES_ACCEPTED,
  COUNTER_COOKIES_FAILED,
  COUNTER_COOKIES_SENT,
  COUNTER_DATAGRAMS_BAD,
  COUNTER_DATAGRAMS_DROPPED,
  COUNTER_DATAGRAMS_IN,
  COUNTER_DATAGRAMS_OUT,
  COUNTER_DATAGRAMS_UNCLAIMED,
  COUNTER_FORWARD_DROPPED,
  COUNTER_FORWARDED,
  COUNTER_HALF_OPEN,
  COUNTER_LISTENERS,
  COUNTER_MEMORY_TAKEN,
  COUNTER_ORPHANS,
  COUNTER_PACKETS_BAD,
  COUNTER_PACKETS_IN,
  COUNTER_PACKETS_OUT,
  COUNTER_RESETS_OUT,
  COUNTER_SEGMENTS_IN,
  COUNTER_SEGMENTS_OUT,
  COUNTER_SEGMENTS_RETRANSMITTED,
  COUNTER_SEGMENTS_RETRANSMITTED_FAST,
  COUNTER_SYNS_DROPPED,
  COUNTER_TIME_WAIT,
  COUNTER_TLS,
  COUNTER_UDP_SOCKETS,
  TRACE_RECORD,
  TRACE_SEGMENT_IN,
  TRACE_SEGMENT_OUT,
} from '../../assembly/abi/constants.js';
import { formatAddress } from '../core/address.js';
import type { Core } from '../core/core.js';

/** Sums since the stack was made, and what is in use now (`connections`, `listeners`, `tls`, `udpSockets`, `bufferBytes`). */
export interface Counters {
  packetsIn: number;
  packetsOut: number;
  /** Dropped: malformed, or a wrong checksum. */
  packetsBad: number;
  segmentsIn: number;
  segmentsOut: number;
  segmentsRetransmitted: number;
  /** Of these: because ACKs said that they were lost, and not because time had passed. */
  segmentsRetransmittedFast: number;
  resetsOut: number;
  challengeAcks: number;
  /** Dropped because a listener's queue was full. */
  synsDropped: number;
  /** SYN-ACKs with a cookie (RFC 4987 §3.6), connections that one opened, ACKs that only looked like it. */
  cookiesSent: number;
  cookiesAccepted: number;
  cookiesFailed: number;
  /** In all states, the next two included. */
  connections: number;
  /** Handshakes under way, of connections that others opened. */
  halfOpen: number;
  /** Closed by their users, and not yet finished with their peers. */
  orphans: number;
  /** Closed by both sides and by their users, waiting for old segments to die. */
  timeWait: number;
  listeners: number;
  /** Bytes of send and receive buffers. */
  bufferBytes: number;
  /** Bytes of linear memory that have been taken so far, of those that `memoryLimit` allows. What is free again is used again. */
  memoryTaken: number;
  /** Record layers of TLS. */
  tls: number;
  /** Packets for others: passed on, and dropped (no route, no hops left, too large, no room). */
  forwarded: number;
  forwardDropped: number;
  /** UDP: for sockets or not, malformed ones left out. */
  datagramsIn: number;
  datagramsOut: number;
  /** Of `packetsBad`: a wrong length or checksum of UDP. */
  datagramsBad: number;
  /** Nobody's: no socket is there for them. */
  datagramsUnclaimed: number;
  /** Their socket's buffer was full, or memory scarce. */
  datagramsDropped: number;
  udpSockets: number;
}

/** One decision of the core. */
export interface TraceRecord {
  /** Milliseconds on the stack's clock. */
  time: number;
  /** Names the connection; 0 while it is half-open and in TIME-WAIT without a user, when its ends must do. */
  handle: number;
  /** A segment that came in, one that went out, or a change of state without a segment (a call, a timer). */
  kind: 'in' | 'out' | 'state';
  /** State of the connection before and after, by its RFC 9293 name. */
  before: StateName;
  after: StateName;
  /** The TCP header's flags, FIN in the lowest bit. */
  flags: number;
  seq: number;
  ack: number;
  /** Bytes of payload. */
  length: number;
  /** The window in bytes, scaling applied. */
  window: number;
  localPort: number;
  remotePort: number;
  /** IPv4 address of the other side. */
  remoteAddress: string;
}

export type StateName = (typeof STATE_NAMES)[number];

export function readCounters(core: Core): Counters {
  const read = (which: number) => core.calls.counter(which);
  return {
    packetsIn: read(COUNTER_PACKETS_IN),
    packetsOut: read(COUNTER_PACKETS_OUT),
    packetsBad: read(COUNTER_PACKETS_BAD),
    segmentsIn: read(COUNTER_SEGMENTS_IN),
    segmentsOut: read(COUNTER_SEGMENTS_OUT),
    segmentsRetransmitted: read(COUNTER_SEGMENTS_RETRANSMITTED),
    segmentsRetransmittedFast: read(COUNTER_SEGMENTS_RETRANSMITTED_FAST),
    resetsOut: read(COUNTER_RESETS_OUT),
    challengeAcks: read(COUNTER_CHALLENGE_ACKS),
    synsDropped: read(COUNTER_SYNS_DROPPED),
    cookiesSent: read(COUNTER_COOKIES_SENT),
    cookiesAccepted: read(COUNTER_COOKIES_ACCEPTED),
    cookiesFailed: read(COUNTER_COOKIES_FAILED),
    connections: read(COUNTER_CONNECTIONS),
    halfOpen: read(COUNTER_HALF_OPEN),
    orphans: read(COUNTER_ORPHANS),
    timeWait: read(COUNTER_TIME_WAIT),
    listeners: read(COUNTER_LISTENERS),
    bufferBytes: read(COUNTER_BUFFER_BYTES),
    memoryTaken: read(COUNTER_MEMORY_TAKEN),
    tls: read(COUNTER_TLS),
    forwarded: read(COUNTER_FORWARDED),
    forwardDropped: read(COUNTER_FORWARD_DROPPED),
    datagramsIn: read(COUNTER_DATAGRAMS_IN),
    datagramsOut: read(COUNTER_DATAGRAMS_OUT),
    datagramsBad: read(COUNTER_DATAGRAMS_BAD),
    datagramsUnclaimed: read(COUNTER_DATAGRAMS_UNCLAIMED),
    datagramsDropped: read(COUNTER_DATAGRAMS_DROPPED),
    udpSockets: read(COUNTER_UDP_SOCKETS),
  };
}

/** The state of every connection that the host holds. */
export function readStates(core: Core): StateName[] {
  const states: StateName[] = [];
  for (let handle = core.calls.tcpNext(0); handle !== 0; handle = core.calls.tcpNext(handle)) {
    states.push(STATE_NAMES[core.calls.tcpState(handle)] ?? 'Closed');
  }
  return states;
}

/** Takes the records out of the ring, oldest first. */
export function takeTrace(core: Core): { records: TraceRecord[]; dropped: number } {
  const records: TraceRecord[] = [];
  let dropped = 0;
  for (let count = core.calls.traceTake(); count > 0; count = core.calls.traceTake()) {
    const address = core.result(0);
    dropped += core.result(1);
    const view = new DataView(core.memory.buffer, address, count * TRACE_RECORD);
    for (let index = 0; index < count; index++) records.push(decode(view, index * TRACE_RECORD));
  }
  return { records, dropped };
}

/** The layout is drawn in `assembly/trace/trace.ts`. */
function decode(view: DataView, at: number): TraceRecord {
  const byte = (offset: number) => view.getUint8(at + offset);
  const word = (offset: number) => view.getUint32(at + offset, true);
  const kind = byte(12);
  return {
    time: view.getFloat64(at, true),
    handle: word(8),
    kind: kind === TRACE_SEGMENT_IN ? 'in' : kind === TRACE_SEGMENT_OUT ? 'out' : 'state',
    before: STATE_NAMES[byte(13)] ?? 'Closed',
    after: STATE_NAMES[byte(14)] ?? 'Closed',
    flags: byte(15),
    seq: word(16),
    ack: word(20),
    length: word(24),
    window: word(28),
    localPort: view.getUint16(at + 32, true),
    remotePort: view.getUint16(at + 34, true),
    remoteAddress: formatAddress(new Uint8Array(view.buffer, view.byteOffset + at + 40, 16)),
  };
}

/** By `STATE_*`. */
const STATE_NAMES = [
  'Closed',
  'Listen',
  'SynSent',
  'SynReceived',
  'Established',
  'FinWait1',
  'FinWait2',
  'CloseWait',
  'Closing',
  'LastAck',
  'TimeWait',
] as const;
