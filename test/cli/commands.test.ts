/** `serve`, `get` and `ping` against curl, `node:http` and the kernel. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, test as base, beforeAll, beforeEach, describe, expect, type TestAPI } from 'vitest';
import { pseudoRandomBytes, sha256 } from '../../host/cli/demo/content.js';
import { rows } from '../device/pcap-kit.js';
import { namespaceMissing } from '../kit/namespace.js';
import { programMissing } from '../kit/programs.js';
import { result } from '../kit/result.js';
import type { CommandRun } from './command.js';

const missing = namespaceMissing() ?? programMissing('curl', 'tshark');
const SCRIPT = new URL('./commands-script.ts', import.meta.url);
const BIG = pseudoRandomBytes('serve', 5_000_000);

const REFUSED: [name: string, message: RegExp][] = [
  [
    'get from a stranger',
    /unknown_ca.*\[UNABLE_TO_VERIFY_LEAF_SIGNATURE\]; trust its CA with --cacert <file>, or anybody/,
  ],
  ['get from somebody else', /\[ERR_TLS_CERT_ALTNAME_INVALID\]; if it goes by another name, .* --servername <name>\n$/],
  [
    'get from one whose time is over',
    /expired.*\[CERT_HAS_EXPIRED\]; --insecure takes the certificate nevertheless\n$/,
  ],
  ['get https from http', /does not speak TLS.*; try http:\/\/\n$/],
  ['get from one with other ciphers', /the peer ended the connection: handshake_failure\n$/],
];
const FAILED: [name: string, message: RegExp][] = [
  ['get what is not there', /^vitrine: http:\/\/10\.9\.0\.1:\d+\/none answered 404 Not Found\n$/],
  ['get from nobody', /^vitrine: Failed to connect \(ECONNREFUSED\)\n$/],
  ['get from a name', /^vitrine: getaddrinfo ENOTFOUND example\.invalid\n$/],
  ['taken name', /^vitrine: the name lo is taken by an interface that is not a TUN device \(EBUSY\)\n$/],
];

/** Tests run at the same time, each in a namespace and a folder of its own. */
const CONCURRENT = { concurrent: true };

interface Place {
  folder: string;
}

const test = base as TestAPI<Place>;
beforeEach<Place>((place) => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-commands-'));
  place.folder = folder;
  writeFileSync(join(folder, 'big.bin'), BIG);
  writeFileSync(join(folder, 'a.txt'), 'text of a\n');
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'index.html'), '<p>index\n');
});
afterEach<Place>(({ folder }) => rmSync(folder, { recursive: true }));

describe.skipIf(missing)(`vitrine serve${missing === undefined ? '' : ` (${missing})`}`, CONCURRENT, () => {
  test('serves a directory to curl, over one connection if curl likes, until Ctrl-C', async ({ folder }) => {
    const run = (await play(folder, 'serve to curl')) as Record<string, string> & { code: number; lines: string[] };
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(BIG));
    expect(run.two).toBe('text of a\n1 200\n<p>index\n0 200\n');
    expect(run.head).toContain('Content-Length: 10\r\n');
    expect([run.none, run.post]).toEqual(['404', '405']);
    expect(run.code).toBe(130);
    expect(run.lines[0]).toBe(`Serving ${folder} on http://10.9.0.2/ over vitrine0`);
    expect(run.lines[2]).toMatch(/^10\.9\.0\.1 GET \/big\.bin 200 4\.8 MiB /);
  });

  test('serves it over TLS, with a certificate that curl verifies, and leaves the keys to who asked for them', async ({
    folder,
  }) => {
    const run = (await play(folder, 'serve --tls to curl')) as Record<string, string> & {
      code: number;
      lines: string[];
    };
    expect(run.whole).toBe('200 0 1');
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(BIG));
    expect(run.old).toBe('text of a\n');
    expect(run.stranger).toBe(60);
    expect(run.lines[0]).toBe(`Serving ${folder} on https://10.9.0.2/ over vitrine0`);
    expect(run.lines[1]).toMatch(/^Try: curl --cacert \S+\/ca\.pem https:\/\/10\.9\.0\.2\/ /);
    expect(run.lines[2]).toMatch(/^10\.9\.0\.1 GET \/big\.bin 200 4\.8 MiB /);
    expect(run.lines[4]).toMatch(/^10\.9\.0\.1 no TLS: .*unknown_ca/);
    expect(run.log).toMatch(/^SERVER_TRAFFIC_SECRET_0 [\da-f]{64} [\da-f]{64,96}$/m);
    expect(run.log).toMatch(/^CLIENT_RANDOM [\da-f]{64} [\da-f]{96}$/m);
    expect(rows(join(folder, 'serve.pcapng'), ['http.request.uri'], 'tls && http.request')).toEqual([
      ['/big.bin'],
      ['/a.txt'],
    ]);
  });

  test('serves with the certificate that it is given', async ({ folder }) => {
    const { text, lines } = (await play(folder, 'serve --cert to curl')) as { text: string; lines: string[] };
    expect(text).toBe('text of a\n');
    expect(lines[1]).toMatch(/^Try: curl https:\/\/10\.9\.0\.2:8443\/ /);
  });

  test('shows the CA that it made, unless there is a file for it', async ({ folder }) => {
    expect(await play(folder, 'serve --tls with its CA on screen')).toMatchObject({ text: 'text of a\n', code: 130 });
  });

  test('serves by two workers: every client, each request told, until Ctrl-C', async ({ folder }) => {
    const run = (await play(folder, 'serve --workers to curl')) as Record<string, string> & { lines: string[] };
    expect(run).toMatchObject({ big: '200', texts: ['text of a\n'], none: '404', code: 130 });
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(BIG));
    expect(run.lines[0]).toBe(`Serving ${folder} on https://10.9.0.2:40443/ over vitrine0 with 2 workers`);
    expect(run.lines.filter((line) => /^10\.9\.0\.1 GET \/a\.txt 200 10 B /.test(line))).toHaveLength(16);
  });

  test('says what is wrong with an interface that workers can not have, and ends when theirs goes', async ({
    folder,
  }) => {
    // The kernel tells of queues in the namespace's own /sys.
    const own = { unshare: ['--mount'], before: ['mount -t sysfs none /sys'] };
    expect(await play(folder, 'serve --workers on an interface of one queue', own)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^vitrine: the interface single was made without multi_queue: .*\n$/),
    });
    expect(await play(folder, 'serve --workers, and the interface goes')).toBe(1);
  });

  test('serves through bad weather', async ({ folder }) => {
    const { code } = (await play(folder, 'serve in bad weather')) as { code: number };
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(BIG));
    expect(code).toBe(143);
  });
});

