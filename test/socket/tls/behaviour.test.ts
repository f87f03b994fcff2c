/** TLS on sockets where it is hard: upgrades, backpressure, bad weather, handlers that throw, snapshots. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryWire } from '../../../host/device/memory.js';
import { weather } from '../../../host/device/weather.js';
import type { Socket } from '../../../host/socket/socket.js';
import { Stack } from '../../../host/stack/stack.js';
import { CLIENT_TLS, SERVER_TLS, SecureRecorder, secure, settle } from '../../kit/secure.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS, turn } from '../../kit/stacks.js';

let net: Lab;
let heard: { client: SecureRecorder; server: SecureRecorder };
beforeEach(async () => {
  net = await lab();
  heard = { client: new SecureRecorder(), server: new SecureRecorder() };
});
afterEach(() => net.close());

describe('D40: upgradeTLS', () => {
  /** Both ends of a plain connection go on with TLS. */
  async function upgraded() {
    const plain = { client: new Recorder(), server: new Recorder() };
    const { client, server } = await converse(net, plain);
    const [rawServer, tlsServer] = server.upgradeTLS<unknown>({ tls: SERVER_TLS, socket: heard.server.handlers });
    const [rawClient, tlsClient] = client.upgradeTLS<unknown>({
      tls: CLIENT_TLS,
      socket: heard.client.handlers,
      data: 'mine',
    });
    return { plain, client, server, rawServer, tlsServer, rawClient, tlsClient };
  }

  test('answers [raw, tls]; the socket itself is detached', async () => {
    const { client, rawClient, tlsClient } = await upgraded();
    expect([client.readyState, rawClient.readyState, tlsClient.readyState]).toEqual([-1, 1, 1]);
    expect(client.write('x')).toBe(-1);
    expect(tlsClient.data).toBe('mine');
    expect(rawClient.data).toBe(undefined);
  });

  test('the secure sockets hear open, handshake, drain and data; the raw ones see ciphertext', async () => {
    const { plain, tlsClient } = await upgraded();
    await net.until(() => heard.client.has('drain') && heard.server.has('drain'));
    expect(heard.client.events).toEqual(['open', 'handshake:true', 'drain']);
    expect(tlsClient.authorized).toBe(true);
    const before = plain.server.received;
    tlsClient.write('secret');
    await settle(net);
    expect(heard.server.bytes.toString()).toBe('secret');
    expect(plain.server.received - before).toBe('secret'.length + 22);
    expect(plain.server.bytes.includes('secret')).toBe(false);
  });

  test('a large answer comes whole, and both pairs close', async () => {
    const { plain, tlsServer } = await upgraded();
    await net.until(() => heard.client.has('drain') && heard.server.has('drain'));
    const bytes = Buffer.alloc(2_000_000, 'y');
    expect(tlsServer.end(bytes)).toBe(bytes.length);
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(heard.client.received).toBe(bytes.length);
    expect(heard.client.events.slice(-2)).toEqual(['end', 'close']);
    expect(plain.client.events.at(-1)).toBe('close');
    expect(plain.server.events.at(-1)).toBe('close');
  });

  test('close() behind more than the connection had room for: all of it arrives, and the end', async () => {
    heard.server = new SecureRecorder({ end: (socket) => void socket.end() });
    const { tlsClient } = await upgraded();
    await net.until(() => heard.client.has('drain') && heard.server.has('drain'));
    const taken = tlsClient.write(Buffer.alloc(300_000, 'z'));
    expect(taken).toBeLessThan(300_000);
    tlsClient.close();
    await net.until(() => heard.server.closed);
    expect(heard.server.received).toBe(taken);
    expect(heard.server.events.slice(-2)).toEqual(['end', 'close']);
    net.clock.advance(120_000);
    await net.pass(1);
    for (const stack of [net.client, net.server]) expect(stack.counters()).toMatchObject({ connections: 0, tls: 0 });
  });

  test('terminate() of the secure socket resets, and the raw one closes too', async () => {
    const { plain, tlsClient } = await upgraded();
    await net.until(() => heard.client.has('drain') && heard.server.has('drain'));
    tlsClient.terminate();
    expect(heard.client.events.at(-1)).toBe('close');
    expect(plain.client.events.at(-1)).toBe('close');
    await net.until(() => heard.server.closed);
    expect(heard.server.events.at(-1)).toBe('close:ECONNRESET');
  });

  test('who ends at once has ended, and is heard all the same', async () => {
    const { tlsClient } = await upgraded();
    expect(tlsClient.end('farewell')).toBe(8);
    await net.until(() => heard.client.has('open'));
    expect(tlsClient.readyState).toBe(-2);
    expect(tlsClient.write('x')).toBe(-1);
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(heard.server.bytes.toString()).toBe('farewell');
  });

  test('plain words on the raw socket break the session', async () => {
    const { rawClient } = await upgraded();
    await net.until(() => heard.client.has('drain') && heard.server.has('drain'));
    rawClient.write('in the clear');
    await net.until(() => heard.server.closed);
    expect(heard.server.events.slice(-2)).toEqual(['error', 'close']);
    expect(heard.server.errors.at(-1)).toMatchObject({ code: 'EPROTO' });
  });

  test('throws for what means nothing', async () => {
    const { client } = await converse(net, { client: new Recorder(), server: new Recorder() });
    const upgrade = (...given: unknown[]) =>
      (client.upgradeTLS as (...given: unknown[]) => unknown).apply(client, given);
    expect(() => upgrade()).toThrow('Expected 1 arguments');
    expect(() => upgrade(null)).toThrow('Expected options object');
    expect(() => upgrade({})).toThrow('Expected "socket" option');
    expect(() => upgrade({ socket: { data() {} } })).toThrow('Expected "tls" option');
    expect(() => upgrade({ socket: { data() {} }, tls: 1 })).toThrow('TLSOptions must be an object');
    expect(client.readyState).toBe(1);
    client.terminate();
    expect(() => upgrade({ socket: { data() {} }, tls: true })).toThrow('upgradeTLS requires an established socket');
  });

  test('a secure socket has none', async () => {
    const { client } = await secure(net, heard);
    expect(client.upgradeTLS({ tls: true, socket: { data() {} } })).toBe(undefined);
  });
});

