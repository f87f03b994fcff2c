/** What Bun's sockets can do without saying so in its document: options, members, and what errors tell. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import { pcap } from '../../host/device/pcap.js';
import type { SocketError } from '../../host/socket/errors.js';
import { FAMILY, faraway, IP_HEADER, neighbor, perFamily, testIPv4, WIDER } from '../kit/family.js';
import { CLIENT_ADDRESS, converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

let net: Lab;
/** What the client has put on the wire, in a capture. */
let captured: Uint8Array[];
beforeEach(async () => {
  captured = [];
  const [left, right] = memoryWire({ mtu: 1500 + WIDER });
  const write = (bytes: Uint8Array) => void captured.push(bytes.slice());
  const wire = [pcap(left, { write }), right] as const;
  net = await lab({ wire: [...wire] });
});
afterEach(() => net.close());

const heard = () => ({ client: new Recorder(), server: new Recorder() });
const socket = { data() {} };

/** What became of a `connect` that fails. */
async function failing(options: object): Promise<SocketError> {
  let error: unknown;
  net.client.connect({ hostname: SERVER_ADDRESS, port: 81, socket, ...options }).then(
    () => expect.unreachable(),
    (reason) => {
      error = reason;
    },
  );
  await net.until(() => error !== undefined);
  return error as SocketError;
}

describe('localAddress', () => {
  test('chooses among the addresses of the stack', async () => {
    const { port } = net.client.listen({ hostname: '127.0.0.1', port: 0, socket });
    const connecting = net.client.connect({ hostname: '127.0.0.1', port, localAddress: '127.0.0.2', socket });
    expect((await connecting).localAddress).toBe('127.0.0.2');
  });

  test('of somebody else fails with EADDRNOTAVAIL', async () => {
    const error = await failing({ localAddress: faraway(7) });
    expect(error).toMatchObject({
      message: 'Failed to connect',
      code: 'EADDRNOTAVAIL',
      errno: -99,
      syscall: 'connect',
    });
    expect(error.advice).toContain('localAddress');
  });

  test('that is no address is passed over', async () => {
    const { client } = await converse(net, heard(), { client: { localAddress: 'junk' } });
    expect(client.localAddress).toBe(CLIENT_ADDRESS);
  });
});

describe('pauseOnConnect', () => {
  test('holds data back on both ends until resume()', async () => {
    const record = heard();
    const paused = { pauseOnConnect: true };
    const { client, server } = await converse(net, record, { client: paused, server: paused });
    client.write('up');
    server.write('down');
    await net.pass(100);
    expect(record.client.events).toEqual(['open']);
    expect(record.server.events).toEqual(['open']);
    client.resume();
    server.resume();
    await net.until(() => record.client.has('data:down') && record.server.has('data:up'));
  });
});

