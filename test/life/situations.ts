/**
 * What keeps a process alive and what does not, over TCP in one process. Not for: TLS (`secure-situations.ts`), devices
 * (`device-situations.ts`).
 */
import { memoryWire } from '../../host/device/memory.js';
import type { SocketHandler } from '../../host/socket/handlers.js';
import type { TCPSocketListener } from '../../host/socket/listener.js';
import type { TCPSocketConnectOptions, TCPSocketListenOptions } from '../../host/socket/options.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import type { Socket } from '../../host/socket/socket.js';
import type { Stack } from '../../host/stack/stack.js';
import type { Life, Situation } from './observer.js';

export const socketSituations: Readonly<Record<string, Situation>> = {
  async 'a stack alone does not keep it'(life) {
    await life.stack();
    await life.ends();
  },

  async 'a listener keeps it, until it stops'(life) {
    const listener = listen(await life.stack());
    await life.stays();
    listener.stop();
    await life.ends();
    listener.ref();
    await life.ends();
  },

  async 'a listener that is unref’d does not keep it, one that is ref’d again does'(life) {
    const listener = listen(await life.stack());
    listener.unref();
    listener.unref();
    await life.ends();
    listener.ref();
    await life.stays();
    listener.ref();
    listener.unref();
    await life.ends();
  },

  async 'each of two listeners that share a port keeps it'(life) {
    const stack = await life.stack();
    const first = listen(stack, { reusePort: true });
    const second = listen(stack, { reusePort: true, port: first.port });
    first.stop();
    await life.stays();
    second.unref();
    await life.ends();
    second.ref();
    await life.stays();
    second.stop();
    await life.ends();
  },

  async 'each client socket and each accepted socket keep it, for themselves'(life) {
    const { client, accepted } = await pair(life);
    await life.stays();
    client.unref();
    await life.stays();
    accepted.unref();
    await life.ends();
    client.ref();
    await life.stays();
    client.unref();
    await life.ends();
    accepted.ref();
    await life.stays();
    accepted.unref();
    await life.ends();
  },

  async 'the connections of a stopped listener keep it'(life) {
    const { listener, client, accepted } = await pair(life);
    listener.stop();
    client.unref();
    await life.stays();
    accepted.unref();
    await life.ends();
  },

  async 'nothing of a listener keeps it after stop(true)'(life) {
    const { listener } = await pair(life);
    listener.stop(true);
    await life.ends();
  },

  async 'a socket that was closed can not be ref’d'(life) {
    const { client, accepted } = await pair(life);
    client.end();
    await life.ends();
    for (const socket of [client, accepted]) socket.ref();
    await life.ends();
  },

  async 'a socket that is unref’d in its open handler does not keep it'(life) {
    const unref = { open: (socket: Socket<unknown>) => socket.unref() };
    await pair(life, { client: unref, accepted: unref });
    await life.ends();
  },

  async 'a connect under way keeps it, as long as it is ref’d and not given up'(life) {
    const stack = await silent(life);
    const connecting = connectNowhere(stack);
    await life.stays();
    connecting.unref();
    await life.ends();
    connecting.ref();
    await life.stays();
    connecting.terminate();
    await life.ends();
  },

  async 'a connect that is refused keeps it no longer'(life) {
    const stack = await life.stack();
    let failures = 0;
    const socket = { data() {}, connectError: () => void failures++ };
    stack.connect({ hostname: 'localhost', port: 9, socket });
    await life.ends();
    equal(failures, 1);
  },

  async 'a name that is being looked up keeps it, until somebody says that it does not exist'(life) {
    const stack = await life.stack({ dns: { servers: ['127.0.0.1'] } });
    const answers: (() => void)[] = [];
    const server = await stack.udpSocket({
      hostname: '127.0.0.1',
      port: 53,
      socket: {
        data(socket, question, port, address) {
          const answer = Buffer.from(question);
          answer.writeUInt16BE(NO_SUCH_NAME, 2);
          answers.push(() => void socket.send(answer, port, address));
        },
      },
    });
    server.unref();
    let failures = 0;
    stack.resolver.lookup('host.test').catch(() => failures++);
    await life.stays();
    for (const answer of answers) answer();
    await life.ends();
    equal(failures, 1);
  },

  async 'a connect that can not even begin keeps it no longer'(life) {
    const stack = await life.stack();
    let failures = 0;
    const socket = { data() {}, connectError: () => void failures++ };
    stack.connect({ hostname: '192.0.2.1', port: 9, socket });
    stack.connect({ hostname: 'no.such.name', port: 9, socket });
    await life.ends();
    equal(failures, 2);
  },

  async 'a connect ends with its timeout, and keeps it no longer'(life) {
    connectNowhere(await silent(life)).timeout(0.02);
    await life.stays();
    await life.ends();
  },

  async 'timeout and setKeepAlive keep it not'(life) {
    const { client, accepted } = await pair(life);
    for (const socket of [client, accepted]) {
      socket.unref();
      socket.timeout(60);
      socket.setKeepAlive(true, 1000);
    }
    await life.ends();
  },

  async 'a socket that waits for the end of its peer keeps it'(life) {
    const { client, accepted } = await pair(life, { options: { allowHalfOpen: true } });
    accepted.unref();
    client.end();
    await life.stays();
    accepted.end();
    await life.ends();
  },

  async 'a paused socket keeps it, even when its peer has ended'(life) {
    const { client, accepted } = await pair(life);
    client.pause();
    accepted.end('unread');
    accepted.unref();
    await life.stays();
    client.resume();
    await life.ends();
  },

  async 'a socket that is paused from the start keeps it'(life) {
    const { client, accepted } = await pair(life, { options: { pauseOnConnect: true } });
    client.unref();
    await life.stays();
    accepted.unref();
    await life.ends();
  },

  async 'writeAll keeps it only while its socket does'(life) {
    const { client, accepted } = await pair(life);
    accepted.pause();
    accepted.unref();
    const written = writeAll(client, Buffer.alloc(LARGE)).catch(() => {});
    await life.stays();
    client.unref();
    await life.ends();
    client.terminate();
    await life.ends();
    await written;
  },

  async 'bytes of a closed socket keep it until they have arrived'(life) {
    const { counter, handlers } = counts();
    const { client, accepted } = await pair(life, { accepted: handlers });
    accepted.pause();
    accepted.unref();
    client.end(Buffer.alloc(LARGE));
    client.close();
    await life.stays();
    accepted.resume();
    await life.ends();
    equal(counter.bytes, LARGE);
  },

  async 'bytes of a closed socket that was unref’d do not keep it'(life) {
    const { client, accepted } = await pair(life);
    for (const socket of [client, accepted]) socket.unref();
    accepted.pause();
    client.end(Buffer.alloc(LARGE));
    client.close();
    await life.ends();
  },

  async 'TIME-WAIT does not keep it'(life) {
    const { stack, client } = await pair(life);
    client.end();
    await life.ends();
    equal(stack.counters().timeWait, 1);
  },

  async 'a handler that throws in close or connectError keeps nothing'(life) {
    const reported: unknown[] = [];
    const catches = (error: unknown) => reported.push(error);
    process.on('uncaughtException', catches);
    const stack = await life.stack();
    const fails = () => {
      throw new Error('from a handler');
    };
    const { client } = await pair(life, { client: { close: fails } });
    client.close();
    const socket = { data() {}, connectError: fails };
    await stack.connect({ hostname: 'localhost', port: 9, socket }).catch(catches);
    await life.ends();
    process.off('uncaughtException', catches);
    equal(reported.length, 2);
  },

  async 'a ping keeps it until there is an answer, or none in time'(life) {
    const loopback = await life.stack();
    const answered = loopback.ping('127.0.0.1');
    await life.ends();
    await answered;
    loopback.ping('192.0.2.1').catch(() => {});
    await life.ends();
    const stack = await silent(life);
    const unanswered = stack.ping('10.9.0.1', { timeout: 20 });
    unanswered.catch(() => {});
    await life.stays();
    await life.ends();
  },

  async 'descriptors of BSD sockets do not keep it, waiting with onReady does'(life) {
    const { bsd } = await life.stack();
    const [server, client] = [bsd.socket(), bsd.socket()];
    bsd.bind(server, '127.0.0.1', 7);
    bsd.listen(server, 1);
    await life.ends();
    bsd.connect(client, '127.0.0.1', 7);
    await life.ends();
    bsd.onReady(client, POLLIN, () => {});
    await life.stays();
    const accepted = bsd.accept(server);
    bsd.send(accepted, Buffer.from('x'));
    await life.ends();
    bsd.onReady(accepted, POLLIN, () => {});
    await life.stays();
    bsd.close(accepted);
    await life.ends();
    for (const fd of [client, server]) bsd.close(fd);
    await life.ends();
  },

  async 'nothing of a closed stack keeps it'(life) {
    const { stack, client, accepted } = await pair(life);
    accepted.pause();
    client.end(Buffer.alloc(LARGE));
    client.close();
    const waiting = stack.bsd.socket();
    stack.bsd.onReady(waiting, POLLIN, () => {});
    stack.ping('127.0.0.1').catch(() => {});
    const { port } = listen(stack);
    stack.connect({ hostname: 'localhost', port, socket: { data() {}, connectError() {} } });
    const remote = await silent(life);
    connectNowhere(remote);
    remote.ping('10.9.0.1').catch(() => {});
    await life.stays();
    stack.close();
    await life.stays();
    remote.close();
    await life.ends();
  },
};

