/**
 * A worker in its own thread: a stack on a queue of the interface, the handlers of a module, and answers to the main thread.
 * Not for: how it is started and what happens when it ends (`member.ts`).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CoreFault } from '../core/fault.js';
import { TunTapDevice } from '../device/kernel/tuntap.js';
import type { SocketHandler } from '../socket/handlers.js';
import { createStack, type Stack } from '../stack/stack.js';
import { type Assignment, type Order, plainError, type Report } from './messages.js';
import type { WorkerModule } from './module.js';
import { QueueDevice } from './queue.js';

/** Starts what the main thread wants of this one. It is ready when it reports so; when it can't be, it throws. */
export async function work(): Promise<void> {
  const assignment = workerData as Assignment;
  const { number, count, listen, data } = assignment;
  const exported = (await import(assignment.module)) as WorkerModule;
  const device = new QueueDevice(
    new TunTapDevice({ ...assignment.queue, poller: assignment.poller }, assignment.addresses),
    number,
    assignment.strays,
  );
  // It has a ring of io_uring, which nobody else could free; only a worker that runs out of memory leaves it to the process.
  process.on('exit', () => device.close());
  const stack = await createStack({ ...assignment.stack, device, share: { index: number, count }, error: trouble });
  await exported.start?.(stack, { number, count, data });
  if (listen !== undefined) stack.listen({ ...listen, socket: handlersOf(exported) });
  device.serving = true;
  parentPort?.on('message', (order: Order) => obey(order, stack, device, number));
  report({ kind: 'ready' });
}

function obey(order: Order, stack: Stack, device: QueueDevice, worker: number): void {
  if (order !== 'close') {
    const counters = { worker, ...stack.counters(), ...device.counts };
    report({ kind: 'counters', answer: order.count, counters });
    return;
  }
  stack.close();
  report({ kind: 'closed' });
}

/** What a handler throws is told to the main thread, unless the module wants to know itself. */
function handlersOf(exported: WorkerModule): SocketHandler<unknown> {
  return { error: (_socket, error) => trouble(error), ...exported };
}

/** Without its core a worker is of no use: it ends, and another takes its place. */
function trouble(error: Error): void {
  if (error instanceof CoreFault) throw error;
  report({ kind: 'trouble', error: plainError(error) });
}

function report(what: Report): void {
  parentPort?.postMessage(what);
}
