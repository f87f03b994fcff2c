/** `connect` to a name: Happy Eyeballs (RFC 8305) on a manual clock, and that nothing is left behind. */
import { afterEach, describe, expect, test } from 'vitest';
import { type ManualClock, manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import type { DnsOptions, LookupFunction } from '../../host/dns/options.js';
import type { Socket } from '../../host/socket/socket.js';
import { createStack, type Stack } from '../../host/stack/stack.js';
import { CLIENT_TLS, SERVER_TLS, SecureRecorder } from '../kit/secure.js';
import { pass, Recorder, turn, until } from '../kit/stacks.js';

const SIX = '2001:db8::2';
const FOUR = '10.9.0.2';
/** On the link, and nobody's. */
const DEAD_SIX = '2001:db8::99';
const DEAD_FOUR = '10.9.0.99';
const PORT = 80;

let clock: ManualClock;
let server: Stack;
let client: Stack;
let start: number;

async function begin(dns: DnsOptions): Promise<void> {
  clock = manualClock(1000);
  const [left, right] = memoryWire();
  client = await createStack({ clock, seed: 1, device: left, addresses: ['10.9.0.1/24', '2001:db8::1/64'], dns });
  server = await createStack({ clock, seed: 2, device: right, addresses: ['10.9.0.2/24', '2001:db8::2/64'] });
  for (const hostname of [FOUR, SIX]) server.listen({ hostname, port: PORT, socket: { data() {} } });
  start = clock.now();
}

afterEach(() => {
  client.close();
  server.close();
});

/** Everything that `connect` came to. */
class Attempt {
  readonly recorder = new Recorder();
  socket: Socket<unknown> | undefined;
  error: (Error & { code?: string; address?: string; syscall?: string }) | undefined;
  /** Milliseconds from the call to its end. */
  took = -1;

  constructor(options: { hostname: string; port?: number; localAddress?: string }) {
    client.connect<unknown>({ port: PORT, ...options, socket: this.recorder.handlers }).then(
      (socket) => {
        this.socket = socket;
        this.took = clock.now() - start;
      },
      (error) => {
        this.error = error;
        this.took = clock.now() - start;
      },
    );
  }

  async settled(): Promise<this> {
    await until(clock, () => this.took >= 0, 'the end of connect');
    return this;
  }
}

/** Nothing is left but what is open. */
function expectNothingLeft(open: number): void {
  expect([...client.sockets]).toHaveLength(open);
  expect(client.counters().connections).toBe(open);
}

/** A `lookup` that tells these addresses, in this order. */
const found =
  (...addresses: string[]): LookupFunction =>
  (_, __, told) =>
    told(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('a name with addresses of both families', () => {
  test('is connected to by IPv6', async () => {
    await begin({ hosts: { 'host.test': [FOUR, SIX] } });
    const { socket, took, recorder } = await new Attempt({ hostname: 'host.test' }).settled();
    expect([socket?.remoteAddress, took]).toEqual([SIX, 0]);
    expect(recorder.events).toEqual(['open']);
    expect(recorder.socket).toBe(socket);
    expectNothingLeft(1);
  });

  test('whose IPv6 is a black hole is connected to by IPv4 after 250 ms (RFC 8305 §5)', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, FOUR] } });
    const { socket, took, recorder } = await new Attempt({ hostname: 'host.test' }).settled();
    expect([socket?.remoteAddress, took]).toEqual([FOUR, 250]);
    expect(recorder.events).toEqual(['open']);
    await pass(clock, 5000);
    expectNothingLeft(1);
    expect(recorder.events).toEqual(['open']);
  });

  test('waits as long as the options say', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, FOUR] }, attemptDelay: 100 });
    expect((await new Attempt({ hostname: 'host.test' }).settled()).took).toBe(100);
  });

  test('need not wait for an attempt that has failed', async () => {
    await begin({ hosts: { 'host.test': [SIX, '10.9.0.2'] } });
    for (const listener of server.listeners) if (listener.hostname === SIX) listener.stop();
    const { socket, took } = await new Attempt({ hostname: 'host.test' }).settled();
    expect([socket?.remoteAddress, took]).toEqual([FOUR, 0]);
    expectNothingLeft(1);
  });

  test('takes families in turn (RFC 8305 §4)', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, '2001:db8::98', '2001:db8::97', DEAD_FOUR, FOUR] } });
    const { socket, took } = await new Attempt({ hostname: 'host.test' }).settled();
    expect(socket?.remoteAddress).toBe(FOUR);
    // ::99, 10.9.0.99, ::98, 10.9.0.2
    expect(took).toBe(750);
    expectNothingLeft(1);
  });

  test('that all are dead fails with what the last of them said', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, DEAD_FOUR] } });
    const { error, recorder, took } = await new Attempt({ hostname: 'host.test' }).settled();
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', address: DEAD_FOUR, port: PORT });
    expect(recorder.events).toEqual(['connectError']);
    expect(recorder.errors).toEqual([error]);
    expect(took).toBeGreaterThan(60_000);
    expectNothingLeft(0);
    expect(clock.next).toBe(Number.POSITIVE_INFINITY);
  });

  test('that refuse fail at once', async () => {
    await begin({ hosts: { 'host.test': [SIX, FOUR] } });
    const { error, took } = await new Attempt({ hostname: 'host.test', port: 9 }).settled();
    expect(error).toMatchObject({ message: 'Failed to connect', code: 'ECONNREFUSED', address: FOUR, port: 9 });
    expect(took).toBe(0);
    expectNothingLeft(0);
  });

  test('is connected to by the family of the local address', async () => {
    await begin({ hosts: { 'host.test': [SIX, FOUR] } });
    const { socket } = await new Attempt({ hostname: 'host.test', localAddress: '10.9.0.1' }).settled();
    expect([socket?.localAddress, socket?.remoteAddress]).toEqual(['10.9.0.1', FOUR]);
    const other = await new Attempt({ hostname: 'host.test', localAddress: '2001:db8::1' }).settled();
    expect(other.socket?.remoteAddress).toBe(SIX);
  });

  test('of which one can not be reached from here is connected to by the other, at once', async () => {
    await begin({ resolver: found('ff02::1', '2001:db8::2') });
    expect((await new Attempt({ hostname: 'host.test' }).settled()).took).toBe(0);
  });

  test('tries 32 addresses and has 8 attempts under way at the most', async () => {
    const dead = Array.from({ length: 60 }, (_, index) => `10.9.0.${index + 100}`);
    await begin({ hosts: { 'host.test': dead } });
    const attempt = new Attempt({ hostname: 'host.test' });
    await pass(clock, 10_000);
    expect(client.counters().connections).toBe(8);
    expect([...client.sockets]).toHaveLength(1);
    const { error } = await attempt.settled();
    expect(error).toMatchObject({ address: '10.9.0.131' });
    expectNothingLeft(0);
  });
});

