/** What real Bun was recorded to do, and what Vitrine does, scenario by scenario. See `README.md`. */
import { describe, expect, test } from 'vitest';
import { tunMissing } from './across.js';
import { count, type Judged, report, runAcross, runConformance } from './conformance.js';

test('with both ends on one stack, every scenario equals Bun, or differs exactly as it was reviewed', async () => {
  const judged = await runConformance();
  expect(unreviewed(judged)).toBe('');
  expect(count(judged)).toEqual({ equal: 125, excused: 157, deviation: 15, 'not applicable': 5, unreviewed: 0 });
}, 300_000);

const missing = tunMissing();

describe.skipIf(missing)(`with the kernel at the other end${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('the sockets that connect equal Bun’s, or differ exactly as it was reviewed', async () => {
    const judged = await runAcross('client');
    expect(unreviewed(judged)).toBe('');
    expect(count(judged)).toMatchObject({ deviation: 2, 'not applicable': 58 });
  }, 300_000);

  test('the sockets that are accepted equal Bun’s, or differ exactly as it was reviewed', async () => {
    const judged = await runAcross('server');
    expect(unreviewed(judged)).toBe('');
    expect(count(judged)).toMatchObject({ deviation: 0, 'not applicable': 67 });
  }, 300_000);
});

/** All that nobody has accounted for. */
function unreviewed(judged: readonly Judged[]): string {
  const failing = judged.filter(({ verdict }) => verdict.kind === 'unreviewed');
  return failing.length === 0 ? '' : report(failing);
}
