/** What routers and hosts on the way say about a connection, as programs notice it (RFC 9293 §3.9.2.2, RFC 1191). */
import { afterEach, describe, expect, test } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import type { Tuning } from '../../host/stack/settings.js';
import { LEAST_MTU, perFamily, WIDER } from '../kit/family.js';
import { Router, type RouterOptions } from '../kit/router.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

let net: Lab | undefined;
afterEach(() => net?.close());

/** What a router says, in ICMP of the family at hand, and what a program is told: as icmp(7), ipv6(7). */
const ICMP_ERRORS: readonly [string, { type: number; code: number }, string, number][] = perFamily(
  [
    ['net unreachable', { type: 3, code: 0 }, 'ENETUNREACH', -101],
    ['host unreachable', { type: 3, code: 1 }, 'EHOSTUNREACH', -113],
    ['protocol unreachable', { type: 3, code: 2 }, 'ENOPROTOOPT', -92],
    ['port unreachable', { type: 3, code: 3 }, 'ECONNREFUSED', -111],
    ['host unknown', { type: 3, code: 7 }, 'EHOSTDOWN', -112],
    ['prohibited', { type: 3, code: 13 }, 'EHOSTUNREACH', -113],
    ['TTL exceeded', { type: 11, code: 0 }, 'EHOSTUNREACH', -113],
    ['a parameter problem', { type: 12, code: 0 }, 'EPROTO', -71],
  ],
  [
    ['no route', { type: 1, code: 0 }, 'ENETUNREACH', -101],
    ['prohibited', { type: 1, code: 1 }, 'EACCES', -13],
    ['beyond the scope of the source', { type: 1, code: 2 }, 'EHOSTUNREACH', -113],
    ['address unreachable', { type: 1, code: 3 }, 'EHOSTUNREACH', -113],
    ['port unreachable', { type: 1, code: 4 }, 'ECONNREFUSED', -111],
    ['hop limit exceeded', { type: 3, code: 0 }, 'EHOSTUNREACH', -113],
    ['a parameter problem', { type: 4, code: 0 }, 'EPROTO', -71],
  ],
);

/** Two stacks with a router before the client. */
async function routed(options: RouterOptions, tcp: Tuning = {}): Promise<{ net: Lab; router: Router }> {
  const [left, right] = memoryWire({ mtu: 1500 + WIDER });
  const router = new Router(left, options);
  net = await lab({ wire: [router, right], both: { tcp } });
  return { net, router };
}

describe('connect', () => {
  test.each([...ICMP_ERRORS])('fails at once when a router says %s', async (_, refuses, code, errno) => {
    const { net, router } = await routed({ refuses });
    const heard = new Recorder();
    const started = net.clock.now();
    net.client.connect<unknown>({ hostname: SERVER_ADDRESS, port: 9, socket: heard.handlers }).catch(() => {});
    await net.until(() => heard.errors.length > 0);
    expect(heard.events).toEqual(['connectError']);
    expect(heard.errors[0]).toMatchObject({ code, errno, syscall: 'connect' });
    expect(router.dropped).toHaveLength(1);
    expect(net.clock.now() - started).toBeLessThan(10);
    expect(net.client.counters().connections).toBe(0);
  });
});

describe('a transfer over a path that is narrower than its ends', () => {
  test.each([1499, 1400, 1280, ...perFamily([1006, 576, 552], [LEAST_MTU])])(
    'of %i bytes a packet arrives whole, and nothing times out',
    async (mtu) => {
      const { net, router } = await routed({ mtu: mtu + WIDER });
      const heard = { client: new Recorder(), server: new Recorder() };
      const { client } = await converse(net, heard);
      const started = net.clock.now();
      client.end(new Uint8Array(300_000).map((_, index) => index * 7));
      await net.until(() => heard.server.has('end'));
      expect(heard.server.received).toBe(300_000);
      expect(router.largest).toBe(mtu + WIDER);
      expect(router.dropped.length, 'one window at most').toBeLessThan(20);
      expect(net.clock.now() - started, 'milliseconds').toBeLessThan(190);
    },
  );
});

describe('a transfer through a router that drops what is too large and does not say so', () => {
  test.each([1400, 1280, ...perFamily([1006, 600], [LEAST_MTU])])(
    'of %i bytes arrives whole, after three timeouts (RFC 4821 §7.7)',
    async (mtu) => {
      const { net, router } = await routed({ mtu: mtu + WIDER, silent: true });
      const heard = { client: new Recorder(), server: new Recorder() };
      const { client } = await converse(net, heard);
      const started = net.clock.now();
      client.end(new Uint8Array(300_000));
      await net.until(() => heard.server.has('end'));
      expect(heard.server.received).toBe(300_000);
      expect(net.clock.now() - started, 'milliseconds').toBeLessThan(5000);
      expect(router.largest, 'and the search goes up again').toBeGreaterThan(mtu + WIDER - 60);
    },
  );

  test.each([1400, 1280, perFamily(1111, LEAST_MTU)])(
    'of %i bytes arrives without a timeout where segments begin small (RFC 4821 §7.2)',
    async (mtu) => {
      const { net, router } = await routed({ mtu: mtu + WIDER, silent: true }, { mtuProbing: 2 });
      const heard = { client: new Recorder(), server: new Recorder() };
      const { client } = await converse(net, heard);
      const started = net.clock.now();
      client.end(new Uint8Array(600_000));
      await net.until(() => heard.server.has('end'));
      expect(heard.server.received).toBe(600_000);
      expect(net.clock.now() - started, 'milliseconds').toBeLessThan(190);
      expect(router.largest).toBeGreaterThan(mtu + WIDER - 9);
      expect(router.dropped.length, 'probes').toBeLessThan(9);
    },
  );
});
