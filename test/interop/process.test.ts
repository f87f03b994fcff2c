/** When a program with a TUN device ends: by itself as soon as nothing is ref'd, and never before. */
import { describe, expect, test } from 'vitest';
import { namespaceMissing, runInNamespace } from '../kit/namespace.js';

const missing = namespaceMissing();
const SCRIPT = new URL('./process-script.ts', import.meta.url);

describe.skipIf(missing)(`a process${missing === undefined ? '' : ` (${missing})`}`, () => {
  test.each(['an open stack', 'an unref listener', 'a stopped listener', 'a closed socket', 'an unref socket'])(
    'ends by itself with %s',
    async (name) => {
      const { exit, stderr } = await runInNamespace(SCRIPT, [name], { timeout: 10_000 });
      expect(stderr).toBe('');
      expect(exit).toBe(0);
    },
  );

  test.each(['a ref listener', 'a device that is ref'])('stays with %s', async (name) => {
    const { exit, stdout } = await runInNamespace(SCRIPT, [name], { timeout: 3000 });
    expect(stdout).toBe('alive\n');
    expect(exit).toBe('SIGKILL');
  });

  test('process.exit never waits', async () => {
    const { exit } = await runInNamespace(SCRIPT, ['process.exit with everything open'], { timeout: 10_000 });
    expect(exit).toBe(7);
  });
});
