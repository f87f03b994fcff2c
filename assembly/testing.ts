// The second entry, built to dist/core.test.wasm: the contract, and the internals that unit tests call by themselves.
// Objects cross as addresses; `takeMemory` makes room for them. Not for: anything that ships.

import { EVENT_OPEN } from './abi/constants';
import { sipHash } from './crypto/siphash';
import { sum } from './ip/checksum';
import { slabGive, slabTake } from './memory/slab';
import { raise, readyTake } from './tcp/block/ready';
import { Tcb } from './tcp/tcb';

export { aeadExpand, aeadKeySize, aeadOpen, aeadSeal } from './crypto/aead';
export { aesExpand, aesKeySize, aesXor } from './crypto/aes';
export { chachaXor } from './crypto/chacha20';
export { ghashBlocks, ghashExpand } from './crypto/ghash';
export { polyBegin, polyBlocks, polyEnd } from './crypto/poly1305';
export { sipHash, sipHash8 } from './crypto/siphash';
export * from './index';
export { complement, copySum, fold, headerSum, sum, swapped } from './ip/checksum';
export { groupJoin, groupLeave, isMember } from './ip/multicast/groups';
export { checkMap } from './memory/map';
export { takeMemory } from './memory/pages';
export { poolFind, poolGive, poolInitialize, poolScan, poolTake } from './memory/pool';
export { ringAddress, ringConsume, ringContiguous, ringEnsure, ringFree, ringWrite } from './memory/ring';
export { slabGive, slabSize, slabTake } from './memory/slab';
export { wheelArm, wheelCancel, wheelExpired, wheelNext } from './memory/wheel';
export { seqGe, seqGt, seqLe, seqLt, seqMax, seqMin, seqWithin } from './tcp/seq';

/** Meets an impossible state: the test asks where the report says it happened. */
export function failAssertion(): void {
  assert(false, 'planted fault');
}

/** A hardware trap: reads behind the end of memory. */
export function readOutOfBounds(): u32 {
  return sum(<usize>0xffff_fff0, 8);
}

// What is too short to be timed from outside, many times over, for `npm run bench:micro`.

/** Hashes the two ends of a connection, each time another. */
export function repeatSipHash(times: u32): u64 {
  let hash: u64 = 0;
  for (let index: u32 = 0; index < times; index++) hash ^= sipHash(1, 2, 3, 4, 5, 6, index);
  return hash;
}

/** Puts a connection, 0s at that address, on the ready list and takes it off. */
export function repeatReady(connection: usize, times: u32): void {
  const tcb = changetype<Tcb>(connection);
  for (let index: u32 = 0; index < times; index++) {
    raise(tcb, EVENT_OPEN);
    readyTake();
  }
}

/** Takes a block off the slab and gives it back. */
export function repeatSlab(size: u32, times: u32): void {
  for (let index: u32 = 0; index < times; index++) slabGive(slabTake(size), size);
}
