// What routers say about names (RFC 8106): servers, and domains to search. Kept for the host to read; an interface remembers
// SERVERS and DOMAINS of them, and what is renewed takes the place of the same from before.
//
//   server   address 16 | until i64
//   domain   until i64 | length u32 | as in DNS messages, without compression
//
// Not for: asking anybody (host/dns/).

import { ERROR_INVALID } from '../../abi/constants';
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
    const high = withZone(load<u64>(at), number);
    const low = load<u64>(at, 8);
    if (isUnicast(high, low)) keepServer(number, high, low, until);
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
    keepDomain(number, start, <u32>(at - start), until);
  }
}

/** The `index`-th name server that routers on an interface have told: 1 and result[0..3], or 0 behind the last. */
export function routerServer(number: u32, index: u32): i32 {
  if (number >= state.interfaceCount) return ERROR_INVALID;
  const place = find(number, index, SERVERS_AT, SERVER_SIZE, SERVERS, 16);
  if (place == 0) return 0;
  memory.copy(RESULT_BASE, place, 16);
  return 1;
}

/** The `index`-th domain to search: the bytes it takes at result[0], in the form of DNS, or 0 behind the last. */
export function routerDomain(number: u32, index: u32): i32 {
  if (number >= state.interfaceCount) return ERROR_INVALID;
  const place = find(number, index, DOMAINS_AT, DOMAIN_SIZE, DOMAINS, 0);
  if (place == 0) return 0;
  setResult(0, <u32>place + 12);
  return load<u32>(place, 8);
}

function keepServer(number: u32, high: u64, low: u64, until: Micros): void {
  const base = names(number);
  if (base == 0) return;
  let free: usize = 0;
  for (let index: u32 = 0; index < SERVERS; index++) {
    const place = base + SERVERS_AT + <usize>(index * SERVER_SIZE);
    if (load<u64>(place, 8) == low && load<u64>(place) == high) {
      if (load<i64>(place, 16) != until) state.addressGeneration++;
      store<i64>(place, until, 16);
      return;
    }
    if (free == 0 && load<i64>(place, 16) <= state.now) free = place;
  }
  if (free == 0 || until <= state.now) return;
  store<u64>(free, high);
  store<u64>(free, low, 8);
  store<i64>(free, until, 16);
  state.addressGeneration++;
}

function keepDomain(number: u32, name: usize, length: u32, until: Micros): void {
  const base = names(number);
  if (base == 0) return;
  let free: usize = 0;
  for (let index: u32 = 0; index < DOMAINS; index++) {
    const place = base + DOMAINS_AT + <usize>(index * DOMAIN_SIZE);
    if (load<u32>(place, 8) == length && memory.compare(place + 12, name, length) == 0) {
      store<i64>(place, until);
      return;
    }
    if (free == 0 && load<i64>(place) <= state.now) free = place;
  }
  if (free == 0 || until <= state.now) return;
  store<i64>(free, until);
  store<u32>(free, length, 8);
  memory.copy(free + 12, name, length);
  state.addressGeneration++;
}

/** The `index`-th that is still valid, 0 when there are fewer; the moment stands `untilAt` bytes into each. */
function find(number: u32, index: u32, at: usize, size: u32, most: u32, untilAt: usize): usize {
  const base = <usize>linkAt(number).names;
  if (base == 0) return 0;
  for (let place: u32 = 0; place < most; place++) {
    const entry = base + at + <usize>(place * size);
    if (load<i64>(entry + untilAt) <= state.now) continue;
    if (index-- == 0) return entry;
  }
  return 0;
}

function names(number: u32): usize {
  const entry = linkAt(number);
  if (entry.names == 0) entry.names = <u32>takeMemory(<u32>DOMAINS_AT + DOMAINS * DOMAIN_SIZE);
  return <usize>entry.names;
}

function lifetime(option: usize): Micros {
  const seconds = load32(option + 4);
  return seconds == u32.MAX_VALUE ? NEVER : state.now + <Micros>seconds * 1_000_000;
}

const SERVERS: u32 = 8;
const SERVER_SIZE: u32 = 24;
const DOMAINS: u32 = 8;
const DOMAIN_SIZE: u32 = 272;
const SERVERS_AT: usize = 0;
const DOMAINS_AT: usize = 192;
const LONGEST_LABEL: u8 = 63;
/** RFC 1035 §2.3.4, its end included. */
const LONGEST_NAME: usize = 255;
