// What most connections never need, in a slab block that hangs on the control block from its first use on: what the user
// asks of its packets (RFC 9293 §3.9.1.9, §3.9.2), urgent data (§3.8.5, block/urgent.ts), and how patient the user is.

import {
  ERROR_INVALID,
  ERROR_NO_BUFFERS,
  MTU_DISCOVER_DONT,
  MTU_DISCOVER_WANT,
  OPTION_FIN_WAIT_2,
  OPTION_SYN_RETRIES,
  OPTION_USER_TIMEOUT,
} from '../../abi/constants';
import { slabGive, slabTake } from '../../memory/slab';
import { state } from '../../memory/state';
import { Listener, listenerByHandle } from '../open/listener';
import { Wishes, wish, wishesInitialize } from '../path/wishes';
import { MAY_FRAGMENT, Tcb } from '../tcb';
import { CONNECTION, Endpoint } from './endpoint';

@unmanaged
export class Rare extends Wishes {
  sendsUrgent: u8; // 1: SND.UNA has not reached `sndUp`
  receivesUrgent: u8; // 1: the user has not reached `rcvUp`
  sndUp: u32; // SND.UP, behind the last urgent byte of ours
  rcvUp: u32; // RCV.UP, behind the last urgent byte of the peer's
  searchHigh: u16; // no larger segment gets through (tcp/path/search.ts); 0: not known
  searchSize: u16; // of the probe in flight, in terms of MSS; 0: none is
  searchStart: u32; // where it begins …
  searchEnd: u32; // … and ends
  searchFailed: u8; // 1: it is known not to have got through
  synRetries: u8; // OPTION_SYN_RETRIES
  finWait2: u32; // OPTION_FIN_WAIT_2, milliseconds
  userTimeout: u32; // OPTION_USER_TIMEOUT, milliseconds
  recordCount: u32; // ends of records of ours that SND.UNA has not reached (block/queues.ts)
  records: u32; // the first of them; RECORDS of them lie here
}

/** Address of the n-th end of a record. */
export function recordPlace(rare: Rare, index: u32): usize {
  return changetype<usize>(rare) + offsetof<Rare>('records') + ((<usize>index) << 2);
}

/** The block of a connection, made now if need be; null when memory has run out. */
export function rareTake(tcb: Tcb): Rare | null {
  if (tcb.rare != 0) return changetype<Rare>(tcb.rare);
  const block = slabTake(BLOCK);
  if (block == 0) return null;
  memory.fill(block, 0, BLOCK);
  tcb.rare = block;
  const rare = changetype<Rare>(block);
  wishesInitialize(rare);
  return rare;
}

export function rareFree(tcb: Tcb): void {
  if (tcb.rare != 0) slabGive(tcb.rare, BLOCK);
  tcb.rare = 0;
}

/** The Differentiated Services field of what a connection sends (MUST-48, SHLD-22). */
export function diffserv(end: Endpoint): u32 {
  const wishes = wishesOf(end);
  return wishes == null ? 0 : wishes.diffserv;
}

/** The Time to Live of what a connection sends (MUST-49). */
export function timeToLive(end: Endpoint): u32 {
  const wishes = wishesOf(end);
  return wishes == null ? state.timeToLive : wishes.timeToLive;
}

/** OPTION_MSS; 0: no bound. */
export function maximumSegment(end: Endpoint): u32 {
  const wishes = wishesOf(end);
  return wishes == null ? 0 : wishes.maximumSegment;
}

/** OPTION_MTU_DISCOVER. */
export function discover(tcb: Tcb): u32 {
  return tcb.rare == 0 ? <u32>MTU_DISCOVER_WANT : changetype<Rare>(tcb.rare).discover;
}

/** Retransmissions of a SYN before the connection fails. */
export function synRetries(tcb: Tcb): u32 {
  const own: u32 = tcb.rare == 0 ? 0 : changetype<Rare>(tcb.rare).synRetries;
  return own == 0 ? state.synRetries : own;
}

