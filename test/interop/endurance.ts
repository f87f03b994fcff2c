/**
 * What has to go on for very long between a stack on a TUN device and the kernel, whose side is `bench/native/kverify.c`: bytes
 * of one connection, connections one after the other, many side by side. Both sides compare every byte at its place. Memory
 * of this process is looked at when a tenth is done and at the end. It is to run in a namespace of its own
 * (`bench/running/namespace.mjs`). Not for: how fast (`../bench/`), two stacks (`../simulation/endurance.ts`).
 */
import { tun } from '../../host/device/tun.js';
import type { Socket } from '../../host/socket/socket.js';
import { createStack, type Stack } from '../../host/stack/stack.js';
import { buildInstruments } from '../bench/running/instruments.mjs';
import { runPeer } from '../bench/running/kpeer.mjs';
import { prepareNamespace, subnet } from '../bench/running/namespace.mjs';
import { type Endurance, Inflow, Outflow, type Progress, type Scenario, sizesOf } from '../kit/endurance.js';
import { until } from '../kit/wait.js';

/** What can be asked for, by name; `size` is bytes of the first two, connections of the others. */
export const ENDURANCE: Readonly<Record<string, Scenario>> = {
  'tun-receive': (size, progress) =>
    run({ size, up: size, down: 1, connections: 1, atOnce: 1, offload: true }, progress),
  'tun-send': (size, progress) => run({ size, up: 1, down: size, connections: 1, atOnce: 1, offload: true }, progress),
  'tun-short': (size, progress) =>
    run({ size, up: 100, down: 100, connections: size, atOnce: SIDE_BY_SIDE, offload: false }, progress),
  'tun-parallel': (size, progress) =>
    run({ size, up: 1 << 20, down: 1 << 20, connections: size, atOnce: size, offload: true }, progress),
};

interface Load {
  /** What was asked for. */
  size: number;
  /** Bytes of each connection from the kernel, and to it. */
  up: number;
  down: number;
  connections: number;
  atOnce: number;
  offload: boolean;
}

/** What our side has seen. */
interface Tally {
  closed: number;
  faults: number;
  /** Both ways. */
  bytes: number;
  /** So many more. */
  count(bytes: number): void;
}

async function run(load: Load, progress: Progress): Promise<Endurance> {
  prepareNamespace();
  const place = subnet(0);
  const device = tun({ kernelAddress: `${place.kernel}/16`, offload: load.offload });
  const sizes = sizesOf([device]);
  // Short, that memory does not follow how many connections a second there are.
  const stack = await createStack({ device, addresses: [`${place.stack}/16`], maximumSegmentLifetime: 100 });
  const total = (load.up + load.down) * load.connections;
  let early: ReturnType<typeof sizes> | undefined;
  const tally: Tally = {
    closed: 0,
    faults: 0,
    bytes: 0,
    count(bytes) {
      this.bytes += bytes;
      if (this.bytes >= total / 10) early ??= sizes();
      progress(this.bytes / total);
    },
  };
  for (const ends of [false, true]) serve(stack, place.stack, ends, load, tally);

  const begun = performance.now();
  const faults = await askKernel(load, place);
  const seconds = (performance.now() - begun) / 1000;
  // Nothing tells when TIME-WAIT is over; what is left then is counted.
  await until(() => stack.counters().connections === 0).catch(() => {});
  const { connections: left, bufferBytes } = stack.counters();
  const late = sizes();
  const lost = [tally.closed !== load.connections, tally.bytes !== total, bufferBytes > 0].filter(Boolean).length;
  stack.close();
  const { linear, rss } = early ?? late;
  return {
    done: load.size,
    bytes: tally.bytes,
    seconds,
    faults: faults + tally.faults + lost,
    left,
    linear: [linear, late.linear],
    rss: [rss, late.rss],
  };
}

interface Ours {
  inflow: Inflow;
  outflow: Outflow;
}

/** Takes connections on one of the two ports of `kverify`: that where the kernel ends them, or that where we do. */
function serve(stack: Stack, hostname: string, ends: boolean, { up, down }: Load, tally: Tally): void {
  const fill = (socket: Socket<Ours>): void => {
    const { outflow, inflow } = socket.data;
    const before = outflow.left;
    outflow.fill(socket);
    tally.count(before - outflow.left);
    if (ends && outflow.left === 0 && inflow.got === up) socket.end();
  };
  stack.listen<Ours>({
    hostname,
    port: PORT + (ends ? 1 : 0),
    socket: {
      open(socket) {
        const begin = socket.remotePort * STEP;
        socket.data = { inflow: new Inflow(begin), outflow: new Outflow(down, begin) };
        fill(socket);
      },
      data(socket, chunk) {
        tally.count(chunk.length);
        if (!socket.data.inflow.take(chunk)) tally.faults++;
        fill(socket);
      },
      drain: fill,
      close({ data: { inflow, outflow } }, error) {
        tally.closed++;
        if (error !== undefined || inflow.got !== up || outflow.left > 0) tally.faults++;
      },
    },
  });
}

/** Has the kernel open all connections, so many from each of its addresses. @returns how many ended otherwise than they should */
async function askKernel({ connections, atOnce, up, down }: Load, place: ReturnType<typeof subnet>): Promise<number> {
  const tools = buildInstruments();
  let runs = 0;
  const stack = { pid: process.pid, place, nextSource: () => place.source(runs++) };
  let faults = 0;
  for (let left = connections; left > 0; left -= FROM_ONE_ADDRESS) {
    const count = Math.min(left, FROM_ONE_ADDRESS);
    const mode = ['-p', PORT, '-n', count, '-c', atOnce, '-u', up, '-d', down];
    const line = await runPeer({ stack, tools, mode, program: 'kverify', seconds: PATIENCE, congestion: 'cubic' });
    faults += line.faults;
    if (line.faults > 0)
      console.error(`  the kernel: ${line.faults} faults, the first at ${line.faultAt}: ${line.firstFault}`);
  }
  return faults;
}

const PORT = 5001;
const SIDE_BY_SIDE = 100;
/** Ports are used once from an address: the kernel holds some of them in TIME-WAIT for a minute. */
const FROM_ONE_ADDRESS = 25_000;
/** Seconds without an event on any connection, and until the last of ours has left TIME-WAIT. */
const PATIENCE = 30;
/** How far apart in the content two connections begin whose ports lie side by side, as in `kverify`. */
const STEP = 15;
