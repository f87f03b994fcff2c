/** Runs `vitrine` in the process of the test. Not for: commands that open a device, or wait (`command.ts`). */
import { vi } from 'vitest';
import { run } from '../../host/cli/program.js';
import type { CommandRun } from './command.js';

/** As a shell would, but nothing has to be loaded first. */
export async function vitrineHere(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandRun> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += text;
      return true;
    }),
  );
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    return { code: await run(['node', 'vitrine', ...args]), ...written };
  } finally {
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}
