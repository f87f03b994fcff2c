/** How long a stack works before other work of the process gets its turn. */
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../host/core/clock.js';
import { createStack, type Stack } from '../../host/stack/stack.js';

const PORT = 4000;

let stack: Stack;
afterEach(() => stack.close());

/**
 * Two ends of a connection send each other a byte for ever, over loopback, each time `took` milliseconds long.
 * @returns how often within each of the next turns of the event loop
 */
async function volleys(took: number, turns: number): Promise<number[]> {
  let time = 0;
  const idle = { arm() {}, ref() {}, unref() {} };
  const clock: Clock = { now: () => time, wall: () => time, timer: () => idle };
  stack = await createStack({ clock, seed: 1 });
  let volley = 0;
  const socket = {
    data(from: { write(data: Uint8Array): number }, data: Uint8Array) {
      volley++;
      time += took;
      from.write(data);
    },
  };
  stack.listen({ hostname: '127.0.0.1', port: PORT, socket });
  const client = await stack.connect({ hostname: '127.0.0.1', port: PORT, socket });
  client.write('x');
  const counts: number[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const before = volley;
    await new Promise((resolve) => setImmediate(resolve));
    counts.push(volley - before);
  }
  return counts.slice(1);
}

test('where handlers are slow, two milliseconds', async () => {
  const counts = await volleys(1, 6);
  expect(Math.max(...counts)).toBeLessThanOrEqual(3);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
});

test('where time stands still, 256 rounds', async () => {
  const counts = await volleys(0, 6);
  expect(Math.max(...counts)).toBeLessThanOrEqual(256);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(128);
});
