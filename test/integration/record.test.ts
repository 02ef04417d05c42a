import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainScript, runCommand, startCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { pythonWithAvro, pythonWithKafka } from './support/python.js';
import { runScenarioFile } from './support/scenarios.js';
import { sendTo, withAdmin, writeTopic } from './support/topicContents.js';

const exec = promisify(execFile);
const python = await pythonWithKafka();
/** With Zstandard, which recordings are compressed with. */
const avroPython = await pythonWithAvro();
const script = (name: string): string => join(import.meta.dirname, 'support', name);

let kafka: TestKafka;
/** Of another cluster. */
let other: TestKafka;
let folder: string;

const alerts = 60;
const firstMs = Date.parse('2026-11-27T10:00:00Z');
const at = (index: number): string => new Date(firstMs + 10 * index).toISOString();

beforeAll(async () => {
  const compactsSoon = { 'log.cleaner.backoff.ms': '200' };
  [kafka, other] = await Promise.all([startTestKafka({ serverProperties: compactsSoon }), startTestKafka()]);
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  if (python === undefined) return;
  await withAdmin({ bootstrap: kafka.bootstrap }, (admin) =>
    admin.create({ name: 'foreign', partitions: 4, replication: 1, config: {} }),
  );
  const sizes = [alerts, 4, firstMs].map(String);
  await exec(python, [script('foreign_topic.py'), kafka.bootstrap, 'foreign', ...sizes]);
}, 120_000);
afterAll(async () => {
  await Promise.all([kafka.stop(), other.stop()]);
  await rm(folder, { recursive: true, force: true });
});

type Line = readonly [
  partition: number,
  timestampMs: number,
  key: string | null,
  value: string | null,
  headers: unknown,
];

