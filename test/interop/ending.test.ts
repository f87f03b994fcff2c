/**
 * How connections between Vitrine and the kernel end when they do not end well. They are played at the same time, each in a
 * namespace of its own: most of them wait.
 */
import { describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./ending-script.ts', import.meta.url);

describe.skipIf(missing).each(['offload', 'plain'])(
  `a TUN device, %s${missing === undefined ? '' : ` (${missing})`}`,
  { concurrent: true },
  (mode) => {
    test('a port of the kernel where nobody listens refuses', async () => {
      expect(await result(SCRIPT, ['refused by the kernel', mode])).toBe('ECONNREFUSED');
    });

    test('a port of Vitrine where nobody listens refuses', async () => {
      expect(await result(SCRIPT, ['refused by Vitrine', mode])).toBe('ECONNREFUSED');
    });

    test('a reset by the kernel is close with ECONNRESET, without end', async () => {
      expect(await result(SCRIPT, ['reset by the kernel', mode])).toEqual(['close ECONNRESET']);
    });

    test('terminate is ECONNRESET for the program behind the kernel', async () => {
      expect(await result(SCRIPT, ['reset by Vitrine', mode])).toBe('ECONNRESET');
    });

    test('a silent peer that is killed ends in good order', async () => {
      const { heard, sockets } = (await result(SCRIPT, ['killed while it is silent', mode])) as Ending;
      expect(heard).toEqual(['end', 'close']);
      expect(sockets).toBe(0);
    });

    test('a peer that is killed with unread bytes resets', async () => {
      const { heard, sockets } = (await result(SCRIPT, ['killed while we send', mode])) as Ending;
      expect(heard).toEqual(['close ECONNRESET']);
      expect(sockets).toBe(0);
    });

    test('a peer that is killed while it sends ends after what the kernel had taken', async () => {
      const { heard, sockets } = (await result(SCRIPT, ['killed while it sends', mode])) as Ending;
      expect(heard).toEqual(['end', 'close']);
      expect(sockets).toBe(0);
    });

    test('D19: a peer that has vanished is ETIMEDOUT after ten probes, a second apart', async () => {
      const ending = (await result(SCRIPT, ['vanished under keep-alive', mode])) as Ending & { seconds: number };
      expect(ending.heard).toEqual(['close ETIMEDOUT']);
      expect(ending.seconds).toBeGreaterThan(9);
      expect(ending.seconds).toBeLessThan(30);
    });

    test("the kernel's keep-alive probes are answered", async () => {
      const before = ['sysctl -qw net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=2'];
      expect(await result(SCRIPT, ['answers keep-alive', mode], { before })).toBe(true);
    });
  },
);

interface Ending {
  heard: string[];
  sockets: number;
}
