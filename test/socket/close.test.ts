/** The ways to end a connection, and the phases of the object. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SocketHandler } from '../../host/socket/handlers.js';
import type { Socket } from '../../host/socket/socket.js';
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

const bothClosed = (record: ReturnType<typeof heard>) => net.until(() => record.client.closed && record.server.closed);

describe('D1: readyState', () => {
  test('is 1 in open, -2 after end, 0 inside close and for ever after', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.end();
    expect(client.readyState).toBe(-2);
    await bothClosed(record);
    expect(record.client.states).toEqual([1, -2, 0]);
    expect(record.server.states).toEqual([1, 1, 0]);
    expect(client.readyState).toBe(0);
  });

  test.each<[string, (socket: Socket<unknown>) => void, number]>([
    ['end()', (socket) => void socket.end(), -2],
    ['[Symbol.dispose]()', (socket) => socket[Symbol.dispose](), -2],
    ['shutdown()', (socket) => socket.shutdown(), -2],
    ['shutdown(true)', (socket) => socket.shutdown(true), -2],
    ['close()', (socket) => socket.close(), 0],
    ['terminate()', (socket) => socket.terminate(), 0],
    ['pause()', (socket) => socket.pause(), 1],
  ])('at once after %s', async (_, act, state) => {
    const { client } = await converse(net, heard());
    act(client);
    expect(client.readyState).toBe(state);
  });

  test("stays 1 after the peer's end while half-open", async () => {
    const record = heard();
    const { client, server } = await converse(net, record, { server: { allowHalfOpen: true } });
    client.end();
    await net.until(() => record.server.has('end'));
    await net.pass(100);
    expect(server.readyState).toBe(1);
  });

  test('can not be assigned', async () => {
    const { client } = await converse(net, heard());
    expect(() => Object.assign(client, { readyState: 5 })).toThrow(TypeError);
  });
});

describe('D4: close()', () => {
  test('fires close before it returns, and what was accepted is still delivered', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const bytes = Buffer.alloc(100_000, 'k');
    const accepted = client.write(bytes);
    client.close();
    expect(record.client.events).toEqual(['open', 'close']);
    await net.until(() => record.server.closed);
    expect(record.server.received).toBe(accepted);
    expect(record.server.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('delivers what was accepted before the peer hears that its own bytes were lost', async () => {
    const record = heard({ open: (socket) => void socket.write('unread') });
    const { client } = await converse(net, record);
    client.pause();
    await net.pass(10);
    const accepted = client.write(Buffer.alloc(200_000, 'k'));
    client.close();
    await net.until(() => record.server.closed);
    expect(record.server.received).toBe(accepted);
    expect(record.server.events.at(-1)).toBe('close:ECONNRESET');
  });

  test('after end(big) still delivers the whole tail', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.end(Buffer.alloc(4 << 20));
    client.close();
    await net.until(() => record.server.closed);
    expect(record.server.received).toBe(4 << 20);
    expect(record.server.events.at(-1)).toBe('close');
  });

  test('answers what arrives later with RST', async () => {
    const record = heard({ end: (socket) => void socket.write('too late') });
    const { client } = await converse(net, record, { server: { allowHalfOpen: true } });
    client.close();
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'end', 'close:ECONNRESET']);
    expect(record.client.events).toEqual(['open', 'close']);
  });

  test('with unread data resets, as RFC 2525 §2.17 wants', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    server.pause();
    client.write('unread');
    await net.pass(20);
    server.close();
    await net.until(() => record.client.closed);
    expect(record.client.events).toEqual(['open', 'close:ECONNRESET']);
  });

  test('leaves nothing behind in the core but TIME-WAIT', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.close();
    await net.until(() => record.server.closed);
    await net.pass(300_000);
    expect(net.client.counters().connections).toBe(0);
    expect(net.server.counters().connections).toBe(0);
    expect([...net.client.sockets, ...net.server.sockets]).toEqual([]);
  });
});

describe('D5: [Symbol.dispose]()', () => {
  test('is end(): the socket stays readable', async () => {
    const record = heard({ end: (socket) => void socket.end('reply') });
    const { client } = await converse(net, record);
    client[Symbol.dispose]();
    await bothClosed(record);
    expect(record.client.events).toEqual(['open', 'data:reply', 'end', 'close']);
  });
});

describe('D6: terminate()', () => {
  test('fires close at once and resets the peer', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.terminate();
    expect(record.client.events).toEqual(['open', 'close']);
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'close:ECONNRESET']);
    expect(record.server.errors[0]).toMatchObject({
      message: 'ECONNRESET: connection reset by peer, read',
      errno: -104,
      syscall: 'read',
    });
    expect(net.client.counters().connections).toBe(0);
  });

  test('delivers what came before the reset', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.write('last words');
    client.terminate();
    await net.until(() => record.server.closed);
    expect(record.server.events).toEqual(['open', 'data:last words', 'close:ECONNRESET']);
  });
});

describe('D7, D8: shutdown', () => {
  test('D7: shutdown(true) shuts the write half, reading goes on', async () => {
    const record = heard({ end: (socket) => void socket.write('still here') });
    const { client } = await converse(net, record);
    client.shutdown(true);
    expect(client.write('x')).toBe(-1);
    await bothClosed(record);
    expect(record.client.events).toEqual(['open', 'data:still here', 'end', 'close']);
  });

  test("D8: shutdown() shuts both: no more data, no end, close on the peer's FIN", async () => {
    const record = heard({ end: (socket) => void socket.write('unheard') });
    const { client } = await converse(net, record);
    client.shutdown();
    await bothClosed(record);
    expect(record.client.events).toEqual(['open', 'close']);
    expect(record.server.events).toEqual(['open', 'end', 'close']);
  });

  test('D8: shutdown() lets go of data that waits while paused', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    client.pause();
    server.end('unheard');
    await net.pass(20);
    client.shutdown();
    await bothClosed(record);
    expect(record.client.events).toEqual(['open', 'close']);
  });

  test('after end() takes the reading half too', async () => {
    const record = heard({ end: (socket) => void socket.end('unheard') });
    const { client } = await converse(net, record);
    client.end();
    client.shutdown();
    await bothClosed(record);
    expect(record.client.events).toEqual(['open', 'close']);
  });
});

describe('D9: allowHalfOpen', () => {
  test('without it, the socket ends too, after the end handler ran', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.end('x');
    await bothClosed(record);
    expect(record.server.events).toEqual(['open', 'data:x', 'end', 'close']);
  });

  test('with it, the socket goes on sending until it ends by itself', async () => {
    const record = heard();
    const { client, server } = await converse(net, record, { server: { allowHalfOpen: true } });
    client.end();
    await net.until(() => record.server.has('end'));
    await net.pass(60_000);
    server.write('one ');
    await net.pass(10);
    server.end('two');
    await bothClosed(record);
    expect(record.client.bytes.toString()).toBe('one two');
    expect(record.client.events.slice(-2)).toEqual(['end', 'close']);
  });

  test("does not change what our own end does: we stay readable until the peer's", async () => {
    const record = heard({ end: (socket) => void socket.end('reply') });
    const { client } = await converse(net, record, {
      client: { allowHalfOpen: true },
      server: { allowHalfOpen: true },
    });
    client.end('request');
    await bothClosed(record);
    expect(record.client.events).toEqual(['open', 'data:reply', 'end', 'close']);
  });
});

describe('closing', () => {
  test('by both sides in the same turn ends in one close each', async () => {
    const record = heard();
    const { client, server } = await converse(net, record);
    client.end('c');
    server.end('s');
    await bothClosed(record);
    await net.pass(1000);
    expect(record.client.events).toEqual(['open', 'data:s', 'end', 'close']);
    expect(record.server.events).toEqual(['open', 'data:c', 'end', 'close']);
  });

  test('twice, in any way, never gives a second close', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.close();
    client.close();
    client.terminate();
    client.end();
    client.shutdown();
    await bothClosed(record);
    await net.pass(1000);
    expect(record.client.events).toEqual(['open', 'close']);
  });

  test('inside data runs close nested', async () => {
    const order: string[] = [];
    const record = heard({
      data: (socket) => {
        order.push('before');
        socket.close();
        order.push('after');
      },
      close: () => void order.push('close'),
    });
    const { client } = await converse(net, record);
    client.write('x');
    await net.until(() => record.client.closed);
    expect(order).toEqual(['before', 'close', 'after']);
  });

  test('a peer that vanished is told as ETIMEDOUT', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    net.server.close();
    client.write('anybody?');
    await net.until(() => record.client.closed);
    expect(['close:ETIMEDOUT', 'close:ECONNRESET']).toContain(record.client.events.at(-1));
  });
});

describe('members of a closed socket', () => {
  test('answer quietly', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.close();
    client.pause();
    client.resume();
    client.flush();
    client.ref();
    client.unref();
    client.timeout(1);
    expect([client.setNoDelay(), client.setKeepAlive(true), client.listener]).toEqual([false, false, undefined]);
  });

  test('D18, D19: setNoDelay and setKeepAlive answer true while connected', async () => {
    const { client } = await converse(net, heard());
    expect([
      client.setNoDelay(),
      client.setNoDelay(false),
      client.setKeepAlive(),
      client.setKeepAlive(true, 1000),
    ]).toEqual([true, true, true, true]);
    expect(() => client.setKeepAlive(true, -1)).toThrow(RangeError);
    expect(() => client.setKeepAlive(true, 2 ** 31)).toThrow(RangeError);
    expect(() => client.setKeepAlive(true, 'x' as never)).toThrow(TypeError);
  });

  test('D19: a dead peer is found by keep-alive after the idle time and ten probes', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.setKeepAlive(true, 5000);
    const start = net.clock.now();
    net.server.close();
    await net.until(() => record.client.closed);
    const seconds = (net.clock.now() - start) / 1000;
    if (record.client.has('close:ETIMEDOUT')) expect(seconds).toBeCloseTo(15, 0);
    else expect(record.client.events.at(-1)).toBe('close:ECONNRESET');
  });
});

describe('D12: timeout(seconds)', () => {
  test('fires exactly then, after which the socket is closed', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    const start = net.clock.now();
    client.timeout(1.5);
    await net.until(() => record.client.closed);
    expect(net.clock.now() - start).toBe(1500);
    expect(record.client.events).toEqual(['open', 'timeout', 'close']);
    expect(record.client.states).toEqual([1, 1, 0]);
  });

  test('is not put off by traffic, but by another call', async () => {
    const record = heard({ data: (socket, chunk) => void socket.write(chunk) });
    const { client } = await converse(net, record);
    const start = net.clock.now();
    client.timeout(2);
    await net.pass(1000);
    client.write('traffic');
    client.timeout(3);
    await net.pass(2000);
    client.write('traffic');
    await net.until(() => record.client.has('timeout'));
    expect(net.clock.now() - start).toBe(4000);
  });

  test('is cancelled by 0', async () => {
    const record = heard();
    const { client } = await converse(net, record);
    client.timeout(1);
    client.timeout(0);
    await net.pass(5000);
    expect(record.client.events).toEqual(['open']);
  });

  test('leaves the socket open when the handler arms it again', async () => {
    let left = 2;
    const record = heard({}, { timeout: (socket) => (left-- > 0 ? socket.timeout(1) : undefined) });
    const { client } = await converse(net, record);
    client.timeout(1);
    await net.until(() => record.client.closed);
    expect(record.client.events).toEqual(['open', 'timeout', 'timeout', 'timeout', 'close']);
  });

  test('closes without a handler, too', async () => {
    const record = heard();
    const { client } = await converse(net, record, {
      client: { socket: { data() {}, open: record.client.handlers.open } as never },
    });
    client.timeout(1);
    await net.pass(1100);
    expect(client.readyState).toBe(0);
  });

  test('checks its argument', async () => {
    const { client } = await converse(net, heard());
    expect(() => (client.timeout as () => void)()).toThrow('Expected 1 argument, got 0');
    expect(() => client.timeout(-1)).toThrow('Timeout must be a positive integer');
    client.timeout(Number.NaN);
  });
});
