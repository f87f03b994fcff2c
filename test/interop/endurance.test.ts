/** What `scripts/endure.mjs` does at length over a TUN device, in `npm run soak` or by itself; and what it says without one. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { namespaceMissing } from '../kit/namespace.js';

const missing = namespaceMissing();
const SCRIPT = fileURLToPath(new URL('../../scripts/endure.mjs', import.meta.url));

describe.skipIf(missing)(`a TUN device${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each([
    ['tun-short', 1000, '1e+3, 200000 bytes'],
    ['tun-parallel', 50, '5e+1, 104857600 bytes'],
  ])('%s: no byte is lost in %d, both ways, and nothing is left', async (name, size, done) => {
    const { stdout } = await endure(name, size);
    expect(stdout).toMatch(new RegExp(`^${name}: ${done.replace('+', '\\+')} in .* s; 0 faults, 0 connections left`));
  });
});

test('what can not be done is named, with what could', async () => {
  const { code, stderr } = await endure('tun-everything', 1);
  expect(code).toBe(1);
  expect(stderr).toContain('there is no tun-everything of 1');
  expect(stderr).toContain('tun-receive');
  expect((await endure('tun-short', 1, { PATH: '/nowhere' })).stderr).toMatch(
    /a TUN device needs .*unshare.*: apt-get install/,
  );
});

async function endure(name: string, size: number, env: NodeJS.ProcessEnv = {}) {
  const words = [SCRIPT, name, String(size)];
  const run = promisify(execFile)(process.execPath, words, { env: { ...process.env, NODE_OPTIONS: '', ...env } });
  return run.then(({ stdout, stderr }) => ({ code: 0, stdout, stderr })).catch((failed) => failed as Outcome);
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}
