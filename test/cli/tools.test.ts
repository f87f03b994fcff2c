/** `vitrine nc`, `traceroute`, `show` and `ping` over IPv6, with the kernel at the other end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hopLine } from '../../host/cli/tools/traceroute.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./tools-script.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-tools-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a hop names each router once, marks what it says, and has a star for silence', () => {
  const error = { kind: 'error', rtt: 1, words: '', mark: '' } as const;
  expect(
    hopLine(7, [
      { ...error, from: '10.0.0.1' },
      { kind: 'none' },
      { ...error, from: '10.0.0.1', mark: '!N' },
      { kind: 'reply', from: 'fd00::1', rtt: 2, ttl: 64 },
    ]),
  ).toBe(' 7  10.0.0.1  1.000 ms *  1.000 ms !N  fd00::1  2.000 ms');
});

describe.skipIf(missing)(`with the kernel${missing === undefined ? '' : ` (${missing})`}`, { concurrent: true }, () => {
  test('ping takes IPv6 and what needs fragments', async () => {
    const run = await play('ping over IPv6');
    expect(run).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\n4008 bytes from fd00:9::1: icmp_seq=2 ttl=64'),
    });
  });

  test('ping -6 of an IPv4 address makes no sense', async () => {
    expect(await play('ping too far')).toMatchObject({ code: 2, stderr: 'vitrine: 10.9.0.1 is no IPv6 address\n' });
  });

  test('traceroute ends at the host', async () => {
    const run = await play('traceroute');
    expect(run).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\n 1 {2}10\.9\.0\.1 {2}[\d.]+ ms {2}[\d.]+ ms\n$/),
    });
  });

  test('show tells addresses and routes', async () => {
    const { code, stdout } = (await play('show')) as { code: number; stdout: string };
    expect(code).toBe(0);
    expect(stdout).toContain('vitrine0: MTU 1500\n    10.9.0.2/24\n    fd00:9::2/64\n');
    for (const line of ['default via 10.9.0.1 dev vitrine0', '2001:db8::/32 via fd00:9::1 dev vitrine0']) {
      expect(stdout).toContain(`    ${line}\n`);
    }
  });

  test('show tells the hardware address of a TAP device', async () => {
    const { stdout } = (await play('show on Ethernet')) as { stdout: string };
    expect(stdout).toMatch(/^cable0: MTU 1500, Ethernet ([\da-f]{2}:){5}[\da-f]{2}\n/);
  });

  test.each(['nc to a server', 'nc to a server over IPv6'])(
    '%s: stdin goes out, and its end; the answer comes',
    async (name) => {
      const run = (await play(name)) as { code: number; stdout: string; expected: string };
      expect(run).toMatchObject({ code: 0, stdout: run.expected, stderr: '' });
    },
  );

  test('nc to nobody says so', async () => {
    expect(await play('nc to nobody')).toMatchObject({
      code: 1,
      stderr: 'vitrine: Failed to connect (ECONNREFUSED)\n',
    });
  });

  test('nc -l takes one connection of either family', async () => {
    const run = (await play('nc listens')) as { digest: string; expected: string };
    expect(run).toMatchObject({ code: 0, stdout: 'from the kernel', digest: run.expected });
  });

  test('nc -l --tls makes a certificate', async () => {
    expect(await play('nc listens over TLS')).toMatchObject({
      code: 0,
      stdout: 'from the kernel',
      text: 'from Vitrine',
    });
  });

  test('nc -u sends datagrams and prints those that come', async () => {
    expect(await play('nc of datagrams')).toMatchObject({ code: 0, stdout: 'you said hello' });
  });

  test('nc -z prints the open ports alone', async () => {
    const run = (await play('nc -z')) as { port: number };
    expect(run).toMatchObject({ code: 0, stdout: `10.9.0.1 ${run.port}/tcp open\n` });
  });
});

function play(name: string): Promise<unknown> {
  return result(SCRIPT, [name, folder]);
}
