/** Every example runs, on the built package, and prints what it promises. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { self } from '../kit/certificates/certificates.js';
import { namespaceMissing, runInNamespace } from '../kit/namespace.js';

const missing = namespaceMissing();
const FOLDER = new URL('./', import.meta.url);
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

test.each(names)('%s has at most 60 lines', (name) => {
  expect(readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
});

test('each is run here', () => {
  expect(names.sort()).toEqual([
    'echo-memory.ts',
    'echo-tun.ts',
    'http-server.ts',
    'pcap.ts',
    'tls-memory.ts',
    'weather.ts',
  ]);
});

describe('without a kernel', () => {
  test('echo-memory.ts', async () => {
    expect(await run('echo-memory.ts')).toBe('echo: hello through the glass\n');
  });

  test('weather.ts gives the same on every run', async () => {
    const first = await run('weather.ts');
    expect(first).toMatch(
      /^4000000 bytes arrived after \d+\.\d s\nlost \d+ packets, sent \d+ of \d+ segments again\n$/,
    );
    expect(await run('weather.ts')).toBe(first);
  });

  test('tls-memory.ts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-example-'));
    try {
      const path = join(folder, 'localhost.pem');
      writeFileSync(path, `${self.cert}\n${self.key}\n`);
      expect(await run('tls-memory.ts', path)).toBe(
        'TLSv1.3, TLS_CHACHA20_POLY1305_SHA256, echo\nfrom whom we asked: hello through the glass\n',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('pcap.ts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-example-'));
    try {
      const path = join(folder, 'capture.pcapng');
      const lines = (await run('pcap.ts', path)).trimEnd().split('\n');
      expect(lines[0]).toBe('It is always now.');
      expect(lines).toContain('SynSent → Established');
      expect(lines).toContain('CloseWait → LastAck');
      expect(lines.at(-1)).toMatch(/^\d+ packets in .*capture\.pcapng$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(missing)(`with the kernel${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each([
    ['echo-tun.ts', '10.9.0.1 is here\necho: hello from the kernel\n'],
    [
      'http-server.ts',
      'GET / HTTP/1.1\n200: 10000000 characters, the last line is "Vitrine is a stack under glass."\n',
    ],
  ])('%s', async (name, output) => {
    const { exit, stdout, stderr } = await runInNamespace(new URL(name, FOLDER));
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: output, stderr: '' });
  });
});

async function run(name: string, ...args: string[]): Promise<string> {
  const loader = new URL('../kit/typescript-loader.mjs', import.meta.url).href;
  const script = fileURLToPath(new URL(name, FOLDER));
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, script, ...args], {
    env,
    timeout: 30_000,
  });
  return stdout;
}
