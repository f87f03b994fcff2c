import { expect, test } from 'vitest';
import { ByHandle } from '../../host/core/by-handle.js';

const SLOTS = 1 << 22;

test('an object is found by its handle, and by no other of its slot', () => {
  const things = new ByHandle<{ handle: number }>();
  const [first, last] = [{ handle: SLOTS + 5 }, { handle: 511 * SLOTS + (SLOTS - 1) }];
  things.add(first);
  things.add(last);
  expect([things.get(SLOTS + 5), things.get(511 * SLOTS + (SLOTS - 1))]).toEqual([first, last]);
  expect([things.get(2 * SLOTS + 5), things.get(SLOTS + 6), things.get(SLOTS + 5000)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('an object that is taken out leaves its successor in the slot alone', () => {
  const things = new ByHandle<{ handle: number }>();
  const [old, next] = [{ handle: SLOTS + 5 }, { handle: 2 * SLOTS + 5 }];
  things.add(old);
  things.add(next);
  things.delete(old);
  expect(things.all()).toEqual([next]);
  things.delete(next);
  expect(things.all()).toEqual([]);
});
