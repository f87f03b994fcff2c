/** Addresses, routes and forwarding as a program sees them: stacks joined by wires in memory. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import type { Stack } from '../../host/stack/stack.js';
import { Recorder, stacksOf, until } from '../kit/stacks.js';

const clock = manualClock(1000);
const stack = stacksOf(clock);

/** A client says hello to a server. @returns how each sees the other */
async function hello(client: Stack, server: Stack, to: string, on: string) {
  const heard = { client: new Recorder(), server: new Recorder() };
  const listener = server.listen<unknown>({ hostname: on, port: 0, socket: heard.server.handlers });
  const connecting = client.connect<unknown>({ hostname: to, port: listener.port, socket: heard.client.handlers });
  await until(clock, () => heard.client.has('open') && heard.server.has('open'), 'the handshake');
  const socket = await connecting;
  const { remoteAddress, localAddress } = socket;
  const seen = heard.server.socket?.remoteAddress;
  socket.end('hello');
  await until(clock, () => heard.server.has('data:hello') && heard.server.closed, 'hello');
  listener.stop();
  return { remoteAddress, localAddress, seen };
}

describe('two stacks on a wire', () => {
  async function pair() {
    const [left, right] = memoryWire();
    const client = await stack({ device: left, addresses: ['10.9.0.1/24', 'fd00::1/64', 'fe80::1/64'] });
    const server = await stack({ device: right, addresses: ['10.9.0.2/24', 'fd00::2/64', 'fe80::2/64'] });
    return { client, server };
  }

  test.each([
    ['IPv4', '10.9.0.2', '0.0.0.0', '10.9.0.1'],
    ['IPv6', 'fd00::2', 'fd00::2', 'fd00::1'],
    ['IPv6 to a listener on any address', 'fd00::2', '::', 'fd00::1'],
    ['IPv4 to a listener on any address', '10.9.0.2', '::', '10.9.0.1', '::ffff:10.9.0.1'],
    ['link-local addresses with a zone', 'fe80::2%1', '::', 'fe80::1%1'],
    ['link-local addresses on the only link', 'fe80::2', '::', 'fe80::1%1'],
  ])('speak over %s', async (_, to, on, from, seen = from) => {
    const { client, server } = await pair();
    const told = await hello(client, server, to, on);
    expect(told).toMatchObject({ localAddress: from, seen });
  });

  test('do not speak IPv6 to a listener on 0.0.0.0', async () => {
    const { client, server } = await pair();
    const listener = server.listen({ hostname: '0.0.0.0', port: 0, socket: new Recorder().handlers });
    const refused = client.connect({ hostname: 'fd00::2', port: listener.port, socket: new Recorder().handlers });
    const failed = refused.catch((error) => error.code);
    await until(clock, () => client.counters().packetsIn > 0);
    expect(await failed).toBe('ECONNREFUSED');
  });

  test('do not speak IPv4 to a listener on :: that wants IPv6 only', async () => {
    const { client, server } = await pair();
    const socket = new Recorder().handlers;
    const listener = server.listen({ hostname: '::', port: 0, ipv6Only: true, socket });
    const failed = client.connect({ hostname: '10.9.0.2', port: listener.port, socket }).catch((error) => error.code);
    await until(clock, () => client.counters().packetsIn > 0);
    expect(await failed).toBe('ECONNREFUSED');
    // The port is free for IPv4, and only for that.
    server.listen({ hostname: '0.0.0.0', port: listener.port, socket });
    expect(() => server.listen({ hostname: '::', port: listener.port, socket })).toThrow('Failed to listen at ::');
  });

  test('to itself over ::1', async () => {
    const alone = await stack({});
    expect(await hello(alone, alone, '::1', '::1')).toMatchObject({ remoteAddress: '::1', seen: '::1' });
  });
});

