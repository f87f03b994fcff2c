/** The map of linear memory. */
import { expect, test } from 'vitest';
import { internals } from '../kit/internals.js';

test('regions have room for what lies in them, and none reaches into the next', async () => {
  const core = await internals();
  expect(() => core.checkMap()).not.toThrow();
});
