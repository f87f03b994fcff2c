/**
 * Measures the table of throughput (loss × round trip × rate × controller) with progress, and writes it and its picture to
 * `test/simulation/throughput/`. `npx vitest run test/simulation/throughput -u` writes the same.
 *
 * Usage: npm run throughput
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, exitWith, isMain, root } from './process.mjs';
import '../test/kit/typescript-loader.mjs';

export async function writeThroughput() {
  const { measureAll, percent, tableText } = await import('../test/simulation/throughput/table.js');
  const { plot } = await import('../test/simulation/throughput/plot.js');
  const cells = [];
  for await (const cell of measureAll()) {
    const { loss, rtt, rate, controller, measured, theory } = cell;
    cells.push(cell);
    console.log(
      `${percent(loss)} loss, ${rtt} ms, ${rate / 1e6} Mbit/s, ${controller}: ${(measured / theory).toFixed(2)} × theory`,
    );
  }
  const text = tableText(cells);
  writeFileSync(join(root, FOLDER, 'throughput.txt'), text);
  writeFileSync(join(root, FOLDER, 'throughput.svg'), await plot(cells));
  console.log(`\n${text}`);
}

const FOLDER = 'test/simulation/throughput';

if (isMain(import.meta.url)) {
  try {
    commandLine(import.meta.url, {});
    await writeThroughput();
  } catch (error) {
    exitWith(error);
  }
}
