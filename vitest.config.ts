import { defineConfig } from 'vitest/config';
import { forbidSkips } from './scripts/forbid-skips.mjs';

/**
 * One puts another module in the place of ours, two load compilers, of which `asc` gives all arrays another `sort`; everything
 * else leaves nothing behind in its process.
 */
const BY_ITSELF = 'test/{scripts/check/wasm,socket/short-write,types/types}.test.ts';
/** What is done once more over IPv6: the same files on other addresses (`test/kit/family.ts`). */
const ON_BOTH = [
  'test/{bsd,socket,tcp}/*.test.ts',
  'test/{hostile/{flood,packets},ip/multicast,udp/{datagrams,segmentation}}.test.ts',
];
/** Of those, what speaks both families in every run, or is not about addresses. */
const NOT_TWICE = ['test/bsd/{completions,ipv6}.test.ts', 'test/socket/{default-stack,names,short-write}.test.ts'];
/** The kernel and real time take part: they run three at a time, since they wait a lot, when nothing else does. */
const WITH_THE_KERNEL = 'test/{device,interop,conformance/bun/kernel,workers/kernel}/**/*.test.ts';

export default defineConfig({
  test: {
    // They bound a hang, on a machine that does a lot besides.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxConcurrency: 3,
    // What one project has made of a module serves the others, and the next run: by its content, in node_modules.
    experimental: { fsModuleCache: true },
    reporters: process.env.CI ? ['default', forbidSkips()] : ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'core',
          include: ['test/**/*.test.ts'],
          exclude: [BY_ITSELF, WITH_THE_KERNEL],
          // Modules are loaded once for all files: to load them is most of what a short one takes.
          isolate: false,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'core-ipv6',
          include: ON_BOTH,
          exclude: NOT_TWICE,
          env: { VITRINE_FAMILY: '6' },
          isolate: false,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'host', include: [BY_ITSELF], maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'kernel',
          include: [WITH_THE_KERNEL],
          isolate: false,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
