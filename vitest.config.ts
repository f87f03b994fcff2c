import { defineConfig } from 'vitest/config';
import { forbidSkips } from './scripts/forbid-skips.mjs';

/** They start from a fresh core and leave nothing behind in the process: their modules are loaded once for all of them. */
const ON_THE_CORE =
  'test/{bsd,conformance/tcp,core,crypto,hostile,ip,memory,packet,packetscript,simulation,tcp,tls,trace}/**/*.test.ts';
/** Other processes, the kernel and real time take part, and have the machine to themselves. */
const ON_THE_MACHINE = 'test/{cli,conformance/{bun,tls},device,examples,interop,life}/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    maxConcurrency: 3,
    reporters: process.env.CI ? ['default', forbidSkips()] : ['default'],
    projects: [
      {
        extends: true,
        test: { name: 'core', include: [ON_THE_CORE], isolate: false, maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'host',
          include: ['test/**/*.test.ts'],
          exclude: [ON_THE_CORE, ON_THE_MACHINE],
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'machine',
          include: [ON_THE_MACHINE],
          testTimeout: 90_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
