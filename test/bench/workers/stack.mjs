/**
 * Who takes part in the row of workers: `node stack.mjs WORKERS NAME KERNEL OWN`. Without workers, 0, a stack in the main thread.
 * Ends with its stdin.
 */
import { createStack, createWorkers, tun } from '../../../dist/host/index.js';
import { start } from './services.mjs';

const [workers, name, kernel, own] = process.argv.slice(2);
const device = { name, kernelAddress: `${kernel}/24`, addresses: [`${own}/24`], offload: false };
if (workers === '0') start(await createStack({ device: tun(device) }), { data: own });
else {
  const module = new URL('./services.mjs', import.meta.url);
  await createWorkers({ workers: Number(workers), tun: device, module, data: own });
}
process.stdin.on('close', () => process.exit()).resume();
console.log('ready');
