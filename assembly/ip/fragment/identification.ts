// Identifications of packets that are fragments, or may become some: no two between the same hosts share one for as long as
// can be, and what one host sees tells nothing of those that others will see (RFC 6864 §4.3, RFC 7739 §5.3: a hash of both
// ends and a secret, plus one of many counters, which the hash of another secret chooses).

import { sipHash } from '../../crypto/siphash';
import { Ends } from '../../memory/ends';
import { takeMemory } from '../../memory/pages';
import { state } from '../../memory/state';

export function identificationsInitialize(): void {
  state.identifications = takeMemory(COUNTERS * 4);
}

/** The next one between two hosts; an IPv4 header takes its low 16 bits. */
export function identify(ends: Ends): u32 {
  const start = <u32>hash(state.isnKey0, state.isnKey1, ends);
  const place = hash(state.hashKey0, state.hashKey1, ends);
  const counter = state.identifications + ((<usize>(<u32>place & (COUNTERS - 1))) << 2);
  const number = load<u32>(counter);
  store<u32>(counter, number + 1);
  // Others that speak from the same address take the numbers in between.
  return (start + number) * (state.share >> 8) + (state.share & 0xff);
}

function hash(key0: u64, key1: u64, ends: Ends): u64 {
  return sipHash(key0, key1, ends.fromHigh, ends.fromLow, ends.toHigh, ends.toLow, IDENTIFICATION);
}

const COUNTERS: u32 = 256;
/** Keeps these hashes apart from those of connections. */
const IDENTIFICATION: u64 = 0x6964656e74;
