/**
 * What `clients.test.ts` runs in a network namespace: the rows of the table, or those whose name contains the last argument.
 * Prints by name what came, or the error, and what the weather did, as one line of JSON.
 *
 *   script.ts clear|loss light|full [filter]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tun } from '../../../host/device/tun.js';
import { weather } from '../../../host/device/weather.js';
import { netOf } from '../../../host/node/net.js';
import { tlsOf } from '../../../host/node/tls.js';
import { createStack } from '../../../host/stack/stack.js';
import { KERNEL, PREFIX, VITRINE } from '../addresses.js';
import { Kernel } from '../kernel.js';
import { FULL, type Lab, LIGHT, LOSS, type Net, type Row, type Tls } from './lab.js';
import { startPrograms } from './programs.js';
import { ROWS } from './rows/all.js';
import type { Tasks } from './tasks.js';

/** Milliseconds for a row. */
const PATIENCE = 120_000;
const [mode = '', amount = '', filter = ''] = process.argv.slice(2);
const volume = amount === 'full' ? FULL : LIGHT;
const directory = mkdtempSync(join(tmpdir(), 'vitrine-clients-'));
process.on('exit', () => rmSync(directory, { recursive: true }));
const device = tun({ kernelAddress: `${KERNEL}/${PREFIX}` });
const cloud = mode === 'loss' ? weather(device, { loss: LOSS }) : undefined;
const stack = await createStack({ device: cloud ?? device, addresses: [`${VITRINE}/${PREFIX}`] });
const kernel = new Kernel<Tasks>(new URL('./kernel-side.ts', import.meta.url));
const [ports, programs] = await Promise.all([kernel.tell('serve', {}), startPrograms(directory, volume)]);
const lab: Lab = {
  net: netOf(stack) as unknown as Net,
  tls: tlsOf(stack) as unknown as Tls,
  kernel,
  ports,
  volume,
  directory,
};
const results: Record<string, unknown> = {};

for (const row of ROWS.filter(({ name }) => name.includes(filter))) {
  const begin = performance.now();
  results[row.name] = await played(row);
  if (process.env.VERBOSE) console.error(Math.round(performance.now() - begin), row.name, results[row.name]);
}
console.log(JSON.stringify({ results, weather: cloud?.counts }));
kernel.close();
stack.close();
for (const program of programs) program.stop();
await Promise.all(programs.map(({ ended }) => ended));
// What a row that failed has left open must not keep the process.
process.exit();

/** What came, or the error; never later than that it has hung. */
function played(row: Row): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('hung')), PATIENCE);
  });
  return Promise.race([row.play(lab), hung])
    .catch((error) => `failed: ${error instanceof Error ? error.stack : error}`)
    .finally(() => clearTimeout(timer));
}
