import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commitOffsets } from '../../src/kafka/groupOffsets.js';
import type { IntervalRecord, RunSummary } from '../../src/results/runFolder.js';
import { runCommand, startCommand } from './support/commandLine.js';
import { allow, kafkaTool } from './support/kafkaTools.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { pythonWithKafka } from './support/python.js';
import { startScenario } from './support/scenarios.js';
import { sendTo, writeTopic } from './support/topicContents.js';

vi.setConfig({ testTimeout: 120_000 });

const user = { name: 'lasair', password: 'secret', mechanism: 'SCRAM-SHA-512' } as const;
/** Kafka's own tool takes seconds to start: what it saw is compared with what we saw until it ended. */
const commitMs = 1000;

let kafka: TestKafka;
let folder: string;
let python: string | undefined;
const readers: ChildProcess[] = [];

beforeAll(async () => {
  kafka = await startTestKafka({ kafkaDefaults: true, acls: true, scramUsers: [user] });
  folder = await mkdtemp(join(tmpdir(), 'watched-'));
  python = await pythonWithKafka();
}, 120_000);
afterAll(async () => {
  for (const reader of readers) reader.kill('SIGKILL');
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a consumer that is not ours. */
function startReader(topic: string, group: string, everyMs = commitMs, ...more: string[]): ChildProcess {
  const script = join(import.meta.dirname, 'support', 'reading_group.py');
  const args = [script, kafka.bootstrap, topic, group, String(everyMs), ...more];
  const reader = spawn(python ?? '', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  readers.push(reader);
  return reader;
}

const connection = () => ({ bootstrap: kafka.bootstrap });
const scenario = (stream: string, group: string, more = ''): string => `
kafka: {bootstrap: '${kafka.bootstrap}'}
alerts: {payload: {bytes: 300, count: 500}}
reservoir: {topic: ${stream}-reservoir, partitions: 2, workers: 1}
stream: {topic: ${stream}, partitions: 4}
consumers: {groups: [{name: mine, external: ${group}}]}
${more}
limits: {drain: 20s, selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;
const phases = `replay:
  workers: 2
  phases:
    - {name: steady, rate: 200/s, duration: 4s}
    - {name: visits, visits: {cadence: 3s, burst: 1s, detectors: 10, alerts: 400}, count: 2}`;

function watchedOf({ watchedGroups }: RunSummary) {
  const [group] = watchedGroups;
  if (group === undefined) throw new Error('no group was watched');
  return group;
}

describe('a run with a group that is not ours', () => {
  it('measures how it keeps up, from due to committed, by phase, visit and partition', async (context) => {
    if (python === undefined) return context.skip();
    const expected = `expect:
  mine.lag: < 60s
  mine.drain.max: < 30s
  mine.commitLatency.p50: < 30s
  mine.committedWithin60s: ">= 99%"
  achievedRate: any`;
    startReader('measured', 'reader');
    const run = await startScenario(
      folder,
      'measured',
      scenario('measured', 'reader', `${phases}\n${expected}`),
    );
    const { summary, intervals, code, stderr } = await run.finished;
    expect({ code, failures: summary.reasons }, stderr).toEqual({ code: 0, failures: [] });
    const group = watchedOf(summary);
    expect(group).toMatchObject({
      ...{ name: 'mine', group: 'reader', topic: 'measured', kind: 'external' },
      ...{ committed: 1600, uncommitted: 0, committedWithin60s: 1, unreadable: [] },
      commitLatency: { count: 1600 },
      members: { max: 1 },
    });
    expect(group.phases.map(({ name, commitLatency }) => [name, commitLatency.count])).toEqual([
      ['steady', 800],
      ['visits', 800],
    ]);
    expect(group.visits.map(({ alerts, committedWithin60s }) => [alerts, committedWithin60s])).toEqual([
      [400, 1],
      [400, 1],
    ]);
    expect(group.partitions.map(({ committed }) => committed)).toEqual([400, 400, 400, 400]);
    // What was committed each second is at most a commit interval and a sample older than what was due.
    expect(group.commits.intervalSeconds?.p50).toBeLessThan(5);
    expect(intervals.at(-1)?.watched).toMatchObject({ mine: { end: 1600, lagMessages: 0, lagSeconds: 0 } });
    expect(intervals.some(({ watched }) => (watched.mine?.lagMessages ?? 0) > 0)).toBe(true);
  });

  it('fails where a group commits nothing, whatever is expected, and ends with the drain', async (context) => {
    if (python === undefined) return context.skip();
    startReader('silent', 'silent-reader', 0);
    const run = await startScenario(
      folder,
      'silent',
      scenario(
        'silent',
        'silent-reader',
        'replay: {phases: [{name: steady, rate: 200/s, duration: 1s}]}',
      ).replace('drain: 20s', 'drain: 2s'),
    );
    const { code, summary } = await run.finished;
    expect(code).toBe(4);
    expect(summary.findings).toContainEqual(expect.objectContaining({ kind: 'groupNeverCommitted' }));
    expect(watchedOf(summary)).toMatchObject({ committed: 0, uncommitted: 200, drainSeconds: null });
  });

  it('counts the messages of the run only, and says how many older ones were left', async (context) => {
    if (python === undefined) return context.skip();
    const older = Array.from({ length: 40 }, (_, index) => ({
      value: Buffer.from(`${index}`),
      partition: index % 2,
    }));
    await writeTopic(connection(), 'shared', 2, older);
    await commitOffsets(connection(), 'late-reader', 'shared', [5, 20], 10_000);
    startReader('shared', 'late-reader');
    const yaml = scenario(
      'shared',
      'late-reader',
      'replay: {phases: [{name: steady, rate: 200/s, duration: 1s}]}',
    );
    const run = await startScenario(folder, 'shared', yaml.replace('partitions: 4', 'existing: true'));
    const { code, summary } = await run.finished;
    expect(code).toBe(0);
    const { committed, uncommitted, olderAtStart } = watchedOf(summary);
    expect({ committed, uncommitted }).toEqual({ committed: 200, uncommitted: 0 });
    // The reader may have been faster than the first look.
    expect([0, 15]).toContain(olderAtStart);
  });
});

describe('watch', () => {
  it("sees the lag that Kafka's own tool sees, and leaves a run folder with a report", async (context) => {
    if (python === undefined) return context.skip();
    const messages = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ value: Buffer.from('x'), partition: index % 3 }));
    await writeTopic(connection(), 'busy', 3, messages(30));
    await commitOffsets(connection(), 'stopped', 'busy', [4, 10, 0], 10_000);
    const out = join(folder, 'watch');
    const command = startCommand([
      'watch',
      '-B',
      kafka.bootstrap,
      '--group=stopped',
      '--json',
      `--out=${out}`,
    ]);
    await command.prints(/"lagMessages":16/);
    await sendTo(connection(), 'busy', messages(300));
    await command.prints(/"lagMessages":316,/);
    const described = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
      ...['--bootstrap-server', kafka.bootstrap, '--describe', '--group', 'stopped'],
    ]);
    const lags = [...described.matchAll(/^stopped +busy +\d+ +\d+ +\d+ +(\d+)/gm)].map(([, lag]) =>
      Number(lag),
    );
    expect(lags.sort((one, other) => one - other)).toEqual([100, 106, 110]);
    command.child.kill('SIGINT');
    const { code, stdout } = await command.ended;
    expect(code).toBe(130);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as IntervalRecord);
    expect(records.at(-1)?.watched).toMatchObject({
      stopped: {
        lagMessages: 316,
        members: 0,
        partitions: [
          [0, 106],
          [1, 100],
          [2, 110],
        ],
      },
    });
    const [run = ''] = await readdir(out);
    const summary = JSON.parse(await readFile(join(out, run, 'summary.json'), 'utf8')) as RunSummary;
    expect(watchedOf(summary)).toMatchObject({
      kind: 'watched',
      topic: 'busy',
      committed: 0,
      uncommitted: 316,
    });
    await expect(runCommand(['report', join(out, run)])).resolves.toMatchObject({ code: 0 });
  });

  it('needs the right to DESCRIBE the group and the topic, and no other', async () => {
    await writeTopic(connection(), 'rights', 1, [{ value: Buffer.from('x') }]);
    await commitOffsets(connection(), 'seen', 'rights', [0], 10_000);
    await commitOffsets(connection(), 'unseen', 'rights', [0], 10_000);
    await allow(kafka.bootstrap, user.name, [
      ['--operation', 'Describe', '--topic', 'rights', '--group', 'seen'],
    ]);
    const properties = {
      ...{ 'security.protocol': 'sasl_plaintext', 'sasl.mechanisms': user.mechanism },
      ...{ 'sasl.username': user.name, 'sasl.password': user.password },
    };
    const watch = (group: string) =>
      runCommand([
        ...['watch', '-B', kafka.scram.get(user.mechanism) ?? '', `--out=${join(folder, 'rights')}`],
        ...Object.entries(properties).flatMap(([name, value]) => ['-X', `${name}=${value}`]),
        ...['--for=2s', '--topic=rights', `--group=${group}`],
      ]);
    await expect(watch('seen')).resolves.toMatchObject({
      code: 0,
      stdout: expect.stringContaining('seen') as string,
    });
    const refused = await watch('unseen');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(
      'cannot watch the consumer group unseen: the cluster does not let this user see the group (GROUP_AUTHORIZATION_FAILED); the right to DESCRIBE the group and its topic is enough',
    );
  });

  it('a group that has committed nothing needs its topic', async () => {
    const { code, stderr } = await runCommand(['watch', '-B', kafka.bootstrap, '--group=no-one', '--for=1s']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'rubin-alert-sim: the consumer group no-one has not committed anything that this user may see: check its id, or name its topic with --topic\n',
    });
  });
});