describe('TLS', () => {
  test('begins on the connection that has won, with the name as that of the server', async () => {
    await begin({ hosts: { 'server.test': [DEAD_SIX, FOUR] } });
    server.listen({
      hostname: FOUR,
      port: 443,
      tls: SERVER_TLS,
      socket: { data: (socket, data) => void socket.write(data) },
    });
    const recorder = new SecureRecorder({ handshake: (socket) => void socket.write('hello') });
    const tls = { ca: CLIENT_TLS.ca };
    const connected = client.connect<unknown>({ hostname: 'server.test', port: 443, tls, socket: recorder.handlers });
    await until(clock, () => recorder.received > 0);
    expect(recorder.events).toEqual(['open', 'handshake:true', 'drain', 'data:hello']);
    const socket = await connected;
    expect([socket.authorized, socket.getServername(), socket.remoteAddress]).toEqual([true, 'server.test', FOUR]);
    expect(Object.prototype.toString.call(socket)).toBe('[object TLSSocket]');
    socket.end();
    await until(clock, () => recorder.closed);
    expect(client.counters().tls).toBe(0);
  });

  test('that fails is told as ever: the other addresses are not tried', async () => {
    await begin({ hosts: { 'other.test': [SIX, FOUR] } });
    for (const hostname of [SIX, FOUR]) server.listen({ hostname, port: 443, tls: SERVER_TLS, socket: { data() {} } });
    const recorder = new SecureRecorder();
    const tls = { ca: CLIENT_TLS.ca };
    client.connect<unknown>({ hostname: 'other.test', port: 443, tls, socket: recorder.handlers }).catch(() => {});
    await until(clock, () => recorder.closed);
    expect(recorder.events).toEqual(['open', 'handshake:false:ERR_TLS_CERT_ALTNAME_INVALID', 'close']);
    expect([...client.sockets]).toEqual([]);
  });
});

describe('localhost', () => {
  test.each(['::1', '127.0.0.1'])('reaches a listener at %s', async (hostname) => {
    await begin({});
    client.listen({ hostname, port: 7, socket: { data() {} } });
    const { socket, took } = await new Attempt({ hostname: 'localhost', port: 7 }).settled();
    expect([socket?.remoteAddress, took]).toEqual([hostname, 0]);
  });
});

test('listen takes names of hosts, and says of others that it can not wait', async () => {
  await begin({ hosts: { 'host.test': ['10.9.0.1'] } });
  client.listen({ hostname: 'host.test', port: 7, socket: { data() {} } });
  const { socket } = await new Attempt({ hostname: 'host.test', port: 7 }).settled();
  expect(socket?.remoteAddress).toBe('10.9.0.1');
  expect(() => client.listen({ hostname: 'other.test', port: 7, socket: { data() {} } })).toThrow(
    expect.objectContaining({ code: 'ENOTFOUND', hostname: 'other.test' }),
  );
});

