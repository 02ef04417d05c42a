import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import avsc from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticSchemaText } from '../../src/alerts/synthetic/schemaText.js';
import { freePorts } from '../../src/broker/ports.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import { runCommand, startCommand, type CommandResult, type RunningCommand } from './support/commandLine.js';
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

describe('run with visits: forever', () => {
  it('sends each alert of the generator once, with two producers and no reservoir', async () => {
    const scenario = join(folder, 'ahead.yaml');
    await writeFile(
      scenario,
      `name: ahead
kafka: {bootstrap: "${kafka.bootstrap}", jmx: none}
alerts: {synthetic: {visits: forever, alertsPerVisit: 30, cadence: 500ms, detectors: 3, meanBytes: 5000, cutouts: false}}
reservoir: {topic: ahead-reservoir, schemaId: 7}
stream: {topic: ahead, partitions: 3}
replay:
  workers: 2
  phases:
    - {name: visits, visits: {cadence: 500ms, burst: 200ms, detectors: 3, alerts: 30}, count: 4}
    - {name: steady, rate: 50/s, duration: 1s}
consumers: {groups: 1, members: 1}
`,
    );
    const { code, stderr } = await runCommand(['run', scenario, '--out', join(folder, 'runs')]);
    // A busy machine may be late: then it says so.
    expect([0, 5], stderr).toContain(code);
    const maker = createAlertMaker({
      ...{
        visits: 6,
        alertsPerVisit: 30,
        cadenceSeconds: 0.5,
        detectors: 3,
        meanBytes: 5000,
        cutouts: false,
      },
    });
    const expected = Array.from({ length: 170 }, (_, index) => frameAlert(7, maker.alertAt(index).bytes));
    const sent = await topicContents(connection(), 'ahead');
    const texts = (values: readonly (Buffer | null)[]): string[] =>
      values.map((value) => value?.toString('base64') ?? '').sort();
    expect(texts(sent.map(({ value }) => value))).toEqual(texts(expected));
    expect(await withAdmin(connection(), (admin) => admin.partitionsOf('ahead-reservoir'))).toBeUndefined();
  });
});

/** Each alert of a topic with what a consumer sees of it. */
async function seenIn(
  topic: string,
): Promise<{ id: bigint; mjd: number; visit: number; timestampMs: number }[]> {
  const messages = await topicContents(connection(), topic);
  const scanner = avsc.Type.forSchema(JSON.parse(syntheticSchemaText()) as avsc.Schema, {
    registry: { long: bigLong },
  });
  return messages.map(({ value, timestampMs }) => {
    const alert = scanner.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as {
      diaSourceId: bigint;
      diaSource: { midpointMjdTai: number; visit: bigint };
    };
    const { midpointMjdTai: mjd, visit } = alert.diaSource;
    return { id: alert.diaSourceId, mjd, visit: Number(visit), timestampMs };
  });
}

/** The time of an alert on the clock of people: TAI is 37 s ahead of UTC. */
const utcMsOf = (mjd: number): number => (mjd - 40_587 - 37 / 86_400) * 86_400_000;

const serve = (topic: string, ...more: readonly string[]): RunningCommand =>
  startCommand(at('serve-stream', `--dst-topic=${topic}`, '--registry=none', ...more));

/** Small and quick. */
const quick = ['--alerts=20', '--cadence=300ms', '--burst=100ms', '--mean-bytes=5000', '--no-cutouts'];

