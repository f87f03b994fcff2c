/** Handles that never name another object (DESIGN §3: 22 bits of slot, the generation above). */
import { expect, test } from 'vitest';
import { type Internals, internals, wordAt } from '../kit/internals.js';

async function pool(itemSize = 64) {
  const core = await internals();
  const address = core.takeMemory(64);
  core.poolInitialize(address, core.takeMemory(16_384), itemSize);
  const take = (limit = 1 << 20) => core.poolTake(address, limit);
  const handle = (item: number) => wordAt(core, item);
  return { core, address, take, handle, give: (item: number) => core.poolGive(address, item) };
}

function used(core: Internals, address: number): number {
  return wordAt(core, address + 12);
}

test('a handle is positive and finds its object', async () => {
  const { core, address, take, handle } = await pool();
  for (let count = 0; count < 3000; count++) {
    const item = take();
    expect(handle(item) | 0).toBeGreaterThan(0);
    expect(core.poolFind(address, handle(item))).toBe(item);
  }
  expect(used(core, address)).toBe(3000);
});

test('a stale handle finds nothing, even when the slot is in use again', async () => {
  const { core, address, take, handle, give } = await pool();
  const first = take();
  const stale = handle(first);
  give(first);
  expect(core.poolFind(address, stale)).toBe(0);
  for (let count = 0; count < 2000; count++) take();
  expect(core.poolFind(address, stale)).toBe(0);
});

test('a slot rests as long as possible before it comes again', async () => {
  const { take, give } = await pool();
  const first = take();
  give(first);
  for (let count = 0; count < 1023; count++) expect(take()).not.toBe(first);
  expect(take()).toBe(first);
});

test('hundreds of generations of one slot have different handles', async () => {
  const { core, address, take, handle, give } = await pool();
  const seen = new Set<number>();
  for (let round = 0; round < 400; round++) {
    const items = Array.from({ length: 1024 }, () => take());
    seen.add(handle(items[0] as number));
    for (const item of items) give(item);
  }
  expect(seen.size).toBe(400);
  expect(used(core, address)).toBe(0);
});

test('numbers that are no handles find nothing', async () => {
  const { core, address, take, handle } = await pool();
  const item = take();
  for (const wrong of [0, -1, handle(item) + 1, handle(item) ^ (1 << 22), handle(item) | 0x8000_0000, 0x3f_ffff]) {
    expect(core.poolFind(address, wrong), String(wrong)).toBe(0);
  }
});

test('an object comes zero-filled', async () => {
  const { core, take, give } = await pool();
  const item = take();
  new Uint8Array(core.memory.buffer, item + 8, 56).fill(0xff);
  give(item);
  for (let count = 0; count < 1024; count++) {
    const next = take();
    expect(new Uint8Array(core.memory.buffer, next + 8, 56).every((byte) => byte === 0)).toBe(true);
  }
});

test('a limit holds', async () => {
  const { take, give } = await pool();
  const items = [take(2), take(2)];
  expect(take(2)).toBe(0);
  give(items[0] as number);
  expect(take(2)).not.toBe(0);
});

test('a scan meets every object in use, once', async () => {
  const { core, address, take, give, handle } = await pool();
  const items = Array.from({ length: 2500 }, () => take());
  for (const item of items.filter((_, index) => index % 3 === 0)) give(item);
  const met: number[] = [];
  for (let item = core.poolScan(address, 0); item !== 0; item = core.poolScan(address, (handle(item) & 0x3f_ffff) + 1))
    met.push(item);
  expect(met.sort((a, b) => a - b)).toEqual(items.filter((_, index) => index % 3 !== 0).sort((a, b) => a - b));
});