export interface Pair {
  stack: Stack;
  listener: TCPSocketListener<unknown>;
  client: Socket<unknown>;
  accepted: Socket<unknown>;
}

/** An open connection of a stack with itself; its listener is unref'd. */
export async function pair(
  life: Life,
  given: {
    client?: Partial<SocketHandler<unknown>>;
    accepted?: Partial<SocketHandler<unknown>>;
    options?: Partial<TCPSocketConnectOptions<unknown>>;
    listen?: Partial<TCPSocketListenOptions<unknown>>;
  } = {},
): Promise<Pair> {
  const stack = await life.stack();
  const { promise, resolve } = deferred<Socket<unknown>>();
  const open = (socket: Socket<unknown>) => {
    resolve(socket);
    given.accepted?.open?.(socket);
  };
  const handlers = { data() {}, ...given.accepted, open };
  const listener = listen(stack, { ...given.options, ...given.listen, socket: handlers });
  listener.unref();
  const client = await stack.connect<unknown>({
    hostname: 'localhost',
    port: listener.port,
    ...given.options,
    socket: { data() {}, ...given.client },
  });
  return { stack, listener, client, accepted: await promise };
}

/** Handlers that count what arrives. */
export function counts(): { counter: { bytes: number }; handlers: SocketHandler<unknown> } {
  const counter = { bytes: 0 };
  const data = (_: unknown, chunk: Uint8Array) => {
    counter.bytes += chunk.length;
  };
  return { counter, handlers: { data } };
}

/** @throws Error when they differ */
export function equal<T>(actual: T, expected: T): void {
  if (actual !== expected) throw new Error(`${actual} instead of ${expected}`);
}

function listen(stack: Stack, options: Partial<TCPSocketListenOptions<unknown>> = {}): TCPSocketListener<unknown> {
  return stack.listen<unknown>({ hostname: 'localhost', port: 0, socket: { data() {} }, ...options });
}

/** A stack on a wire of which nobody holds the other end. */
function silent(life: Life): Promise<Stack> {
  return life.stack({ device: memoryWire()[0], addresses: ['10.9.0.2/24'] });
}

function connectNowhere(stack: Stack): Socket<unknown> {
  stack.connect({ hostname: '10.9.0.1', port: 80, socket: { data() {}, connectError() {} } });
  const [connecting] = stack.sockets;
  return connecting as Socket<unknown>;
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

/** In bytes: more than the buffers of a connection take whose reader is paused. */
export const LARGE = 8 << 20;
const POLLIN = 1;

/** Flags of a response of DNS. */
const NO_SUCH_NAME = 0x8183;
