import { defineConfig } from 'vitest/config';

const servers = 'test/integration/**/*.test.ts';

/** What installs, compiles, or starts the whole program and other languages' tools, but no server. */
const programs = [
  'test/setup/**/*.test.ts',
  'test/cli/unloadableClient.test.ts',
  'test/integration/avro-libraries.test.ts',
  'test/integration/kubernetes-schemas.test.ts',
];

/** What replaces a module for a file of its own. */
const mocking = ['test/workers/reservoirReader.test.ts'];

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
          exclude: [servers, ...programs, ...mocking],
          // Files of one worker share what they import: loading it for each of them costs more than a quarter of the CPU.
          isolate: false,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-isolated',
          include: mocking,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: programs,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [servers],
          exclude: programs,
          // A test may start three brokers: on two cores, one file's servers must not starve another's.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
