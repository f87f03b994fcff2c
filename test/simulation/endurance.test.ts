/** What `scripts/endure.mjs` does at length, in `npm run soak` or by itself. */

import { expect, test } from 'vitest';
import { ENDURANCE } from './endurance.js';

const SIZES = { bulk: 1e8, short: 1e4, parallel: 100 };

test.each(Object.entries(SIZES))('%s: no byte is lost in %d, and nothing is left', async (name, size) => {
  const result = await ENDURANCE[name]?.(size, () => {});
  expect(result).toMatchObject({ done: size, faults: 0, left: 0 });
  if (name === 'short') expect(result?.linear[1]).toBe(result?.linear[0]);
});
