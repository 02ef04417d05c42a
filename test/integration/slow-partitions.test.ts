import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunSummary } from '../../src/results/runFolder.js';
import { runCommand } from './support/commandLine.js';
import { startMembers } from './support/groupMembers.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

let kafka: TestKafka;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slow-partitions-'));
  kafka = await startTestKafka();
});

afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const scenario = (bootstrap: string): string => `
name: slow-member
kafka: {bootstrap: '${bootstrap}'}
alerts: {payload: {bytes: 300, count: 500}}
reservoir: {topic: slow-reservoir, partitions: 1, workers: 1}
stream: {topic: slow-stream, partitions: 8}
replay: {workers: 1, phases: [{name: steady, rate: 400/s, duration: 15s}]}
consumers: {groups: [{name: mine, external: four-members}]}
expect: {achievedRate: any}
limits: {drain: 2s, selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;

it('names exactly the partitions of the member that is ten times slower than the other three, and fails', async () => {
  const target = { bootstrap: kafka.bootstrap, topic: 'slow-stream', group: 'four-members' };
  const members = await startMembers(target, [300, 300, 300, 30]);
  const runs = join(folder, 'runs');
  try {
    await writeFile(join(folder, 'slow.yaml'), scenario(kafka.bootstrap));
    const result = await runCommand(['run', join(folder, 'slow.yaml'), '--out', runs]);
    expect(result.code, result.stderr).toBe(4);
    const slow = members.assigned()[3] ?? [];
    const [run = ''] = await readdir(runs);
    const summary = JSON.parse(await readFile(join(runs, run, 'summary.json'), 'utf8')) as RunSummary;
    expect(slow).toHaveLength(2);
    expect(summary.findings).toContainEqual(
      expect.objectContaining({
        ...{ kind: 'slowPartitions', group: 'mine', of: 8 },
        partitions: slow.map((partition) => expect.objectContaining({ partition }) as unknown),
      }),
    );
    // 100/s come into its two partitions, and it reads 30/s of them.
    const [group] = summary.watchedGroups;
    expect(summary.findings).toContainEqual({
      ...{ kind: 'messagesUncommitted', fails: true, group: 'mine' },
      ...{ uncommitted: group?.uncommitted, committed: group?.committed, drainSeconds: 2 },
    });
    expect(group?.uncommitted).toBeGreaterThan(500);
    expect(result.stdout).toMatch(/note: the group mine is slow in partitions \d and \d of 8: /);
    expect(result.stderr).toMatch(/mine [\d,]+ behind/);
    const page = await readFile(join(runs, run, 'report.html'), 'utf8');
    expect(page).toContain('<figure id="partitions"');
  } finally {
    await members.stop();
  }
}, 120_000);
