// Reassembly: fragments come in any order, more than once, in part, or made up; a packet goes on when all of it is there
// (RFC 791 §3.2, RFC 815, RFC 8200 §4.5). Fragments that overlap end their packet in both families (RFC 5722, RFC 8900 §4.5;
// RFC 791 would take the newer bytes, which nobody needs but those who hide something).
//
//   ip/input ─ a fragment ─→ possible? ─→ its packet ─→ its place ─→ whole? ─→ ip/input goes on with the packet
//
// Not for: bounds and eviction (fragment/packets.ts), deadlines (fragment/expire.ts).

import { COUNTER_FRAGMENTS_IN, COUNTER_PACKETS_BAD, COUNTER_REASSEMBLED } from '../../abi/constants';
import { store16 } from '../../memory/bytes';
import { count } from '../../memory/counters';
import { slabSize } from '../../memory/slab';
import { complement, sum } from '../checksum';
import { HEADER6 } from '../header6';
import { icmpErrorOwe } from '../icmp/errors';
import { CHAIN_INCOMPLETE, PARAMETER } from '../icmp/kinds';
import { INCOMING_CHECKSUM_KNOWN, INCOMING_FRAGMENT, INCOMING_REASSEMBLED, incoming } from '../incoming';
import { nextHeaderAt, reachesPayload } from './chain';
import { fragmentedAbandon, fragmentedFind, fragmentedFree, fragmentedNew, fragmentedTake, wholeKeep } from './packets';
import { PIECE_CONFLICT, PIECE_KEPT, PIECE_NO_ROOM, pieceInsert } from './pieces';
import { FRAGMENT_HEADER, FRAGMENTED_ABANDONED, Fragmented, Piece } from './records';

/** Takes the fragment that `incoming` is. True: with it a packet is whole, and `incoming` is that packet now. */
export function reassemble(): bool {
  count(COUNTER_FRAGMENTS_IN);
  if (!isPossible()) {
    count(COUNTER_PACKETS_BAD);
    return false;
  }
  let packet = fragmentedFind();
  if (packet == null) packet = fragmentedNew();
  if (packet == null || packet.has(FRAGMENTED_ABANDONED)) return false;
  const outcome = pieceInsert(packet);
  if (outcome == PIECE_CONFLICT || outcome == PIECE_NO_ROOM) fragmentedAbandon(packet);
  if (outcome != PIECE_KEPT || packet.total == 0 || packet.have != packet.total) return false;
  const whole = putTogether(packet);
  if (!whole) fragmentedAbandon(packet);
  else fragmentedFree(packet);
  return whole;
}

/** False: nobody sends such a fragment. */
function isPossible(): bool {
  if (incoming.size == 0) return false;
  const uneven = incoming.fragmentMore != 0 && (incoming.size & 7) != 0;
  const end = incoming.fragmentAt + incoming.size;
  if (incoming.family == 4) return !uneven && <u32>(incoming.payload - incoming.packet) + end <= PACKET_MOST;
  // RFC 8200 §4.5 says of each what its sender is told.
  if (uneven) return refuse(PARAMETER, PAYLOAD_LENGTH_AT);
  const header = <u32>(incoming.payload - incoming.packet) - FRAGMENT_HEADER;
  if (header > HEADER_MOST) return false;
  if (header - HEADER6 + end > PACKET_MOST) return refuse(PARAMETER, header + OFFSET_AT);
  const first = incoming.fragmentAt == 0;
  return !first || reachesPayload(incoming.protocol, incoming.payload, incoming.size) || refuse(CHAIN_INCOMPLETE, 0);
}

function refuse(kind: u32, pointer: u32): bool {
  icmpErrorOwe(kind, pointer);
  return false;
}

/** All fragments in one piece, in a block of its own. False: there is no memory, or the packet would be too large. */
function putTogether(packet: Fragmented): bool {
  const first = changetype<Piece>(packet.first);
  const six = incoming.family == 6;
  const header = six ? first.header - FRAGMENT_HEADER : first.header;
  if ((six ? header - HEADER6 : header) + packet.total > PACKET_MOST || !congestionFits(packet)) return false;
  const size = slabSize(<u32>WHOLE + header + packet.total);
  const block = fragmentedTake(packet, size);
  if (block == 0) return false;
  const start = block + WHOLE;
  memory.copy(start, first.packet, header);
  for (let at = packet.first; at != 0; at = changetype<Piece>(at).next) {
    const piece = changetype<Piece>(at);
    memory.copy(start + header + piece.at, piece.payload, piece.size);
  }
  describe(packet, start, header, first);
  wholeKeep(packet, block, size);
  count(COUNTER_REASSEMBLED);
  return true;
}

/** `incoming` is the whole packet, and its header says so. */
function describe(packet: Fragmented, start: usize, header: u32, first: Piece): void {
  incoming.packet = start;
  incoming.largest = packet.largest;
  incoming.length = header + packet.total;
  incoming.payload = start + header;
  incoming.size = packet.total;
  incoming.flags = (incoming.flags & ~(INCOMING_FRAGMENT | INCOMING_CHECKSUM_KNOWN)) | INCOMING_REASSEMBLED;
  incoming.service = (incoming.service & ~3) | congestionOf(packet);
  if (incoming.family == 4) {
    store<u8>(start, <u8>incoming.service, 1);
    store16(start + 2, incoming.length);
    store16(start + 6, 0);
    store<u16>(start, 0, 10);
    store<u16>(start, complement(sum(start, header)), 10);
    return;
  }
  // The first fragment decides what follows (RFC 8200 §4.5).
  incoming.protocol = load<u8>(first.payload - FRAGMENT_HEADER);
  store16(start + 4, incoming.length - HEADER6);
  store<u8>(nextHeaderAt(start, incoming.payload), <u8>incoming.protocol);
}

/** RFC 3168 §5.3: a mark of one fragment is one of the packet, unless others came from a sender that knows no marks. */
function congestionFits(packet: Fragmented): bool {
  return (packet.congestion & (NO_ECN | MARKED)) != (NO_ECN | MARKED);
}

function congestionOf(packet: Fragmented): u32 {
  if (packet.congestion & MARKED) return 3;
  // Of fragments that say different things, the first one counts, which is the lowest here.
  return <u32>ctz(packet.congestion);
}

/** Before a whole packet: where the next block lies, and the size of this one. */
const WHOLE: usize = 16;
/** Total Length and Payload Length have sixteen bits. */
const PACKET_MOST: u32 = 65_535;
/** Headers before a Fragment header: longer ones are nobody's (RFC 8504 §5.3). */
const HEADER_MOST: u32 = 1_024;
const PAYLOAD_LENGTH_AT: u32 = 4;
/** Where the offset lies in a Fragment header. */
const OFFSET_AT: u32 = 2;
const NO_ECN: u32 = 1 << 0;
const MARKED: u32 = 1 << 3;
