/** What happens when handlers throw, and in which order they and their microtasks run. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SocketHandler } from '../../host/socket/handlers.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS, turn } from '../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

const heard = (server: Partial<SocketHandler<unknown>> = {}) => ({
  client: new Recorder(),
  server: new Recorder(server),
});
const boom = () => {
  throw new Error('boom');
};

describe('a handler that throws', () => {
  test('in data is told to error; the socket lives and later data is delivered', async () => {
    const record = heard({ data: boom });
    const { client } = await converse(net, record);
    client.write('one');
    await net.until(() => record.server.has('error'));
    client.write('two');
    await net.until(() => record.server.has('data:two'));
    expect(record.server.events).toEqual(['open', 'data:one', 'error', 'data:two', 'error']);
    expect(record.server.errors[0]).toMatchObject({ message: 'boom' });
  });

  test('in open closes the socket after error; the promise of connect resolves all the same', async () => {
    const record = { client: new Recorder({ open: boom }), server: new Recorder() };
    const { client } = await converse(net, record);
    expect(record.client.events).toEqual(['open', 'error', 'close']);
    expect(client.readyState).toBe(0);
  });

  test('in open returning an Error does the same', async () => {
    const record = { client: new Recorder({ open: () => new Error('odd') as never }), server: new Recorder() };
    await converse(net, record);
    expect(record.client.events).toEqual(['open', 'error', 'close']);
  });

  test('in end still ends the connection', async () => {
    const record = heard({ end: boom });
    const { client } = await converse(net, record);
    client.end();
    await net.until(() => record.client.closed && record.server.closed);
    expect(record.server.events).toEqual(['open', 'end', 'error', 'close']);
  });

  test.each<[string, object]>([
    ['without an error handler', { data: boom }],
    ['whose error handler throws as well', { data: boom, error: boom }],
  ])('%s is an uncaught exception, and the stack goes on', async (_, handlers) => {
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    try {
      const record = heard();
      const { client, server } = await converse(net, record);
      server.reload({ socket: handlers as never });
      client.write('x');
      await net.until(() => uncaught.length === 1);
      expect(uncaught[0]).toMatchObject({ message: 'boom' });
      server.write('alive');
      await net.until(() => record.client.has('data:alive'));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

test('handlers are called with the socket as this and first argument, close with two', async () => {
  const calls: [string, boolean, number][] = [];
  const note = (name: string) =>
    function (this: unknown, ...given: unknown[]) {
      calls.push([name, this === given[0], given.length]);
    };
  const names = ['open', 'data', 'end', 'close'];
  const handlers = Object.fromEntries(names.map((name) => [name, note(name)]));
  const listener = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket: handlers as never });
  const client = net.client.connect({ hostname: SERVER_ADDRESS, port: listener.port, socket: { data() {} } });
  await net.until(() => calls.length > 0);
  (await client).end('x');
  await net.until(() => calls.length === 4);
  expect(calls).toEqual([
    ['open', true, 1],
    ['data', true, 2],
    ['end', true, 1],
    ['close', true, 2],
  ]);
});

test('microtasks of a handler, and theirs, run before the next handler, of the same socket or another', async () => {
  const order: string[] = [];
  const chain = (name: string) => {
    order.push(name);
    Promise.resolve()
      .then(() => order.push(`${name}'`))
      .then(() => order.push(`${name}''`));
  };
  const listener = net.server.listen<string>({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: { data: (_, chunk) => chain(`data ${chunk}`), end: () => chain('end') },
  });
  const clients = Promise.all(
    ['a', 'b', 'c'].map(() =>
      net.client.connect({ hostname: SERVER_ADDRESS, port: listener.port, socket: { data() {} } }),
    ),
  );
  let open: Awaited<typeof clients> | undefined;
  clients.then((sockets) => {
    open = sockets;
  });
  await net.until(() => open !== undefined);
  open?.forEach((socket, index) => void socket.end('abc'[index] as string));
  await net.until(() => order.length === 18);
  const names = order.filter((_, index) => index % 3 === 0);
  expect(names).toHaveLength(6);
  expect(order).toEqual(names.flatMap((name) => [name, `${name}'`, `${name}''`]));
});

test('many sockets are served by one batch without one starving the other', async () => {
  let echoed = 0;
  const listener = net.server.listen({
    hostname: SERVER_ADDRESS,
    port: 0,
    socket: { data: (socket, chunk) => void socket.end(chunk) },
  });
  for (let index = 0; index < 200; index++) {
    net.client.connect({
      hostname: SERVER_ADDRESS,
      port: listener.port,
      socket: { open: (socket) => void socket.write('hi'), data: () => void echoed++ },
    });
  }
  await net.until(() => echoed === 200);
  await turn();
  expect(echoed).toBe(200);
});
