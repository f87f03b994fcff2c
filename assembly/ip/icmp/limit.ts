// How many errors go out (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)): a token bucket for the stack, so that nobody makes us flood
// a third one, and one for each of 256 groups of receivers, chosen by a keyed hash, so that nobody takes the tokens of all.
//
// A limit for all that can be counted out tells an attacker what others were sent, and so which ports are open (SAD DNS,
// CVE-2020-25705): how many tokens the bucket of the stack holds is drawn anew each time it has filled, between the half and
// the whole, as the number of challenge ACKs is (RFC 5961 §7).
//
// Not for: which packets are answered with errors at all (icmp/errors.ts).

import { COUNTER_ICMP_ERRORS_HELD } from '../../abi/constants';
import { randomBelow } from '../../crypto/random';
import { sipHash } from '../../crypto/siphash';
import { count } from '../../memory/counters';
import { takeMemory } from '../../memory/pages';
import { Micros, state } from '../../memory/state';
import { isLinkLocal, isMapped } from '../address';

@unmanaged
class Bucket {
  at: Micros; // the moment of what follows
  tokens: i64; // in millionths
  size: i64;
}

export function icmpLimitInitialize(): void {
  state.icmpBuckets = takeMemory((1 + GROUPS) * BUCKET);
}

/** Whether an error may go to somebody now; it costs a token of theirs, and one of the stack's. */
export function errorAllowed(high: u64, low: u64): bool {
  if (state.icmpRate == 0) return false;
  const all = bucketAt(0);
  const one = bucketAt(1 + groupOf(high, low));
  // As many as go out in an eighth of a second may go at once; one receiver gets an eighth of all, and half of that at once.
  const most = max(state.icmpRate >> 3, 1);
  const half = max(most >> 1, 1);
  fill(all, state.icmpRate, most, half);
  fill(one, most, half, half);
  if (one.tokens < TOKEN || all.tokens < TOKEN) {
    count(COUNTER_ICMP_ERRORS_HELD);
    return false;
  }
  one.tokens -= TOKEN;
  all.tokens -= TOKEN;
  return true;
}

/** Adds what the time since then is worth. A bucket that is full gets another size, between `least` and `most`. */
function fill(bucket: Bucket, rate: u32, most: u32, least: u32): void {
  // The first time, as after a long silence.
  const passed = bucket.at == 0 ? LONG : min(state.now - bucket.at, LONG);
  bucket.at = max<Micros>(state.now, 1);
  bucket.tokens += passed * <i64>rate;
  if (bucket.tokens < bucket.size) return;
  bucket.size = <i64>(least + (most > least ? randomBelow(most - least + 1) : 0)) * TOKEN;
  bucket.tokens = bucket.size;
}

/** Who has an IPv6 /64 has all its addresses. */
function groupOf(high: u64, low: u64): u32 {
  const host = isMapped(high, low) || isLinkLocal(high) ? low : 0;
  return <u32>sipHash(state.hashKey0, state.hashKey1, high, host, LIMIT, 0, 0) & (GROUPS - 1);
}

function bucketAt(index: u32): Bucket {
  return changetype<Bucket>(state.icmpBuckets + <usize>(index * BUCKET));
}

const GROUPS: u32 = 256;
const BUCKET: u32 = 32;
const TOKEN: i64 = 1_000_000;
/** Whatever bucket it is, it is full by then. */
const LONG: Micros = 1_000_000;
/** Keeps the hashes of receivers apart from all others. */
const LIMIT: u64 = 0x6c696d6974;