/** Milliseconds of FIN-WAIT-2 when no user holds the connection. */
export function finWait2(tcb: Tcb): u32 {
  const own: u32 = tcb.rare == 0 ? 0 : changetype<Rare>(tcb.rare).finWait2;
  return own == 0 ? state.finWait2 : own;
}

/** OPTION_USER_TIMEOUT, in milliseconds; 0: none. */
export function userTimeout(tcb: Tcb): u32 {
  const own: u32 = tcb.rare == 0 ? 0 : changetype<Rare>(tcb.rare).userTimeout;
  return own == 0 ? state.userTimeout : own;
}

export function isPatience(option: u32): bool {
  return option == OPTION_SYN_RETRIES || option == OPTION_FIN_WAIT_2 || option == OPTION_USER_TIMEOUT;
}

/** Sets OPTION_SYN_RETRIES, OPTION_FIN_WAIT_2 or OPTION_USER_TIMEOUT. */
export function setPatience(tcb: Tcb, option: u32, value: u32): i32 {
  if (option == OPTION_SYN_RETRIES && value > <u32>u8.MAX_VALUE) return ERROR_INVALID;
  const rare = rareTake(tcb);
  if (rare == null) return ERROR_NO_BUFFERS;
  if (option == OPTION_SYN_RETRIES) rare.synRetries = <u8>value;
  else if (option == OPTION_FIN_WAIT_2) rare.finWait2 = value;
  else rare.userTimeout = value;
  return 0;
}

/** OPTION_SEND_BUFFER; 0: tuned. */
export function wishedSendSize(tcb: Tcb): u32 {
  return tcb.rare == 0 ? 0 : changetype<Rare>(tcb.rare).sendSize;
}

/** OPTION_RECEIVE_BUFFER; 0: tuned. */
export function wishedReceiveSize(end: Endpoint): u32 {
  const wishes = wishesOf(end);
  return wishes == null ? 0 : wishes.receiveSize;
}

/** Sets an option of Wishes. */
export function setWish(tcb: Tcb, option: u32, value: u32): i32 {
  const rare = rareTake(tcb);
  if (rare == null) return ERROR_NO_BUFFERS;
  const outcome = wish(rare, option, value);
  obey(tcb, rare);
  return outcome;
}

/** A listener's wishes become those of its connection; false when memory has run out. */
export function inheritWishes(tcb: Tcb, wishes: Wishes): bool {
  if (isPlain(wishes)) return true;
  const rare = rareTake(tcb);
  if (rare == null) return false;
  memory.copy(changetype<usize>(rare), changetype<usize>(wishes), offsetof<Wishes>());
  obey(tcb, rare);
  return true;
}

/** Does what wishes ask of the flags of an end. */
export function obey(end: Endpoint, wishes: Wishes): void {
  if (wishes.discover == MTU_DISCOVER_DONT) end.set(MAY_FRAGMENT);
  else end.clear(MAY_FRAGMENT);
}

function isPlain(wishes: Wishes): bool {
  return (
    wishes.diffserv == 0 &&
    wishes.timeToLive == state.timeToLive &&
    wishes.discover == MTU_DISCOVER_WANT &&
    wishes.maximumSegment == 0 &&
    wishes.sendSize == 0 &&
    wishes.receiveSize == 0
  );
}

/** What the user asks of what an end sends; null: nothing. A record goes by its listener. */
function wishesOf(end: Endpoint): Wishes | null {
  if (end.kind == CONNECTION) return changetype<Wishes | null>(changetype<Tcb>(end).rare);
  const listener = listenerByHandle(end.listener);
  return listener == null ? null : changetype<Listener>(listener).wishes;
}

const BLOCK: u32 = 256;
/** Ends of records that fit the block beside the rest. */
export const RECORDS: u32 = 32;
