/** The core's internals, for unit tests: what `assembly/testing.ts` exports beside the contract. */

import type { CoreExports } from '../../host/core/exports.js';
import { compileCore } from '../../host/core/load.js';
import { TEST_CORE } from './driver.js';

export interface Internals extends CoreExports {
  checkMap(): void;
  seqLt(a: number, b: number): number;
  seqLe(a: number, b: number): number;
  seqGt(a: number, b: number): number;
  seqGe(a: number, b: number): number;
  seqMax(a: number, b: number): number;
  seqMin(a: number, b: number): number;
  seqWithin(low: number, value: number, high: number): number;
  sum(address: number, length: number): number;
  headerSum(address: number, length: number): number;
  copySum(target: number, source: number, length: number): number;
  fold(value: number): number;
  swapped(value: number): number;
  complement(value: number): number;
  sipHash(key0: bigint, key1: bigint, a: bigint, b: bigint, c: bigint, d: bigint, ports: bigint): bigint;
  aeadKeySize(cipher: number): number;
  aeadExpand(cipher: number, key: number, expanded: number): void;
  aeadSeal(
    cipher: number,
    expanded: number,
    nonce: number,
    data: number,
    dataLength: number,
    source: number,
    length: number,
    target: number,
  ): void;
  aeadOpen(
    cipher: number,
    expanded: number,
    nonce: number,
    data: number,
    dataLength: number,
    source: number,
    length: number,
    target: number,
  ): number;
  aesKeySize(rounds: number): number;
  aesExpand(key: number, rounds: number, keys: number): void;
  aesXor(
    keys: number,
    rounds: number,
    nonce: number,
    counter: number,
    source: number,
    steps: number,
    target: number,
  ): void;
  chachaXor(
    key: number,
    nonce: number,
    counter: number,
    source: number,
    steps: number,
    target: number,
    hashed: number,
  ): void;
  ghashExpand(factor: number, tables: number): void;
  ghashBlocks(tables: number, state: number, source: number, blocks: number): void;
  polyBegin(state: number, key: number): void;
  polyBlocks(state: number, source: number, blocks: number): void;
  polyEnd(state: number, tag: number): void;
  takeMemory(size: number): number;
  slabSize(size: number): number;
  slabTake(size: number): number;
  slabGive(block: number, size: number): void;
  poolInitialize(pool: number, directory: number, itemSize: number): void;
  poolTake(pool: number, limit: number): number;
  poolGive(pool: number, address: number): void;
  poolFind(pool: number, handle: number): number;
  poolScan(pool: number, slot: number): number;
  ringEnsure(ring: number, size: number): number;
  ringFree(ring: number): void;
  ringAddress(ring: number, offset: number): number;
  ringContiguous(ring: number, offset: number, size: number): number;
  ringWrite(ring: number, offset: number, source: number, size: number): void;
  ringConsume(ring: number, size: number): void;
  wheelArm(entry: number, deadline: bigint): void;
  wheelCancel(entry: number): void;
  wheelExpired(now: bigint): number;
  wheelNext(): bigint;
  failAssertion(): void;
  readOutOfBounds(): number;
}

/** A fresh, initialized instance. */
export async function internals(): Promise<Internals> {
  const exports = (await compileCore(TEST_CORE)).instantiate(1).exports as Internals;
  exports.initialize();
  return exports;
}

export function bytesOf(core: Internals): Uint8Array {
  return new Uint8Array(core.memory.buffer);
}

export function wordAt(core: Internals, address: number): number {
  return new DataView(core.memory.buffer).getUint32(address, true);
}
