/** Opening a connection: what is told, in which order, and how failures look. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Socket } from '../../host/socket/socket.js';
import { ANY, FAMILY, faraway, neighbor, perFamily, testIPv4 } from '../kit/family.js';
import { CLIENT_ADDRESS, converse, type Lab, lab, Recorder, SERVER_ADDRESS, turn } from '../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

const nobody = { hostname: SERVER_ADDRESS, port: 9 };

describe('a connection that is made', () => {
  test('tells open on both sides and resolves with the socket that open got', async () => {
    const heard = { client: new Recorder(), server: new Recorder() };
    const { client } = await converse(net, heard);
    expect(heard.client.events).toEqual(['open']);
    expect(heard.server.events).toEqual(['open']);
    expect(client).toBe(heard.client.socket);
  });

  test('never calls open before connect has returned', async () => {
    const recorder = new Recorder();
    const listener = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket: { data() {} } });
    const promise = net.client.connect<unknown>({ ...nobody, port: listener.port, socket: recorder.handlers });
    expect(promise).toBeInstanceOf(Promise);
    expect(recorder.events).toEqual([]);
    await net.until(() => recorder.has('open'));
  });

  test('runs reactions of the promise right after open, before microtasks that open queued', async () => {
    const order: string[] = [];
    const listener = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket: { data() {} } });
    net.client
      .connect({
        ...nobody,
        port: listener.port,
        socket: {
          open() {
            queueMicrotask(() => order.push('microtask of open'));
            order.push('open');
          },
          data() {},
        },
      })
      .then(() => order.push('promise'));
    await net.until(() => order.length === 3);
    expect(order).toEqual(['open', 'promise', 'microtask of open']);
  });

  test('D13: starts with the data given, the very object, and keeps what is put there', async () => {
    const heard = { client: new Recorder(), server: new Recorder() };
    const data = { user: 7 };
    const { client, server, listener } = await converse(net, heard, { client: { data }, server: { data } });
    expect(client.data).toBe(data);
    expect(server.data).toBe(data);
    client.data = 5;
    listener.data = 'next';
    expect(client.data).toBe(5);
    expect(server.data).toBe(data);
  });

  test('D15: knows addresses, ports and families of both ends, and forgets them when closed', async () => {
    const heard = { client: new Recorder(), server: new Recorder() };
    const { client, server, listener } = await converse(net, heard);
    expect(client.localAddress).toBe(CLIENT_ADDRESS);
    expect(client.remoteAddress).toBe(SERVER_ADDRESS);
    expect(client.remotePort).toBe(listener.port);
    expect(client.localPort).toBe(server.remotePort);
    expect(server.remoteAddress).toBe(CLIENT_ADDRESS);
    expect([client.localFamily, server.remoteFamily]).toEqual([`IPv${FAMILY}`, `IPv${FAMILY}`]);
    client.terminate();
    expect([client.localAddress, client.remotePort, client.localFamily]).toEqual([undefined, undefined, undefined]);
  });

  test('D1: is among the sockets of the stack with readyState 2 while it is being made', async () => {
    net.client.connect({ ...nobody, socket: { data() {}, connectError() {} } });
    const [socket] = [...net.client.sockets];
    expect(socket?.readyState).toBe(2);
    expect(socket?.write('x')).toBe(-1);
    socket?.terminate();
    expect([...net.client.sockets]).toEqual([]);
  });

  test('works over loopback inside one stack, by address and as localhost', async () => {
    const heard = new Recorder();
    const listener = net.client.listen<unknown>({ hostname: ANY, port: 0, socket: heard.handlers });
    for (const hostname of [CLIENT_ADDRESS, 'localhost', perFamily('127.1.2.3', '::1')]) {
      const promise = net.client.connect({ hostname, port: listener.port, socket: { data() {} } });
      await turn();
      (await promise).end(hostname);
      await net.until(() => heard.has(`data:${hostname}`));
    }
  });

  testIPv4('to the host name of a listener on every address reaches it, as on Linux', async () => {
    const { hostname, port } = net.client.listen({ hostname: '0.0.0.0', port: 0, socket: { data() {} } });
    const promise = net.client.connect({ hostname, port, socket: { data() {} } });
    await turn();
    expect(await promise).toMatchObject({ remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' });
    const other = net.client.connect({ hostname: '::', port, socket: { data() {} } }).catch((error) => error);
    await turn();
    expect(await other).toMatchObject({ syscall: 'connect', address: '::1' });
  });
});

describe('a connection that fails', () => {
  test('B1: is refused: connectError first, then the rejection with the same error, readyState -1', async () => {
    const order: unknown[] = [];
    const recorder = new Recorder({ connectError: (_, error) => void order.push(error) });
    net.client.connect<unknown>({ ...nobody, socket: recorder.handlers }).catch((error) => order.push(error));
    await net.until(() => order.length === 2);
    expect(recorder.events).toEqual(['connectError']);
    expect(recorder.states).toEqual([-1]);
    expect(order[0]).toBe(order[1]);
    expect(order[0]).toMatchObject({
      message: 'Failed to connect',
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
    });
  });

  test.each<[string, object, object]>([
    ['port 0', { hostname: SERVER_ADDRESS, port: 0 }, { code: 'ECONNREFUSED', syscall: 'connect' }],
    [
      'a name, without anybody to ask,',
      { hostname: 'no.such.host', port: 1 },
      {
        code: 'EAI_AGAIN',
        syscall: 'getaddrinfo',
        hostname: 'no.such.host',
        message: 'getaddrinfo EAI_AGAIN no.such.host',
      },
    ],
    [
      'an address of the other family',
      { hostname: perFamily('2001:db8::1', '192.0.2.1'), port: 1 },
      { syscall: 'connect' },
    ],
  ])('%s fails later, not with a throw', async (_, where, expected) => {
    const recorder = new Recorder();
    const promise = net.client.connect<unknown>({ ...nobody, ...where, socket: recorder.handlers });
    expect(recorder.events).toEqual([]);
    await expect(promise).rejects.toMatchObject(expected);
    expect(recorder.events).toEqual(['connectError']);
  });

  test('B1: no route says ENETUNREACH', async () => {
    const alone = await lab({ client: {} });
    alone.close();
    const { createStack } = await import('../../host/stack/stack.js');
    const stack = await createStack();
    await expect(stack.connect({ hostname: faraway(1), port: 1, socket: { data() {} } })).rejects.toMatchObject({
      code: 'ENETUNREACH',
      errno: -101,
    });
    stack.close();
  });

  test('B1: nobody answering says ETIMEDOUT', async () => {
    let failure: unknown;
    const promise = net.client.connect({ hostname: neighbor(77), port: 1, socket: { data() {} } });
    promise.catch((error) => {
      failure = error;
    });
    await net.until(() => failure !== undefined);
    expect(failure).toMatchObject({ code: 'ETIMEDOUT', errno: -110, syscall: 'connect' });
  });

  test('rejects with what connectError throws', async () => {
    const promise = net.client.connect({
      ...nobody,
      port: 0,
      socket: {
        data() {},
        connectError() {
          throw new Error('from connectError');
        },
      },
    });
    await expect(promise).rejects.toThrow('from connectError');
  });

  test('is no unhandled rejection when connectError is there, and is one without', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      net.client.connect({ ...nobody, port: 0, socket: { data() {}, connectError() {} } });
      await turn();
      await turn();
      expect(unhandled).toEqual([]);
      net.client.connect({ ...nobody, port: 0, socket: { data() {} } });
      await turn();
      await turn();
      expect(unhandled).toHaveLength(1);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });

  test('closed by its owner before it was made is ECONNABORTED', async () => {
    const promise = net.client.connect({ ...nobody, socket: { data() {} } });
    const [socket] = [...net.client.sockets];
    (socket as Socket<unknown>).close();
    await expect(promise).rejects.toMatchObject({ code: 'ECONNABORTED' });
    expect(net.client.counters().connections).toBe(0);
  });
});
