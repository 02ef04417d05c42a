import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const servers = 'test/integration/**/*.test.ts';

/** What installs, compiles, or starts the whole program and other languages' tools, but no server. */
const programs = [
  'test/setup/**/*.test.ts',
  'test/cli/unloadableClient.test.ts',
  'test/integration/avro-libraries.test.ts',
  'test/integration/kubernetes-schemas.test.ts',
  'test/integration/realism.test.ts',
];

/** What asserts how late, how fast or how many: another file's servers would be in its figures. */
const measuring = ['compare', 'consumer-limit', 'run', 'search', 'verdicts'].map(
  (name) => `test/integration/${name}.test.ts`,
);

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
          exclude: [...programs, ...measuring],
          // One file keeps about one core busy, and waits a lot.
          maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'measuring',
          include: measuring,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
