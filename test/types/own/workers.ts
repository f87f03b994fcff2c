/** Workers, as a program makes them: every option, and what there is to ask. */
import {
  createWorkers,
  type WorkerCounters,
  type WorkerStackOptions,
  type Workers,
  type WorkersListenOptions,
  type WorkersOptions,
} from 'vitrine';

const options: WorkersOptions = {
  workers: 2,
  tun: {
    name: 'vitrine%d',
    kernelAddress: ['10.9.0.1/24', 'fd00:9::1/64'],
    addresses: ['10.9.0.2/24', 'fd00:9::2/64'],
    mtu: 1500,
  },
  stack: { congestion: 'cubic', memoryLimit: 512 << 20, ticketSecret: new Uint8Array(32), routes: [] },
  listen: { hostname: '::', port: 443, tls: { key: 'PEM', cert: 'PEM' }, allowHalfOpen: true },
  module: new URL('./handlers.js', import.meta.url),
  data: { greeting: 'hello' },
  error: (error: Error, worker: number) => console.error(worker, error.message),
};

export const listen: WorkersListenOptions = {
  hostname: '::',
  port: 443,
  // @ts-expect-error: handlers can't be copied into a thread
  socket: {},
};
export const stack: WorkerStackOptions = {
  // @ts-expect-error: whoever forwards has several devices, and a worker has one queue
  forwarding: true,
};

await using workers: Workers = await createWorkers(options);
const counters: WorkerCounters[] = await workers.counters();
for (const { worker, connections, straysIn, straysOut, straysDropped } of counters) {
  const line: number[] = [worker, connections, straysIn, straysOut, straysDropped];
  console.log(line.join(' '));
}
const port: number | undefined = workers.port;
console.log(workers.name, workers.addresses.join(' '), port);
workers.unref();
workers.ref();
await workers.close();