describe('a router between two networks', () => {
  async function lab() {
    const [a, ra] = memoryWire();
    const [b, rb] = memoryWire({ mtu: 1400 });
    const left = await stack({
      device: a,
      addresses: ['10.1.0.2/24', 'fd01::2/64'],
      routes: [
        { to: '10.2.0.0/24', via: '10.1.0.1' },
        { to: 'fd02::/64', via: 'fd01::1' },
      ],
    });
    const right = await stack({ device: b, addresses: ['10.2.0.2/24', 'fd02::2/64'] });
    const router = await stack({
      interfaces: [
        { device: ra, addresses: ['10.1.0.1/24', 'fd01::1/64'] },
        { device: rb, addresses: ['10.2.0.1/24', 'fd02::1/64'] },
      ],
      forwarding: true,
    });
    return { left, right, router };
  }

  test.each([
    ['IPv4', '10.2.0.2'],
    ['IPv6', 'fd02::2'],
  ])('passes on %s', async (_, to) => {
    const { left, right, router } = await lab();
    await hello(left, right, to, '::');
    expect(router.counters().forwarded).toBeGreaterThanOrEqual(6);
  });

  test('passes nothing on unless it is told to', async () => {
    const [a, ra] = memoryWire();
    const left = await stack({ device: a, addresses: ['10.1.0.2/24'] });
    const host = await stack({ device: ra, addresses: ['10.1.0.1/24'] });
    const socket = new Recorder();
    left.connect({ hostname: '10.2.0.2', port: 80, socket: socket.handlers }).catch(() => {});
    await until(clock, () => host.counters().packetsBad > 0);
    expect(host.counters().forwarded).toBe(0);
  });
});

describe('addresses and routes', () => {
  test('are told, added and taken away', async () => {
    const [device] = memoryWire();
    const one = await stack({ device, addresses: ['10.9.0.1/24'] });
    one.network.addAddress('fd00::1/64');
    expect(one.network.addresses()).toMatchObject([
      {
        address: '10.9.0.1',
        prefixLength: 24,
        interface: 1,
        tentative: false,
        validLifetime: Number.POSITIVE_INFINITY,
      },
      { address: 'fd00::1', prefixLength: 64, interface: 1 },
    ]);
    one.network.addRoute({ to: '192.0.2.0/24', via: '10.9.0.254', metric: 5 });
    expect(one.network.routes()).toMatchObject([
      { to: '10.9.0.0/24', via: undefined, connected: true },
      { to: '0.0.0.0/0', via: undefined, connected: false },
      { to: '::/0', via: undefined },
      { to: 'fd00::/64', connected: true },
      { to: '192.0.2.0/24', via: '10.9.0.254', interface: 1, metric: 5, connected: false },
    ]);
    one.network.removeRoute({ to: '192.0.2.0/24', via: '10.9.0.254' });
    one.network.removeAddress('fd00::1');
    expect(one.network.routes()).toHaveLength(3);
    expect(one.network.addresses()).toHaveLength(1);
  });

  test('by default lead out by the first device, unless a route says otherwise', async () => {
    const [a] = memoryWire();
    const [b, far] = memoryWire();
    const one = await stack({
      interfaces: [
        { device: a, addresses: ['10.1.0.1/24'] },
        { device: b, addresses: ['10.2.0.1/24'] },
      ],
      routes: [{ to: '0.0.0.0/0', via: '10.2.0.2' }],
    });
    const other = await stack({ device: far, addresses: ['10.2.0.2/24', '192.0.2.9/32'] });
    expect(await hello(one, other, '192.0.2.9', '0.0.0.0')).toMatchObject({ localAddress: '10.2.0.1' });
  });

  test('that can not be are refused with the reason', async () => {
    const [device] = memoryWire({ mtu: 1200 });
    const one = await stack({ device, addresses: ['10.9.0.1/24'] });
    const { network } = one;
    expect(() => network.addAddress('10.9.0.1/24')).toThrow('it is there already');
    // RFC 8200 §5: no IPv6 where packets of 1280 bytes don't fit.
    expect(() => network.addAddress('fd00::1/64')).toThrow(
      new RangeError("interface 1 can't have the address fd00::1/64: IPv6 needs an MTU of at least 1280 bytes"),
    );
    expect(() => network.addAddress('ff02::5/64')).toThrow(RangeError);
    expect(() => network.addAddress('10.9.0.3/24', 7)).toThrow('interface 7');
    expect(() => network.addAddress('example.com')).toThrow('"example.com" is no address');
    expect(() => network.addRoute({ to: '10.0.0.0/8' })).toThrow('needs "via", the router, or "interface"');
    expect(() => network.addRoute({ to: '10.0.0.0/8', via: '192.0.2.1' })).toThrow('is on no network of this stack');
    expect(() => network.addRoute({ to: '10.0.0.0/8', via: 'fd00::1', interface: 1 })).toThrow(RangeError);
    expect(() => network.removeRoute({ to: '10.0.0.0/8', interface: 1 })).toThrow('there is no route to 10.0.0.0/8');
    expect(() => network.removeAddress('10.9.0.9')).toThrow('interface 1 has no address 10.9.0.9');
  });
});
