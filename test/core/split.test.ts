/** Places for what is read past linear memory. What becomes of the data: `../tcp/split.test.ts`, `../stack/split.test.ts`. */
import { expect, test } from 'vitest';
import type { Chunks } from '../../host/core/chunks.js';
import { Split } from '../../host/core/split.js';

const DATA = 65_160;

/** With lanes that the program can take away, as ever newer runtimes allow. */
function split() {
  const lanes: ArrayBuffer[] = [];
  const slab = () => new Uint8Array(1 << 18);
  const places = new Split({ slab } as unknown as Chunks, () => expect.fail('lost'));
  const addressOf = (buffer: ArrayBuffer) => lanes.push(buffer) * 2 ** 32;
  return { places, lanes, prepare: (count: number) => places.prepare(count, addressOf) };
}

test('there is no guess before something large was received', () => {
  const { places, prepare } = split();
  expect(prepare(4)).toBe(false);
  places.learn(52, DATA);
  expect(prepare(4)).toBe(true);
  expect([places.headers, places.data]).toEqual([52, DATA]);
});

test('places follow one another, and are given anew only when they were used', () => {
  const { places, prepare } = split();
  places.learn(52, DATA);
  prepare(4);
  const first = places.address(0);
  expect([1, 2, 3].map((index) => places.address(index) - first)).toEqual([DATA, 2 * DATA, 3 * DATA]);
  places.used(1);
  prepare(4);
  expect([0, 1, 2].map((index) => places.address(index) - first)).toEqual([DATA, 2 * DATA, 3 * DATA]);
  expect(places.address(3)).toBe(2 * 2 ** 32);
});

test('larger packets make larger places, smaller ones leave them', () => {
  const { places, prepare } = split();
  for (const [data, larger] of [
    [20_000, 20_000],
    [40_000, 40_000],
    [30_000, 40_000],
  ] as const) {
    places.learn(52, data);
    prepare(2);
    expect(places.address(1) - places.address(0)).toBe(larger);
  }
});

test('nothing is read to memory that the program has taken away', () => {
  const { places, lanes, prepare } = split();
  places.learn(52, DATA);
  prepare(4);
  structuredClone(lanes[0], { transfer: [lanes[0] as ArrayBuffer] });
  prepare(4);
  for (const index of [0, 1, 2, 3]) expect(places.address(index)).toBeGreaterThanOrEqual(2 * 2 ** 32);
});

test('after a wrong guess packets are read whole for a while, and then until something large was received again', () => {
  const { places, prepare } = split();
  const memory = new Uint8Array(1 << 17);
  places.learn(52, DATA);
  prepare(1);
  expect(places.came(0, 32, 1000, memory)).toBe(52);
  places.used(1);
  expect(places.waits).toBe(true);
  places.join(memory);
  expect(places.waits).toBe(false);
  for (let batch = 0; batch < 64; batch++) {
    places.learn(52, DATA);
    expect(prepare(1), `batch ${batch}`).toBe(false);
  }
  expect(prepare(1)).toBe(false);
  places.learn(52, DATA);
  expect(prepare(1)).toBe(true);
});
