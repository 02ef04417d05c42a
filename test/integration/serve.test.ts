import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand, type CommandResult } from './support/commandLine.js';
import { testAlerts, writeTestContainer } from './support/containers.js';
import { topicOverrides } from './support/kafkaTools.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { topicContents, withAdmin } from './support/topicContents.js';

let kafka: TestKafka;
let folder: string;
/** Twelve alerts within 0.11 s. */
let file: string;

beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
  file = join(folder, 'alerts.avro');
  await writeTestContainer(file, testAlerts(12, 0.01, 1500));
  expect(await runCommand(at('create-stream', '--dst-topic=night', file))).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const connection = (): { bootstrap: string } => ({ bootstrap: kafka.bootstrap });
const at = (command: string, ...more: readonly string[]): readonly string[] => [
  ...command.split(' '),
  ...['-B', kafka.bootstrap],
  ...more,
];
const command = (name: string, ...more: readonly string[]): Promise<CommandResult> =>
  runCommand(at(name, ...more));

describe('topic create', () => {
  it('lets a consumer start before the stream, which is appended to: its partitions and offsets go on', async () => {
    const created = await command(
      'topic create',
      'early',
      '--partitions=3',
      '--retention=1h',
      '--topic-config=max.message.bytes=2000000',
    );
    expect(created).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'created the topic early with 3 partition(s)\n',
    });
    expect(await topicOverrides(kafka.bootstrap, 'early')).toMatchObject({
      ...{ 'retention.ms': '3600000', 'segment.ms': '360000', 'max.message.bytes': '2000000' },
    });
    const reader = startCommand(at('print-stream', '--src-topic=early', '--count=36'));
    for (const round of [1, 2, 3]) {
      expect(
        await command('play-stream', '--src-topic=night', '--dst-topic=early', '--append'),
      ).toMatchObject({
        code: 0,
      });
      await reader.prints(new RegExp(`^(.*id=.*\\n){${12 * round}}`));
    }
    expect(await reader.ended).toMatchObject({ code: 0 });
    const watermarks = await withAdmin(connection(), (admin) => admin.watermarks('early'));
    expect(watermarks.map(({ low }) => low)).toEqual([0, 0, 0]);
    expect(watermarks.reduce((sum, { high }) => sum + high, 0)).toBe(36);
  });

  it('leaves a topic that exists alone, and succeeds only where that was asked for', async () => {
    await command('topic create', 'twice', '--partitions=2');
    const again = await command('topic create', 'twice', '--partitions=5');
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/^rubin-alert-sim: Topic already exists: twice\. Use --if-not-exists/);
    expect(await command('topic create', 'twice', '--partitions=5', '--if-not-exists')).toMatchObject({
      code: 0,
      stdout: 'the topic twice exists already, with 2 partition(s); it stays as it is\n',
    });
  });

  it.each([
    ['a retention that is none', ['--retention=soon'], /--retention/],
    ['a setting that Kafka does not take', ['--topic-config=retention.ms=soon'], /retention\.ms/],
  ])('rejects %s, and creates nothing', async (_, options, message) => {
    const { code, stderr } = await command('topic create', 'never', ...options);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) as string });
    expect(await withAdmin(connection(), (admin) => admin.partitionsOf('never'))).toBeUndefined();
  });
});

describe('play-stream --rate', () => {
  it('sends evenly, in the order of the reservoir, whatever the recorded times', async () => {
    const played = await command('play-stream', '--src-topic=night', '--dst-topic=even', '--rate=20/s');
    expect(played).toMatchObject({ code: 0, stdout: 'played 12 alerts from the stream\n' });
    const [sent, recorded] = await Promise.all(
      ['even', 'night'].map((topic) => topicContents(connection(), topic)),
    );
    expect(sent?.map(({ value }) => value)).toEqual(recorded?.map(({ value }) => value));
    const times = sent?.map(({ timestampMs }) => timestampMs) ?? [];
    // 12 alerts, 50 ms apart; recorded 10 ms apart.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(900);
  });

  it('does not go with --speed', async () => {
    const { code, stderr } = await command('play-stream', '--dst-topic=no', '--rate=5/s', '--speed=2');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'rubin-alert-sim: --speed goes by the recorded times and --rate by none of them: give one of the two\n',
    });
  });
});
