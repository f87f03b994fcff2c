/** `stack.ping` on both families: replies of all sizes, and what routers and hosts say instead. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { memoryWire } from '../../host/device/memory.js';
import type { PingOptions } from '../../host/stack/pings.js';
import type { Stack } from '../../host/stack/stack.js';
import { stacksOf, until } from '../kit/stacks.js';

const clock = manualClock(1000);
const stack = stacksOf(clock);

/** A client, two routers and a server in a row. */
async function row(): Promise<Stack> {
  const [a, b] = memoryWire();
  const [c, d] = memoryWire({ mtu: 1300 });
  const [e, f] = memoryWire();
  const client = await stack({
    device: a,
    addresses: ['10.1.0.1/24', 'fd01::1/64'],
    routes: [
      { to: '0.0.0.0/0', via: '10.1.0.2' },
      { to: '::/0', via: 'fd01::2' },
    ],
  });
  await stack({
    forwarding: true,
    interfaces: [
      { device: b, addresses: ['10.1.0.2/24', 'fd01::2/64'] },
      { device: c, addresses: ['10.2.0.1/24', 'fd02::1/64'] },
    ],
    routes: [
      { to: '10.3.0.0/24', via: '10.2.0.2' },
      { to: 'fd03::/64', via: 'fd02::2' },
    ],
  });
  await stack({
    forwarding: true,
    interfaces: [
      { device: d, addresses: ['10.2.0.2/24', 'fd02::2/64'] },
      { device: e, addresses: ['10.3.0.1/24', 'fd03::1/64'] },
    ],
    routes: [
      { to: '10.1.0.0/24', via: '10.2.0.1' },
      { to: 'fd01::/64', via: 'fd02::1' },
    ],
  });
  await stack({
    device: f,
    addresses: ['10.3.0.2/24', 'fd03::2/64'],
    routes: [
      { to: '0.0.0.0/0', via: '10.3.0.1' },
      { to: '::/0', via: 'fd03::1' },
    ],
  });
  return client;
}

/** How a ping ends. */
async function ping(from: Stack, to: string, options?: PingOptions): Promise<unknown> {
  let end: unknown;
  from.ping(to, options).then(
    (reply) => {
      end = reply;
    },
    (error) => {
      end = error;
    },
  );
  await until(clock, () => end !== undefined, 'an answer');
  return end;
}

describe.each([
  ['IPv4', '10.3.0.2', ['10.1.0.2', '10.2.0.2'], 11, [3, 4]],
  ['IPv6', 'fd03::2', ['fd01::2', 'fd02::2'], 3, [2, 0]],
] as const)('%s', (_, server, routers, exceeded, tooBig) => {
  test.each([0, 56, 1500, 20_000, 65_507])('a reply brings back its %i bytes of data', async (length) => {
    const client = await row();
    // The first of a size may find that the path is narrower.
    let end = await ping(client, server, { length });
    if (end instanceof Error) end = await ping(client, server, { length });
    expect(end).toMatchObject({ address: server, length, ttl: 62 });
  });

  test('each hop tells its name when the request runs out of hops there', async () => {
    const client = await row();
    for (const [index, router] of routers.entries()) {
      expect(await ping(client, server, { ttl: index + 1 })).toMatchObject({
        code: 'EHOSTUNREACH',
        syscall: 'ping',
        address: server,
        from: router,
        exceeded: true,
        icmp: { type: exceeded, code: 0 },
      });
    }
    expect(await ping(client, server, { ttl: 3 })).toMatchObject({ address: server, ttl: 62 });
  });

  test('a path that is too narrow says how narrow', async () => {
    const client = await row();
    const [type, code] = tooBig;
    expect(await ping(client, server, { length: 1400, dontFragment: true })).toMatchObject({
      code: 'EMSGSIZE',
      from: routers[0],
      exceeded: false,
      icmp: { type, code, mtu: 1300 },
    });
    expect(await ping(client, server, { length: 1400, dontFragment: true })).toMatchObject({ code: 'EMSGSIZE' });
    expect(await ping(client, server, { length: 1400 })).toMatchObject({ length: 1400 });
  });

  test('a network that nobody knows a way to is unreachable', async () => {
    const client = await row();
    const nowhere = server.includes(':') ? 'fd09::1' : '10.9.0.1';
    expect(await ping(client, nowhere)).toMatchObject({ code: 'ENETUNREACH', from: routers[0], exceeded: false });
  });
});

test('many pings at once get each its own reply', async () => {
  const client = await row();
  const ends: unknown[] = [];
  for (let length = 0; length < 50; length++) {
    client.ping('10.3.0.2', { length }).then((reply) => ends.push(reply.length));
  }
  await until(clock, () => ends.length === 50, 'all replies');
  expect(ends).toEqual(Array.from({ length: 50 }, (_, length) => length));
});

test('link-local addresses answer, with and without a zone', async () => {
  const [left, right] = memoryWire();
  const client = await stack({ device: left, addresses: ['fe80::1/64'] });
  await stack({ device: right, addresses: ['fe80::2/64'] });
  expect(await ping(client, 'fe80::2%1')).toMatchObject({ address: 'fe80::2%1' });
  expect(await ping(client, 'fe80::2')).toMatchObject({ address: 'fe80::2%1' });
});

test('options that mean nothing are refused', async () => {
  const client = await row();
  for (const options of [{ ttl: 0 }, { ttl: 256 }, { length: -1 }, { length: 1.5 }, { timeout: Number.NaN }]) {
    expect(() => client.ping('10.3.0.2', options), JSON.stringify(options)).toThrow(RangeError);
  }
  await expect(client.ping('10.3.0.2', { length: 65_508 })).rejects.toMatchObject({ code: 'EMSGSIZE' });
});