describe('reusePort', () => {
  const shared = { hostname: SERVER_ADDRESS, reusePort: true };

  test('lets listeners that all say so take turns, until the last one stops', async () => {
    const names: string[] = [];
    const listen = (name: string, port: number) =>
      net.server.listen({ ...shared, port, socket: { ...socket, open: () => void names.push(name) } });
    const connect = async (port: number) => {
      const before = names.length;
      net.client.connect({ hostname: SERVER_ADDRESS, port, socket });
      await net.until(() => names.length > before);
    };
    const first = listen('first', 0);
    const second = listen('second', first.port);
    for (let count = 0; count < 4; count++) await connect(first.port);
    expect(names).toEqual(['first', 'second', 'first', 'second']);
    first.stop();
    await connect(second.port);
    expect(names.at(-1)).toBe('second');
    second.stop();
    expect((await failing({ port: second.port })).code).toBe('ECONNREFUSED');
    net.server.listen({ ...shared, port: first.port, reusePort: false, socket }).stop();
  });

  test.each([
    [false, true],
    [true, false],
  ])('of only one of two listeners (%s, %s) leaves the port busy', (first, second) => {
    const { port } = net.server.listen({ ...shared, port: 0, reusePort: first, socket });
    expect(() => net.server.listen({ ...shared, port, reusePort: second, socket })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
  });
});

describe('setTypeOfService()', () => {
  test('marks packets, without the two bits of ECN', async () => {
    const { client } = await converse(net, heard());
    expect(client.getTypeOfService()).toBe(0);
    expect(client.setTypeOfService(255)).toBe(0);
    expect(client.getTypeOfService()).toBe(252);
    client.write('marked');
    await net.pass(10);
    const capture = Buffer.concat(captured);
    // A TCP header has 12 bytes of timestamps.
    const packet = capture.subarray(capture.indexOf('marked') - IP_HEADER - 32);
    const word = packet.readUInt16BE();
    expect([word >> 12, perFamily(word & 255, (word >> 4) & 255)]).toEqual([FAMILY, 252]);
  });

  test('has bounds, and does nothing once closed', async () => {
    const { client } = await converse(net, heard());
    for (const tos of [256, -1, Number.NaN]) expect(() => client.setTypeOfService(tos)).toThrow(RangeError);
    expect(() => client.setTypeOfService('x' as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
    client.terminate();
    expect(client.setTypeOfService(16)).toBe(-9);
  });
});

describe('members', () => {
  test('are found on the prototype, as Bun has them', async () => {
    const { client, listener } = await converse(net, heard());
    const own = (object: object) => Object.keys(Object.getPrototypeOf(object));
    expect(own(client)).toEqual(
      expect.arrayContaining(['write', 'data', 'readyState', 'listener', 'localAddress', 'authorized', 'getCipher']),
    );
    expect(Object.keys(client)).toEqual([]);
    expect(own(listener).sort()).toEqual(
      ['data', 'fd', 'getsockname', 'hostname', 'port', 'ref', 'reload', 'stop', 'unix', 'unref'].sort(),
    );
  });

  test('that ask for a descriptor say that there is none', async () => {
    const { client, listener } = await converse(net, heard());
    expect([client.fd, listener.fd, listener.unix]).toEqual([-1, -1, undefined]);
  });

  testIPv4('getsockname() writes into the object given', async () => {
    const out = {};
    const listener = net.server.listen({ hostname: 'localhost', port: 0, socket });
    expect(listener.getsockname(out)).toBeUndefined();
    expect(out).toEqual({ family: 'IPv4', address: '127.0.0.1', port: listener.port });
    expect(() => (listener.getsockname as (out: unknown) => void).call(listener, 'text')).toThrow('Expected object');
  });
});

describe('every error says where it was and what to do', () => {
  test('B1: a refused connect', async () => {
    const error = await failing({});
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: SERVER_ADDRESS,
      port: 81,
    });
    expect(error.constructor).toBe(Error);
    expect(error.advice).toMatch(/listens/);
  });

  test('B1: a connect that nobody answers', async () => {
    expect(await failing({ hostname: neighbor(99) })).toMatchObject({
      code: 'ETIMEDOUT',
      address: neighbor(99),
      port: 81,
    });
  });

  test('a name, without anybody to ask', async () => {
    const error = await failing({ hostname: 'nobody.test' });
    expect(error).toMatchObject({ code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: 'nobody.test' });
    expect(error.advice).toMatch(/name server.*IP address/);
  });

  test('a reset, in the close handler, where the socket has no addresses any more', async () => {
    const record = heard();
    const { server, listener } = await converse(net, record);
    server.terminate();
    await net.until(() => record.client.closed);
    expect(record.client.errors[0]).toMatchObject({
      message: 'ECONNRESET: connection reset by peer, read',
      code: 'ECONNRESET',
      errno: -104,
      syscall: 'read',
      address: SERVER_ADDRESS,
      port: listener.port,
      advice: expect.stringContaining('peer'),
    });
  });

  test('B2: writing to a peer that is gone is told as a reset, never as EPIPE of a read', async () => {
    const record = { client: new Recorder(), server: new Recorder() };
    const { client, server } = await converse(net, record, { client: { allowHalfOpen: true } });
    server.close();
    await net.until(() => record.client.has('end'));
    client.write('too late');
    await net.until(() => record.client.closed);
    expect(record.client.errors[0]).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
  });

  test('B3: a timeout comes at its millisecond', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const start = net.clock.now();
    client.timeout(1.5);
    await net.until(() => record.client.has('timeout'));
    expect(net.clock.now() - start).toBeCloseTo(1500, 0);
  });
});

test('D10: flush() sends what Nagle holds back', async () => {
  const record = heard();
  const { client } = await converse(net, record);
  client.setNoDelay(false);
  client.write('first');
  await net.pass(1);
  const start = net.clock.now();
  client.write('second');
  client.write(' third');
  client.flush();
  await net.until(() => record.server.bytes.toString() === 'firstsecond third');
  expect(net.clock.now() - start).toBeLessThan(20);
});
