/** Byte rings and the slabs they live in, against a plain array. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COUNTER_BUFFER_BYTES, SETTING_MEMORY_LIMIT } from '../../assembly/abi/constants.js';
import { bytesOf, type Internals, internals, wordAt } from '../kit/internals.js';

/** A ring and its fields. */
async function ring() {
  const core = await internals();
  const address = core.takeMemory(64);
  const source = core.takeMemory(65_536);
  return {
    core,
    address,
    capacity: () => wordAt(core, address + 4),
    length: () => wordAt(core, address + 12),
    append(bytes: Uint8Array) {
      const length = wordAt(core, address + 12);
      if (core.ringEnsure(address, length + bytes.length) === 0) return false;
      bytesOf(core).set(bytes, source);
      core.ringWrite(address, length, source, bytes.length);
      new DataView(core.memory.buffer).setUint32(address + 12, length + bytes.length, true);
      return true;
    },
    content: () => content(core, address),
  };
}

function content(core: Internals, address: number): Uint8Array {
  const length = wordAt(core, address + 12);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const piece = core.ringContiguous(address, at, length - at);
    const start = core.ringAddress(address, at);
    bytes.set(bytesOf(core).subarray(start, start + piece), at);
    at += piece;
  }
  return bytes;
}

describe('a ring', () => {
  test('is a queue of bytes, however it is filled and drained', async () => {
    const { core, address, append, content: read, length } = await ring();
    const step = fc.oneof(
      fc.record({ put: fc.uint8Array({ maxLength: 900 }) }),
      fc.record({ take: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let model = Buffer.alloc(0);
        for (const action of steps) {
          if ('put' in action) {
            append(action.put);
            model = Buffer.concat([model, action.put]);
          } else {
            const size = Math.floor(action.take * length());
            core.ringConsume(address, size);
            model = model.subarray(size);
          }
          expect(Buffer.compare(read(), model)).toBe(0);
        }
        core.ringFree(address);
        return core.counter(COUNTER_BUFFER_BYTES) === 0;
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('keeps what lies behind its length when it grows', async () => {
    const { core, address, append } = await ring();
    append(new Uint8Array(200));
    core.ringConsume(address, 150);
    const source = core.takeMemory(64);
    bytesOf(core).set([1, 2, 3, 4], source);
    core.ringWrite(address, 180, source, 4);
    core.ringEnsure(address, 1000);
    const place = core.ringAddress(address, 180);
    expect([...bytesOf(core).subarray(place, place + 4)]).toEqual([1, 2, 3, 4]);
  });

  test('has a capacity that is a power of two', async () => {
    for (const size of [1, 256, 257, 1000, 65_536, 65_537]) {
      const { core, address, capacity } = await ring();
      core.ringEnsure(address, size);
      expect(capacity()).toBeGreaterThanOrEqual(size);
      expect(Math.log2(capacity()) % 1).toBe(0);
    }
  });

  test('stays as it is when memory has run out', async () => {
    const { core, address, append, content: read } = await ring();
    core.configure(3, 8 << 20);
    append(new Uint8Array(100).fill(7));
    expect(core.ringEnsure(address, 64 << 20)).toBe(0);
    expect(read()).toEqual(new Uint8Array(100).fill(7));
  });
});

describe('slabs', () => {
  test('come in powers of two from 256 on', async () => {
    const core = await internals();
    const sizes = [0, 1, 255, 256, 257, 4096, 4097].map((size) => core.slabSize(size));
    expect(sizes).toEqual([256, 256, 256, 256, 512, 4096, 8192]);
  });

  test('are aligned to their size, do not overlap and need no more memory when they were given back', async () => {
    const core = await internals();
    const sizes = Array.from({ length: 500 }, (_, count) => 256 << (count % 6));
    const blocks = sizes.map((size): [number, number] => [core.slabTake(size), size]);
    apart(blocks);
    expect(core.counter(COUNTER_BUFFER_BYTES)).toBe(sizes.reduce((sum, size) => sum + size, 0));
    for (const [block, size] of blocks) core.slabGive(block, size);
    expect(core.counter(COUNTER_BUFFER_BYTES)).toBe(0);
    const fresh = core.takeMemory(64);
    apart(sizes.map((size): [number, number] => [core.slabTake(size), size]));
    expect(core.takeMemory(64) - fresh).toBe(64);
  });

  test.each([
    [256, MIB],
    [4096, MIB],
    [MIB, 256],
    [65_536, 2048],
  ])('at the memory limit: what was free as blocks of %i bytes is there for those of %i', async (first, second) => {
    const core = await internals();
    core.configure(SETTING_MEMORY_LIMIT, 8 * MIB);
    const all = exhaust(core, first);
    const total = all.length * first;
    expect(total).toBeGreaterThan(5 * MIB - first);
    for (const block of all) core.slabGive(block, first);
    // A few small ones may stay as they are, for the next who wants one.
    expect(exhaust(core, second).length * second).toBeGreaterThan(total - 512 * KIB - second);
  });

  test('are what a list of intervals says, whatever is taken and given back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(14), fc.nat()), { maxLength: 300 }), async (steps) => {
        const core = await internals();
        core.configure(SETTING_MEMORY_LIMIT, 6 * MIB);
        const blocks: [number, number][] = [];
        for (const [shift, choice] of steps) {
          if (shift > 12) {
            const [gone] = blocks.splice(choice % Math.max(blocks.length, 1), 1);
            if (gone !== undefined) core.slabGive(...gone);
            continue;
          }
          const size = 256 << shift;
          const block = core.slabTake(size);
          if (block === 0) continue;
          bytesOf(core).fill(shift, block, block + size);
          blocks.push([block, size]);
        }
        apart(blocks);
        for (const [block, size] of blocks) {
          const mark = Math.log2(size / 256);
          expect(
            bytesOf(core)
              .subarray(block, block + size)
              .every((byte) => byte === mark),
          ).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Blocks, each an address and a size, none of which reaches into another. */
function apart(blocks: [number, number][]): void {
  const sorted = [...blocks].sort(([a], [b]) => a - b);
  sorted.forEach(([start, size], index) => {
    const [before, room] = sorted[index - 1] ?? [0, 0];
    expect(start).toBeGreaterThanOrEqual(before + room);
    expect(start % size).toBe(0);
  });
}

/** All the blocks of one size that there is memory for. */
function exhaust(core: Internals, size: number): number[] {
  const blocks: number[] = [];
  for (let block = core.slabTake(size); block !== 0; block = core.slabTake(size)) blocks.push(block);
  return blocks;
}

const KIB = 1 << 10;
const MIB = 1 << 20;
