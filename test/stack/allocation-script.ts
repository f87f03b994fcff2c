/**
 * What `allocation.test.ts` runs: packets and events between two stacks on a wire in memory, under V8's heap profiler, which is
 * asked about every single allocation. Each way runs for some units and for ten times as many: what it takes to begin and to end
 * is in both. Prints an `AllocationReport`. Needs `--sampling-heap-profiler-suppress-randomness`.
 */
import { type HeapProfiler, Session } from 'node:inspector/promises';
import { memoryWire } from '../../host/device/memory.js';
import { createStack } from '../../host/stack/stack.js';

/** Of each way. */
export type AllocationReport = Record<string, Allocated>;

/** Bytes of V8's heap for one unit, on both ends together, with what handlers get and may keep. */
interface Allocated {
  bytes: number;
  /** Where the most comes from, who called it behind it. */
  functions: [name: string, bytes: number][];
}

/** With an MTU of 1500 and timestamps. */
const SEGMENT = 1448;

class Countdown {
  left = 0;
  #done = () => {};

  count(amount: number): void {
    this.left -= amount;
    if (this.left <= 0) this.#done();
  }

  /** Resolved when so much was counted. */
  from(amount: number): Promise<void> {
    this.left = amount;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}

const [left, right] = memoryWire();
const client = await createStack({ device: left, addresses: ['10.0.0.1/24'], seed: 1 });
const server = await createStack({ device: right, addresses: ['10.0.0.2/24'], seed: 2 });
const hostname = '10.0.0.2';
const profiler = new Session();
profiler.connect();

const report: AllocationReport = {
  segment: await allocated(await bulk(), 2000),
  echo: await allocated(await echo(), 500),
  datagram: await allocated(await datagrams(), 1000),
};
console.log(JSON.stringify(report));
process.exit();

/** Full segments from one end to the other. */
async function bulk(): Promise<Way> {
  const block = new Uint8Array(65536);
  const arrived = new Countdown();
  let unsent = 0;
  const fill = () => {
    for (let taken = 1; unsent > 0 && taken > 0; unsent -= taken) {
      taken = socket.write(block, 0, Math.min(unsent, block.length));
    }
  };
  server.listen({ hostname, port: 1, socket: { data: (_socket, chunk) => arrived.count(chunk.length) } });
  const socket = await client.connect({ hostname, port: 1, socket: { drain: fill } });
  return (units) => {
    unsent = units * SEGMENT;
    fill();
    return arrived.from(units * SEGMENT);
  };
}

/** Trips of one byte, there and back. */
async function echo(): Promise<Way> {
  const byte = new Uint8Array(1);
  const back = new Countdown();
  server.listen({ hostname, port: 2, socket: { data: (socket, chunk) => void socket.write(chunk) } });
  const data = () => {
    back.count(1);
    if (back.left > 0) socket.write(byte);
  };
  const socket = await client.connect({ hostname, port: 2, socket: { data } });
  return (units) => {
    socket.write(byte);
    return back.from(units);
  };
}

async function datagrams(): Promise<Way> {
  const payload = new Uint8Array(200);
  const arrived = new Countdown();
  await server.udpSocket({ hostname, port: 3, socket: { data: () => arrived.count(1) } });
  const socket = await client.udpSocket({ connect: { hostname, port: 3 } });
  return async (units) => {
    const all = arrived.from(units);
    for (let sent = 0; sent < units; sent++) {
      socket.send(payload);
      if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await all;
  };
}

/** What a unit allocates, when engines and pools have warmed up. */
async function allocated(way: Way, units: number): Promise<Allocated> {
  for (let round = 0; round < 3; round++) await way(4 * units);
  const few = await profiled(() => way(units));
  const many = await profiled(() => way(10 * units));
  const functions: [string, number][] = [];
  let bytes = 0;
  for (const [name, size] of many) {
    const each = (size - (few.get(name) ?? 0)) / (9 * units);
    functions.push([name, each]);
    bytes += each;
  }
  return { bytes, functions: functions.sort(([, one], [, other]) => other - one).slice(0, 12) };
}

/** Bytes that were allocated meanwhile, whether or not they have been collected, by function and who called it. */
async function profiled(task: () => Promise<void>): Promise<Map<string, number>> {
  await profiler.post('HeapProfiler.startSampling', {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await task();
  const { profile } = await profiler.post('HeapProfiler.stopSampling');
  const sizes = new Map<string, number>();
  add(profile.head, '', sizes);
  return sizes;
}

function add(node: HeapProfiler.SamplingHeapProfileNode, caller: string, sizes: Map<string, number>): void {
  const { functionName, url, lineNumber } = node.callFrame;
  const own = `${functionName || 'anonymous'} ${url.slice(url.lastIndexOf('/') + 1)}:${lineNumber + 1}`;
  const name = `${own} < ${caller}`;
  sizes.set(name, (sizes.get(name) ?? 0) + node.selfSize);
  for (const child of node.children) add(child, own, sizes);
}

/** Does something so many times. */
type Way = (units: number) => Promise<void>;
