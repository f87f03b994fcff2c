// IPv6 extension headers (RFC 8200 §4): walks the chain behind the IPv6 header and does what options ask for.
// Not for: putting fragments together (ip/fragment/), forwarding, which looks at none of them (RFC 8200 §4: nodes on the
// way need not).
//
//   each header   next header u8 | length u8, in 8 bytes beyond the first 8 | …
//   an option     type u8 | length u8 | …          the type's high two bits say what to do when it is not known

import { load16, load32 } from '../memory/bytes';
import { DESTINATION_OPTIONS, FRAGMENT, HOP_BY_HOP, ROUTING } from './header6';
import { INCOMING_FRAGMENT, INCOMING_MULTICAST, INCOMING_ROUTER_ALERT, incoming } from './incoming';

/**
 * Walks on from `incoming.payload`, which is a header of the kind `incoming.protocol`; stops at the first header that is none
 * of these, or behind a Fragment header. `first`: the IPv6 header itself names it. Answers WALK_*.
 */
export function extensionsWalk(first: bool): u32 {
  let headers: u32 = 0;
  while (isExtension(incoming.protocol)) {
    if (++headers > CHAIN_LIMIT || incoming.size < UNIT) return WALK_DROP;
    // Hop-by-hop options come at the beginning, or not at all (§4.1).
    if (incoming.protocol == HOP_BY_HOP && !(first && headers == 1)) return problem(UNKNOWN_HEADER, incoming.payload);
    const outcome = incoming.protocol == FRAGMENT ? fragmentHeader() : header();
    if (outcome != WALK_ON) return outcome;
  }
  return WALK_ON;
}

/** Whether packets go on behind a header of this kind. */
export function isExtension(next: u32): bool {
  return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION_OPTIONS;
}

/** Notes what is wrong with a packet: its sender is to be told. */
export function problem(code: u32, at: usize): u32 {
  incoming.problemCode = code;
  incoming.problemAt = at;
  return WALK_PROBLEM;
}

function header(): u32 {
  const at = incoming.payload;
  const size = (<u32>load<u8>(at, 1) + 1) * UNIT;
  if (size > incoming.size) return WALK_DROP;
  const outcome = incoming.protocol == ROUTING ? routing(at) : options(at + 2, at + size);
  if (outcome == WALK_ON) stepOver(size);
  return outcome;
}

/** No routing type is obeyed: one that has done its work is passed over, any other is refused (§4.4, RFC 5095 §3). */
function routing(at: usize): u32 {
  return load<u8>(at, 3) == 0 ? WALK_ON : problem(ERRONEOUS_FIELD, at + 2);
}

function fragmentHeader(): u32 {
  const at = incoming.payload;
  const place = load16(at + 2);
  incoming.fragmentAt = place & ~7;
  incoming.fragmentMore = place & 1;
  incoming.identification = load32(at + 4);
  stepOver(UNIT);
  // One that is whole is no fragment (RFC 6946).
  if ((place & ~6) == 0) return WALK_ON;
  incoming.flags |= INCOMING_FRAGMENT;
  return WALK_FRAGMENT;
}

function stepOver(size: u32): void {
  incoming.protocol = load<u8>(incoming.payload);
  incoming.payload += size;
  incoming.size -= size;
}

/** The options between two addresses (§4.2). */
function options(at: usize, end: usize): u32 {
  let known: u32 = 0;
  while (at < end) {
    const type = load<u8>(at);
    if (type == PAD_1) {
      at++;
      continue;
    }
    const next = at + 2 + <usize>(at + 1 < end ? load<u8>(at, 1) : 0);
    if (at + 2 > end || next > end) return WALK_DROP;
    if (type != PAD_N) {
      // More than anybody needs is an attack (RFC 8504 §5.3).
      if (++known > OPTION_LIMIT) return WALK_DROP;
      if (type == ROUTER_ALERT) incoming.flags |= INCOMING_ROUTER_ALERT;
      else if (type >= SKIP_LIMIT) return unknown(type, at);
    }
    at = next;
  }
  return WALK_ON;
}

/** What an option that we do not know asks for by its highest two bits. */
function unknown(type: u32, at: usize): u32 {
  const action = type >> 6;
  if (action == 1 || (action == 3 && incoming.has(INCOMING_MULTICAST))) return WALK_DROP;
  return problem(UNKNOWN_OPTION, at);
}

/** The payload is that of a protocol, or the packet is done with otherwise. */
export const WALK_ON: u32 = 0;
export const WALK_DROP: u32 = 1;
/** `incoming.problemCode` at `incoming.problemAt`. */
export const WALK_PROBLEM: u32 = 2;
/** The payload is a fragment. */
export const WALK_FRAGMENT: u32 = 3;

// Codes of Parameter Problem (RFC 4443 §3.4).
export const ERRONEOUS_FIELD: u32 = 0;
export const UNKNOWN_HEADER: u32 = 1;
export const UNKNOWN_OPTION: u32 = 2;

/** Extension headers come in units of eight bytes. */
const UNIT: u32 = 8;
const CHAIN_LIMIT: u32 = 8;
const OPTION_LIMIT: u32 = 8;
const PAD_1: u32 = 0;
const PAD_N: u32 = 1;
const ROUTER_ALERT: u32 = 5;
/** Unknown options below it are passed over. */
const SKIP_LIMIT: u32 = 0x40;
