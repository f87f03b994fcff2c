/**
 * The life of a UDP socket in a program's hands: a queue that is full, new handlers, an end with data on both sides, a snapshot,
 * handlers that throw; and what the stack counts and bounds. Not for: single datagrams (`socket.test.ts`).
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import { Stack } from '../../host/stack/stack.js';
import { Heard, type Pair, pair, settle } from './kit.js';

const THERE = '10.9.0.2';

let lab: Pair;
beforeEach(async () => {
  lab = await pair();
});
afterEach(() => lab.close());

describe('a queue that is full', () => {
  test('answers false; `drain` follows once, and what was taken arrives in order', async () => {
    const heard: string[] = [];
    await lab.two.udpSocket({ hostname: THERE, port: 7, socket: { data: (_, data) => void heard.push(String(data)) } });
    let drains = 0;
    const client = await lab.one.udpSocket({ socket: { drain: () => void drains++ } });
    let sent = 0;
    while (client.send(String(sent), 7, THERE)) sent++;
    expect(client.send('again', 7, THERE)).toBe(false);
    expect(sent).toBeGreaterThan(100);
    await settle();
    expect(drains).toBe(1);
    expect(heard).toEqual(Array.from({ length: sent }, (_, index) => String(index)));
    expect(client.send('room', 7, THERE)).toBe(true);
    await settle();
    expect(heard.at(-1)).toBe('room');
    expect(drains).toBe(1);
  });

  test('has `sendMany` say how many it took; the rest goes when `drain` is told', async () => {
    const heard: string[] = [];
    await lab.two.udpSocket({ hostname: THERE, port: 7, socket: { data: (_, data) => void heard.push(String(data)) } });
    const all = Array.from({ length: 3000 }, (_, index) => String(index));
    let at = 0;
    const more = () => {
      at += client.sendMany(all.slice(at));
    };
    const client = await lab.one.udpSocket({ connect: { hostname: THERE, port: 7 }, socket: { drain: more } });
    more();
    expect(at).toBeLessThan(all.length);
    while (at < all.length) await settle(1);
    await settle();
    expect(heard).toEqual(all);
  });

  test('of a socket that is closed meanwhile tells nobody', async () => {
    let drains = 0;
    const client = await lab.one.udpSocket({ socket: { drain: () => void drains++ } });
    while (client.send('x', 7, THERE));
    client.close();
    await settle();
    expect(drains).toBe(0);
    expect(lab.one.counters().udpSockets).toBe(0);
  });
});

describe('reload', () => {
  test('gives new handlers, from the next datagram on; those it does not name are gone', async () => {
    const heard = new Heard<string>();
    const server = await lab.two.udpSocket({
      hostname: THERE,
      port: 7,
      socket: {
        data: (socket, data) => {
          heard.add(`old ${data}`);
          socket.reload({ data: (_, next) => heard.add(`new ${next}`) });
        },
        error: () => heard.add('old error'),
      },
    });
    const client = await lab.one.udpSocket({ connect: { hostname: THERE, port: 7 } });
    client.sendMany(['1', '2']);
    expect([await heard.take(), await heard.take()]).toEqual(['old 1', 'new 2']);
    expect(server.closed).toBe(false);
  });

  test('of a closed socket changes nothing, and of nothing is a TypeError', async () => {
    const socket = await lab.one.udpSocket({});
    expect(() => socket.reload(undefined as never)).toThrow(TypeError);
    socket.close();
    socket.reload({ data() {} });
    expect(socket.closed).toBe(true);
  });
});

describe('close', () => {
  test('lets leave what was sent, and drops what nobody has read', async () => {
    const heard: string[] = [];
    const server = await lab.two.udpSocket({
      hostname: THERE,
      port: 7,
      socket: {
        data(socket, data) {
          heard.push(String(data));
          if (heard.length === 2) socket.close();
        },
      },
    });
    const client = await lab.one.udpSocket({ connect: { hostname: THERE, port: 7 } });
    client.sendMany(['1', '2', '3', '4']);
    client.close();
    client.close();
    await settle();
    expect(heard).toEqual(['1', '2']);
    expect(server.closed).toBe(true);
    expect(() => client.send('5')).toThrow('Socket is closed');
    expect(lab.two.counters()).toMatchObject({ udpSockets: 0, bufferBytes: 0, datagramsIn: 4 });
  });

  test('frees the port at once', async () => {
    const one = await lab.one.udpSocket({ port: 4000 });
    await expect(lab.one.udpSocket({ port: 4000 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    one.close();
    expect((await lab.one.udpSocket({ port: 4000 })).port).toBe(4000);
  });

  test('of the stack closes its sockets', async () => {
    const socket = await lab.one.udpSocket({});
    lab.one.close();
    expect(socket.closed).toBe(true);
    expect(() => lab.one.udpSocket({})).toThrow(expect.objectContaining({ code: 'ERR_STACK_CLOSED' }));
  });
});

test('a snapshot has no UDP sockets: restored, the port is free and the buffers are empty', async () => {
  await lab.two.udpSocket({ hostname: THERE, port: 7, socket: { data() {} } });
  const client = await lab.one.udpSocket({ connect: { hostname: THERE, port: 7 } });
  client.send('on its way');
  const snapshot = structuredClone(lab.two.snapshot());
  const [device] = memoryWire();
  const restored = await Stack.restore(snapshot, { device, socket: { data() {} } });
  expect(restored.counters()).toMatchObject({ udpSockets: 0, bufferBytes: 0 });
  expect((await restored.udpSocket({ hostname: THERE, port: 7 })).port).toBe(7);
  restored.close();
});

describe('a handler that throws, or whose promise is rejected,', () => {
  test('is told to `error`, and the next datagram comes', async () => {
    const heard = new Heard<string>();
    await lab.two.udpSocket({
      hostname: THERE,
      port: 7,
      socket: {
        data(_, data) {
          heard.add(String(data));
          if (String(data) === 'throw') throw new Error('thrown');
          if (String(data) === 'reject') return Promise.reject(new Error('rejected'));
          return undefined;
        },
        error: (_, error) => heard.add(error.message),
      },
    });
    const client = await lab.one.udpSocket({ connect: { hostname: THERE, port: 7 } });
    client.sendMany(['throw', 'reject', 'fine']);
    await settle();
    expect(heard.all).toEqual(['throw', 'thrown', 'reject', 'rejected', 'fine']);
  });

  test('without `error` is an uncaught exception, and the socket lives on', async () => {
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    try {
      const socket = {
        data: () => {
          throw new Error('thrown');
        },
      };
      const server = await lab.two.udpSocket({ hostname: THERE, port: 7, socket });
      const client = await lab.one.udpSocket({ connect: { hostname: THERE, port: 7 } });
      client.sendMany(['1', '2']);
      await settle();
      expect(uncaught).toEqual([new Error('thrown'), new Error('thrown')]);
      expect(server.closed).toBe(false);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe('counters', () => {
  test('tell datagrams in, out, for nobody, and spoilt', async () => {
    const { one, two } = lab;
    await two.udpSocket({ hostname: THERE, port: 7, socket: { data() {} } });
    const client = await one.udpSocket({});
    for (const port of [7, 7, 8]) client.send('x', port, THERE);
    await settle();
    expect(one.counters()).toMatchObject({ datagramsOut: 3, datagramsIn: 0, udpSockets: 1 });
    expect(two.counters()).toMatchObject({ datagramsIn: 3, datagramsUnclaimed: 1, datagramsBad: 0, udpSockets: 1 });
  });
});

test('`udpReceiveBuffer` of the stack has the bounds of the core, and can be changed', async () => {
  await expect(pair({ udpReceiveBuffer: 1 })).rejects.toThrow('udpReceiveBuffer');
  expect(() => lab.one.tune({ udpReceiveBuffer: 2 ** 30 })).toThrow(RangeError);
  lab.one.tune({ udpReceiveBuffer: 4096 });
});
