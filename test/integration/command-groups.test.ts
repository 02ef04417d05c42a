import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FindingOf } from '../../src/results/findings.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { pythonWithKafka } from './support/python.js';
import { runScenarioFile } from './support/scenarios.js';

const script = join(import.meta.dirname, 'support', 'consumer_under_test.py');

let kafka: TestKafka;
let python: string | undefined;
let folder: string;
beforeAll(async () => {
  [kafka, python] = await Promise.all([startTestKafka(), pythonWithKafka()]);
  folder = await mkdtemp(join(tmpdir(), 'command-groups-'));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a run starts commands of several groups, restarts one that dies, and reports one that only reads', async ({
  skip,
}) => {
  if (python === undefined) return skip();
  const command = (options: string): string => `exec ${python ?? ''} ${script} ${options}`;
  const yaml = `
kafka: { bootstrap: '${kafka.bootstrap}' }
alerts: { payload: { bytes: 1000, count: 500 } }
reservoir: { topic: command-groups-reservoir }
stream: { topic: command-groups, partitions: 4 }
replay: { workers: 1, phases: [{ name: steady, rate: 100/s, duration: 5s }] }
consumers:
  groups:
    - { name: two, command: '${command('')}', members: 2, ready: 60s, env: { NOTE: '\${group}' } }
    - { name: fragile, command: '${command('--crash-after 300')}', restart: always, ready: 60s }
    - { name: reader, command: '${command('--never-commit')}', ready: 60s, group: team-reader }
limits: { drain: 40s }
expect: { two.drain.max: '< 10s', fragile.committedWithin60s: '>= 99%', achievedRate: any }
`;
  const { summary, folder: run, code, stdout } = await runScenarioFile(folder, 'commands', yaml);
  const [two, fragile, reader] = summary.watchedGroups;
  expect(two).toMatchObject({ committed: 500, uncommitted: 0, members: { min: 2, max: 2 }, rebalances: 0 });
  expect(fragile).toMatchObject({ committed: 500, process: { members: [{ exitCount: 1, restarts: 1 }] } });
  expect(reader).toMatchObject({ group: 'team-reader', committed: 0, uncommitted: 500 });
  for (const group of summary.watchedGroups)
    for (const { endedBy, cpuSeconds, rssBytesMax } of group.process?.members ?? []) {
      expect(endedBy).toBe('SIGTERM');
      expect(cpuSeconds).toBeGreaterThan(0.05);
      expect(rssBytesMax).toBeGreaterThan(10e6);
    }

  const ended = summary.findings.filter(
    (one): one is FindingOf<'consumerEnded'> => one.kind === 'consumerEnded',
  );
  expect(ended).toMatchObject([
    { group: 'fragile', member: 1, fails: false, times: 1, restarts: 1, exitCode: 1, committed: 300 },
  ]);
  expect(ended[0]?.lastLines.at(-1)).toBe("KeyError: 'diaObject'");
  expect(await readFile(join(run, 'consumers', 'two-2.log'), 'utf8')).toBe('member 2 reads command-groups\n');
  expect(stdout).toMatch(
    /^two: 2 programs, \d\.\d+ cores, at most \d+(\.\d)? MB each, 0 restarts; output in consumers\/two-1/m,
  );

  // Only the group that never committed makes it fail.
  expect(code).toBe(4);
  expect(summary.findings).toContainEqual(
    expect.objectContaining({ kind: 'groupNeverCommitted', group: 'reader' }),
  );
  expect(summary.reasons).toHaveLength(1);
}, 180_000);
