/**
 * The module of the workers under test. It says which worker it is when somebody connects, does what it is told by a word at
 * a time, and sends everything else back.
 */
import type { Socket } from '../../../host/socket/socket.js';
import type { Stack } from '../../../host/stack/stack.js';
import type { WorkerPlace } from '../../../host/workers/module.js';

let stack: Stack;
let place: WorkerPlace;
const heard: string[] = [];

export async function start(own: Stack, worker: WorkerPlace): Promise<void> {
  [stack, place] = [own, worker];
  const { peer, text } = worker.data as { peer: string; text: string };
  // Waited for: nobody is served before.
  await Promise.resolve();
  if (text !== 'of the main thread') throw new Error(`data says ${text}`);
  heard.push(`start of ${worker.count} by ${peer}`);
}

export function open(socket: Socket<unknown>): void {
  heard.push('open');
  socket.write(`${place.number}`);
}

export function data(socket: Socket<unknown>, bytes: Buffer): void {
  const [word = '', argument = ''] = bytes.toString('latin1').split(' ');
  const order = ORDERS[word];
  if (order === undefined) socket.write(bytes);
  else void order(socket, argument);
}

export function drain(): void {
  heard.push('drain');
}

export function end(): void {
  heard.push('end');
}

export function close(): void {
  heard.push('close');
}

export function timeout(socket: Socket<unknown>): void {
  heard.push('timeout');
  socket.timeout(0);
}

const ORDERS: Readonly<Record<string, (socket: Socket<unknown>, argument: string) => unknown>> = {
  die() {
    setTimeout(() => {
      throw new Error('dying as told');
    });
  },

  exit() {
    process.exit(7);
  },

  throw() {
    throw Object.assign(new TypeError('thrown as told'), { code: 'ERR_TOLD' });
  },

  heard(socket) {
    socket.write(heard.join(', '));
  },

  /** More than fits: `drain` follows when the peer reads. */
  fill(socket) {
    socket.write(new Uint8Array(64 << 20));
  },

  soon(socket) {
    socket.timeout(1);
  },

  /** A connection of our own to the kernel, which sends back what comes. */
  async connect(socket, port) {
    const { peer } = place.data as { peer: string };
    const handlers = { data: (socket: Socket<undefined>, bytes: Buffer) => void socket.write(bytes) };
    const own = await stack.connect({ hostname: peer, port: Number(port), socket: handlers });
    socket.write(`${own.localPort}`);
  },

  async ping(socket, count) {
    const { peer } = place.data as { peer: string };
    const pings = Array.from({ length: Number(count) }, (_, number) =>
      stack.ping(peer, { length: 56 + 2000 * number }),
    );
    const replies = await Promise.all(pings);
    socket.write(replies.map(({ length }) => length).join(' '));
  },

  /** Asks the kernel's peer on that port, from a port of our own. */
  async ask(socket, port) {
    const { peer } = place.data as { peer: string };
    const done = (answer: string) => {
      socket.write(answer);
      asked.close();
    };
    const asked = await stack.udpSocket({
      connect: { hostname: peer, port: Number(port) },
      socket: {
        data: (_, bytes) => done(`${bytes.length}`),
        error: (_, error) => done((error as Error & { code?: string }).code ?? 'no code'),
      },
    });
    asked.send('a question');
  },
};