describe('backpressure', () => {
  test('write takes what fits, drain says when there is room, and what was taken arrives', async () => {
    const bytes = Buffer.alloc(4_000_000);
    for (let at = 0; at < bytes.length; at++) bytes[at] = at * 7 + (at >> 11);
    let sent = 0;
    const answers: number[] = [];
    const pump = (socket: Socket<unknown>) => {
      if (sent === bytes.length) return;
      const taken = socket.write(bytes, sent);
      answers.push(taken);
      sent += taken;
    };
    heard.client = new SecureRecorder({ drain: pump });
    const { client, server } = await secure(net, heard);
    server.pause();
    await settle(net);
    expect(sent).toBeLessThan(bytes.length);
    const waiting = sent;
    await settle(net);
    expect(sent).toBe(waiting);
    server.resume();
    await net.until(() => heard.server.received === bytes.length, 'all bytes');
    expect(client.bytesWritten).toBe(bytes.length);
    expect(digest(heard.server.bytes)).toBe(digest(bytes));
  });

  test('close() behind a large end() delivers all of it', async () => {
    const { client } = await secure(net, heard);
    client.end(Buffer.alloc(3_000_000, 'z'));
    client.close();
    expect(heard.client.events.at(-1)).toBe('close');
    await net.until(() => heard.server.closed);
    expect(heard.server.received).toBe(3_000_000);
    expect(heard.server.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('nothing stays in the cores when all is closed', async () => {
    const { client } = await secure(net, heard);
    client.end(Buffer.alloc(500_000));
    await net.until(() => heard.client.closed && heard.server.closed);
    await net.pass(70_000);
    for (const stack of [net.client, net.server]) expect(stack.counters()).toMatchObject({ bufferBytes: 0, tls: 0 });
  });
});

describe('whose last words are said in open', () => {
  async function connected(open: (socket: Socket<unknown>) => void) {
    heard.client = new SecureRecorder({ open });
    const listener = net.server.listen({
      hostname: SERVER_ADDRESS,
      port: 0,
      tls: SERVER_TLS,
      socket: heard.server.handlers,
    });
    const { port } = listener;
    await Promise.all([
      net.client.connect({ hostname: SERVER_ADDRESS, port, tls: CLIENT_TLS, socket: heard.client.handlers }),
      net.until(() => heard.client.has('open')),
    ]);
  }

  test('is heard when the handshake is over', async () => {
    await connected((socket) => void socket.end('hello'));
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(heard.client.events).toEqual(['open', 'handshake:true', 'end', 'close']);
    expect(heard.server.bytes.toString()).toBe('hello');
  });

  test('leaves at once when it closes behind them: there are no keys, and there will be none', async () => {
    await connected((socket) => {
      socket.end('hello');
      socket.close();
    });
    await net.pass(1000);
    expect(heard.client.events).toEqual(['open', 'close']);
    expect(heard.server.closed).toBe(true);
    expect(net.client.counters()).toMatchObject({ connections: 1, timeWait: 1, tls: 0 });
  });
});

describe('bad weather', () => {
  test.each([1, 2, 3])('every byte comes once and unchanged under seed %i', async (seed) => {
    net.close();
    const [left, right] = memoryWire();
    const conditions = { loss: 0.03, delay: 10, jitter: 4, reorder: 0.05, duplicate: 0.02, corrupt: 0.01 };
    const wire = [weather(left, { seed, ...conditions }), weather(right, { seed: seed + 100, ...conditions })] as const;
    net = await lab({ wire: [...wire] });
    heard.server = new SecureRecorder({ end: (socket) => void socket.end(Buffer.alloc(200_000, 'b')) });
    const { client } = await secure(net, heard, { listen: { allowHalfOpen: true } });
    client.end(Buffer.alloc(200_000, 'a'));
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(digest(heard.server.bytes)).toBe(digest(Buffer.alloc(200_000, 'a')));
    expect(digest(heard.client.bytes)).toBe(digest(Buffer.alloc(200_000, 'b')));
    expect(heard.client.events.at(-1)).toBe('close');
  });
});

describe('handlers that misbehave', () => {
  test('a throw in handshake goes to error, and the connection lives', async () => {
    heard.client = new SecureRecorder({
      handshake: () => {
        throw new Error('in handshake');
      },
    });
    const { client } = await secure(net, heard);
    await settle(net);
    expect(heard.client.errors[0]).toMatchObject({ message: 'in handshake' });
    expect(client.write('still here')).toBe(10);
    await settle(net);
    expect(heard.server.bytes.toString()).toBe('still here');
  });

  test.each(['close', 'end', 'terminate'] as const)('%s() inside handshake ends it', async (how) => {
    heard.client = new SecureRecorder({ handshake: (socket) => void socket[how]() });
    await secure(net, heard);
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(heard.client.events.filter((event) => event.startsWith('close'))).toHaveLength(1);
    expect(heard.client.has('drain')).toBe(false);
  });

  test.each(['close', 'end', 'terminate'] as const)('%s() inside open begins no handshake', async (how) => {
    heard.client = new SecureRecorder({ open: (socket) => void socket[how]() });
    const listener = net.server.listen<unknown>({
      hostname: SERVER_ADDRESS,
      port: 0,
      tls: SERVER_TLS,
      socket: heard.server.handlers,
    });
    net.client.connect<unknown>({
      hostname: SERVER_ADDRESS,
      port: listener.port,
      tls: CLIENT_TLS,
      socket: heard.client.handlers,
    });
    await net.until(() => heard.client.closed && heard.server.closed);
    expect(heard.client.events.some((event) => event.startsWith('handshake'))).toBe(false);
    expect(heard.server.events.some((event) => event === 'handshake:true')).toBe(false);
  });

  test('pause() inside data holds the rest back, whatever came with it', async () => {
    heard.client = new SecureRecorder({ data: (socket) => socket.pause() });
    const { client, server } = await secure(net, heard);
    for (let record = 0; record < 10; record++) server.write(Buffer.alloc(20_000, record));
    server.end();
    await settle(net);
    const first = heard.client.received;
    expect(first).toBeLessThan(200_000);
    expect(heard.client.has('end')).toBe(false);
    for (let turns = 0; turns < 100 && !heard.client.closed; turns++) {
      client.resume();
      await settle(net);
    }
    expect(heard.client.received).toBe(200_000);
    expect(heard.client.events.slice(-2)).toEqual(['end', 'close']);
  });

  test('timeout() fires during a handshake that never ends', async () => {
    const silent = net.server.listen({ hostname: SERVER_ADDRESS, port: 0, socket: { data() {} } });
    heard.client = new SecureRecorder({ open: (socket) => socket.timeout(2) });
    net.client.connect<unknown>({
      hostname: SERVER_ADDRESS,
      port: silent.port,
      tls: CLIENT_TLS,
      socket: heard.client.handlers,
    });
    const start = net.clock.now();
    await net.until(() => heard.client.closed);
    expect(net.clock.now() - start).toBeGreaterThanOrEqual(2000);
    expect(net.clock.now() - start).toBeLessThan(2100);
    expect(heard.client.events).toEqual(['open', 'timeout', 'handshake:false:ECONNRESET', 'close']);
  });
});

describe('without memory', () => {
  test('a connection is refused with a word, and never goes on in the clear', async () => {
    net.close();
    const [left, right] = memoryWire();
    // Nobody answers, and nothing waits to be sent.
    net = await lab({ wire: [weather(left, { loss: 1 }), right], client: { memoryLimit: 8 << 20 } });
    const refusals: unknown[] = [];
    for (let count = 0; count < 20_000 && refusals.length === 0; count++) {
      const recorder = new SecureRecorder({ connectError: (_, error) => void refusals.push(error) });
      net.client.connect<unknown>({ hostname: SERVER_ADDRESS, port: 9, tls: true, socket: recorder.handlers });
      if (count % 100 === 0) await turn();
    }
    await turn();
    expect(refusals[0]).toMatchObject({ code: 'ENOBUFS' });
    const kinds = [...net.client.sockets].map((socket) => socket[Symbol.toStringTag]);
    expect(new Set(kinds)).toEqual(new Set(['TLSSocket']));
  });
});

describe('what is told beside', () => {
  test('keylog and session handlers, and the stack’s key log, get what Wireshark and setSession take', async () => {
    net.close();
    const lines: string[] = [];
    net = await lab({ server: { keylog: (line) => void lines.push(line) } });
    const own: string[] = [];
    const sessions: Buffer[] = [];
    heard.client = new SecureRecorder();
    const handlers = {
      ...heard.client.handlers,
      keylog: (_: Socket<unknown>, line: Buffer) => void own.push(line.toString()),
      session: (_: Socket<unknown>, session: Buffer) => void sessions.push(session),
    };
    await secure(net, heard, { connect: { socket: handlers } });
    await settle(net);
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual([
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0',
      'EXPORTER_SECRET',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_TRAFFIC_SECRET_0',
    ]);
    expect(own.map((line) => line.trimEnd()).sort()).toEqual([...lines].sort());
    expect(sessions.length).toBeGreaterThan(0);
    expect(Buffer.isBuffer(sessions[0])).toBe(true);
  });
});

describe('a snapshot', () => {
  test('is restored with its plain connections; those of TLS are reset, and their listeners need keys anew', async () => {
    const { server } = await secure(net, heard);
    server.write('on its way');
    const snapshot = structuredClone(net.server.snapshot());
    expect(snapshot.listeners[0]).toMatchObject({ secure: true });
    net.server.close();
    const [, right] = memoryWire();
    const restored = await Stack.restore(snapshot, {
      device: right,
      clock: net.clock,
      socket: new SecureRecorder().handlers,
      tls: SERVER_TLS,
    });
    expect([...restored.sockets]).toEqual([]);
    expect(restored.counters().tls).toBe(0);
    expect(restored.listeners).toHaveLength(1);
    restored.close();
    const [, other] = memoryWire();
    const bare = await Stack.restore(snapshot, { device: other, clock: net.clock, socket: new Recorder().handlers });
    expect(bare.listeners).toHaveLength(0);
    bare.close();
  });
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
