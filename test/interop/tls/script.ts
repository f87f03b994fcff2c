/**
 * What `table.test.ts` runs in a network namespace: all rows of the table, or those whose name contains the argument. Prints
 * by name what went wrong, `null` where nothing did, as one line of JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tun } from '../../../host/device/tun.js';
import { createStack } from '../../../host/stack/stack.js';
import { KERNEL, PREFIX, VITRINE } from '../addresses.js';
import { Files } from './files.js';
import { type Row, rows } from './rows.js';
import { VitrineClient } from './vitrine-client.js';
import { VitrineServer } from './vitrine-server.js';

const [filter = ''] = process.argv.slice(2);
const files = new Files(mkdtempSync(join(tmpdir(), 'vitrine-tls-')));
const device = tun({ kernelAddress: `${KERNEL}/${PREFIX}` });
const stack = await createStack({ device, addresses: [`${VITRINE}/${PREFIX}`] });
const client = new VitrineClient(stack, files);
const server = new VitrineServer(stack, files);
const [bulk, others] = split(rows().filter(({ name }) => name.includes(filter)));
const results: Record<string, string | null> = {};

/** Rows that are played at the same time: while one waits for a program to start, another goes on. */
const LANES = 3;
await Promise.all(Array.from({ length: LANES }, () => lane(others)));
await lane(bulk);
console.log(JSON.stringify(results));
client.close();
stack.close();
rmSync(files.directory, { recursive: true });

/** Bulk takes all there is: they go one after another. */
function split(all: readonly Row[]): [bulk: Row[], others: Row[]] {
  const isBulk = ({ feature }: Row) => feature === 'up' || feature === 'down';
  return [all.filter(isBulk), all.filter((row) => !isBulk(row))];
}

async function lane(waiting: Row[]): Promise<void> {
  for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
    const begin = performance.now();
    results[row.name] = await (row.role === 'server' ? client : server).play(row).then(
      () => null,
      (error) => String(error),
    );
    if (process.env.VERBOSE) console.error(Math.round(performance.now() - begin), row.name, results[row.name]);
  }
}
