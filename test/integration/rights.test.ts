import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from './support/commandLine.js';
import { testAlerts, writeTestContainer } from './support/containers.js';
import { allow } from './support/kafkaTools.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { runScenarioFile } from './support/scenarios.js';
import { topicContents, withAdmin, writeTopic } from './support/topicContents.js';

const user = { name: 'lasair', password: 'secret', mechanism: 'SCRAM-SHA-512' } as const;

let kafka: TestKafka;
let folder: string;
let file: string;

beforeAll(async () => {
  kafka = await startTestKafka({
    kafkaDefaults: true,
    acls: true,
    scramUsers: [user],
    // A cluster may compact by default: that keeps none of the messages without a key.
    serverProperties: { 'log.cleanup.policy': 'compact' },
  });
  folder = await mkdtemp(join(tmpdir(), 'rights-'));
  file = join(folder, 'alerts.avro');
  await writeTestContainer(file, testAlerts(12, 0.01, 1500), 'deflate');
  const on = (operations: string, ...topics: readonly string[]): string[] => [
    ...operations.split(' ').flatMap((operation) => ['--operation', operation]),
    ...topics.flatMap((topic) => ['--topic', topic]),
  ];
  await allow(kafka.bootstrap, user.name, [
    on('Create Write', 'created', 'played'),
    on('Create Write Delete', 'forced', 'forced-stream'),
    on('Read', 'created', 'printed'),
    on('Write', 'appended'),
    on('Read Describe', 'watched'),
    [...on('Create Write Read Delete DescribeConfigs', 'lasair-'), '--resource-pattern-type', 'prefixed'],
    ['--operation', 'Read', '--group', 'lasair', '--resource-pattern-type', 'prefixed'],
  ]);
}, 120_000);
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const bootstrap = (): string => kafka.scram.get(user.mechanism) ?? '';
const sasl = (): Record<string, string> => ({
  'security.protocol': 'sasl_plaintext',
  'sasl.mechanisms': user.mechanism,
  'sasl.username': user.name,
  'sasl.password': user.password,
});
const asUser = (name: string, ...more: readonly string[]): readonly string[] => [
  ...[name, '-B', bootstrap()],
  ...Object.entries(sasl()).flatMap(([property, value]) => ['-X', `${property}=${value}`]),
  ...more,
];
const admin = (): { bootstrap: string } => ({ bootstrap: kafka.bootstrap });

