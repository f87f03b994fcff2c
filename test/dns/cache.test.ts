/** What is remembered, and for how long: TTLs, negative answers (RFC 2308), bounds. */
import { beforeEach, describe, expect, test } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { Cache } from '../../host/dns/cache.js';
import type { Resolver } from '../../host/dns/resolver.js';
import { Network, SERVER, soa, zone } from './kit.js';

let net: Network;
let resolver: Resolver;
beforeEach(() => {
  net = new Network();
  resolver = net.resolver();
});

const lookup = (name = 'host.test') => net.settled(resolver.lookup(name, { family: 4 }));
/** How often the server was asked after so many seconds more. */
const asksAfter = async (seconds: number, name?: string) => {
  net.clock.advance(seconds * 1000);
  await lookup(name);
  return net.asked.length;
};

describe('an answer', () => {
  test('is remembered for its TTL and not a second longer', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1'] }, 60);
    await lookup();
    expect(await asksAfter(59)).toBe(1);
    expect(await asksAfter(0.999)).toBe(1);
    expect(await asksAfter(0.001)).toBe(2);
  });

  test('is remembered for the shortest TTL of the chain', async () => {
    net.servers[SERVER] = (asked) =>
      asked.answer({
        answers: [
          { type: 'CNAME', name: asked.name, ttl: 10, data: 'b.test' },
          { type: 'A', name: 'b.test', ttl: 60, data: '10.1.1.1' },
        ],
      });
    await lookup();
    expect(await asksAfter(9)).toBe(1);
    expect(await asksAfter(1)).toBe(2);
  });

  test('tells the seconds that are left', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1'] }, 60);
    await net.settled(resolver.query('host.test'));
    net.clock.advance(45_500);
    expect(await net.settled(resolver.query('host.test'))).toMatchObject([{ ttl: 15 }]);
  });

  test.each([
    ['0', 0],
    ['with its highest bit set (RFC 2181 §8)', 0x8000_0000],
  ])('with a TTL of %s is not remembered', async (_, ttl) => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1'] }, ttl);
    expect(await lookup()).toMatchObject({ address: '10.1.1.1' });
    expect(await asksAfter(0)).toBe(2);
  });

  test('is remembered for a day at the most', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1'] }, 0x7fff_ffff);
    await lookup();
    expect(await asksAfter(86_399)).toBe(1);
    expect(await asksAfter(1)).toBe(2);
  });

  test('of more than 4096 bytes is not remembered', async () => {
    const data = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    net.servers[SERVER] = zone({ 'host.test': data }, 60);
    await lookup();
    expect(await asksAfter(1)).toBe(2);
  });

  test('is forgotten by clear, and never remembered with cache: false', async () => {
    net.servers[SERVER] = zone({ 'host.test': ['10.1.1.1'] }, 60);
    await lookup();
    resolver.clear();
    await lookup();
    expect(net.asked.length).toBe(2);
    resolver = net.resolver({ servers: [SERVER], cache: false });
    await lookup();
    await lookup();
    expect(net.asked.length).toBe(4);
  });
});

describe('that there is none', () => {
  test.each([
    ['no such name', 3],
    ['a name without addresses', 0],
  ])('%s is remembered for the MINIMUM of the SOA record (RFC 2308 §5)', async (_, rcode) => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode, authorities: [soa(asked.name, { ttl: 900, minimum: 30 })] });
    expect(await lookup()).toMatchObject({ code: 'ENOTFOUND' });
    expect(await asksAfter(29)).toBe(1);
    expect(await asksAfter(1)).toBe(2);
  });

  test('is remembered for the TTL of the SOA record where that is shorter, and for 3 hours at the most', async () => {
    net.servers[SERVER] = (asked) => {
      const ttl = asked.name === 'host.test' ? 20 : 999_999;
      asked.answer({ rcode: 3, authorities: [soa(asked.name, { ttl, minimum: 999_999 })] });
    };
    await lookup();
    expect(await asksAfter(19)).toBe(1);
    expect(await asksAfter(1)).toBe(2);
    await lookup('long.test');
    expect(await asksAfter(10_799, 'long.test')).toBe(3);
    expect(await asksAfter(1, 'long.test')).toBe(4);
  });

  test.each([
    ['without an SOA record', []],
    ["with one of a zone that is somebody else's", [soa('bank.example')]],
  ])('%s is not remembered', async (_, authorities) => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode: 3, authorities });
    await lookup();
    expect(await asksAfter(0)).toBe(2);
  });

  test('failures are not remembered', async () => {
    net.servers[SERVER] = (asked) => asked.answer({ rcode: 2 });
    await lookup();
    expect(await asksAfter(0)).toBe(2);
  });
});

test('the cache has 1000 entries, and the one that was used longest ago gives way', () => {
  const cache = new Cache(manualClock());
  const answer = { kind: 'records' as const, records: [], canonical: '', ttl: 60 };
  for (let index = 0; index < 1000; index++) cache.put(`h${index}.test`, 'A', answer, 100);
  expect(cache.get('h0.test', 'A')).toBeDefined();
  cache.put('more.test', 'A', answer, 100);
  expect(cache.size).toBe(1000);
  expect(cache.get('h0.test', 'A')).toBeDefined();
  expect(cache.get('h1.test', 'A')).toBeUndefined();
  expect(cache.get('h0.test', 'AAAA')).toBeUndefined();
});
