/** D20: what keeps a process alive, and that nothing else does. The process observes itself: `observer.ts`. */
import { beforeAll, describe, expect, test } from 'vitest';
import { namespaceMissing, runInNamespace } from '../kit/namespace.js';
import { deviceSituations } from './device-situations.js';
import { facadeSituations } from './facade-situations.js';
import { type Observed, observed, PATIENCE, runObserved } from './observed.js';
import { secureSituations } from './secure-situations.js';
import { socketSituations } from './situations.js';

describe('D20: the life of a process', () => {
  let run: Observed;
  beforeAll(async () => {
    run = await runObserved(new URL('./loopback-script.ts', import.meta.url));
  }, PATIENCE);

  test.each(Object.keys({ ...socketSituations, ...secureSituations, ...facadeSituations }))('%s', (name) => {
    expect(run.outcomes.get(name)).toBeNull();
  });

  test('it ends by itself, with 0', () => {
    expect([run.exit, run.stderr]).toEqual([0, '']);
  });
});

const missing = namespaceMissing();

describe.skipIf(missing)(`with a TUN device${missing === undefined ? '' : ` (${missing})`}`, () => {
  let run: Observed;
  beforeAll(async () => {
    const script = new URL('./device-script.ts', import.meta.url);
    const { exit, stdout, stderr } = await runInNamespace(script, [], { timeout: PATIENCE });
    run = observed(exit, stdout, stderr);
  }, PATIENCE);

  test.each(Object.keys(deviceSituations))('%s', (name) => {
    expect(run.outcomes.get(name)).toBeNull();
  });

  test('it ends by itself, with 0', () => {
    expect([run.exit, run.stderr]).toEqual([0, '']);
  });

  test('process.exit never waits', async () => {
    const { exit, stderr } = await runInNamespace(new URL('./exit-script.ts', import.meta.url), [], {
      timeout: PATIENCE,
    });
    expect([exit, stderr]).toEqual([7, '']);
  });
});
