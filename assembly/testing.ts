// The second entry, built to dist/core.test.wasm: the contract, and the internals that unit tests call by themselves.
// Objects cross as addresses; `takeMemory` makes room for them. Not for: anything that ships.

import { sum } from './ip/checksum';

export { aeadExpand, aeadKeySize, aeadOpen, aeadSeal } from './crypto/aead';
export { aesExpand, aesKeySize, aesXor } from './crypto/aes';
export { chachaXor } from './crypto/chacha20';
export { ghashBlocks, ghashExpand } from './crypto/ghash';
export { polyBegin, polyBlocks, polyEnd } from './crypto/poly1305';
export { sipHash, sipHash8 } from './crypto/siphash';
export * from './index';
export { complement, copySum, fold, headerSum, pseudoSum, sum, swapped } from './ip/checksum';
export { groupJoin, groupLeave, isMember } from './ip/multicast/groups';
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
