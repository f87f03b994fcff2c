/**
 * What `leaks.test.ts` runs: opens, uses and closes connections in every way, and compares what there is before and after.
 * Prints a `LeakReport`. Not for: the ways (`ways.ts`).
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { netOf } from '../../host/node/module.js';
import type { Socket } from '../../host/socket/socket.js';
import { createStack } from '../../host/stack/stack.js';
import { connect as connectWeb } from '../../host/web/connect.js';
import { type Census, census, growth } from './census.js';
import { echo, plainWays, secureWays, type Way } from './ways.js';

export interface LeakReport {
  /** How many there were. */
  sockets: number;
  /** By class, of what there are more than before. */
  objects: Record<string, number>;
  /** What the core holds; 0 is left out. */
  core: Record<string, number>;
  /** Bytes by which linear memory has grown. */
  memory: number;
  /** What keeps the process alive. */
  resources: string[];
}

const PLAIN = 280;
const SECURE = 25;
/** Connections at once, and per way before anything is counted: caches fill, pools find their size. */
const BATCH = 25;
/** Objects of one class: fewer than there are connections of any way. */
const THRESHOLD = 20;
/** For the connections of one way, in milliseconds. */
const PATIENCE = 20_000;

const stack = await createStack({ maximumSegmentLifetime: 1, error: () => {} });
let sockets = 0;

await useAll(BATCH, BATCH);
const before = await measure();
sockets = 0;
await useAll(PLAIN, SECURE);
const after = await measure();

const report: LeakReport = {
  sockets,
  objects: growth(before.objects, after.objects, THRESHOLD),
  core: inUse(),
  memory: after.memory - before.memory,
  resources: process.getActiveResourcesInfo().filter((resource) => resource !== 'PipeWrap'),
};
console.log(JSON.stringify(report));

async function useAll(plain: number, secure: number): Promise<void> {
  for (const [name, way] of Object.entries(plainWays)) await use(name, way, plain);
  for (const [name, way] of Object.entries(secureWays)) await use(name, way, secure);
  await useFacades(secure);
}

/** Connections of `vitrine/web` to a server of `vitrine/net`, and of `vitrine/net` to the same. */
async function useFacades(connections: number): Promise<void> {
  const net = netOf(stack);
  const server = net.createServer((accepted) => accepted.pipe(accepted)).listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const netClient = async () => {
    const socket = net.connect(port, 'localhost', () => socket.end('question'));
    socket.setTimeout(60_000).resume();
    await once(socket, 'close');
  };
  const webClient = async () => {
    const socket = connectWeb({ hostname: 'localhost', port }, { stack });
    await new Response('question').body?.pipeTo(socket.writable);
    if ((await new Response(socket.readable).text()) !== 'question') throw new Error('not what was sent');
    await socket.closed;
  };
  await Promise.all(Array.from({ length: connections }, () => Promise.all([netClient(), webClient()])));
  sockets += 4 * connections;
  await nothingLeft('facades', () => server.close());
}

/** Has so many connections of one way, and waits until nothing is left of them. */
async function use(name: string, way: Way, connections: number): Promise<void> {
  for (let left = connections; left > 0; left -= BATCH) {
    const listener = listen(way);
    const { port } = listener;
    if (way.refused) listener.stop();
    const all = Array.from({ length: Math.min(left, BATCH) }, () => connect(way, port));
    if (way.connecting) for (const socket of stack.sockets) way.connecting(socket);
    await Promise.allSettled(all);
    await nothingLeft(name, () => listener.stop());
  }
}

function listen(way: Way) {
  return stack.listen<unknown>({
    hostname: 'localhost',
    port: 0,
    allowHalfOpen: way.allowHalfOpen ?? false,
    tls: way.tls?.server ?? false,
    socket: {
      ...echo,
      ...way.server,
      open(socket) {
        sockets++;
        way.server?.open?.(socket);
      },
    },
  });
}

function connect(way: Way, port: number): Promise<Socket<unknown>> {
  sockets++;
  return stack.connect<unknown>({
    hostname: 'localhost',
    port,
    allowHalfOpen: way.allowHalfOpen ?? false,
    tls: way.tls?.client ?? false,
    socket: { data() {}, ...way.client },
  });
}

/** @throws Error when something is still there after a long time */
async function nothingLeft(name: string, then: () => void): Promise<void> {
  const end = performance.now() + PATIENCE;
  while ([...stack.sockets].length > 0) await turn(end, name);
  then();
  while (Object.keys(inUse()).length > 0) await turn(end, name);
}

async function turn(end: number, name: string): Promise<void> {
  if (performance.now() > end) throw new Error(`${name}: ${stack.states()}, ${JSON.stringify(inUse())}`);
  await new Promise((resolve) => setImmediate(resolve));
}

function inUse(): Record<string, number> {
  const { connections, halfOpen, orphans, timeWait, listeners, bufferBytes, tls } = stack.counters();
  const held = { connections, halfOpen, orphans, timeWait, listeners, bufferBytes, tls };
  return Object.fromEntries(Object.entries(held).filter(([, count]) => count !== 0));
}

async function measure(): Promise<{ objects: Census; memory: number }> {
  return { memory: stack.snapshot().memory.length, objects: await census() };
}