async function lines(...args: readonly string[]): Promise<readonly Line[]> {
  const { stdout } = await exec(
    (args[0] === 'file' ? avroPython : python) ?? '',
    [script('read_topic.py'), ...args],
    { maxBuffer: 2 ** 26 },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
const inTopic = (name: string, { bootstrap } = kafka) => lines('topic', bootstrap, name);
const untimed = (of: readonly Line[]) => of.map(([partition, , ...rest]) => [partition, ...rest]);
const command = (name: string, ...more: readonly string[]) =>
  runCommand([name, '-B', kafka.bootstrap, ...more]);
const record = (topic: string, file: string, ...more: readonly string[]) =>
  command('record', `--src-topic=${topic}`, file, ...more);
const fileOf = (name: string): string => join(folder, name);

describe.skipIf(python === undefined)('a topic of others', () => {
  it('is replayed by its timestamps: values, keys, headers, partitions and order', async () => {
    const options = ['--src-topic=foreign', '--dst-topic=replayed', '--dst-topic-partitions=4'];
    const played = await command('play-stream', ...options, '-v');
    expect(played).toMatchObject({ code: 0, stdout: `played ${alerts} alerts from the stream\n` });
    const replayed = await inTopic('replayed');
    expect(untimed(replayed)).toEqual(untimed(await inTopic('foreign')));
    const times = replayed.map(([, timestampMs]) => timestampMs);
    const span = Math.max(...times) - Math.min(...times);
    expect(span).toBeGreaterThan(alerts * 10 - 100);
  });

  it('is replayed in part, faster, and into another cluster', async () => {
    const [from, to] = [at(20), at(40)];
    const options = [
      '--src-topic=foreign',
      '--dst-topic=part',
      `--from=${from}`,
      `--to=${to}`,
      '--speed=1000',
    ];
    const source = [`--src-broker=${kafka.bootstrap}`, '--src-property=client.id=part'];
    const played = await runCommand(['play-stream', '-B', other.bootstrap, ...options, ...source]);
    expect(played).toMatchObject({ code: 0, stdout: 'played 20 alerts from the stream\n' });
    const expected = (await inTopic('foreign'))
      .filter(([, timestampMs]) => timestampMs >= Date.parse(from) && timestampMs < Date.parse(to))
      .map(([, , , value]) => value);
    const found = (await inTopic('part', other)).map(([, , , value]) => value);
    expect([...found].sort()).toEqual([...expected].sort());
  });

  it(
    'is the alerts of a scenario, with what it needs for accounting besides',
    { timeout: 60_000 },
    async () => {
      const yaml = `
kafka: {bootstrap: ${kafka.bootstrap}}
alerts: {topic: {name: foreign, from: '${at(0)}'}}
reservoir: {topic: run-reservoir, partitions: 2, workers: 2}
stream: {topic: run-stream, partitions: 4}
replay: {workers: 2, phases: [{name: fast, pace: recorded, speed: 10}]}
consumers: {groups: 1}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
expect: {achievedRate: any}
`;
      const { code, summary } = await runScenarioFile(folder, 'from-topic', yaml);
      expect({ code, counts: summary.counts }).toMatchObject({ code: 0, counts: { acked: alerts, lost: 0 } });
      expect(await inTopic('run-reservoir')).toEqual(await inTopic('foreign'));
      const streamed = untimed(await inTopic('run-stream'));
      const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
      expect(streamed.sort(byText)).toEqual(untimed(await inTopic('foreign')).sort(byText));
    },
  );
});

describe.skipIf(python === undefined)('a topic with gaps', () => {
  const connection = () => ({ bootstrap: kafka.bootstrap });
  const config = {
    'cleanup.policy': 'compact,delete',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.01',
  };
  const message = (index: number) => ({
    key: Buffer.from(`object ${index % 10}`),
    value: Buffer.from(`alert ${index}`),
  });

  it('is replayed and recorded as what is left of it', { timeout: 60_000 }, async () => {
    await writeTopic(
      connection(),
      'gaps',
      1,
      Array.from({ length: 100 }, (_, index) => message(index)),
      config,
    );
    // A segment is compacted when the next one has begun.
    await pause(200);
    await sendTo(connection(), 'gaps', [message(100)]);
    await expect
      .poll(async () => (await inTopic('gaps')).length, { timeout: 30_000, interval: 500 })
      .toBe(11);
    await exec(python ?? '', [script('delete_records.py'), kafka.bootstrap, 'gaps', '0', '95']);
    const left = await inTopic('gaps');
    expect(left.map(([, , , value]) => Buffer.from(value ?? '', 'hex').toString())).toEqual(
      [95, 96, 97, 98, 99, 100].map((index) => `alert ${index}`),
    );
    const options = ['--src-topic=gaps', '--dst-topic=of-gaps', '--speed=100'];
    const played = await command('play-stream', ...options);
    expect(played).toMatchObject({ code: 0, stdout: 'played 6 alerts from the stream\n' });
    expect(untimed(await inTopic('of-gaps'))).toEqual(untimed(left));
    const file = fileOf('gaps.avro');
    expect((await record('gaps', file, '--to=now')).stdout).toMatch('recorded 6 messages, ');
    expect(await lines('file', file)).toEqual(left);
  });
});

describe.skipIf(python === undefined)('a recording', () => {
  it('holds what an independent reader finds in the topic, and becomes the same messages again', async () => {
    const file = fileOf('foreign.avro');
    const recorded = await record('foreign', file, '--to=now');
    expect(recorded).toMatchObject({ code: 0, stderr: '' });
    expect(recorded.stdout).toMatch(`recorded ${alerts} messages, `);
    const original = await inTopic('foreign');
    expect(original).toHaveLength(alerts);
    expect(await lines('file', file)).toEqual(original);

    const made = await command('create-stream', '--dst-topic=again', file);
    expect(made).toMatchObject({ code: 0, stdout: `successfully preloaded stream with ${alerts} alerts\n` });
    expect(await inTopic('again')).toEqual(original);
    const target = ['--dst-topic=again-stream', '--dst-topic-partitions=4', '--speed=100'];
    expect(await command('play-stream', '--src-topic=again', ...target)).toMatchObject({ code: 0 });
    expect(untimed(await inTopic('again-stream'))).toEqual(untimed(original));
  });

  it('is looked into, cut, and named in a scenario', { timeout: 60_000 }, async () => {
    const file = fileOf('looked-into.avro');
    expect(await record('foreign', file, '--to=now')).toMatchObject({ code: 0 });
    const info = await runCommand(['container', 'info', file]);
    expect(info.stdout).toMatch(/recording of +the topic foreign\n(.*\n)*messages +60\n/);
    const count = await runCommand(['container', 'count', file, '--json']);
    expect(JSON.parse(count.stdout)).toMatchObject({
      total: alerts,
      partitions: [{ messages: 20 }, { messages: 20 }, { messages: 20 }, { messages: 0, firstOffset: -1 }],
    });
    const head = fileOf('head.avro');
    expect(await runCommand(['container', 'head', '7', file, '--out', head])).toMatchObject({ code: 0 });
    const cut = await runCommand(['container', 'info', head]);
    expect(cut.stdout).toMatch(/recording of +the topic foreign\n(.*\n)*messages +7\n(.*\n)*partitions +4\n/);
    const yaml = `
kafka: {bootstrap: ${kafka.bootstrap}}
alerts: {file: ${file}}
reservoir: {topic: file-reservoir}
stream: {topic: file-stream, partitions: 2}
replay: {phases: [{name: steady, rate: 200/s, duration: 1s}]}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
expect: {achievedRate: any}
`;
    const { code } = await runScenarioFile(folder, 'from-recording', yaml);
    expect(code).toBe(0);
    expect(await inTopic('file-reservoir')).toEqual(await inTopic('foreign'));
  });

  it('goes on behind its last messages, a block that was cut off is removed', async () => {
    const file = fileOf('resumed.avro');
    expect(await record('foreign', file, '--count=25')).toMatchObject({ code: 0 });
    const wholeBytes = (await stat(file)).size;
    // A head that promises more than there is.
    await appendFile(file, Buffer.from([0x14, 0x90, 0x4e, 1, 2, 3]));
    const resumed = await record('foreign', file, '--resume', '--to=now');
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.stderr).toMatch(/25 messages already(.|\n)*removed 6 B/);
    expect(resumed.stdout).toMatch('recorded 35 messages, ');
    expect(await lines('file', file)).toEqual(await inTopic('foreign'));
    await truncate(file, wholeBytes - 3);
    const cut = await record('foreign', file, '--resume', '--to=now');
    expect(cut.stdout).toMatch('recorded 60 messages, ');
    expect((await record('foreign', file, '--resume', '--to=now')).stdout).toMatch('recorded 0 messages, ');
    expect(await lines('file', file)).toEqual(await inTopic('foreign'));
  });
});

describe('record', () => {
  it('follows a topic until Ctrl-C, and the file is whole then', async () => {
    const message = (index: number) => ({ value: Buffer.from(`message ${index}`) });
    await writeTopic({ bootstrap: kafka.bootstrap }, 'live', 1, [1, 2, 3].map(message));
    const file = fileOf('live.avro');
    const args = ['record', '-B', kafka.bootstrap, '--src-topic=live', file];
    const running = startCommand(args);
    await expect
      .poll(() => (existsSync(file) ? stat(file).then(({ size }) => size) : 0))
      .toBeGreaterThan(700);
    running.child.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 130 });
    expect(ended.stdout).toMatch('recorded 3 messages, ');
    const info = await runCommand(['container', 'info', file, '--json']);
    expect(JSON.parse(info.stdout)).toMatchObject({ messages: 3, topic: 'live', bytes: 27 });
  });

  it('keeps what it has written when the disk is full, and goes on when there is room', async () => {
    const large = Array.from({ length: 4 }, () => ({ value: randomBytes(900_000) }));
    await writeTopic({ bootstrap: kafka.bootstrap }, 'large', 1, large);
    const file = fileOf('large.avro');
    const args = ['record', '-B', kafka.bootstrap, '--src-topic=large', '--codec=null', '--to=now', file];
    // Files of up to 2 MB.
    const limited = ['-c', 'ulimit -f 2000; exec "$@"', 'bash', process.execPath, mainScript, ...args];
    const { stderr, code } = await exec('bash', limited).then(
      () => ({ stderr: '', code: 0 }),
      (thrown: unknown) => thrown as { stderr: string; code: number },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/the file is whole, with 2 messages of this recording: .*--resume/);
    expect((await runCommand([...args, '--resume'])).stdout).toMatch('recorded 2 messages, ');
    const info = await runCommand(['container', 'info', file, '--json']);
    expect(JSON.parse(info.stdout)).toMatchObject({ messages: 4, bytes: 3_600_000 });
  });

  it('ends by itself after a time, and begins with what is new', async () => {
    const file = fileOf('timed.avro');
    const recorded = await record('live', file, '--for=200ms');
    expect(recorded).toMatchObject({ code: 0, stderr: '' });
    expect(recorded.stdout).toMatch('recorded 0 messages, ');
  });

  const none = (name: string): string => join(tmpdir(), 'no-such-folder', name);
  it.each([
    ['a topic that is missing', 'nowhere', () => fileOf('1.avro'), [], 2, /topic nowhere does not exist/],
    ['times without messages', 'live', () => fileOf('2.avro'), ['--to=-30d'], 2, /has no messages before 20/],
    [
      'an end before the beginning',
      'live',
      () => fileOf('3.avro'),
      ['--from=now', '--to=-1h'],
      2,
      /--from now is not before --to -1h/,
    ],
    [
      'what is no instant',
      'live',
      () => fileOf('4.avro'),
      ['--from=yesterday'],
      2,
      /--from yesterday must be an instant/,
    ],
    ['a file that exists', 'live', () => script('python.ts'), [], 2, /exists already: .*--resume.*--force/],
    ['a folder that does not exist', 'live', () => none('5.avro'), [], 2, /its folder does not exist/],
    ['a device', 'live', () => '/dev/null', ['--force', '--to=now'], 2, /is not a file that can be written/],
    ['what cannot be resumed', 'live', () => script('python.ts'), ['--resume'], 2, /not an Avro container/],
    [
      'a cluster that is down',
      'live',
      () => fileOf('6.avro'),
      ['-B', '127.0.0.1:1', '--timeout-sec=1'],
      3,
      /cannot reach/,
    ],
  ])('rejects %s', async (_what, topic, file, more, code, sentence) => {
    const rejected = await record(topic, file(), ...more);
    expect(rejected).toMatchObject({ code, stdout: '' });
    expect(rejected.stderr).toMatch(sentence);
    expect(rejected.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('rejects the recording of another topic, and one that the topic does not reach any more', async () => {
    const file = fileOf('of-live.avro');
    expect(await record('live', file, '--to=now')).toMatchObject({ code: 0 });
    const before = await readFile(file);
    await writeTopic({ bootstrap: kafka.bootstrap }, 'some', 1, [{ value: Buffer.from('one') }]);
    const others = await record('some', file, '--resume');
    expect(others).toMatchObject({ code: 2 });
    expect(others.stderr).toMatch(/it is a recording of the topic live/);
    await withAdmin({ bootstrap: kafka.bootstrap }, (admin) => admin.remove('live'));
    await writeTopic({ bootstrap: kafka.bootstrap }, 'live', 1, [{ value: Buffer.from('anew') }]);
    const anew = await record('live', file, '--resume', '--to=now');
    expect(anew).toMatchObject({ code: 2 });
    expect(anew.stderr).toMatch(/it was made anew/);
    expect(await readFile(file)).toEqual(before);
  });
});

describe('play-stream', () => {
  it('rejects a part of a reservoir, and partitions that the stream does not have', async () => {
    const file = fileOf('synthetic.avro');
    await runCommand(['generate', file, '--alerts-per-visit=3', '--mean-bytes=30000', '--no-cutouts']);
    await command('create-stream', '--dst-topic=reservoir', file);
    const part = await command('play-stream', '--src-topic=reservoir', '--dst-topic=x', '--from=-1h');
    expect(part).toMatchObject({ code: 2 });
    expect(part.stderr).toMatch(/reservoir is a reservoir/);
    await writeTopic({ bootstrap: kafka.bootstrap }, 'three', 3, [{ value: Buffer.from('one') }]);
    const kept = await command('play-stream', '--src-topic=three', '--dst-topic=x', '--keep-partitions');
    expect(kept).toMatchObject({ code: 2 });
    expect(kept.stderr).toMatch(/three has 3 partitions and x only 1.*--dst-topic-partitions 3/);
    expect(
      await withAdmin({ bootstrap: kafka.bootstrap }, (admin) => admin.partitionsOf('x')),
    ).toBeUndefined();
  });
});
