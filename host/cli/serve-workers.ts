/**
 * `vitrine serve --workers`: the same service by several stacks, each in a thread of its own on a queue of one TUN interface.
 * Not for: what a worker does (`http/worker.ts`), one stack (`serve.ts`).
 */
import { createWorkers } from '../workers/workers.js';
import { UsageError } from './failure.js';
import type { WorkerData } from './http/worker.js';
import { possibleKernelAddresses, stackOptions } from './network.js';
import { addressesOf } from './network-options.js';
import type { ServeOptions, Service, Serving } from './serve.js';
import type { Terminal } from './terminal.js';

/** @throws UsageError for options that workers do not have; as `createWorkers` */
export async function serveByWorkers(
  { directory, hostname, port, tls }: Service,
  options: ServeOptions & { workers: number },
  terminal: Terminal,
): Promise<Serving> {
  for (const [name, option] of NOT_FOR_WORKERS) {
    if (options[name] !== undefined) throw new UsageError(`--workers does not go with ${option}: ${WHY}`);
  }
  let fail!: (error: Error) => void;
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {});
  const data: WorkerData = { directory, secure: tls !== undefined };
  const workers = await createWorkers({
    workers: options.workers,
    tun: {
      name: options.tun,
      mtu: options.mtu,
      addresses: addressesOf(options),
      kernelAddress: possibleKernelAddresses(options),
    },
    stack: stackOptions(options),
    listen: { hostname, port, tls: tls ?? false, allowHalfOpen: true },
    module: new URL('./http/worker-entry.mjs', import.meta.url),
    data,
    error(error, worker) {
      const { code, cause } = error as NodeJS.ErrnoException;
      if (code !== 'ERR_WORKER_ENDED') fail(error);
      else
        terminal.line(
          `${error.message}${cause instanceof Error ? ` (${cause.message})` : ''}; worker ${worker} begins anew`,
        );
    },
  });
  return { deviceName: workers.name, failure, close: () => workers.close() };
}

const WHY = 'each worker is a stack on a queue of a TUN interface, and has no more than that';
const NOT_FOR_WORKERS = [
  ['tap', '--tap'],
  ['dhcp', '--dhcp'],
  ['weather', '--weather'],
  ['pcap', '--pcap'],
  ['keylog', '--keylog'],
  ['pcapKeys', '--pcap-keys'],
] as const;
