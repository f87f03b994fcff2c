/** A tenth of the ten million packets that `npm run soak` sends, and the fuzzer by itself: it repeats itself, and reaches what it should. */
import { expect, test } from 'vitest';
import { PacketFuzzer, ROUND, type Tally } from './packet-fuzzer.js';

test('a seed is a round: it comes out the same again', async () => {
  const fuzzer = await PacketFuzzer.create();
  expect(fuzzer.run(3)).toEqual(fuzzer.run(3));
  expect(fuzzer.run(3)).not.toEqual(fuzzer.run(4));
});

test('of a million packets none breaks the core, and nothing of them is left after the deadline', async () => {
  const fuzzer = await PacketFuzzer.create();
  const tallies: Tally[] = [];
  for (let seed = 1; seed <= Math.ceil(1_000_000 / ROUND); seed++) tallies.push(fuzzer.run(seed));
  for (const { bad, out, fragments, reassembled, errors, frames, neighbors } of tallies) {
    expect(ROUND - bad).toBeGreaterThan(ROUND / 4);
    expect(out).toBeGreaterThan(1000);
    expect(fragments).toBeGreaterThan(1000);
    expect(reassembled).toBeGreaterThan(200);
    expect(errors).toBeGreaterThan(200);
    expect(frames).toBeGreaterThan(100);
    expect(neighbors).toBeGreaterThan(5);
  }
}, 300_000);
