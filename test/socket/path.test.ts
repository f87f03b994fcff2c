/** What routers and hosts on the way say about a connection, as programs notice it (RFC 9293 §3.9.2.2, RFC 1191). */
import { afterEach, describe, expect, test } from 'vitest';
import { memoryWire } from '../../host/device/memory.js';
import type { Tuning } from '../../host/stack/settings.js';
import { Router, type RouterOptions } from '../kit/router.js';
import { converse, type Lab, lab, Recorder, SERVER_ADDRESS } from '../kit/stacks.js';

let net: Lab | undefined;
afterEach(() => net?.close());

/** Two stacks with a router before the client. */
async function routed(options: RouterOptions, tcp: Tuning = {}): Promise<{ net: Lab; router: Router }> {
  const [left, right] = memoryWire();
  const router = new Router(left, options);
  net = await lab({ wire: [router, right], both: { tcp } });
  return { net, router };
}

describe('connect', () => {
  test.each([
    ['net unreachable', { type: 3, code: 0 }, 'ENETUNREACH', -101],
    ['host unreachable', { type: 3, code: 1 }, 'EHOSTUNREACH', -113],
    ['protocol unreachable', { type: 3, code: 2 }, 'ENOPROTOOPT', -92],
    ['port unreachable', { type: 3, code: 3 }, 'ECONNREFUSED', -111],
    ['host unknown', { type: 3, code: 7 }, 'EHOSTDOWN', -112],
    ['prohibited', { type: 3, code: 13 }, 'EHOSTUNREACH', -113],
    ['TTL exceeded', { type: 11, code: 0 }, 'EHOSTUNREACH', -113],
    ['a parameter problem', { type: 12, code: 0 }, 'EPROTO', -71],
  ])('fails at once when a router says %s', async (_, refuses, code, errno) => {
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
  test.each([1499, 1400, 1280, 1006, 576, 552])(
    'of %i bytes a packet arrives whole, and nothing times out',
    async (mtu) => {
      const { net, router } = await routed({ mtu });
      const heard = { client: new Recorder(), server: new Recorder() };
      const { client } = await converse(net, heard);
      const started = net.clock.now();
      client.end(new Uint8Array(300_000).map((_, index) => index * 7));
      await net.until(() => heard.server.has('end'));
      expect(heard.server.received).toBe(300_000);
      expect(router.largest).toBe(mtu);
      expect(router.dropped.length, 'one window at most').toBeLessThan(20);
      expect(net.clock.now() - started, 'milliseconds').toBeLessThan(190);
    },
  );
});

describe('a transfer through a router that drops what is too large and does not say so', () => {
  test.each([1400, 1280, 1006, 600])('of %i bytes arrives whole, after three timeouts (RFC 4821 §7.7)', async (mtu) => {
    const { net, router } = await routed({ mtu, silent: true });
    const heard = { client: new Recorder(), server: new Recorder() };
    const { client } = await converse(net, heard);
    const started = net.clock.now();
    client.end(new Uint8Array(300_000));
    await net.until(() => heard.server.has('end'));
    expect(heard.server.received).toBe(300_000);
    expect(net.clock.now() - started, 'milliseconds').toBeLessThan(5000);
    expect(router.largest, 'and the search goes up again').toBeGreaterThan(mtu - 60);
  });

  test.each([1400, 1280, 1111])(
    'of %i bytes arrives without a timeout where segments begin small (RFC 4821 §7.2)',
    async (mtu) => {
      const { net, router } = await routed({ mtu, silent: true }, { mtuProbing: 2 });
      const heard = { client: new Recorder(), server: new Recorder() };
      const { client } = await converse(net, heard);
      const started = net.clock.now();
      client.end(new Uint8Array(600_000));
      await net.until(() => heard.server.has('end'));
      expect(heard.server.received).toBe(600_000);
      expect(net.clock.now() - started, 'milliseconds').toBeLessThan(190);
      expect(router.largest).toBeGreaterThan(mtu - 9);
      expect(router.dropped.length, 'probes').toBeLessThan(9);
    },
  );
});
