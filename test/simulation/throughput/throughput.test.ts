/** The table of throughput and its picture are as they were: a regression shows as a difference. */
import { expect, test } from 'vitest';
import { plot } from './plot.js';
import { type Cell, measureAll, tableText } from './table.js';

test('throughput by loss, round trip, rate and controller is what it was', { timeout: 120_000 }, async () => {
  const cells: Cell[] = [];
  for await (const cell of measureAll()) cells.push(cell);
  await expect(tableText(cells)).toMatchFileSnapshot('throughput.txt');
  await expect(await plot(cells)).toMatchFileSnapshot('throughput.svg');
});
