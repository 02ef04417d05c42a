import { defineConfig } from 'vitest/config';

const servers = 'test/integration/**/*.test.ts';

export default defineConfig({
  test: {
    // Much here is about time, and a shared machine has bad moments: in CI a failed test is tried again before it counts.
    retry: process.env.CI === undefined ? 0 : 2,
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [servers],
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [servers],
          // A test may start three brokers: on two cores, one file's servers must not starve another's.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
