// Listeners: local ends that take new connections, found by their port. Not for: what a SYN does (tcp/open/listen.ts).

import { isMapped, isUnspecified } from '../../ip/address';
import { LISTENER_BUCKETS, LISTENER_DIRECTORY, POOLS_BASE } from '../../memory/map';
import { Pool, PoolItem, poolFind, poolGive, poolInitialize, poolTake } from '../../memory/pool';
import { Micros, state } from '../../memory/state';
import { Wishes, wishesInitialize } from '../path/wishes';
import { FAST_OPEN, PASSIVE, Tcb } from '../tcb';

@unmanaged
export class Listener extends PoolItem {
  next: usize; // in its bucket
  high: u64; // the local address; `::`: any, `0.0.0.0`: any of IPv4
  low: u64;
  port: u32;
  backlog: u32; // LISTENER_BACKLOG
  ipv6Only: u32; // 1: any address means any of IPv6
  halfOpen: u32; // connections in SYN-RECEIVED
  queues: u32; // LISTENER_QUEUE
  deferAccept: u32; // LISTENER_DEFER_ACCEPT
  acceptHead: usize; // the accept queue, linked by `Tcb.readyNext`
  acceptTail: usize;
  acceptCount: u32;
  fastOpen: u32; // LISTENER_FAST_OPEN
  fastPending: u32; // of `halfOpen`, those that have brought data
  fastResets: u32; // those that a RST has ended, for a minute
  fastResetAt: Micros; // when the last of them was
  cookieAt: Micros; // when a SYN cookie last went out; 0: never
  wishesField: u64; // what its connections inherit
  wishesField2: u64;

  get wishes(): Wishes {
    return changetype<Wishes>(changetype<usize>(this) + offsetof<Listener>('wishesField'));
  }
}

export function listenerInitialize(): void {
  poolInitialize(listenerPool, LISTENER_DIRECTORY, offsetof<Listener>());
}

/** A listener on a local end that is free; null when a limit is reached. */
export function listenerNew(high: u64, low: u64, port: u32, backlog: u32, ipv6Only: u32): Listener | null {
  const listener = changetype<Listener | null>(poolTake(listenerPool, LISTENER_LIMIT));
  if (listener == null) return null;
  listener.high = high;
  listener.low = low;
  listener.port = port;
  listener.backlog = backlog;
  listener.ipv6Only = ipv6Only;
  wishesInitialize(listener.wishes);
  const head = bucket(port);
  listener.next = load<usize>(head);
  store<usize>(head, changetype<usize>(listener));
  return listener;
}

export function listenerFree(listener: Listener): void {
  let at = bucket(listener.port);
  while (load<usize>(at) != changetype<usize>(listener)) at = load<usize>(at) + offsetof<Listener>('next');
  store<usize>(at, listener.next);
  poolGive(listenerPool, changetype<usize>(listener));
}

export function listenerByHandle(handle: u32): Listener | null {
  return changetype<Listener | null>(poolFind(listenerPool, handle));
}

/** The listener that takes connections to a local end: one on the very address, on any of its family, on any; null: none. */
export function listenerFor(high: u64, low: u64, port: u32): Listener | null {
  let any: Listener | null = null;
  for (let address = load<usize>(bucket(port)); address != 0; ) {
    const listener = changetype<Listener>(address);
    if (listener.port == port) {
      if (listener.low == low && listener.high == high) return listener;
      if (isAnyOf(listener, high, low, 0) && (any == null || listener.low != 0)) any = listener;
    }
    address = listener.next;
  }
  return any;
}

/** Whether a local end collides with a listener: the same address, or one of the two is any, of the other's family at least. */
export function listenerCollides(high: u64, low: u64, port: u32, ipv6Only: u32): bool {
  const any = isUnspecified(high, low);
  for (let address = load<usize>(bucket(port)); address != 0; ) {
    const listener = changetype<Listener>(address);
    const same = listener.low == low && listener.high == high;
    const wide = any && covers(low, ipv6Only, listener.high, listener.low, listener.ipv6Only);
    if (listener.port == port && (same || wide || isAnyOf(listener, high, low, ipv6Only))) return true;
    address = listener.next;
  }
  return false;
}

/** A connection leaves SYN-RECEIVED: there is room in its listener's SYN queue again. */
export function leaveHalfOpen(tcb: Tcb): void {
  if (!tcb.has(PASSIVE)) return;
  const listener = listenerByHandle(tcb.listener);
  if (listener == null) return;
  listener.halfOpen--;
  if (tcb.has(FAST_OPEN)) listener.fastPending--;
}

/** Connections that have brought data and wait for their ACK. A RST must not make room for the next one (RFC 7413 §5.1). */
export function pendingFastOpens(listener: Listener): u32 {
  if (state.now - listener.fastResetAt >= MINUTE) listener.fastResets = 0;
  return listener.fastPending + listener.fastResets;
}

/** A RST has come in SYN-RECEIVED. */
export function noteFastReset(tcb: Tcb): void {
  const listener = tcb.has(FAST_OPEN) ? listenerByHandle(tcb.listener) : null;
  if (listener == null) return;
  listener.fastResets++;
  listener.fastResetAt = state.now;
}

/** Whether a listener is on any address, such an end among them. */
function isAnyOf(listener: Listener, high: u64, low: u64, ipv6Only: u32): bool {
  return isUnspecified(listener.high, listener.low) && covers(listener.low, listener.ipv6Only, high, low, ipv6Only);
}

/** Whether "any", by its low word, means addresses that an end takes: `::` means both families, unless it is told not to. */
function covers(anyLow: u64, anyIpv6Only: u32, high: u64, low: u64, ipv6Only: u32): bool {
  if (anyLow != 0) return isMapped(high, low) || (isUnspecified(high, low) && !ipv6Only);
  return !anyIpv6Only || !isMapped(high, low);
}

function bucket(port: u32): usize {
  return LISTENER_BUCKETS + <usize>((port & (BUCKETS - 1)) << 2);
}

export const listenerPool: Pool = changetype<Pool>(POOLS_BASE + 64);

const BUCKETS: u32 = 256;
const MINUTE: Micros = 60_000_000;
const LISTENER_LIMIT: u32 = 65536;
