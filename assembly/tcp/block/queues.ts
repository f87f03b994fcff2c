// What waits in a connection, both ways, for a user who looks for himself instead of being told: counted, or read without
// being taken. Also where records end. Not for: taking it (tcp/calls.ts).

import { ERROR_NO_BUFFERS, ERROR_STALE_HANDLE } from '../../abi/constants';
import { setResult } from '../../memory/map';
import { ringAddress, ringContiguous } from '../../memory/ring';
import { seqGt, seqLe, seqMin } from '../seq';
import { FIN_QUEUED, FIN_REACHED, FIN_SENT, Tcb, tcbFind, unread } from '../tcb';
import { burst, sendSize } from './buffers';
import { pieceAt } from './pieces';
import { Rare, RECORDS, rareTake, recordPlace } from './rare';

/**
 * Answers STATE_*. result[0] = bytes not received by the user, [1] = bytes not acknowledged, [2] = bytes not sent, [3] =
 * bytes the send buffer may hold, [4] = 1 once the peer's FIN is reached, [5] = bytes the receive buffer may hold, [6] = bytes
 * that go out together at most. A FIN of ours counts as a byte.
 */
export function tcpQueues(handle: u32): i32 {
  const tcb = tcbFind(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const queued = tcb.sendRing.length;
  setResult(0, unread(tcb));
  setResult(1, queued + finOutstanding(tcb));
  setResult(2, unsent(tcb) + (tcb.has(FIN_QUEUED) && !tcb.has(FIN_SENT) ? 1 : 0));
  setResult(3, sendSize(tcb));
  setResult(4, tcb.has(FIN_REACHED) ? 1 : 0);
  setResult(5, tcb.receiveSize);
  setResult(6, burst(tcb));
  return tcb.state;
}

/** As `tcpReceive`, but what is read stays where it is. */
export function tcpPeek(handle: u32, limit: u32): i32 {
  const tcb = tcbFind(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const length = min(unread(tcb), limit);
  setResult(0, unread(tcb) - length);
  setResult(1, tcb.receiveRing.length > 0 ? peekRing(tcb, length) : peekPieces(tcb, length));
  return <i32>length;
}

/**
 * What is queued ends a record: no segment carries bytes from both sides of this place (send(2), MSG_EOR). When there are
 * too many such places one is passed over.
 */
export function tcpRecordEnd(handle: u32): i32 {
  const tcb = tcbFind(handle);
  if (tcb == null) return ERROR_STALE_HANDLE;
  const rare = rareTake(tcb);
  if (rare == null) return ERROR_NO_BUFFERS;
  const end = tcb.sndUna + tcb.sendRing.length;
  const known = rare.recordCount > 0 && load<u32>(recordPlace(rare, rare.recordCount - 1)) == end;
  if (!known && rare.recordCount < RECORDS) store<u32>(recordPlace(rare, rare.recordCount++), end);
  return 0;
}

/** How many of `length` bytes from `firstSeq` on belong to one record. */
export function recordLength(tcb: Tcb, firstSeq: u32, length: u32): u32 {
  if (tcb.rare == 0) return length;
  const rare = changetype<Rare>(tcb.rare);
  for (let index: u32 = 0; index < rare.recordCount; index++) {
    const end = load<u32>(recordPlace(rare, index));
    if (seqGt(end, firstSeq)) return seqMin(end, firstSeq + length) - firstSeq;
  }
  return length;
}

/** SND.UNA has moved: records that it has passed are forgotten. */
export function recordsAcknowledged(tcb: Tcb): void {
  const rare = changetype<Rare>(tcb.rare);
  let passed: u32 = 0;
  while (passed < rare.recordCount && seqLe(load<u32>(recordPlace(rare, passed)), tcb.sndUna)) passed++;
  if (passed == 0) return;
  rare.recordCount -= passed;
  memory.copy(recordPlace(rare, 0), recordPlace(rare, passed), (<usize>rare.recordCount) << 2);
}

/** Bytes of the send ring that have never been sent. */
export function unsent(tcb: Tcb): u32 {
  const sent = tcb.sndNxt - tcb.sndUna;
  return tcb.sendRing.length > sent ? tcb.sendRing.length - sent : 0;
}

/** 1 while our FIN waits or is not acknowledged. */
function finOutstanding(tcb: Tcb): u32 {
  if (!tcb.has(FIN_QUEUED)) return 0;
  return tcb.has(FIN_SENT) && tcb.sndUna == tcb.sndNxt ? 0 : 1;
}

function peekRing(tcb: Tcb, length: u32): u32 {
  const ring = tcb.receiveRing;
  const first = ringContiguous(ring, 0, length);
  setPiece(0, ringAddress(ring, 0), first);
  if (first == length) return 1;
  setPiece(1, ring.base, length - first);
  return 2;
}

function peekPieces(tcb: Tcb, length: u32): u32 {
  let count: u32 = 0;
  for (let number: u32 = tcb.pieceFirst; number != 0 && length > 0; ) {
    const piece = pieceAt(number);
    const size = min(piece.length, length);
    setPiece(count++, piece.address, size);
    length -= size;
    number = piece.next;
  }
  return count;
}

/** The place of a piece in the result area, after what `tcpReceive` answers. */
export function setPiece(index: u32, address: usize, length: u32): void {
  setResult(2 + 2 * index, <u32>address);
  setResult(3 + 2 * index, length);
}
