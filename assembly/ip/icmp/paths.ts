// What is known of paths: the largest packet that some destinations take, and when that was learnt (RFC 1191 §6.3,
// RFC 8201 §5.3). A destination that is not here takes what its interface takes.
// Not for: the size of a connection's segments (tcp/path/size.ts).

import { PATHS_BASE } from '../../memory/map';
import { Micros, state } from '../../memory/state';
import { interfaceAt } from '../interface';

@unmanaged
class Known {
  high: u64;
  low: u64;
  at: Micros;
  mtu: u32;
  reserved: u32;
}

/** The largest packet for a destination: NOTHING_KNOWN, or TOO_OLD when it was learnt too long ago. */
export function knownMtu(high: u64, low: u64): u32 {
  const known = find(high, low);
  return known == null ? NOTHING_KNOWN : valid(known);
}

/** A destination takes packets of `mtu` bytes at most. The oldest knowledge makes room. */
export function knowMtu(high: u64, low: u64, mtu: u32): void {
  const known = find(high, low);
  if (known == null) write(state.pathCount < PATHS ? at(state.pathCount++) : oldest(), high, low, mtu);
  else write(known, high, low, min(valid(known), mtu));
}

/** The largest packet that a destination takes when it leaves by an interface, as far as is known. */
export function pathMtu(interfaceNumber: u32, high: u64, low: u64): u32 {
  const mtu = interfaceAt(interfaceNumber).mtu;
  const known = knownMtu(high, low);
  return known == NOTHING_KNOWN ? mtu : min(mtu, known);
}

/** The next smaller one of the sizes that links have (RFC 1191 §7.1). */
export function plateauBelow(size: u32): u32 {
  let index: usize = 0;
  while (<u32>load<u16>(PLATEAUS + (index << 1)) >= size && index < LAST_PLATEAU) index++;
  return load<u16>(PLATEAUS + (index << 1));
}

function write(known: Known, high: u64, low: u64, mtu: u32): void {
  known.high = high;
  known.low = low;
  known.mtu = mtu;
  known.at = state.now;
}

function valid(known: Known): u32 {
  return state.now - known.at < LIFE ? known.mtu : TOO_OLD;
}

function find(high: u64, low: u64): Known | null {
  for (let index: u32 = 0; index < state.pathCount; index++) {
    const known = at(index);
    if (known.low == low && known.high == high) return known;
  }
  return null;
}

function oldest(): Known {
  let found = at(0);
  for (let index: u32 = 1; index < PATHS; index++) {
    if (at(index).at < found.at) found = at(index);
  }
  return found;
}

function at(index: u32): Known {
  return changetype<Known>(PATHS_BASE + <usize>(index * KNOWN));
}

export const NOTHING_KNOWN: u32 = 0;
/** Larger than any packet but the largest. */
export const TOO_OLD: u32 = 65_535;
/** A larger size is tried again ten minutes after a smaller one was learnt (RFC 1191 §6.3). */
const LIFE: Micros = 600_000_000;
const PATHS: u32 = 64;
const KNOWN: u32 = 32;
/** RFC 1191 table 7-1; below the last one every link has its own. */
const PLATEAUS: usize = memory.data<u16>([32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68]);
const LAST_PLATEAU: usize = 9;
