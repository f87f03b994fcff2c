// An entry of the neighbour cache (RFC 4861 §5.1), one kind for both families, and the lists that it stands on.
// Not for: which entries there are (link/cache/table.ts), what happens to them (link/cache/reach.ts).

import { LINK_BASE } from '../../memory/map';
import { Micros } from '../../memory/state';
import { LinkState } from '../state';

@unmanaged
export class Neighbor {
  high: u64;
  low: u64;
  hardware: u64;
  confirmedAt: Micros; // when it was known to hear us
  usedAt: Micros; // when a packet went there; 0: never
  nextAt: Micros; // when its state goes on: INCOMPLETE, DELAY, PROBE
  chain: u32; // the next one of its bucket; of a free one the next free one
  previous: u32; // on the list of its state
  next: u32;
  list: u32; // LIST_*, 0: on none
  queueHead: u32; // packets that wait
  queueTail: u32;
  queueSize: u32; // bytes of slabs that they take
  queueCount: u16;
  state: u8; // NEIGHBOR_*
  interface: u8;
  flags: u8; // NEIGHBOR_ROUTER …
  attempts: u8; // solicitations sent in this state

  has(flag: u32): bool {
    return (this.flags & flag) != 0;
  }
}

/** Puts an entry at the end of a list. */
export function listAppend(entry: Neighbor, list: u32): void {
  const head = headOf(list);
  const tail = load<u32>(head, 4);
  const at = <u32>changetype<usize>(entry);
  entry.list = list;
  entry.previous = tail;
  entry.next = 0;
  if (tail == 0) store<u32>(head, at);
  else changetype<Neighbor>(<usize>tail).next = at;
  store<u32>(head, at, 4);
}

/** Takes an entry off the list that it is on, if it is on one. */
export function listRemove(entry: Neighbor): void {
  if (entry.list == 0) return;
  const head = headOf(entry.list);
  if (entry.previous == 0) store<u32>(head, entry.next);
  else changetype<Neighbor>(<usize>entry.previous).next = entry.next;
  if (entry.next == 0) store<u32>(head, entry.previous, 4);
  else changetype<Neighbor>(<usize>entry.next).previous = entry.previous;
  entry.list = 0;
}

/** The first entry of a list, null when it is empty. */
export function listFirst(list: u32): Neighbor | null {
  return changetype<Neighbor | null>(<usize>load<u32>(headOf(list)));
}

/** The one behind it on its list. */
export function listNext(entry: Neighbor): Neighbor | null {
  return changetype<Neighbor | null>(<usize>entry.next);
}

function headOf(list: u32): usize {
  return LINK_BASE + offsetof<LinkState>('oursHead') + <usize>((list - 1) << 3);
}

/** INCOMPLETE ones that packets of ours wait for, oldest first. */
export const LIST_OURS: u32 = 1;
/** INCOMPLETE ones that only packets of others wait for. */
export const LIST_OTHERS: u32 = 2;
/** DELAY and PROBE. */
export const LIST_PROBED: u32 = 3;

export const NEIGHBOR_ROUTER: u8 = 1 << 0;
/** It is to be asked: multicast when INCOMPLETE, else by itself. */
export const NEIGHBOR_ASK: u8 = 1 << 1;
/** Its packets can go. */
export const NEIGHBOR_FLUSH: u8 = 1 << 2;
/** It stands on the ring of those that owe. */
export const NEIGHBOR_RINGED: u8 = 1 << 3;
