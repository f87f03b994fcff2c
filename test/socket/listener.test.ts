/** Listeners: ports, stopping, reloading. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

const heard = () => ({ client: new Recorder(), server: new Recorder() });
const socket = { data() {} };

describe('a listener', () => {
  test('has its port at once, its host name as given, and its data', () => {
    const listener = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket, data: 7 });
    expect(listener.port).toBeGreaterThan(0);
    expect(listener.hostname).toBe(SERVER_ADDRESS);
    expect(listener.data).toBe(7);
  });

  test('on a busy port throws EADDRINUSE with a positive errno', () => {
    const { port } = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket });
    expect(() => net.server.listen({ hostname: SERVER_ADDRESS, port, socket })).toThrow(
      expect.objectContaining({
        message: `Failed to listen at ${SERVER_ADDRESS}`,
        code: 'EADDRINUSE',
        errno: 98,
        syscall: 'listen',
        address: SERVER_ADDRESS,
        port,
      }),
    );
  });

  test('on an address of somebody else throws EADDRNOTAVAIL', () => {
    expect(() => net.server.listen({ hostname: '203.0.113.7', port: 0, socket })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL', errno: 99 }),
    );
  });

  test('D14: is listener of its sockets, until it stops', async () => {
    const { client, server, listener } = await converse(net, heard());
    expect(client.listener).toBeUndefined();
    expect(server.listener).toBe(listener);
    listener.stop();
    expect(server.listener).toBeUndefined();
  });
});

describe('stop()', () => {
  test('lets go: the stack keeps nothing of a listener that has stopped', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const listen = () => new WeakRef(net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket }));
    const [stopped, active] = [listen(), listen()];
    stopped.deref()?.stop();
    // What a WeakRef has named is kept until the turn ends.
    await setImmediate();
    gc();
    expect(stopped.deref()).toBeUndefined();
    expect(net.server.listeners).toEqual([active.deref()]);
  });

  test('refuses newcomers and lets connections live on; the port is free at once', async () => {
    const record = heard();
    const { client, server, listener } = await converse(net, record);
    listener.stop();
    listener.stop();
    client.write('still there?');
    await net.until(() => record.server.has('data:still there?'));
    expect(server.readyState).toBe(1);
    let code: unknown;
    net.client.connect({ hostname: SERVER_ADDRESS, port: listener.port, socket }).catch((error) => {
      ({ code } = error);
    });
    await net.until(() => code !== undefined);
    expect(code).toBe('ECONNREFUSED');
    net.server.listen({ hostname: SERVER_ADDRESS, port: listener.port, socket }).stop();
  });

  test('only with true itself closes its sockets, before it returns', async () => {
    const record = heard();
    const { listener } = await converse(net, record);
    listener.stop('x' as never);
    expect(record.server.closed).toBe(false);
    listener.stop(true);
    expect(record.server.events).toEqual(['open', 'close']);
    await net.until(() => record.client.closed);
    expect(record.client.events).toEqual(['open', 'end', 'close']);
  });

  test('with true ends those whose turn to open had not come, which nobody hears of', async () => {
    const server = new Recorder({ open: () => queueMicrotask(() => listener.stop(true)) });
    const listener = net.server.listen<unknown>({ hostname: SERVER_ADDRESS, port: 0, socket: server.handlers });
    const clients = [new Recorder(), new Recorder(), new Recorder()];
    for (const { handlers } of clients) {
      net.client.connect({ hostname: SERVER_ADDRESS, port: listener.port, socket: handlers });
    }
    await net.until(() => clients.every((client) => client.has('open')));
    await net.pass(10);
    expect(server.events).toEqual(['open', 'close']);
    expect([...net.server.sockets]).toEqual([]);
  });

  test('by [Symbol.dispose] is stop(true)', async () => {
    const record = heard();
    const { listener } = await converse(net, record);
    listener[Symbol.dispose]();
    expect(record.server.events).toEqual(['open', 'close']);
  });

  test('inside open of a socket is safe', async () => {
    const record = { client: new Recorder(), server: new Recorder({ open: (socket) => socket.listener?.stop(true) }) };
    const listener = net.server.listen<unknown>({ hostname: SERVER_ADDRESS, port: 0, socket: record.server.handlers });
    net.client.connect<unknown>({ hostname: SERVER_ADDRESS, port: listener.port, socket: record.client.handlers });
    await net.until(() => record.client.closed);
    expect(record.server.events).toEqual(['open', 'close']);
  });
});

describe('D17: reload', () => {
  test('of a listener replaces the handlers of live and future sockets, and drops what is missing', async () => {
    const record = heard();
    const { client, listener } = await converse(net, record);
    const seen: string[] = [];
    listener.reload({ socket: { data: (_, chunk) => void seen.push(String(chunk)) } });
    client.write('two');
    await net.until(() => seen.length === 1);
    client.end();
    await net.until(() => record.client.closed);
    expect(seen).toEqual(['two']);
    expect(record.server.events).toEqual(['open']);
  });

  test('of one accepted socket reaches its siblings', async () => {
    const record = heard();
    const { server, listener } = await converse(net, record);
    const sibling = net.client.connect({ hostname: SERVER_ADDRESS, port: listener.port, socket });
    await net.until(() => record.server.events.length === 2);
    const seen: string[] = [];
    server.reload({ data: (_: unknown, chunk: Buffer) => void seen.push(String(chunk)) });
    (await sibling).write('hello');
    await net.until(() => seen.length === 1);
    expect(seen).toEqual(['hello']);
  });

  test('of a connected socket is its own affair', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    const seen: unknown[] = [];
    client.reload({ socket: { data: (_, chunk) => void seen.push(chunk), binaryType: 'arraybuffer' } });
    server.write('x');
    await net.until(() => seen.length === 1);
    expect(seen[0]).toBeInstanceOf(ArrayBuffer);
    client.write('y');
    await net.until(() => record.server.has('data:y'));
  });
});
