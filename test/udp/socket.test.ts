/**
 * `udpSocket` between two stacks on a wire in memory, in Bun's words. Not for: what RFCs ask of the core (`datagrams.test.ts`).
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import { createStack } from '../../host/stack/stack.js';
import { Heard, type Pair, pair, settle } from './kit.js';

let lab: Pair;
beforeEach(async () => {
  lab = await pair();
});
afterEach(() => lab.close());

describe.each([
  ['IPv4', '10.9.0.1', '10.9.0.2', '0.0.0.0'],
  ['IPv6', 'fd00::1', 'fd00::2', '::'],
])('over %s', (family, here, there, any) => {
  test('a datagram comes with where it is from, and is answered', async () => {
    const { one, two } = lab;
    const server = await two.udpSocket({
      hostname: any,
      port: 7,
      socket: { data: (socket, data, port, address) => void socket.send(data, port, address) },
    });
    const heard = new Heard<unknown[]>();
    const client = await one.udpSocket({
      hostname: any,
      socket: { data: (_, data, port, address, flags) => heard.add([String(data), port, address, flags]) },
    });
    expect(client.send('hello', 7, there)).toBe(true);
    expect(await heard.take()).toEqual(['hello', 7, there, { truncated: false, ipv6: family === 'IPv6' }]);
    expect(server.address).toEqual({ address: any, family, port: 7 });
    expect(server.hostname).toBe(any);
  });

  test('datagrams in turns name each its own sender', async () => {
    const { one, two } = lab;
    const heard = new Heard<[text: string, port: number, address: string]>();
    await two.udpSocket({
      hostname: any,
      port: 7,
      socket: { data: (_, data, port, address) => heard.add([String(data), port, address]) },
    });
    const senders = [
      await one.udpSocket({ hostname: here, port: 1 }),
      await one.udpSocket({ hostname: here, port: 2 }),
      await two.udpSocket({ hostname: there, port: 2 }),
    ];
    for (const index of [0, 1, 1, 2, 1, 2, 0, 0]) {
      const sender = senders[index];
      sender?.send(`${index}`, 7, there);
      expect(await heard.take()).toEqual([`${index}`, sender?.port, sender?.address.address]);
    }
  });

  test('a connected socket sends to its peer and hears nobody else', async () => {
    const { one, two } = lab;
    await two.udpSocket({
      hostname: there,
      port: 9,
      socket: { data: (socket, data, port, address) => void socket.send(`re ${data}`, port, address) },
    });
    const stranger = await two.udpSocket({ hostname: there });
    const heard = new Heard<string>();
    const client = await one.udpSocket({
      connect: { hostname: there, port: 9 },
      socket: { data: (_, data) => heard.add(String(data)) },
    });
    stranger.send('no', client.port, here);
    expect(client.send('1')).toBe(true);
    expect(client.sendMany(['2'])).toBe(1);
    expect([await heard.take(), await heard.take()]).toEqual(['re 1', 're 2']);
    await settle();
    expect(heard.all).toHaveLength(2);
    expect(client.remoteAddress).toEqual({ address: there, family, port: 9 });
    expect(client.address.address).toBe(here);
  });
});

test.each<['buffer' | 'uint8array' | 'arraybuffer', string]>([
  ['buffer', 'Buffer'],
  ['uint8array', 'Uint8Array'],
  ['arraybuffer', 'ArrayBuffer'],
])(
  'datagrams come as %s, each with its bytes and no others, and may be kept and written to',
  async (binaryType, name) => {
    const { one, two } = lab;
    const heard = new Heard<Uint8Array | ArrayBuffer>();
    const server = await two.udpSocket({
      hostname: '10.9.0.2',
      binaryType,
      socket: { data: (_, data) => heard.add(data) },
    });
    const client = await one.udpSocket({ connect: { hostname: '10.9.0.2', port: server.port } });
    for (const text of ['first', 'second', '']) client.send(text);
    const kept = [await heard.take(), await heard.take(), await heard.take()];
    expect(kept.map((data) => data.constructor.name)).toEqual([name, name, name]);
    bytesOf(kept[0]).fill(0x78);
    expect(kept.map((data) => Buffer.from(bytesOf(data)).toString())).toEqual(['xxxxx', 'second', '']);
  },
);

/** The same memory. */
function bytesOf(data: Uint8Array | ArrayBuffer | undefined): Uint8Array {
  if (data === undefined) throw new Error('nothing was heard');
  return data instanceof Uint8Array ? data : new Uint8Array(data);
}

