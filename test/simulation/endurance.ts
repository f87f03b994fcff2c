/**
 * What has to go on for very long: bytes through one connection, connections one after the other, many side by side, between
 * two stacks on a wire that loses nothing. Every byte is compared at its place. Memory is looked at when a tenth is done and
 * at the end: in between it is not to grow. Not for: bad weather (`simulation.ts`).
 */
import type { ManualClock } from '../../host/core/clock.js';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import type { Socket } from '../../host/socket/socket.js';
import { createStack, type Stack } from '../../host/stack/stack.js';
import {
  type Endurance,
  Inflow,
  Outflow,
  type Progress,
  type Scenario,
  type Sizes,
  sizesOf,
} from '../kit/endurance.js';

/** What can be asked for, by name; `size` is bytes of `bulk`, connections of the others. */
export const ENDURANCE: Readonly<Record<string, Scenario>> = {
  bulk: (size, progress) => run(size, size, 1, 1, progress),
  short: (size, progress) => run(size, 100, size, SIDE_BY_SIDE, progress),
  parallel: (size, progress) => run(size, 1 << 20, size, size, progress),
};

/** `connections` of `bytes` each way to the server, so many at a time; every other one is ended by the server first. */
async function run(done: number, bytes: number, connections: number, atOnce: number, progress: Progress) {
  const world = await prepare();
  const begun = performance.now();
  const ends = { opened: 0, closed: 0, faults: 0, bytes: 0 };
  const total = bytes * connections;
  world.server.listen<Inflow>({
    hostname: SERVER,
    port: PORT,
    socket: {
      data(socket, chunk) {
        socket.data ??= new Inflow();
        if (!socket.data.take(chunk)) ends.faults++;
        ends.bytes += chunk.length;
        if (socket.data.got === bytes) answer(socket, ends.closed % 2 === 0);
      },
      close(_socket, error) {
        if (error !== undefined) ends.faults++;
      },
    },
  });
  let early: Sizes | undefined;
  const seen = () => ends.bytes / total;
  while (ends.closed < connections) {
    for (; ends.opened < connections && ends.opened - ends.closed < atOnce; ends.opened++) open(world, bytes, ends);
    await turn(world.clock);
    if (early === undefined && seen() >= 0.1) early = world.sizes();
    progress(seen());
  }
  for (let seconds = 0; seconds < AFTER; seconds++) await turn(world.clock, 1000);
  const late = world.sizes();
  const left = [world.client, world.server].reduce((sum, stack) => sum + stack.counters().connections, 0);
  const faults = ends.faults + (ends.bytes === total ? 0 : 1);
  world.client.close();
  world.server.close();
  const { linear, rss } = early ?? late;
  const seconds = (performance.now() - begun) / 1000;
  const memory = { linear: [linear, late.linear], rss: [rss, late.rss] } satisfies Partial<Endurance>;
  return { done, bytes: ends.bytes, seconds, faults, left, ...memory } as Endurance;
}

/** The server has everything: it says so, and is the first to end or leaves that to the client. */
function answer(socket: Socket<Inflow>, ends: boolean): void {
  socket.write('.');
  if (ends) socket.end();
}

function open(world: World, bytes: number, ends: { closed: number; faults: number }): void {
  const outflow = new Outflow(bytes);
  const connected = world.client.connect({
    hostname: SERVER,
    port: PORT,
    socket: {
      open: (socket) => outflow.fill(socket),
      drain: (socket) => outflow.fill(socket),
      data: (socket) => void socket.end(),
      close(_socket, error) {
        if (error !== undefined) ends.faults++;
        ends.closed++;
      },
    },
  });
  connected.catch(() => {
    ends.faults++;
    ends.closed++;
  });
}

/** Everything that is due within a millisecond, or more, handlers included. */
async function turn(clock: ManualClock, milliseconds = 1): Promise<void> {
  clock.advance(milliseconds);
  await new Promise((resolve) => setImmediate(resolve));
}

interface World {
  clock: ManualClock;
  client: Stack;
  server: Stack;
  sizes(): Sizes;
}

async function prepare(): Promise<World> {
  const clock = manualClock(1000);
  const ends = memoryWire({ mtu: 1500 });
  const sizes = sizesOf(ends);
  const common = { clock, maximumSegmentLifetime: 1 };
  const client = await createStack({ ...common, device: ends[0], addresses: ['10.0.0.1/24'] });
  const server = await createStack({ ...common, device: ends[1], addresses: [`${SERVER}/24`] });
  return { clock, client, server, sizes };
}

const SERVER = '10.0.0.2';
const PORT = 7;
const SIDE_BY_SIDE = 100;
/** Seconds in which ends are repeated that the other side has not heard. */
const AFTER = 120;
