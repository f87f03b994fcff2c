// One fragment in memory, and its place among those that have come (an equal of the hole descriptors of RFC 815: the
// fragments are kept in order, and what is missing lies between them).
// Not for: how much may be kept (fragment/packets.ts).

import { slabSize } from '../../memory/slab';
import { mayAnswer } from '../icmp/errors';
import { REASSEMBLY_EXCEEDED } from '../icmp/kinds';
import { incoming } from '../incoming';
import { fragmentedTake } from './packets';
import { FRAGMENTED_ANSWERABLE, Fragmented, PIECE, PIECES, Piece } from './records';

/** Keeps `incoming` among the fragments of a packet. Answers PIECE_*. */
export function pieceInsert(packet: Fragmented): u32 {
  const at = incoming.fragmentAt;
  const end = at + incoming.size;
  if (!agreesOnEnd(packet, end)) return PIECE_CONFLICT;
  const before = pieceBefore(packet, at);
  const behind = before == 0 ? packet.first : changetype<Piece>(before).next;
  if (before != 0 && changetype<Piece>(before).end > at) return PIECE_CONFLICT;
  if (behind != 0) {
    const other = changetype<Piece>(behind);
    if (other.at < end) return isSame(other) ? PIECE_DUPLICATE : PIECE_CONFLICT;
  }
  if (packet.pieces == PIECES) return PIECE_CONFLICT;
  const piece = keep(packet);
  if (piece == null) return PIECE_NO_ROOM;
  piece.next = behind;
  if (before == 0) packet.first = changetype<usize>(piece);
  else changetype<Piece>(before).next = changetype<usize>(piece);
  if (behind == 0) packet.last = changetype<usize>(piece);
  packet.pieces++;
  packet.have += piece.size;
  packet.largest = max(packet.largest, incoming.length);
  packet.congestion |= 1 << (incoming.service & 3);
  if (incoming.fragmentMore == 0) packet.total = end;
  if (at == 0 && mayAnswer(REASSEMBLY_EXCEEDED)) packet.flags |= FRAGMENTED_ANSWERABLE;
  return PIECE_KEPT;
}

/** Nothing lies behind the last fragment, and there is one last fragment only. */
function agreesOnEnd(packet: Fragmented, end: u32): bool {
  if (incoming.fragmentMore != 0) return packet.total == 0 || end < packet.total;
  if (packet.total != 0) return packet.total == end;
  return packet.last == 0 || changetype<Piece>(packet.last).end <= end;
}

/** The last fragment that begins before `at`, 0 when there is none. They mostly come in order. */
function pieceBefore(packet: Fragmented, at: u32): usize {
  if (packet.last != 0 && changetype<Piece>(packet.last).at < at) return packet.last;
  let before: usize = 0;
  for (let next = packet.first; next != 0 && changetype<Piece>(next).at < at; next = changetype<Piece>(next).next)
    before = next;
  return before;
}

/** Networks duplicate packets: the same bytes in the same place are no attack (RFC 8200 §4.5). */
function isSame(piece: Piece): bool {
  if (piece.at != incoming.fragmentAt || piece.size != incoming.size) return false;
  return memory.compare(piece.payload, incoming.payload, piece.size) == 0;
}

function keep(packet: Fragmented): Piece | null {
  // With the first one all headers are kept: the whole packet begins with them, and errors quote them.
  const header = incoming.fragmentAt == 0 ? <u32>(incoming.payload - incoming.packet) : 0;
  const block = slabSize(<u32>PIECE + header + incoming.size);
  const address = fragmentedTake(packet, block);
  if (address == 0) return null;
  const piece = changetype<Piece>(address);
  piece.at = incoming.fragmentAt;
  piece.size = incoming.size;
  piece.header = header;
  piece.block = block;
  memory.copy(piece.packet, incoming.payload - header, header + incoming.size);
  return piece;
}

export const PIECE_KEPT: u32 = 0;
export const PIECE_DUPLICATE: u32 = 1;
/** It says something else than another fragment of its packet. */
export const PIECE_CONFLICT: u32 = 2;
export const PIECE_NO_ROOM: u32 = 3;