describe.skipIf(missing)(`vitrine get${missing === undefined ? '' : ` (${missing})`}`, CONCURRENT, () => {
  test('downloads to a file and leaves a capture', async ({ folder }) => {
    const { code, stdout, stderr } = (await play(folder, 'get to a file')) as CommandRun;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^4\.8 MiB from 10\.9\.0\.1:\d+ in /);
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(pseudoRandomBytes('get', 5_000_000)));
    expect(readFileSync(join(folder, 'get.pcapng')).length).toBeGreaterThan(5_000_000);
  });

  test('downloads to stdout', async ({ folder }) => {
    expect(await play(folder, 'get to stdout')).toMatchObject({ code: 0, stdout: 'short\n' });
  });

  test('downloads over TLS from a server that it verifies; the capture holds the keys', async ({ folder }) => {
    const { code, stderr } = (await play(folder, 'get over TLS')) as CommandRun;
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^4\.8 MiB from 10\.9\.0\.1:\d+ in /),
    });
    expect(sha256(readFileSync(join(folder, 'copy.bin')))).toBe(sha256(pseudoRandomBytes('get', 5_000_000)));
    expect(rows(join(folder, 'get.pcapng'), ['http.request.uri'], 'tls && http.request')).toEqual([['/content']]);
  });

  test('verifies the name that it is given; SSLKEYLOGFILE counts only when asked for', async ({ folder }) => {
    const run = await play(folder, 'get over TLS by name, with the key log of the environment');
    expect(run).toMatchObject({
      codes: [0, 0],
      early: false,
      log: expect.stringMatching(/^CLIENT_TRAFFIC_SECRET_0 /m),
    });
  });

  test('takes any certificate when told to', async ({ folder }) => {
    expect(await play(folder, 'get from a stranger, insecurely')).toMatchObject({ code: 0, stdout: 'short\n' });
  });
});

describe.skipIf(missing)(`a command that fails${missing === undefined ? '' : ` (${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-failures-'));
  let runs: Record<string, CommandRun>;
  beforeAll(async () => {
    runs = (await result(SCRIPT, [folder, ...[...REFUSED, ...FAILED].map(([name]) => name)])) as typeof runs;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(REFUSED)('%s is one line that says why and what to do, and exit code 1', (name, message) => {
    const { code, stdout, stderr } = runs[name] as CommandRun;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^vitrine: 10\.9\.0\.1:\d+: [^\n]*\n$/);
    expect(stderr).toMatch(message);
  });

  test.each(FAILED)('%s is one line and exit code 1', (name, message) => {
    const { code, stderr } = runs[name] as CommandRun;
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe.skipIf(missing)(`vitrine ping${missing === undefined ? '' : ` (${missing})`}`, CONCURRENT, () => {
  test('gets answers from the kernel', async ({ folder }) => {
    const { code, stdout } = (await play(folder, 'ping')) as CommandRun;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^64 bytes from 10\.9\.0\.1: icmp_seq=3 ttl=64 time=\d+\.\d{3} ms$/m);
    expect(stdout).toMatch(/^3 packets transmitted, 3 received, 0% packet loss/m);
  });

  test('is exit code 1 when nobody answers', async ({ folder }) => {
    const { code, stdout } = (await play(folder, 'ping nobody')) as CommandRun;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^2 packets transmitted, 0 received, 100% packet loss/m);
  });
});

async function play(folder: string, name: string, options = {}): Promise<unknown> {
  return ((await result(SCRIPT, [folder, name], options)) as Record<string, unknown>)[name];
}
