/**
 * Several stacks with the same addresses, each in a thread of its own on a queue of its own of one TUN interface: the kernel
 * spreads the flows among them. See README.md for what that guarantees.
 * Not for: one worker (`member.ts`), packets that come to the wrong one (`queue.ts`).
 */
import { randomFillSync, randomInt } from 'node:crypto';
import { CHOSEN_PORTS } from '../../assembly/abi/constants.js';
import { parseAddressWithPrefix } from '../core/address.js';
import { linux } from '../device/kernel/linux.js';
import { type Opened, openQueues } from '../device/kernel/open.js';
import { kernelSettings } from '../device/kernel/tuntap.js';
import { onlyKnown, packetSize, unexpected, wholeNumber } from '../device/options.js';
import type { TunOptions } from '../device/tun.js';
import { uncaught } from '../socket/handlers.js';
import { Member } from './member.js';
import type { WorkerCounters } from './messages.js';
import type { WorkerStackOptions, WorkersOptions } from './options.js';
import { makeStrays } from './queue.js';

/**
 * Opens the interface and starts the workers. Resolved when all of them serve.
 * @throws TypeError, RangeError for options that mean nothing; DeviceError as `tun`; what the module threw when it was loaded
 *   or started
 */
export async function createWorkers(options: WorkersOptions): Promise<Workers> {
  onlyKnown('createWorkers', options, ['workers', 'tun', 'stack', 'listen', 'module', 'data', 'error']);
  const count = numberOf(options.workers);
  const module = moduleOf(options.module);
  const { tun = {}, data } = options;
  const addresses = [...(tun.addresses ?? [])];
  for (const address of addresses) parseAddressWithPrefix(address);
  const listen = options.listen && { ...options.listen, port: portOf(options.listen.port) };
  const strays = makeStrays(count, listen === undefined ? [] : [listen.port]);
  const stack: WorkerStackOptions = { ...sharedSecrets(), ...options.stack };
  const queues = openQueues(interfaceSettings(tun), count);
  const report = options.error ?? uncaught;
  const members = queues.map((queue, number) => {
    const assignment = { number, count, queue, strays, addresses, stack, listen, module, data };
    return new Member(assignment, (error) => report(error, number));
  });
  const workers = new Workers(queues, members, addresses, listen?.port);
  const outcomes = await Promise.allSettled(members.map((member) => member.start()));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed === undefined) return workers;
  await workers.close();
  throw (failed as PromiseRejectedResult).reason;
}

export class Workers {
  /** Of the interface. */
  readonly name: string;
  #closed: Promise<void> | undefined;

  /** For `createWorkers`, not for programs. */
  constructor(
    private readonly queues: readonly Opened[],
    private readonly members: readonly Member[],
    /** Of every stack, with prefix lengths. */
    readonly addresses: readonly string[],
    /** What all of them listen on. */
    readonly port: number | undefined,
  ) {
    this.name = (queues[0] as Opened).name;
  }

  /** Of every worker that runs. */
  async counters(): Promise<WorkerCounters[]> {
    const all = await Promise.all(this.members.map((member) => member.counters()));
    return all.filter((counters) => counters !== undefined);
  }

  /** Keeps the process alive until `close`, as they do from the start. */
  ref(): void {
    for (const member of this.members) member.ref();
  }

  unref(): void {
    for (const member of this.members) member.unref();
  }

  /** Ends all connections with RST, and everything else: threads, queues, the interface. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
    for (const { descriptor } of this.queues) linux().close(descriptor);
  }
}

function numberOf(workers: unknown): number {
  const count = wholeNumber('workers', workers, 1, MOST_WORKERS, 0);
  if (count === 0) throw unexpected('workers', `a whole number from 1 to ${MOST_WORKERS}`, workers);
  return count;
}

/** One for all of them. */
function portOf(port: unknown): number {
  return wholeNumber('listen.port', port, 0, 65_535, 0) || randomInt(CHOSEN_PORTS, 65_536);
}

/** @throws TypeError for a path: relative to what would it be? */
function moduleOf(module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module === 'string' && URL.canParse(module)) return new URL(module).href;
  throw unexpected('module', 'a URL', module);
}

function interfaceSettings(options: Omit<TunOptions, 'fd'>) {
  onlyKnown('tun', options, ['name', 'kernelAddress', 'addresses', 'queueLength', 'mtu', 'offload']);
  const { offload = true } = options;
  if (typeof offload !== 'boolean') throw unexpected('offload', 'true or false', offload);
  const mtu = packetSize('mtu', options.mtu);
  return { kind: 'tun', mtu, withHeader: offload, ...kernelSettings(options) } as const;
}

/** One worker's cookies and tickets have to be good for all. */
function sharedSecrets(): Required<Pick<WorkerStackOptions, 'fastOpenKey' | 'ticketSecret'>> {
  const fastOpenKey = [...randomFillSync(new Uint32Array(4))] as [number, number, number, number];
  return { fastOpenKey, ticketSecret: randomFillSync(new Uint8Array(32)) };
}

const MOST_WORKERS = 64;