describe.each([
  ['IPv4', '10.9.0.2', 65_507],
  ['IPv6', 'fd00::2', 65_527],
])('sizes over %s', (_, there, largest) => {
  test.each([0, 1, 1472, 1473, 9_999, largest])('%d bytes come whole', async (size) => {
    const { one, two } = lab;
    const heard = new Heard<Buffer>();
    await two.udpSocket({ hostname: there, port: 7, socket: { data: (_, data) => heard.add(data) } });
    const client = await one.udpSocket({ connect: { hostname: there, port: 7 } });
    const data = Buffer.alloc(size);
    for (let index = 0; index < size; index++) data[index] = index * 7;
    expect(client.send(data)).toBe(true);
    expect((await heard.take()).equals(data)).toBe(true);
  });

  test('one byte more than the largest is EMSGSIZE', async () => {
    const client = await lab.one.udpSocket({ connect: { hostname: there, port: 7 } });
    expect(() => client.send(new Uint8Array(largest + 1))).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE', syscall: 'send', errno: -90 }),
    );
  });

  test('a port that nobody has is told to `error`, and the socket lives on', async () => {
    const errors = new Heard<Error>();
    const client = await lab.one.udpSocket({
      connect: { hostname: there, port: 7 },
      socket: { error: (_, error) => errors.add(error) },
    });
    client.send('anybody?');
    expect(await errors.take()).toMatchObject({ code: 'ECONNREFUSED', syscall: 'recv', address: there, port: 7 });
    expect(client.closed).toBe(false);
  });
});

describe('an address that means something on one link only (RFC 4007 §6)', () => {
  test.each(['ff02::9', 'ff01::9', 'fe80::9'])(
    '%s alone can not be bound: the error asks for the link',
    async (hostname) => {
      await expect(lab.one.udpSocket({ hostname, port: 7 })).rejects.toMatchObject({
        code: 'EINVAL',
        message: `bind EINVAL ${hostname}`,
        advice: expect.stringContaining('%1'),
      });
    },
  );

  test('is on no link that the stack does not have', async () => {
    await expect(lab.one.udpSocket({ hostname: 'ff02::9%2', port: 7 })).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('is not on two links', async () => {
    const stack = await createStack({ device: memoryWire()[0], interfaces: [{ device: memoryWire()[0] }] });
    const options = { hostname: 'ff02::9%1', interface: 2, port: 7 };
    await expect(stack.udpSocket(options)).rejects.toMatchObject({ code: 'EINVAL', message: 'bind EINVAL ff02::9%1' });
    stack.close();
  });

  test.each([{ hostname: 'ff02::9%1' }, { hostname: 'ff02::9', interface: 1 }])('hears with %o', async (options) => {
    const heard = new Heard<string>();
    const server = await lab.one.udpSocket({
      ...options,
      port: 7,
      socket: { data: (_, data) => heard.add(String(data)) },
    });
    server.addMembership('ff02::9', '::%1');
    const client = await lab.two.udpSocket({ hostname: '::' });
    client.send('hello', 7, 'ff02::9%1');
    expect(await heard.take()).toBe('hello');
    expect(server.address.address).toBe('ff02::9%1');
  });

  test('needs no link where there is none but loopback', async () => {
    const alone = await createStack();
    const heard = new Heard<string>();
    const socket = await alone.udpSocket({
      hostname: 'ff02::9',
      port: 7,
      socket: { data: (_, data) => heard.add(String(data)) },
    });
    socket.addMembership('ff02::9');
    (await alone.udpSocket({ hostname: '::' })).send('hello', 7, 'ff02::9');
    expect(await heard.take()).toBe('hello');
    alone.close();
  });
});
