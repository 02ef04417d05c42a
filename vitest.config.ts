import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The machine that runs this may have two cores, and a test may start three brokers: one file's servers must not
    // starve another's.
    maxWorkers: 1,
    // Much here is about time, and a shared machine has bad moments: what fails is tried again before it counts, in CI.
    retry: process.env.CI === undefined ? 0 : 2,
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
