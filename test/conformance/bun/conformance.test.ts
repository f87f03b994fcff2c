/** What real Bun was recorded to do, and what Vitrine does, scenario by scenario. See `README.md`. */
import { expect, test } from 'vitest';
import { count, report, runConformance } from './conformance.js';

test('on one stack, every scenario equals Bun, or differs exactly as it was reviewed', async () => {
  const judged = await runConformance();
  const { unreviewed, ...counts } = count(judged);
  expect(unreviewed, report(judged.filter(({ verdict }) => verdict.kind === 'unreviewed'))).toBe(0);
  expect(counts).toEqual({ equal: 125, excused: 133, deviation: 20, 'not applicable': 5 });
}, 240_000);