const scenario = (prefix: string, stream = '{topic: lasair-stream, partitions: 2}'): string => `
kafka: {bootstrap: '${bootstrap()}', client: ${JSON.stringify(sasl())}}
alerts: {file: ${file}}
reservoir: {topic: lasair-reservoir, partitions: 2, workers: 2}
stream: ${stream}
replay: {phases: [{name: steady, rate: 100/s, duration: 1s}]}
consumers: {groupPrefix: ${prefix}, groups: 1, members: 2}
expect: {achievedRate: any}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;

describe('a user with exactly the rights of the table in docs/connecting.md', () => {
  it('creates a reservoir, and plays and prints it', async () => {
    expect(await runCommand(asUser('create-stream', '--dst-topic=created', file))).toMatchObject({
      code: 0,
      stderr: '',
    });
    const played = await runCommand(asUser('play-stream', '--src-topic=created', '--dst-topic=played'));
    expect(played).toMatchObject({ code: 0, stdout: 'played 12 alerts from the stream\n', stderr: '' });
    await withAdmin(admin(), async ({ create }) => {
      for (const name of ['appended', 'printed'])
        await create({ name, partitions: 1, replication: 1, config: { 'cleanup.policy': 'delete' } });
    });
    const appended = await runCommand(
      asUser('play-stream', '--src-topic=created', '--dst-topic=appended', '--append'),
    );
    expect(appended).toMatchObject({ code: 0, stdout: 'played 12 alerts from the stream\n', stderr: '' });
    await runCommand([
      'play-stream',
      '-B',
      kafka.bootstrap,
      '--src-topic=created',
      '--dst-topic=printed',
      '--append',
    ]);
    const printing = startCommand(asUser('print-stream', '--src-topic=printed'));
    await printing.prints(/(.*id=.*\n){12}/);
    printing.child.kill('SIGINT');
    expect(await printing.ended).toMatchObject({ code: 130 });
  });

  it('records and replays a topic of others, which it may only read', async () => {
    const message = (index: number) => ({ value: Buffer.from(`message ${index}`) });
    const config = { 'cleanup.policy': 'delete' };
    await writeTopic(admin(), 'watched', 1, [1, 2, 3].map(message), config);
    const recording = join(folder, 'watched.avro');
    const range = ['--from=-1h', '--to=now'];
    const recorded = await runCommand(asUser('record', '--src-topic=watched', ...range, recording));
    expect(recorded).toMatchObject({ code: 0, stderr: '' });
    expect(recorded.stdout).toMatch('recorded 3 messages, ');
    const target = ['--dst-topic=forced-stream', '--force', '--from=-1h'];
    const played = await runCommand(asUser('play-stream', '--src-topic=watched', ...target));
    expect(played).toMatchObject({ code: 0, stdout: 'played 3 alerts from the stream\n', stderr: '' });
    await writeTopic(admin(), 'hidden', 1, [message(1)], config);
    const hidden = await runCommand(asUser('record', '--src-topic=hidden', join(folder, 'hidden.avro')));
    expect(hidden).toMatchObject({ code: 2, stdout: '' });
    expect(hidden.stderr).toMatch(/topic hidden does not exist, or this user may not see it/);
    const unread = await runCommand(
      asUser('record', '--src-topic=forced-stream', '--to=now', join(folder, 'no.avro')),
    );
    expect(unread).toMatchObject({ code: 3 });
    expect(unread.stderr).toMatch(/could not read the topic forced-stream: .*authorization failed/i);
    expect(existsSync(join(folder, 'no.avro'))).toBe(false);
  });

  it('overwrites with --force', async () => {
    for (let round = 0; round < 2; round += 1) {
      const made = await runCommand(asUser('create-stream', '--force', '--dst-topic=forced', file));
      expect(made).toMatchObject({ code: 0, stderr: '' });
      const played = await runCommand(
        asUser('play-stream', '--force', '--src-topic=created', '--dst-topic=forced-stream'),
      );
      expect(played).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await topicContents(admin(), 'forced')).toHaveLength(12);
    expect(await topicContents(admin(), 'forced-stream')).toHaveLength(12);
  });

  it('runs a scenario, twice, and then into the stream as it is', { timeout: 60_000 }, async () => {
    for (const name of ['first', 'second']) {
      const { code, summary } = await runScenarioFile(folder, name, scenario('lasair'));
      expect({ code, counts: summary.counts }).toMatchObject({ code: 0, counts: { acked: 100, lost: 0 } });
    }
    const existing = await runScenarioFile(
      folder,
      'existing',
      scenario('lasair', '{topic: lasair-stream, existing: true}'),
    );
    expect(existing).toMatchObject({ code: 0, summary: { counts: { acked: 100, consumed: 100, lost: 0 } } });
    expect(await topicContents(admin(), 'lasair-stream')).toHaveLength(200);
  });

  it('is told which group its rules leave out', { timeout: 60_000 }, async () => {
    const { code, stderr, stdout } = await runScenarioFile(folder, 'others', scenario('fink'));
    expect(code).toBe(3);
    expect(stdout + stderr).toMatch(/fink-group-1-\d+.*consumers\.groupPrefix/);
  });

  it('is told how to name the control topic of shards, and then uses it', { timeout: 60_000 }, async () => {
    const file = join(folder, 'shards.yaml');
    const named = `name: shards\n${scenario('lasair')}coordination: {topicPrefix: lasair-control-}\n`;
    const shard = ['--shard', '0/2', '--out', folder];
    await writeFile(file, `name: shards\n${scenario('lasair')}`);
    const refused = await runCommand(['run', file, ...shard]);
    expect({ code: refused.code, stderr: refused.stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/topic rubin-alert-sim-control-.*coordination\.topicPrefix/) as string,
    });
    await writeFile(file, named);
    const ended = await Promise.all([
      runCommand(['run', file, ...shard]),
      runCommand(['run', file, '--shard', '1/2', '--out', join(folder, 'other shard')]),
    ]);
    expect(ended).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(await topicContents(admin(), 'lasair-stream')).toHaveLength(100);
  });

  it('is told the topic that it may not create or delete, and nothing is lost', async () => {
    const { code, stderr } = await runCommand(
      asUser('create-stream', '--force', '--dst-topic=created', file),
    );
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/topic created/) as string });
    expect(await topicContents(admin(), 'created')).toHaveLength(12);
    const other = await runCommand(asUser('create-stream', '--dst-topic=elsewhere', file));
    expect(other).toMatchObject({ code: 3 });
    expect(other.stderr).toMatch(/elsewhere/);
  });
});
