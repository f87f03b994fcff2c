/**
 * The scenarios of Bun's with one end on Vitrine and the other on the kernel. See `../README.md`. Both roles at the same time,
 * each in a namespace of its own: most of them wait.
 */
import { describe, expect, test } from 'vitest';
import { tunMissing } from '../across.js';
import { count, runAcross, unreviewed } from '../conformance.js';

const missing = tunMissing();

const heading = `with the kernel at the other end${missing === undefined ? '' : ` (${missing})`}`;

describe.skipIf(missing)(heading, { concurrent: true }, () => {
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
