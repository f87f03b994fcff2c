// What a SYN offers, and how its options are laid out (RFC 9293 §3.2, RFC 7323 §2.2, §3.2, RFC 2018 §2, RFC 7413 §4.1.1). The same options
// mean the same in every order; who wants to look like another stack needs that stack's order (SETTING_DIALECT).
//
//   Linux   mss 4 | sackOK 2, TS 10 | nop, wscale 3 | FO     each group fills words, NOPs stand before
//   BSD     mss 4 | nop, wscale 3 | sackOK 2, TS 10 | FO     NOPs align a value; EOL and zeros fill the last word
//
// Not for: the options of other segments (tcp/options.ts), deciding what to offer (tcp/handshake.ts).

import { DIALECT_BSD } from '../../abi/constants';
import { OFFER_BASE } from '../../memory/map';
import { state } from '../../memory/state';
import {
  END,
  fastOpenSize,
  NO_OPERATION,
  writeFastOpen,
  writeMss,
  writeSackPermitted,
  writeTimestampsBare,
  writeWindowScale,
} from '../options';

/** One at a time, at a fixed address: whoever sends a SYN fills it in and has it laid out. */
@unmanaged
export class Offer {
  mss: u32;
  scales: u32; // 1: `shift` is offered
  shift: u32;
  sack: u32; // 1: SACK permitted
  stamps: u32; // 1: timestamps
  tsVal: u32;
  tsEcr: u32;
  fastOpen: u32; // 1: a cookie, or with none the question for it
  experimental: u32;
  cookieSize: u32;
  cookie0: u64;
  cookie1: u64;
}

export const offer: Offer = changetype<Offer>(OFFER_BASE);

/** Lays the offer out at OFFER_OPTIONS. Answers its size, a multiple of four. */
export function offerLayOut(): u32 {
  const at = OFFER_OPTIONS;
  return <u32>((state.dialect == DIALECT_BSD ? bsd(at) : linux(at)) - OFFER_OPTIONS);
}

function linux(start: usize): usize {
  let at = writeMss(start, offer.mss);
  if (offer.stamps) {
    at = writeTimestampsBare(offer.sack ? writeSackPermitted(at) : fill(at, 2), offer.tsVal, offer.tsEcr);
  } else if (offer.sack) at = writeSackPermitted(fill(at, 2));
  if (offer.scales) at = writeWindowScale(fill(at, 1), offer.shift);
  at = fastOpen(at);
  return fill(at, <u32>(-at & 3));
}

/** Each option stands where its value is aligned: a shift at an odd offset, timestamps behind an even pair. */
function bsd(start: usize): usize {
  let at = writeMss(start, offer.mss);
  if (offer.scales) at = writeWindowScale(fill(at, 1), offer.shift);
  if (offer.sack) at = writeSackPermitted(at);
  if (offer.stamps) {
    while ((at & 3) != 2) at = fill(at, 1);
    at = writeTimestampsBare(at, offer.tsVal, offer.tsEcr);
  }
  at = fastOpen(at);
  for (let padding = END; at & 3; at++) store<u8>(at, <u8>padding);
  return at;
}

/** Goes where room is left, in any order. */
function fastOpen(at: usize): usize {
  const experimental = offer.experimental != 0;
  const room = LONGEST - <u32>(at - OFFER_OPTIONS);
  if (offer.fastOpen == 0 || fastOpenSize(experimental, offer.cookieSize) > room) return at;
  return writeFastOpen(at, experimental, changetype<usize>(offer) + offsetof<Offer>('cookie0'), offer.cookieSize);
}

/** NOPs. */
function fill(at: usize, count: u32): usize {
  memory.fill(at, <u8>NO_OPERATION, count);
  return at + count;
}

/** The laid out options: 40 bytes at most, in whole words from a whole word on. */
export const OFFER_OPTIONS: usize = OFFER_BASE + 128;
/** Bytes of options that a header has room for (RFC 9293 §3.1). */
const LONGEST: u32 = 40;
