/** What the programs that are run by hand say of their command lines. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

function run(program: string, ...args: string[]) {
  const path = fileURLToPath(new URL(`../../scripts/${program}.mjs`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe.each(['soak', 'simulate', 'fuzz', 'fuzz-packets', 'conformance', 'throughput'])('%s', (program) => {
  test('--help says what it does and how it is called, and does nothing', () => {
    const { status, stdout, stderr } = run(program, '--help');
    expect(stdout).toMatch(/^[A-Z].+\n\nUsage: (npm run|node scripts\/)/s);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('an option that it does not have is refused in one line', () => {
    const stderr = "Unknown option '--nope'; --help says what there is\n";
    expect(run(program, '--nope')).toEqual({ status: 1, stdout: '', stderr });
  });
});

test.each(['x', '-1', '1.5', '', '1e3'])('a number that is none is refused: %o', (text) => {
  const stderr = `--seed takes a whole number, and not '${text}'\n`;
  expect(run('simulate', `--seed=${text}`)).toEqual({ status: 1, stdout: '', stderr });
});

test('options have their defaults, and what is given', () => {
  const { status, stdout } = run('simulate', '--seed', '3', '--count', '2');
  expect(status).toBe(0);
  expect(stdout.split('\n').map((line) => line.split(':')[0])).toEqual([
    'seed 3, IPv6',
    'seed 4, IPv4',
    expect.stringContaining('2 of 2 seeds'),
    '',
  ]);
});
