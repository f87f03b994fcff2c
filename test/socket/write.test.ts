/** Bytes out and in: short writes, drain, the final chunk, chunk ownership. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SocketHandler } from '../../host/socket/handlers.js';
import { writeAll } from '../../host/socket/output/write-all.js';
import { converse, type Lab, lab, Recorder } from '../kit/stacks.js';

let net: Lab;
beforeEach(async () => {
  net = await lab();
});
afterEach(() => net.close());

const heard = (server: Partial<SocketHandler<unknown>> = {}, client: Partial<SocketHandler<unknown>> = {}) => ({
  client: new Recorder(client),
  server: new Recorder(server),
});

describe('D2: write', () => {
  test('takes a string as UTF-8 and tells its bytes', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    expect(client.write('é€😀')).toBe(9);
    expect(client.write('a\ud800b')).toBe(5);
    await net.until(() => record.server.received === 14);
    expect(record.server.bytes.toString()).toBe('é€😀a\ufffdb');
  });

  test.each(['write', 'getSession', 'close'] as const)(
    'is said to a socket: %s throws for anything else',
    async (member) => {
      const { client } = await converse(net, heard());
      expect(() => Reflect.apply(client[member], {}, ['bytes'])).toThrow(TypeError);
    },
  );

  test('copies the bytes before it returns', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const bytes = Uint8Array.of(65, 66, 67);
    client.write(bytes, 1);
    bytes.fill(0);
    await net.until(() => record.server.received > 0);
    expect(record.server.bytes.toString()).toBe('BC');
  });

  test('sends many small ones of one turn together and in order', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const before = net.client.counters().segmentsOut;
    let text = '';
    for (let index = 0; index < 1000; index++) {
      const letter = String.fromCharCode(97 + (index % 26));
      text += letter;
      expect(client.write(letter)).toBe(1);
    }
    await net.until(() => record.server.received === 1000);
    expect(record.server.bytes.toString()).toBe(text);
    expect(net.client.counters().segmentsOut - before).toBeLessThan(5);
  });

  test('of nothing takes nothing', async () => {
    const { client } = await converse(net, heard());
    expect([client.write(''), client.write(new Uint8Array(0)), client.write(undefined as never)]).toEqual([0, 0, 0]);
    expect(client.bytesWritten).toBe(0);
  });

  test('answers fewer bytes when the buffer is full, then 0, and exactly the accepted bytes arrive', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    const chunk = Buffer.alloc(65536, 'x');
    let accepted = 0;
    let taken = chunk.length;
    for (let turn = 0; turn < 2000 && taken === chunk.length; turn++) {
      taken = client.write(chunk);
      accepted += taken;
      await net.pass(1);
    }
    expect(taken).toBeLessThan(chunk.length);
    expect([client.write('x'), client.write(chunk), client.readyState]).toEqual([0, 0, 1]);
    expect(client.bytesWritten).toBe(accepted);
    await net.pass(50);
    expect(record.client.has('drain')).toBe(false);
    server.resume();
    await net.until(() => record.server.received === accepted);
    await net.pass(50);
    expect(record.server.received).toBe(accepted);
  });

  test('B5: fires drain once for a short write, and never without one', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    client.write('all of it');
    await net.until(() => record.server.received > 0);
    expect(record.client.has('drain')).toBe(false);
    server.pause();
    while (client.write(Buffer.alloc(1 << 20)) > 0) await net.pass(5);
    const drains = () => record.client.events.filter((event) => event === 'drain').length;
    const before = drains();
    server.resume();
    await net.until(() => drains() > before);
    await net.pass(500);
    expect(drains()).toBe(before + 1);
  });

  test('moves a megabyte by the loop that the README shows', async () => {
    const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => (index * 31) >> 3));
    let sent = 0;
    const more: SocketHandler<unknown>['open'] = (socket) => {
      sent += socket.write(bytes, sent);
    };
    const record = heard({}, { open: more, drain: more });
    await converse(net, record);
    await net.until(() => record.server.received === bytes.length);
    const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
    expect(digest(record.server.bytes)).toBe(digest(bytes));
  });

  test('answers -1 after end, and for a socket that is closed', async () => {
    const { client } = await converse(net, heard());
    client.end('bye');
    expect([client.write('x'), client.write(''), client.end('x'), client.end()]).toEqual([-1, -1, -1, -1]);
    client.terminate();
    expect([client.write('x'), client.end('x')]).toEqual([-1, -1]);
  });
});

describe('D3: end(data)', () => {
  test('accepts all of a final chunk far larger than the send buffer and delivers it before FIN', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const bytes = Buffer.alloc(8 << 20, 'the tail matters ');
    expect(client.end(bytes)).toBe(bytes.length);
    bytes.fill(0);
    expect(client.bytesWritten).toBe(8 << 20);
    await net.until(() => record.server.has('end'));
    expect(record.server.received).toBe(8 << 20);
    expect(record.server.bytes.equals(Buffer.alloc(8 << 20, 'the tail matters '))).toBe(true);
    expect(record.client.has('drain')).toBe(false);
  });

  test('stays readable until the peer has ended', async () => {
    const record = heard({ end: (socket) => void socket.write('reply') });
    const { client } = await converse(net, record);
    client.end('request');
    expect(client.readyState).toBe(-2);
    await net.until(() => record.client.closed && record.server.closed);
    expect(record.client.events).toEqual(['open', 'data:reply', 'end', 'close']);
    expect(record.client.states).toEqual([1, -2, -2, 0]);
    expect(record.server.events).toEqual(['open', 'data:request', 'end', 'close']);
  });

  test('leaves the socket open when its arguments throw', async () => {
    const { client } = await converse(net, heard());
    expect(() => client.end(5 as never)).toThrow(TypeError);
    expect(client.readyState).toBe(1);
  });

  test('D11: counts in bytesWritten, which stays after close', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.write('é');
    client.end('tail');
    expect(client.bytesWritten).toBe(6);
    await net.until(() => record.client.closed);
    expect(client.bytesWritten).toBe(6);
  });
});

describe('D22: a chunk', () => {
  test.each<['buffer' | 'uint8array' | 'arraybuffer', string]>([
    ['buffer', 'Buffer'],
    ['uint8array', 'Uint8Array'],
    ['arraybuffer', 'ArrayBuffer'],
  ])('comes as %s, a whole buffer of its own', async (binaryType, name) => {
    const chunks: unknown[] = [];
    const record = heard();
    const { client } = await converse(net, record, {
      server: {
        socket: {
          open: record.server.handlers.open,
          data: (_: unknown, chunk: unknown) => void chunks.push(chunk),
          binaryType,
        } as never,
      },
    });
    client.write('hello');
    await net.until(() => chunks.length > 0);
    const [chunk] = chunks as [Uint8Array | ArrayBuffer];
    expect(chunk.constructor.name).toBe(name);
    const whole = chunk instanceof ArrayBuffer ? chunk : (chunk.buffer as ArrayBuffer);
    expect(Buffer.from(whole).toString()).toBe('hello');
  });

  test.each(['buffer', 'arraybuffer'])('that is large, as %s, has its own bytes and no others', async (binaryType) => {
    const content = Buffer.from(Uint32Array.from({ length: 200_000 }, (_, at) => Math.imul(at, 0x9e3779b1) >>> 24));
    const chunks: (Buffer | ArrayBuffer)[] = [];
    const record = heard();
    const { client } = await converse(net, record, {
      server: {
        socket: {
          open: record.server.handlers.open,
          data: (_: unknown, chunk: Buffer | ArrayBuffer) => void chunks.push(chunk),
          binaryType,
        } as never,
      },
    });
    const sent = writeAll(client, content);
    const bytes = () => chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    await net.until(() => bytes() === content.length);
    await sent;
    expect(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk as ArrayBuffer))).equals(content)).toBe(true);
    expect(chunks.some((chunk) => chunk.byteLength > 16_384)).toBe(true);
  });

  test('is thrown away by a socket without data handler, and the connection goes on', async () => {
    const closed: unknown[] = [];
    const record = heard();
    const { client } = await converse(net, record, {
      server: {
        socket: {
          open: record.server.handlers.open,
          drain() {},
          close: (_: unknown, error?: Error) => void closed.push(error),
        } as never,
      },
    });
    client.end(Buffer.alloc(1 << 20));
    await net.until(() => closed.length > 0);
    expect(closed).toEqual([undefined]);
  });
});

describe('D21: pause', () => {
  test('keeps data back until resume', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    client.write('later');
    await net.pass(100);
    expect(record.server.events).toEqual(['open']);
    server.resume();
    await net.until(() => record.server.has('data:later'));
  });

  test('keeps the end back behind the data', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    client.end('queued');
    await net.pass(200);
    expect(record.server.events).toEqual(['open']);
    server.resume();
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'data:queued', 'end', 'close']);
  });

  test('keeps the end back when there is no data, too', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    client.end();
    await net.pass(200);
    expect(record.server.events).toEqual(['open']);
    server.resume();
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'end', 'close']);
  });

  test('inside a handler holds what arrived in the same packet as the end', async () => {
    const record = heard({ data: (socket) => socket.pause() });
    const { client, server } = await converse(net, record);
    client.end('last');
    await net.pass(200);
    expect(record.server.events).toEqual(['open', 'data:last']);
    server.resume();
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'data:last', 'end', 'close']);
  });

  test('does not keep a reset back', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    client.write('unread');
    await net.pass(10);
    client.terminate();
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'close:ECONNRESET']);
  });
});