describe('while a name is looked up, or its addresses race', () => {
  test('the socket is among those of the stack, once, and says that it is connecting', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, DEAD_FOUR] } });
    const attempt = new Attempt({ hostname: 'host.test' });
    const look = () =>
      [...client.sockets].map((socket) => [socket.readyState, socket.write('x'), socket.remoteAddress]);
    expect(look()).toEqual([[2, -1, undefined]]);
    await pass(clock, 300);
    expect(look()).toEqual([[2, -1, undefined]]);
    expect(client.counters().connections).toBe(2);
    const [socket] = client.sockets;
    expect(client.tcpInfo(socket as Socket<unknown>)).toBeUndefined();
    expect(attempt.recorder.events).toEqual([]);
  });

  test.each(['terminate', 'close'] as const)('%s ends all of it', async (how) => {
    for (const time of [0, 10, 300]) {
      await begin({ hosts: { 'host.test': [DEAD_SIX, DEAD_FOUR] } });
      const attempt = new Attempt({ hostname: 'host.test' });
      await pass(clock, time);
      for (const socket of client.sockets) socket[how]();
      const { error, recorder } = await attempt.settled();
      expect(error).toMatchObject({ code: 'ECONNABORTED', syscall: 'connect' });
      expect(recorder.events).toEqual(['connectError']);
      expectNothingLeft(0);
      await pass(clock, 1);
      expect(clock.next).toBe(Number.POSITIVE_INFINITY);
      client.close();
      server.close();
    }
  });

  test('the stack may close', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, DEAD_FOUR] } });
    const attempt = new Attempt({ hostname: 'host.test' });
    await pass(clock, 300);
    client.close();
    expect((await attempt.settled()).error).toMatchObject({ code: 'ECONNABORTED' });
    expect(clock.next).toBe(Number.POSITIVE_INFINITY);
  });

  test('timeout counts from its call, and connectError hears of it', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, DEAD_FOUR] } });
    const attempt = new Attempt({ hostname: 'host.test' });
    for (const socket of client.sockets) socket.timeout(2);
    const { error, took, recorder } = await attempt.settled();
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(recorder.events).toEqual(['timeout', 'connectError']);
    expect(took).toBe(2000);
    expectNothingLeft(0);
  });

  test('timeout goes on counting when the socket is open', async () => {
    await begin({ hosts: { 'host.test': [DEAD_SIX, FOUR] } });
    const attempt = new Attempt({ hostname: 'host.test' });
    for (const socket of client.sockets) socket.timeout(1);
    await attempt.settled();
    await until(clock, () => attempt.recorder.closed);
    expect(attempt.recorder.events).toEqual(['open', 'timeout', 'close']);
    expect(clock.now() - start).toBe(1000);
  });

  test('a lookup that ends later is of no concern any more', async () => {
    let tell = (): void => {};
    await begin({
      resolver: (_, __, told) => {
        tell = () => told(null, FOUR, 4);
      },
    });
    const attempt = new Attempt({ hostname: 'host.test' });
    await turn();
    for (const socket of client.sockets) socket.terminate();
    await attempt.settled();
    tell();
    await pass(clock, 10);
    expectNothingLeft(0);
    expect(attempt.recorder.events).toEqual(['connectError']);
  });
});

describe('a name that becomes no address', () => {
  test('tells the error of getaddrinfo, later', async () => {
    await begin({ resolver: found() });
    const attempt = new Attempt({ hostname: 'host.test' });
    expect(attempt.recorder.events).toEqual([]);
    const { error, recorder } = await attempt.settled();
    expect(error).toMatchObject({
      message: 'getaddrinfo ENOTFOUND host.test',
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname: 'host.test',
    });
    expect(recorder.states).toEqual([-1]);
    expectNothingLeft(0);
  });

  test.each(['does-not-exist.invalid', 'a..b', 'bad name'])('%s', async (hostname) => {
    await begin({});
    expect((await new Attempt({ hostname }).settled()).error).toMatchObject({ code: 'ENOTFOUND', hostname });
  });

  test('port 0 is refused, without a lookup', async () => {
    await begin({ resolver: () => expect.unreachable() });
    expect((await new Attempt({ hostname: 'host.test', port: 0 }).settled()).error).toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});

test('a snapshot of a stack that races is restored without the race', async () => {
  await begin({ hosts: { 'host.test': [DEAD_SIX, DEAD_FOUR] } });
  new Attempt({ hostname: 'host.test' });
  await pass(clock, 300);
  const { Stack } = await import('../../host/stack/stack.js');
  const [device] = memoryWire();
  const restored = await Stack.restore(client.snapshot(), { device, clock, socket: { data() {} } });
  await pass(clock, 10);
  expect([...restored.sockets]).toEqual([]);
  expect(restored.counters().connections).toBe(0);
  restored.close();
});
