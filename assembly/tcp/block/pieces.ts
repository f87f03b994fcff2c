// Bytes that stay in the slots they arrived in until the user takes them, which saves a copy. A piece lives for one
// batch: what is still there when output follows is moved to the receive ring, for the host fills the slots again.
//
//   piece   connection u32 | next u32 (1 + index, 0: last) | address u32 | length u32
//
// A connection has pieces only while its receive ring is empty, so ring and pieces never interleave.
//
// What has just been read for its checksum is in the nearest cache. To move it to the end of what the packet before has brought,
// over its own headers, costs less than to have it copied out as a piece of its own:
//
//   arena   │ headers │ text of a packet │ text of the next │ …
//
// Header-data split: nothing but its reader looks at a piece. So a device may put the headers of a large segment where the core
// expects them, and its data straight into memory that the reader will get; `input` stops before a packet for which that won't do.
//
//   arena   │ virtio │ IP │ TCP │    the place of the data, empty    │
//   host                        │ data                               │

import { BATCH_LIMIT } from '../../abi/limits';
import { isOurs } from '../../ip/addresses';
import { INCOMING_CHECKSUM_KNOWN, INCOMING_REASSEMBLED, incoming } from '../../ip/incoming';
import { checksumKnown } from '../../ip/virtio';
import { PIECES_BASE } from '../../memory/map';
import { ringEnsure, ringWrite } from '../../memory/ring';
import { state } from '../../memory/state';
import { controlBits, dataOffset, SYN, sequenceNumber } from '../header';
import { segment } from '../segment';
import { tableFind } from '../table';
import { PAUSED, Tcb, WHOLE_RECORDS } from '../tcb';
import { tupleOf } from './ahead';
import { CONNECTION } from './endpoint';

@unmanaged
export class Piece {
  owner: usize; // 0: taken
  next: u32;
  address: usize;
  length: u32;
}

/** Whether a connection may keep bytes in their slot. */
export function piecePossible(tcb: Tcb): bool {
  return tcb.receiveRing.length == 0 && tcb.reassembly == 0 && state.pieceCount < BATCH_LIMIT;
}

/** Keeps the next `length` bytes of a connection, which lie in the slot of `incoming`. */
export function pieceAppend(tcb: Tcb, address: usize, length: u32): void {
  if (isNear(tcb, length)) pieceExtend(pieceAt(tcb.pieceLast), address, length);
  else pieceNew(tcb, address, length);
  tcb.pieceBytes += length;
  state.piecePlace = incoming.has(INCOMING_REASSEMBLED) ? 0 : incoming.place;
}

/**
 * Whether text may be moved to the end of the connection's last piece: there must be nothing in between that somebody still looks at,
 * and it must have been read.
 */
function isNear(tcb: Tcb, length: u32): bool {
  const isNewest = tcb.pieceLast != 0 && tcb.pieceLast == state.pieceCount;
  if (!isNewest || incoming.place != state.piecePlace + 1) return false;
  return length <= MOVED && !incoming.has(INCOMING_CHECKSUM_KNOWN | INCOMING_REASSEMBLED);
}

function pieceExtend(piece: Piece, address: usize, length: u32): void {
  memory.copy(piece.address + piece.length, address, length);
  piece.length += length;
}

function pieceNew(tcb: Tcb, address: usize, length: u32): void {
  const number = ++state.pieceCount;
  const piece = pieceAt(number);
  piece.owner = changetype<usize>(tcb);
  piece.next = 0;
  piece.address = address;
  piece.length = length;
  if (tcb.pieceFirst == 0) tcb.pieceFirst = <u8>number;
  else pieceAt(tcb.pieceLast).next = number;
  tcb.pieceLast = <u8>number;
}

/** The piece with a number from 1 on. */
export function pieceAt(number: u32): Piece {
  return changetype<Piece>(PIECES_BASE + <usize>((number - 1) * PIECE_SIZE));
}

/** Takes `length` bytes off the first piece, which has them. */
export function pieceConsume(tcb: Tcb, length: u32): void {
  const piece = pieceAt(tcb.pieceFirst);
  tcb.pieceBytes -= length;
  piece.address += length;
  piece.length -= length;
  if (piece.length > 0) return;
  piece.owner = 0;
  tcb.pieceFirst = <u8>piece.next;
  if (piece.next == 0) tcb.pieceLast = 0;
}

/** Forgets the pieces of a connection: taken, or of no use any more. */
export function piecesDrop(tcb: Tcb): void {
  for (let number: u32 = tcb.pieceFirst; number != 0; ) {
    const piece = pieceAt(number);
    piece.owner = 0;
    number = piece.next;
  }
  tcb.pieceFirst = 0;
  tcb.pieceLast = 0;
  tcb.pieceBytes = 0;
}

/** Moves the pieces of a connection to its receive ring; false when memory has run out (nothing is moved). */
export function piecesSettle(tcb: Tcb): bool {
  const ring = tcb.receiveRing;
  if (!ringEnsure(ring, ring.length + tcb.pieceBytes)) return false;
  for (let number: u32 = tcb.pieceFirst; number != 0; ) {
    const piece = pieceAt(number);
    ringWrite(ring, ring.length, piece.address, piece.length);
    ring.length += piece.length;
    number = piece.next;
  }
  piecesDrop(tcb);
  return true;
}

/**
 * Whether taking this packet of IP reads no data that is elsewhere: not its own, if `headers` bytes of it are all that is here (0:
 * all of it is), nor that of pieces before it.
 */
export function splitPossible(packet: usize, length: u32, interfaceNumber: u32, headers: u32): bool {
  const tcp = tupleOf(packet, length, interfaceNumber);
  if (tcp == 0) return false;
  const end = tableFind(segment.ends, segment.localPort, segment.remotePort);
  if (end == null || end.kind != CONNECTION) return headers == 0;
  const tcb = changetype<Tcb>(end);
  if (headers == 0) return tcb.pieceBytes == 0;
  const isNext = sequenceNumber(tcp) == tcb.rcvNxt && !(controlBits(tcp) & SYN);
  if (!isNext || tcb.has(PAUSED | WHOLE_RECORDS) || !piecePossible(tcb)) return false;
  const isBehindHeaders = tcp + <usize>dataOffset(tcp) == packet + <usize>headers;
  return isBehindHeaders && checksumKnown(packet) && isOurs(segment.localHigh, segment.localLow);
}

const PIECE_SIZE: u32 = 16;
/** Text that is worth moving: of packets of 1,500 bytes. */
const MOVED: u32 = 2048;
