/** What real Bun was recorded to do, and what Vitrine does, scenario by scenario. See `README.md`. */
import { expect, test } from 'vitest';
import { count, runConformance, unreviewed } from './conformance.js';

test('with both ends on one stack, every scenario equals Bun, or differs exactly as it was reviewed', async () => {
  const judged = await runConformance();
  expect(unreviewed(judged)).toBe('');
  expect(count(judged)).toEqual({ equal: 126, excused: 157, deviation: 14, 'not applicable': 5, unreviewed: 0 });
}, 300_000);
