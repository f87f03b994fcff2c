// Numbers that nobody outside can foretell, for choices that an attacker must not know: a keyed hash of a counter.
// Not for: secrets that must last, which come from `random_get`.

import { state } from '../memory/state';
import { sipHash } from './siphash';

/** A number below `limit`, which is not 0. */
export function randomBelow(limit: u32): u32 {
  state.random++;
  return <u32>(sipHash(state.hashKey0, state.hashKey1, state.random, RANDOM, 0, 0, 0) % limit);
}

/** Keeps these hashes apart from those of the connection table. */
const RANDOM: u64 = 0x72616e64;
