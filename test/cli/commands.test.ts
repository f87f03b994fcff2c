/** `serve`, `get` and `ping` against curl, `node:http` and the kernel. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { namespaceMissing } from '../kit/namespace.js';
import { result } from '../kit/result.js';
import type { CommandRun } from './command.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./commands-script.ts', import.meta.url);
const BIG = pseudoRandomBytes('serve', 5_000_000);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-commands-'));
  writeFileSync(join(folder, 'big.bin'), BIG);
  writeFileSync(join(folder, 'a.txt'), 'text of a\n');
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'index.html'), '<p>index\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`vitrine serve${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('serves a directory to curl, over one connection if curl likes, until Ctrl-C', async () => {
    const run = (await play('serve to curl')) as Record<string, string> & { code: number; lines: string[] };
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(BIG));
    expect(run.two).toBe('text of a\n1 200\n<p>index\n0 200\n');
    expect(run.head).toContain('Content-Length: 10\r\n');
    expect([run.none, run.post]).toEqual(['404', '405']);
    expect(run.code).toBe(130);
    expect(run.lines[0]).toBe(`Serving ${folder} on http://10.9.0.2/ over vitrine0`);
    expect(run.lines[2]).toMatch(/^10\.9\.0\.1 GET \/big\.bin 200 4\.8 MiB /);
  });

  test('serves through bad weather', async () => {
    const { code } = (await play('serve in bad weather')) as { code: number };
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(BIG));
    expect(code).toBe(143);
  });
});

describe.skipIf(missing)(`vitrine get${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('downloads to a file and leaves a capture', async () => {
    const { code, stdout, stderr } = (await play('get to a file')) as CommandRun;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^4\.8 MiB from 10\.9\.0\.1:\d+ in /);
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(pseudoRandomBytes('get', 5_000_000)));
    expect(readFileSync(join(folder, 'get.pcapng')).length).toBeGreaterThan(5_000_000);
  });

  test('downloads to stdout', async () => {
    expect(await play('get to stdout')).toMatchObject({ code: 0, stdout: 'short\n' });
  });

  test.each([
    ['get what is not there', /^vitrine: http:\/\/10\.9\.0\.1:\d+\/none answered 404 Not Found\n$/],
    ['get from nobody', /^vitrine: Failed to connect \(ECONNREFUSED\)\n$/],
    ['get from a name', /^vitrine: getaddrinfo ENOTFOUND example\.test\n$/],
  ])('%s is one line and exit code 1', async (name, message) => {
    const { code, stderr } = (await play(name)) as CommandRun;
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe.skipIf(missing)(`vitrine ping${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('gets answers from the kernel', async () => {
    const { code, stdout } = (await play('ping')) as CommandRun;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^64 bytes from 10\.9\.0\.1: icmp_seq=3 ttl=64 time=\d+\.\d{3} ms$/m);
    expect(stdout).toMatch(/^3 packets transmitted, 3 received, 0% packet loss/m);
  });

  test('is exit code 1 when nobody answers', async () => {
    const { code, stdout } = (await play('ping nobody')) as CommandRun;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^2 packets transmitted, 0 received, 100% packet loss/m);
  });

  test('says in one line why there is no device', async () => {
    const { code, stderr } = (await play('taken name')) as CommandRun;
    expect(code).toBe(1);
    expect(stderr).toBe('vitrine: the name lo is taken by an interface that is not a TUN device (EBUSY)\n');
  });
});

function play(name: string): Promise<unknown> {
  return result(SCRIPT, [name, folder]);
}
