// What routers say about names (RFC 8106): servers, and domains to search. Kept for the host to read; an interface remembers
// eight of each kind, and what is renewed takes the place of the same from before.
//
//   until i64 | length u32 | the address of a server; a domain as in DNS messages, without compression
//
// Not for: asking anybody (host/dns/).

import { isUnicast, withZone } from '../../ip/address';
import { load32 } from '../../memory/bytes';
import { RESULT_BASE, setResult } from '../../memory/map';
import { takeMemory } from '../../memory/pages';
import { Micros, NEVER, state } from '../../memory/state';
import { optionSize } from '../header';
import { linkAt } from '../state';

/** RFC 8106 §5.1. */
export function serversHeard(number: u32, option: usize): void {
  const until = lifetime(option);
  const end = option + optionSize(option);
  for (let at = option + 8; at + 16 <= end; at += 16) {
    store<u64>(at, withZone(load<u64>(at), number));
    if (isUnicast(load<u64>(at), load<u64>(at, 8))) keep(number, SERVERS, at, 16, until);
  }
}

/** RFC 8106 §5.2: domain names, one behind the other; zeros fill the rest. */
export function searchListHeard(number: u32, option: usize): void {
  const until = lifetime(option);
  const end = option + optionSize(option);
  for (let at = option + 8; at < end && load<u8>(at) != 0; ) {
    const start = at;
    while (at < end && load<u8>(at) != 0) {
      const label = load<u8>(at);
      if (label > LONGEST_LABEL) return;
      at += label + 1;
    }
    if (at >= end || at - start >= LONGEST_NAME) return;
    at++;
    keep(number, DOMAINS, start, <u32>(at - start), until);
  }
}

/** The `index`-th name server that routers on an interface have told: 1 and result[0..3], or 0 behind the last. */
export function routerServer(number: u32, index: u32): i32 {
  const place = find(number, index, SERVERS);
  if (place == 0) return 0;
  memory.copy(RESULT_BASE, place + BYTES, 16);
  return 1;
}

/** The `index`-th domain to search: the bytes it takes at result[0], in the form of DNS, or 0 behind the last. */
export function routerDomain(number: u32, index: u32): i32 {
  const place = find(number, index, DOMAINS);
  if (place == 0) return 0;
  setResult(0, <u32>(place + BYTES));
  return load<u32>(place, LENGTH);
}

/** Remembers `length` bytes, which lie at `at`, for as long as they are valid. */
function keep(number: u32, kind: usize, at: usize, length: u32, until: Micros): void {
  const base = names(number);
  if (base == 0) return;
  let free: usize = 0;
  for (let place = base + kind; place < base + kind + SIZE_OF_KIND; place += SIZE) {
    if (load<u32>(place, LENGTH) == length && memory.compare(place + BYTES, at, length) == 0) {
      if (load<i64>(place) != until) state.addressGeneration++;
      store<i64>(place, until);
      return;
    }
    if (free == 0 && load<i64>(place) <= state.now) free = place;
  }
  if (free == 0 || until <= state.now) return;
  store<i64>(free, until);
  store<u32>(free, length, LENGTH);
  memory.copy(free + BYTES, at, length);
  state.addressGeneration++;
}

/** The `index`-th of a kind that is still valid, 0 when there are fewer. */
function find(number: u32, index: u32, kind: usize): usize {
  if (number >= state.interfaceCount || linkAt(number).names == 0) return 0;
  const base = <usize>linkAt(number).names + kind;
  for (let place = base; place < base + SIZE_OF_KIND; place += SIZE) {
    if (load<i64>(place) <= state.now) continue;
    if (index-- == 0) return place;
  }
  return 0;
}

function names(number: u32): usize {
  const entry = linkAt(number);
  if (entry.names == 0) entry.names = <u32>takeMemory(<u32>SIZE_OF_KIND * 2);
  return <usize>entry.names;
}

function lifetime(option: usize): Micros {
  const seconds = load32(option + 4);
  return seconds == u32.MAX_VALUE ? NEVER : state.now + <Micros>seconds * 1_000_000;
}

/** Bytes of what is remembered, and of all of a kind. */
const SIZE: usize = 272;
const SIZE_OF_KIND: usize = 8 * SIZE;
const LENGTH: usize = 8;
const BYTES: usize = 12;
/** Where the kinds begin. */
const SERVERS: usize = 0;
const DOMAINS: usize = SIZE_OF_KIND;
const LONGEST_LABEL: u8 = 63;
/** RFC 1035 §2.3.4, its end included. */
const LONGEST_NAME: usize = 255;
