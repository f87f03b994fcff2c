// What most connections never need, in a slab block that hangs on the control block from its first use on: the fields of
// the IP header that the user may choose (RFC 9293 §3.9.1.9, §3.9.2), urgent data (§3.8.5, block/urgent.ts).

import { ERROR_INVALID, ERROR_NO_BUFFERS, OPTION_DIFFSERV, OPTION_TIME_TO_LIVE } from '../../abi/constants';
import { slabGive, slabTake } from '../../memory/slab';
import { state } from '../../memory/state';
import { Tcb } from '../tcb';

@unmanaged
export class Rare {
  diffserv: u8; // as it stands in the header, above the two bits of ECN
  timeToLive: u8;
  sendsUrgent: u8; // 1: SND.UNA has not reached `sndUp`
  receivesUrgent: u8; // 1: the user has not reached `rcvUp`
  sndUp: u32; // SND.UP, behind the last urgent byte of ours
  rcvUp: u32; // RCV.UP, behind the last urgent byte of the peer's
}

/** The block of a connection, made now if need be; null when memory has run out. */
export function rareTake(tcb: Tcb): Rare | null {
  if (tcb.rare != 0) return changetype<Rare>(tcb.rare);
  const block = slabTake(BLOCK);
  if (block == 0) return null;
  memory.fill(block, 0, BLOCK);
  tcb.rare = block;
  const rare = changetype<Rare>(block);
  rare.timeToLive = <u8>state.timeToLive;
  return rare;
}

export function rareFree(tcb: Tcb): void {
  if (tcb.rare != 0) slabGive(tcb.rare, BLOCK);
  tcb.rare = 0;
}

/** The Differentiated Services field of what a connection sends (MUST-48, SHLD-22). */
export function diffserv(tcb: Tcb): u32 {
  return tcb.rare == 0 ? 0 : changetype<Rare>(tcb.rare).diffserv;
}

/** The Time to Live of what a connection sends (MUST-49). */
export function timeToLive(tcb: Tcb): u32 {
  return tcb.rare == 0 ? state.timeToLive : changetype<Rare>(tcb.rare).timeToLive;
}

/** Sets OPTION_DIFFSERV, whose lowest two bits are ECN's and are left out, or OPTION_TIME_TO_LIVE. */
export function setHeaderField(tcb: Tcb, option: u32, value: u32): i32 {
  if (value > <u32>u8.MAX_VALUE || (value == 0 && option == OPTION_TIME_TO_LIVE)) return ERROR_INVALID;
  const rare = rareTake(tcb);
  if (rare == null) return ERROR_NO_BUFFERS;
  if (option == OPTION_DIFFSERV) rare.diffserv = <u8>(value & ~3);
  else rare.timeToLive = <u8>value;
  return 0;
}

const BLOCK: u32 = 256;