describe('serve-stream', () => {
  it('sends visits with new ids and times from now, into a topic with bounded retention, until SIGTERM', async () => {
    const running = serve('endless', ...quick, '--retention=40MB', '--dst-topic-partitions=2');
    await running.prints(/(.*visits? (of|from) .*\n){8}/);
    const endingMs = performance.now();
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(performance.now() - endingMs).toBeLessThan(5000);
    expect(code).toBe(0);
    const [, visits, alerts] = /^served ([\d,]+) visits: ([\d,]+) alerts, .*\n$/m.exec(stdout) ?? [];
    const seen = await seenIn('endless');
    // What was acknowledged is there, and nothing else.
    expect(seen).toHaveLength(Number(alerts?.replace(',', '')));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    const numbers = [...new Set(seen.map(({ visit }) => visit))].sort((a, b) => a - b);
    expect(numbers).toHaveLength(Number(visits));
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual(numbers.map((_, index) => index));
    for (const { mjd, timestampMs } of seen)
      expect(Math.abs(timestampMs - utcMsOf(mjd))).toBeLessThan(20_000);
    expect(await topicOverrides(kafka.bootstrap, 'endless')).toMatchObject({
      ...{ 'retention.bytes': '20000000', 'segment.bytes': '4194304' },
    });
  });

  it('goes on where it is started again: other ids, the same topic, which stays as it is', async () => {
    const again = serve('endless', ...quick, '--visits=3', '--dst-topic-partitions=7');
    expect(await again.ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('served 3 visits') as string,
    });
    const seen = await seenIn('endless');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(await withAdmin(connection(), (admin) => admin.partitionsOf('endless'))).toBe(2);
  });

  it('passes through files again and again, with new ids, and the times and numbers of their visits', async () => {
    const small = join(folder, 'small.avro');
    const options = ['--visits=1', '--alerts-per-visit=10', '--mean-bytes=5000', '--no-cutouts'];
    expect(await runCommand(['generate', small, ...options])).toMatchObject({ code: 0 });
    const packed = join(folder, 'small.avro.gz');
    await writeFile(packed, gzipSync(await readFile(small)));
    const running = serve('passes', '--cadence=300ms', '--burst=100ms', '--visits=6', packed);
    expect(await running.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/served 6 visits: 60 alerts/) as string,
    });
    const seen = await seenIn('passes');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(60);
    expect(new Set(seen.map(({ visit }) => visit)).size).toBe(6);
    expect(new Set(seen.map(({ mjd }) => mjd)).size).toBe(6);
    for (const { mjd, timestampMs } of seen)
      expect(Math.abs(timestampMs - utcMsOf(mjd))).toBeLessThan(20_000);
  });

  it('waits for a broker that was killed, sends late what is not too late, and loses nothing that it counted', async () => {
    const running = serve('outage', ...quick, '--late=8s', '--health=0', '--dst-topic-partitions=2');
    await running.prints(/(.*visits? (of|from) .*\n){3}/);
    kafka.kill();
    // Longer than an alert may be late.
    await running.prints(/left out because they would have been too late|has acknowledged nothing for/);
    await kafka.restart();
    await running.prints(/acknowledges again/);
    await running.prints(/ late[^\n]*\n(?:.*\n)*?(?:.*alerts, [\d.,]+ \w+, ack p99.*\n){2}/);
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    const count = (what: string): number =>
      Number((new RegExp(`([\\d,]+) ${what}`).exec(last)?.[1] ?? '0').replaceAll(',', ''));
    const [acked, visits] = [count('alerts'), count('visits')];
    const beside = count('left out') + count('without an acknowledgement');
    expect(count('late')).toBeGreaterThan(0);
    expect(beside).toBeGreaterThan(0);
    expect(visits * 20 - (acked + beside)).toBeLessThan(20);
    const seen = await seenIn('outage');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    // One that was not acknowledged in time may have arrived.
    expect(seen.length).toBeGreaterThanOrEqual(acked);
    expect(seen.length).toBeLessThanOrEqual(acked + count('without an acknowledgement'));
  }, 120_000);

  it('is ready while alerts are acknowledged, and keeps its memory', async () => {
    const [port = 0] = await freePorts(1);
    const running = serve('steady', ...quick, `--health=${port}`, '--buffer=16MB');
    const status = async (
      path: string,
    ): Promise<{ code: number; body: { rssBytes: number; visits: number } }> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { code: answer.status, body: (await answer.json()) as { rssBytes: number; visits: number } };
    };
    await running.prints(/^serving /m);
    expect([(await status('/ready')).code, (await status('/live')).code]).toEqual([503, 200]);
    await running.prints(/(.*visits? (of|from) .*\n){6}/);
    const before = await status('/ready');
    expect(before.code).toBe(200);
    const visitsOf = (text: RegExp): Promise<void> => running.prints(text);
    await visitsOf(/(.*visits? (of|from) .*\n){30}/);
    const after = await status('/ready');
    expect(after.body.visits - before.body.visits).toBeGreaterThan(60);
    // The buffer was written round several times: 20 alerts of 5 kB each 0.3 s are 10 MB in that time.
    expect(after.body.rssBytes - before.body.rssBytes).toBeLessThan(60e6);
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });
  }, 120_000);

  it.each([
    [
      'a burst longer than the cadence',
      ['--cadence=1s', '--burst=2s'],
      2,
      /--burst is longer than --cadence/,
    ],
    ['files that are none', ['no-such-file.avro'], 2, /no-such-file\.avro/],
    ['options out of range', ['--mean-bytes=5'], 2, /--mean-bytes/],
  ])('rejects %s before it begins', async (_, options, code, message) => {
    const ended = await serve('never-served', ...options).ended;
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({
      code,
      stderr: expect.stringMatching(message) as string,
    });
    expect(await withAdmin(connection(), (admin) => admin.partitionsOf('never-served'))).toBeUndefined();
  });
});

/** Rubin's ids are beyond 2^53. */
const bigLong = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});
