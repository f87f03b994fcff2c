/**
 * The table of throughput and its picture are as they were: a regression shows as a difference. `npm run soak` measures all of
 * it; else the rows of losses that are frequent, which are averaged soon, and of none.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { amount, SOAKING } from '../../kit/soak.js';
import { type Cell, LOSSES, measureAll, rowsText, tableText } from './table.js';

const MEASURED = amount([0, 0.03], LOSSES);

test('throughput by loss, round trip, rate and controller is what it was', { timeout: 300_000 }, async () => {
  const cells: Cell[] = [];
  for await (const cell of measureAll(MEASURED)) cells.push(cell);
  const kept = readFileSync(new URL('throughput.txt', import.meta.url), 'utf8').split('\n');
  for (const loss of MEASURED) {
    const rows = rowsText(cells, loss);
    expect(kept.filter((line) => line.startsWith(rows[0]?.slice(0, 8) ?? ''))).toEqual(rows);
  }
  if (!SOAKING) return;
  expect(tableText(cells)).toBe(kept.join('\n'));
  const { plot } = await import('./plot.js');
  await expect(await plot(cells)).toMatchFileSnapshot('throughput.svg');
});
