/** What real Bun was recorded to do, and what Vitrine does, scenario by scenario. See `README.md`. */
import { expect, test } from 'vitest';
import { count, runConformance, runOverIPv6, unreviewed } from './conformance.js';

test('with both ends on one stack, every scenario equals Bun, or differs exactly as it was reviewed', async () => {
  const judged = await runConformance();
  expect(unreviewed(judged)).toBe('');
  expect(count(judged)).toEqual({ equal: 128, excused: 158, deviation: 13, 'not applicable': 3, unreviewed: 0 });
}, 300_000);

test('over IPv6, the scenarios that name no address of IPv4 do the same', async () => {
  const judged = await runOverIPv6();
  expect(unreviewed(judged)).toBe('');
  expect(count(judged)).toEqual({ equal: 119, excused: 152, deviation: 11, 'not applicable': 0, unreviewed: 0 });
}, 300_000);
