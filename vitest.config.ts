import { defineConfig } from 'vitest/config';
import { forbidSkips } from './scripts/forbid-skips.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    reporters: process.env.CI ? ['default', forbidSkips()] : ['default'],
  },
});
