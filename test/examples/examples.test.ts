/** Every example runs, on the built package, and prints what it promises. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { self } from '../kit/certificates/certificates.js';
import { namespaceMissing, runInNamespace } from '../kit/namespace.js';
import { program } from '../kit/typescript-bundle.mjs';

const missing = namespaceMissing();
const FOLDER = new URL('./', import.meta.url);
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

const folder = mkdtempSync(join(tmpdir(), 'vitrine-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(names)('%s has at most 60 lines', (name) => {
  expect(readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
});

test('each is run here', () => {
  expect(names.sort()).toEqual([
    'bun-program.ts',
    'chat.ts',
    'echo-both.ts',
    'echo-memory.ts',
    'echo-tun.ts',
    'http-server.ts',
    'https-server.ts',
    'pcap.ts',
    'resolver.ts',
    'routers.ts',
    'tls-memory.ts',
    'undici.ts',
    'weather.ts',
    'web-streams.ts',
  ]);
});

describe('without a kernel', () => {
  test('echo-memory.ts', async () => {
    expect(await run('echo-memory.ts')).toBe('echo: hello through the glass\n');
  });

  test('echo-both.ts', async () => {
    const lines = [
      'IPv6: ::ffff:10.9.0.1 is here',
      'echo: hello 10.9.0.2',
      'IPv6: fd00:9::1 is here',
      'echo: hello fd00:9::2',
    ];
    expect(await run('echo-both.ts')).toBe(`${lines.join('\n')}\n`);
  });

  test('routers.ts', async () => {
    expect((await run('routers.ts')).trimEnd().split('\n')).toEqual([
      'traceroute to 10.0.4.2',
      ...['1  10.0.1.2', '2  10.0.2.2', '3  10.0.3.2', '4  10.0.4.2'],
      'traceroute to fd00:4::2',
      ...['1  fd00:1::2', '2  fd00:2::2', '3  fd00:3::2', '4  fd00:4::2'],
    ]);
  });

  test('weather.ts gives the same on every run', async () => {
    const first = await run('weather.ts');
    expect(first).toMatch(
      /^4000000 bytes arrived after \d+\.\d s\nlost \d+ packets, sent \d+ of \d+ segments again\n$/,
    );
    expect(await run('weather.ts')).toBe(first);
  });

  test('tls-memory.ts', async () => {
    expect(await run('tls-memory.ts', certificate())).toBe(
      'TLSv1.3, TLS_CHACHA20_POLY1305_SHA256, echo\nfrom whom we asked: hello through the glass\n',
    );
  });

  test('chat.ts', async () => {
    const lines = (await run('chat.ts')).trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('Alice'))).toEqual([
      'Alice hears "Alice is here"',
      'Alice hears "Bob is here"',
      'Alice hears "Bob is gone"',
    ]);
    expect(lines.filter((line) => line.startsWith('Bob'))).toEqual([
      'Bob hears "Bob is here"',
      'Bob hears "Alice: hello Bob"',
    ]);
  });

  test('bun-program.ts', async () => {
    const output = await run('bun-program.ts');
    expect(output).toMatch(/^ONE\nTWO\nTHREE\nthe server is done\n/);
    expect(output).toContain('closed after 14 bytes\n');
    expect(output).toContain('visitor 1 wrote 3 lines\n');
  });

  test('undici.ts uses one connection for all its requests', async () => {
    const answers = ['/one', '/two', '/three'].map((path) => `200: GET ${path}, connection 1\n`);
    expect(await run('undici.ts')).toBe(answers.join(''));
  });

  test('web-streams.ts', async () => {
    expect(await run('web-streams.ts')).toBe('connected to 10.9.0.2:9\n3200000 bytes were sent, few bytes arrived\n');
  });

  test('resolver.ts remembers addresses, and asks again for what nobody said there is not', async () => {
    expect(await run('resolver.ts')).toBe(
      'www is 10.9.0.1\nits alias is host.glass.test\n4 questions were asked\necho from 10.9.0.1: hello by name\n',
    );
  });

  test('pcap.ts', async () => {
    const lines = (await run('pcap.ts', join(folder, 'capture.pcapng'))).trimEnd().split('\n');
    expect(lines[0]).toBe('It is always now.');
    expect(lines).toContain('SynSent → Established');
    expect(lines).toContain('CloseWait → LastAck');
    expect(lines.at(-1)).toMatch(/^\d+ packets in .*capture\.pcapng$/);
  });
});

describe.skipIf(missing)(`with the kernel${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each([
    ['echo-tun.ts', '10.9.0.1 is here\necho: hello from the kernel\n'],
    [
      'http-server.ts',
      'GET / HTTP/1.1\n200: 10000000 characters, the last line is "Vitrine is a stack under glass."\n',
    ],
    ['https-server.ts', '200: GET /glass HTTP/1.1 over TLSv1.3, http/1.1\n'],
  ])('%s', async (name, output) => {
    const args = name === 'https-server.ts' ? [certificate()] : [];
    const { exit, stdout, stderr } = await runInNamespace(new URL(name, FOLDER), args);
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: output, stderr: '' });
  });
});

/** A file with a certificate for localhost and its key. */
function certificate(): string {
  const path = join(folder, 'localhost.pem');
  writeFileSync(path, `${self.cert}\n${self.key}\n`);
  return path;
}

async function run(name: string, ...args: string[]): Promise<string> {
  const loader = new URL('../kit/typescript-loader.mjs', import.meta.url).href;
  const script = await program(new URL(name, FOLDER));
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', loader, script, ...args], {
    env,
    timeout: 100_000,
  });
  expect(stderr).toBe('');
  return stdout;
}
