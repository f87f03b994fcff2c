// Where records come from and where they go: the rings of a TCP connection, or two rings of the record layer's own, which
// the host fills and empties.
//
//   attached   receive ring of the Tcb → open      seal → send ring of the Tcb
//   own        tlsReserve, tlsCommit → ring → open      seal → ring → tlsTake
//
// Not for: what a record is.

import { ERROR_INVALID, ERROR_NO_BUFFERS, ERROR_STALE_HANDLE, TLS_APPLICATION_DATA } from '../abi/constants';
import { setResult } from '../memory/map';
import { Ring, ringAddress, ringConsume, ringContiguous, ringEnsure, ringExtend, ringFree } from '../memory/ring';
import { sendFull, sendRoom, sendSize, sendStorage } from '../tcp/block/buffers';
import { piecesSettle } from '../tcp/block/pieces';
import { setPiece, unsent } from '../tcp/block/queues';
import { held, taken, writable, written } from '../tcp/block/stream';
import { flowEnsure } from '../tcp/congestion/flow';
import { Tcb } from '../tcp/tcb';
import { Tls, tlsFind } from './state';

/** Own rings: how many of `wanted` bytes of ciphertext may be put at result[0]; 0: what is there has to be opened first. */
export function tlsReserve(handle: u32, wanted: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  if (tls.connection != 0) return ERROR_INVALID;
  const ring = tls.incoming;
  const size = min(wanted, INCOMING_LIMIT - ring.length);
  if (size == 0) return 0;
  if (!ringEnsure(ring, ring.length + size)) return ERROR_NO_BUFFERS;
  setResult(0, <u32>ringAddress(ring, ring.length));
  return <i32>ringContiguous(ring, ring.length, size);
}

/** Own rings: `length` bytes, not more than were reserved, have been put there. */
export function tlsCommit(handle: u32, length: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  const ring = tls.incoming;
  if (tls.connection != 0 || length > min(INCOMING_LIMIT, ring.capacity) - ring.length) return ERROR_INVALID;
  ring.length += length;
  return 0;
}

/**
 * Own rings: takes up to `limit` bytes of ciphertext. Answers how many; the result area as after `tcpReceive`. Pieces stay
 * valid until the next call on this handle.
 */
export function tlsTake(handle: u32, limit: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  if (tls.connection != 0) return ERROR_INVALID;
  const ring = tls.outgoing;
  const length = min(limit, ring.length);
  if (ring.length == 0) ringFree(ring);
  setResult(1, putPieces(ring, 0, length, 0));
  ringConsume(ring, length);
  setResult(0, ring.length);
  return <i32>length;
}

/** Bytes of records that were sealed and are not on their way: not taken, or not sent by TCP. */
export function tlsBacklog(handle: u32): i32 {
  const tls = tlsFind(handle);
  if (tls == null) return ERROR_STALE_HANDLE;
  if (tls.connection == 0) return <i32>tls.outgoing.length;
  const tcb = held(tls.connection);
  return tcb == null ? 0 : <i32>unsent(tcb);
}

/**
 * The ring that records come from, all that has arrived in it; null: the connection is gone, or memory has run out, in
 * which case it will be before long.
 */
export function incomingRing(tls: Tls): Ring | null {
  if (tls.connection == 0) return tls.incoming;
  const tcb = held(tls.connection);
  if (tcb == null || (tcb.pieceBytes > 0 && !piecesSettle(tcb))) return null;
  return tcb.receiveRing;
}

/** Records have been taken from the ring that they come from. */
export function incomingTaken(tls: Tls): void {
  if (tls.connection != 0) taken(changetype<Tcb>(held(tls.connection)));
}

/** Nothing is taken from a ring of its own any more: its storage goes back. */
export function incomingIdle(tls: Tls): void {
  if (tls.connection == 0 && tls.incoming.length == 0) ringFree(tls.incoming);
}

/** Whether records may be put behind the others: 0, or an ERROR_*. */
export function outgoingOpen(tls: Tls): i32 {
  if (tls.connection == 0) return 0;
  const tcb = held(tls.connection);
  return tcb == null ? ERROR_STALE_HANDLE : writable(tcb);
}

/** The ring that records go to. */
export function outgoingRing(tls: Tls): Ring {
  return tls.connection == 0 ? tls.outgoing : changetype<Tcb>(held(tls.connection)).sendRing;
}

/** Bytes of records that may be put behind the others. All but application data may go beyond what the buffer holds. */
export function outgoingRoom(tls: Tls, type: u32): u32 {
  const beyond = type == TLS_APPLICATION_DATA ? 0 : BEYOND;
  if (tls.connection == 0) return room(tls.outgoing.length, OUTGOING_LIMIT + beyond);
  const tcb = changetype<Tcb>(held(tls.connection));
  return beyond == 0 ? sendRoom(tcb) : room(tcb.sendRing.length, sendSize(tcb) + beyond);
}

/** Makes room for `size` bytes behind the other records; for fewer of application data where memory is short. False: for none. */
export function outgoingStorage(tls: Tls, type: u32, size: u32): bool {
  const ring = outgoingRing(tls);
  const isData = type == TLS_APPLICATION_DATA;
  if (tls.connection == 0) return isData ? ringExtend(ring, size) : ringEnsure(ring, ring.length + size);
  const tcb = changetype<Tcb>(held(tls.connection));
  return isData ? sendStorage(tcb, size) : flowEnsure(tcb) && ringEnsure(ring, ring.length + size);
}

/** A record of `size` bytes has been put behind the others. */
export function outgoingPut(tls: Tls, size: u32): void {
  if (tls.connection == 0) tls.outgoing.length += size;
  else written(changetype<Tcb>(held(tls.connection)), size);
}

/** The user finds less room for application data than it wanted: EVENT_DRAIN follows. */
export function outgoingFull(tls: Tls): void {
  if (tls.connection != 0) sendFull(changetype<Tcb>(held(tls.connection)));
}

/** Names `length` bytes of a ring in the result area, behind `count` pieces; answers how many there are then. */
export function putPieces(ring: Ring, offset: u32, length: u32, count: u32): u32 {
  if (length == 0) return count;
  const first = ringContiguous(ring, offset, length);
  setPiece(count++, ringAddress(ring, offset), first);
  if (first < length) setPiece(count++, ring.base, length - first);
  return count;
}

function room(used: u32, limit: u32): u32 {
  return used < limit ? limit - used : 0;
}

/** Ciphertext in a ring of its own: 64 KiB, and one record of the largest size that has not come as a whole. */
const INCOMING_LIMIT: u32 = 65_536 + 5 + 16_384 + 2_048;
/** Application data in a ring of its own, with what protects it. */
const OUTGOING_LIMIT: u32 = 1 << 18;
/** Handshakes, alerts and changes of keys go beyond that, and beyond the send buffer of a connection, by so many bytes. */
const BEYOND: u32 = 160 << 10;
