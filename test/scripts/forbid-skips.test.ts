import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'vitrine-skips-'));
  const reporter = JSON.stringify(new URL('../../scripts/forbid-skips.mjs', import.meta.url).href);
  writeFileSync(
    join(project, 'vitest.config.mjs'),
    `import { forbidSkips } from ${reporter};
     export default { test: { globals: true, reporters: ['default', forbidSkips()] } };`,
  );
});

afterEach(() => rmSync(project, { recursive: true }));

test('a run in which every test ran succeeds', () => {
  expect(runVitest(`test('runs', () => {});`).status).toBe(0);
});

test.each([
  ['skipped', `test.skip('is tired', () => {});`],
  ['skipped while it ran', `test('is tired', ({ skip }) => skip('no /dev/net/tun'));`],
  ['a mere plan', `test.todo('is tired');`],
])('a run with a test that is %s fails and names it', (_, line) => {
  const { status, output } = runVitest(`test('runs', () => {});\n${line}`);
  expect(status).toBe(1);
  expect(output).toContain('is tired');
  expect(output).toContain('which CI forbids');
});

test('a run that was asked for some tests by name may leave out the others', () => {
  const { status } = runVitest(`test('runs', () => {}); test('other', () => {});`, '-t', 'runs');
  expect(status).toBe(0);
});

function runVitest(testFile: string, ...args: string[]): { status: number | null; output: string } {
  writeFileSync(join(project, 'some.test.js'), testFile);
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', project, ...args], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}
