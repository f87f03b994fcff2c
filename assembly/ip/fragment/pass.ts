// Packets of others that the next link does not take in one piece, and that may be cut (RFC 791 §3.2, RFC 1812 §5.2.6): IPv4
// only, IPv6 routers never do. All fragments go, or none. Not for: packets of our own (fragment/send.ts).

import { load16, store16 } from '../../memory/bytes';
import { complement, sum } from '../checksum';
import { HEADER4, headerLength } from '../header4';
import { linkSend, packetBegin } from '../output';
import { transmitFits } from '../transmit';
import { writePlain } from '../virtio';

/** Passes on the packet at `from`, a hop older, in fragments of at most `mtu` bytes; false when there is no room for all. */
export function passFragmented(
  interfaceNumber: u32,
  from: usize,
  length: u32,
  mtu: u32,
  toHigh: u64,
  toLow: u64,
): bool {
  const header = headerLength(from);
  const most = (mtu - header) & ~7;
  const size = length - header;
  if (!transmitFits(interfaceNumber, (size + most - 1) / most, header + most)) return false;
  const field = load16(from + 6);
  for (let at: u32 = 0; at < size; at += most) {
    const bytes = min(most, size - at);
    const packet = packetBegin(interfaceNumber, header + bytes);
    writePlain(packet);
    const own = at == 0 ? header : laterHeader(packet, from, header);
    if (at == 0) memory.copy(packet, from, header);
    memory.copy(packet + own, from + header + at, bytes);
    const more = at + bytes < size ? MORE_FRAGMENTS : 0;
    finish(packet, own, own + bytes, (field + (at >> 3)) | more);
    linkSend(interfaceNumber, packet, own + bytes, toHigh, toLow);
  }
  return true;
}

/** The header of all fragments but the first: of its options only those that say so are copied (RFC 791 §3.1). */
function laterHeader(packet: usize, from: usize, header: u32): u32 {
  memory.copy(packet, from, HEADER4);
  let end = packet + HEADER4;
  for (let at = from + HEADER4; at < from + header && load<u8>(at) != END_OF_OPTIONS; ) {
    const kind = load<u8>(at);
    const left = <u32>(from + header - at);
    const length: u32 = kind == NO_OPERATION || left == 1 ? 1 : max<u32>(load<u8>(at, 1), 2);
    if (length > left) break;
    if (kind & COPIED) {
      memory.copy(end, at, length);
      end += length;
    }
    at += length;
  }
  while ((end - packet) & 3) store<u8>(end++, END_OF_OPTIONS);
  return <u32>(end - packet);
}

function finish(packet: usize, header: u32, length: u32, field: u32): void {
  store<u8>(packet, <u8>(0x40 | (header >> 2)));
  store16(packet + 2, length);
  store16(packet + 6, field);
  store<u8>(packet, load<u8>(packet, 8) - 1, 8);
  store<u16>(packet, 0, 10);
  store<u16>(packet, complement(sum(packet, header)), 10);
}

const MORE_FRAGMENTS: u32 = 0x2000;
const END_OF_OPTIONS: u8 = 0;
const NO_OPERATION: u8 = 1;
/** The bit of an option that every fragment has. */
const COPIED: u8 = 0x80;
