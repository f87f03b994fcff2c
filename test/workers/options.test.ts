/** What `createWorkers` says of options that mean nothing. Nothing is opened, and no thread is started. */
import { expect, test } from 'vitest';
import type { WorkersOptions } from '../../host/workers/options.js';
import { createWorkers } from '../../host/workers/workers.js';

const MODULE = new URL('./kernel/handlers.ts', import.meta.url);
const rejected = (options: object) => expect(createWorkers(options as WorkersOptions)).rejects;

test.each([0, -1, 1.5, 65, 1e6, Number.NaN, '2', null])('%s workers are no number of workers', async (workers) => {
  await rejected({ workers, module: MODULE }).toThrow(/^workers must be a whole number from 1 to 64, not /);
});

test.each<[string, object, RegExp]>([
  ['no number', {}, /^workers must be a whole number from 1 to 64, not undefined$/],
  ['no module', { workers: 2 }, /^module must be a URL, not undefined$/],
  [
    'a module that is no URL',
    { workers: 2, module: './handlers.js' },
    /^module must be a URL, not "\.\/handlers\.js"$/,
  ],
  [
    'an option that there is not',
    { workers: 2, module: MODULE, worker: 1 },
    /^createWorkers has no option "worker"; it knows/,
  ],
  ['a device of its own', { workers: 2, module: MODULE, tun: { fd: 3 } }, /^tun has no option "fd"/],
  ['an address that is none', { workers: 2, module: MODULE, tun: { addresses: ['10.9.0/24'] } }, /10\.9\.0/],
  [
    'a port that is none',
    { workers: 2, module: MODULE, listen: { hostname: '10.9.0.2', port: 65_536 } },
    /^listen\.port must be a whole number from 0 to 65535, not 65536$/,
  ],
])('%s', async (_, options, message) => {
  await rejected(options).toThrow(message);
});
