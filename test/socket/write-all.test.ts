/** `writeAll` sends everything, in order, or says why not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SocketHandler } from '../../host/socket/handlers.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import type { Socket } from '../../host/socket/socket.js';
import { SecureRecorder, secure } from '../kit/secure.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

describe('writeAll', () => {
  test('sends 64 MiB through a small send buffer and a small window, byte for byte', async () => {
    net.close();
    net = await lab({
      client: { sendBuffer: 16_384 },
      server: { receiveBuffer: 32_768 },
    });
    const bytes = cargo(64 << 20);
    let at = 0;
    let equal = true;
    const record = heard({
      data(_socket, chunk) {
        equal &&= bytes.compare(chunk, 0, chunk.length, at, at + chunk.length) === 0;
        at += chunk.length;
      },
    });
    record.server.chunks.push = () => 0;
    const { client } = await converse(net, record);
    const sent = outcome(writeAll(client, bytes));
    await settled(sent);
    expect(sent.is).toBe('resolved');
    expect(client.bytesWritten).toBe(bytes.length);
    await net.until(() => at === bytes.length);
    expect(equal).toBe(true);
  });

  test('keeps the order of calls that were not waited for, text, views and nothing among them', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const whole = cargo(3 << 20);
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    const calls = [
      writeAll(client, whole).then(note('bytes')),
      writeAll(client, 'é€').then(note('text')),
      writeAll(client, '').then(note('nothing')),
      writeAll(client, new DataView(whole.buffer, whole.byteOffset + 1, 9)).then(note('view')),
      writeAll(client, new Uint16Array([0x4241]).buffer).then(note('buffer')),
    ];
    await net.until(() => order.length === calls.length);
    expect(order).toEqual(['bytes', 'text', 'nothing', 'view', 'buffer']);
    const all = Buffer.concat([whole, Buffer.from('é€'), whole.subarray(1, 10), Buffer.from('AB')]);
    await net.until(() => record.server.received === all.length);
    expect(record.server.bytes.equals(all)).toBe(true);
  });

  test('is resolved at once for what fits, and for nothing', async () => {
    const { client } = await converse(net, heard());
    await expect(writeAll(client, 'all of it')).resolves.toBeUndefined();
    await expect(writeAll(client, new Uint8Array(0))).resolves.toBeUndefined();
    expect(client.bytesWritten).toBe(9);
  });

  test('comes before `write`, which answers 0 until it has finished; then `drain` is told', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    const bytes = cargo(4 << 20);
    const sent = outcome(writeAll(client, bytes));
    expect(client.write('between')).toBe(0);
    await net.pass(100);
    expect([sent.is, client.write('between'), record.client.has('drain')]).toEqual(['pending', 0, false]);
    server.resume();
    await net.until(() => record.client.has('drain'));
    await settled(sent);
    expect(sent.is).toBe('resolved');
    expect(client.write('behind')).toBe(6);
    await net.until(() => record.server.received === bytes.length + 6);
    expect(record.server.bytes.equals(Buffer.concat([bytes, Buffer.from('behind')]))).toBe(true);
  });

  test('goes before the end, whatever its size: `end` takes what is left of it', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const bytes = cargo(4 << 20);
    const sent = [outcome(writeAll(client, bytes)), outcome(writeAll(client, 'tail, '))];
    client.end('and end');
    expect(client.bytesWritten).toBe(bytes.length + 13);
    await net.until(() => record.server.has('end'));
    expect(sent.map(({ is }) => is)).toEqual(['resolved', 'resolved']);
    expect(record.server.bytes.equals(Buffer.concat([bytes, Buffer.from('tail, and end')]))).toBe(true);
  });

  test('is finished when the peer ends first, and so does this socket', async () => {
    const record = heard();
    const { client, server } = await converse(net, record, { server: { allowHalfOpen: true } });
    const bytes = cargo(4 << 20);
    server.pause();
    const sent = outcome(writeAll(client, bytes));
    server.end();
    await net.until(() => record.client.has('end'));
    server.resume();
    await net.until(() => record.client.closed && record.server.has('end'));
    expect(sent.is).toBe('resolved');
    expect(record.server.bytes.equals(bytes)).toBe(true);
  });

  test('waits for the handshake of TLS and seals everything', async () => {
    const record = { client: new SecureRecorder(), server: new SecureRecorder() };
    const bytes = cargo(2 << 20);
    let sent = outcome(Promise.resolve());
    await secure(net, record, {
      connect: {
        socket: {
          ...record.client.handlers,
          open(socket) {
            sent = outcome(writeAll(socket, bytes));
            expect(sent.is).toBe('pending');
          },
        },
      },
    });
    await net.until(() => record.server.received === bytes.length);
    expect(sent.is).toBe('resolved');
    expect(record.server.bytes.equals(bytes)).toBe(true);
  });
});

describe('writeAll is rejected', () => {
  test.each(['close', 'terminate'] as const)('when %s comes first, and says how far it got', async (how) => {
    const { client, listener } = await converse(net, heard());
    const bytes = cargo(32 << 20);
    const sent = [outcome(writeAll(client, bytes)), outcome(writeAll(client, 'never'))];
    const taken = client.bytesWritten;
    client[how]();
    await net.pass(1);
    expect(taken).toBeGreaterThan(0);
    expect(sent[0]?.is).toMatchObject({
      code: 'EPIPE',
      errno: -32,
      syscall: 'write',
      address: SERVER_ADDRESS,
      port: listener.port,
      advice: expect.stringContaining('Await `writeAll`'),
      message: `EPIPE: the socket ended after ${taken} of ${bytes.length} bytes, write`,
    });
    expect(sent[1]?.is).toMatchObject({ message: 'EPIPE: the socket ended after 0 of 5 bytes, write' });
  });

  test('when the peer breaks the connection, with that as its cause', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    const sent = outcome(writeAll(client, cargo(32 << 20)));
    server.terminate();
    await net.until(() => record.client.closed);
    await settled(sent);
    expect(record.client.events.at(-1)).toBe('close:ECONNRESET');
    expect(sent.is).toMatchObject({ code: 'EPIPE', cause: record.client.errors[0] });
  });

  test('when the handshake of TLS fails', async () => {
    const record = { client: new SecureRecorder(), server: new SecureRecorder() };
    let sent = outcome(Promise.resolve());
    const open = (socket: Socket<unknown>): void => {
      sent = outcome(writeAll(socket, 'secret'));
    };
    await secure(net, record, {
      client: { serverName: 'server.test' },
      connect: { socket: { ...record.client.handlers, open } },
    });
    await net.until(() => record.client.closed);
    expect(sent.is).toMatchObject({ code: 'EPIPE' });
  });

  test('after end and after close', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.end();
    await expect(writeAll(client, 'late')).rejects.toMatchObject({ code: 'EPIPE' });
    await net.until(() => record.client.closed);
    await expect(writeAll(client, 'late')).rejects.toMatchObject({ code: 'EPIPE' });
  });

  test('when the socket is upgraded to TLS underneath it', async () => {
    const { client } = await converse(net, heard());
    const sent = outcome(writeAll(client, cargo(32 << 20)));
    client.upgradeTLS({ tls: true, socket: { data() {} } })[1].terminate();
    await settled(sent);
    expect(sent.is).toMatchObject({ code: 'EPIPE' });
  });

  test('at once, by a throw, for what is no socket and no bytes', async () => {
    const { client } = await converse(net, heard());
    for (const data of [5, null, undefined, {}, [1], new Blob(['x'])]) {
      expect(() => writeAll(client, data as never)).toThrow(TypeError);
    }
    expect(() => writeAll({ write: () => 1 } as never, 'x')).toThrow('The "socket" argument must be a Socket');
    expect(client.bytesWritten).toBe(0);
  });
});

const heard = (server: Partial<SocketHandler<unknown>> = {}, client: Partial<SocketHandler<unknown>> = {}) => ({
  client: new Recorder(client),
  server: new Recorder(server),
});

interface Outcome {
  is: 'pending' | 'resolved' | Error;
}

/** What has become of a promise so far. */
function outcome(promise: Promise<void>): Outcome {
  const seen: Outcome = { is: 'pending' };
  promise.then(
    () => {
      seen.is = 'resolved';
    },
    (error) => {
      seen.is = error;
    },
  );
  return seen;
}

async function settled(seen: Outcome): Promise<void> {
  await net.until(() => seen.is !== 'pending', 'an outcome');
}

/** Bytes in which every place is told from its neighbours. */
function cargo(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7) & 0xff;
  return bytes;
}
