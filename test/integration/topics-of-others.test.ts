import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import rdkafka from 'node-rdkafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMessageSender } from '../../src/workers/messageSender.js';
import { runCommand, startCommand } from './support/commandLine.js';
import { testAlerts, writeTestContainer } from './support/containers.js';
import { topicOverrides } from './support/kafkaTools.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { runScenarioFile, startScenario, type FinishedScenario } from './support/scenarios.js';
import { topicContents, withAdmin, writeTopic } from './support/topicContents.js';

let kafka: TestKafka;
let folder: string;
/** Twelve alerts within 0.11 s. */
let file: string;

beforeAll(async () => {
  kafka = await startTestKafka({ kafkaDefaults: true });
  folder = await mkdtemp(join(tmpdir(), 'topics-'));
  file = join(folder, 'alerts.avro');
  await writeTestContainer(file, testAlerts(12, 0.01, 1500), 'deflate');
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const connection = (): { bootstrap: string } => ({ bootstrap: kafka.bootstrap });
const command = (name: string, ...more: readonly string[]) =>
  runCommand([name, '-B', kafka.bootstrap, ...more]);
const create = (topic: string, ...more: readonly string[]) =>
  command('create-stream', `--dst-topic=${topic}`, ...more);
const play = (from: string, to: string, ...more: readonly string[]) =>
  command('play-stream', `--src-topic=${from}`, `--dst-topic=${to}`, ...more);
const partitionsOf = (topic: string) => withAdmin(connection(), (admin) => admin.partitionsOf(topic));
const valuesOf = async (topic: string): Promise<(string | undefined)[]> =>
  (await topicContents(connection(), topic)).map(({ value }) => value?.toString());

/** The test machine may be busy: when alerts are sent is not what these tests are about. */
const scenario = (reservoir: string, stream: string, readers = 0): string => `
kafka: {bootstrap: ${kafka.bootstrap}}
alerts: {file: ${file}}
reservoir: {topic: ${reservoir}, partitions: 2}
stream: {topic: ${stream}, partitions: 2}
replay: {phases: [{name: steady, rate: 100/s, duration: 1s}]}
consumers: {groups: ${readers}}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
expect: {achievedRate: any}
`;

/** A run that must end before it has created its folder. */
async function refusedRun(name: string, yaml: string, ...args: readonly string[]) {
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, `name: ${name}\n${yaml}`);
  return runCommand(['run', path, '--out', join(folder, 'none'), ...args]);
}

describe('a look at a topic that does not exist', () => {
  it('creates nothing', async () => {
    const { code, stderr } = await play('typo', 'typo-stream');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/typo does not exist/) as string,
    });
    const waiting = startCommand(['print-stream', '-B', kafka.bootstrap, '--src-topic=typo']);
    await waiting.prints(/typo/);
    waiting.child.kill('SIGINT');
    expect(await waiting.ended).toMatchObject({ code: 130 });
    expect([await partitionsOf('typo'), await partitionsOf('typo-stream')]).toEqual([undefined, undefined]);
  });

  it('leaves new names for their first use', async () => {
    expect(await create('first', file)).toMatchObject({ code: 0, stderr: '' });
    expect(await play('first', 'first-stream')).toMatchObject({ code: 0, stderr: '' });
    expect(await topicOverrides(kafka.bootstrap, 'first-stream')).toMatchObject({
      'cleanup.policy': 'delete',
    });
  });
});

describe('run', () => {
  it.each(['stream', 'reservoir'])('leaves a %s of others alone', { timeout: 60_000 }, async (which) => {
    const theirs = `theirs-${which}`;
    await writeTopic(connection(), theirs, 2, [{ value: Buffer.from('theirs') }]);
    const other = `other-of-${which}`;
    const yaml = which === 'stream' ? scenario(other, theirs) : scenario(theirs, other);
    const { code, stderr } = await refusedRun(`refused-${which}`, yaml);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`${theirs}.*not made by this program.*--force`));
    expect(await valuesOf(theirs)).toEqual(['theirs']);
    // Neither was the other one made.
    expect(await partitionsOf(other)).toBeUndefined();

    const forced = await runScenarioFile(folder, `forced-${which}`, yaml, ['--force']);
    expect(forced.code).toBe(0);
    const again = await runScenarioFile(folder, `again-${which}`, yaml);
    expect(again.code).toBe(0);
    expect(await valuesOf(theirs)).not.toContain('theirs');
  });

  it('takes a stream that play-stream made, though nothing in its messages says so', async () => {
    await create('played-reservoir', file);
    await play('played-reservoir', 'played', '--dst-topic-partitions=2');
    expect((await topicContents(connection(), 'played')).every(({ headers }) => headers.length === 0)).toBe(
      true,
    );
    const { code } = await runScenarioFile(folder, 'takes-ours', scenario('takes-reservoir', 'played'));
    expect(code).toBe(0);
    expect(await topicContents(connection(), 'played')).toHaveLength(100);
  });

  it('uses an empty topic as it is where it fits, and only where it was never used otherwise', async () => {
    const emptied = async (topic: string, partitions: number): Promise<void> => {
      await writeTopic(connection(), topic, partitions, [{ value: Buffer.from('gone') }]);
      await withAdmin(connection(), (admin) => admin.empty(topic));
    };
    await emptied('empty-fits', 2);
    expect((await runScenarioFile(folder, 'fits', scenario('fits-reservoir', 'empty-fits'))).code).toBe(0);
    const [{ low } = { low: 0 }] = await withAdmin(connection(), (admin) => admin.watermarks('empty-fits'));
    // Its offsets go on: it was not deleted.
    expect(low).toBe(1);
    await emptied('empty-other', 3);
    const refused = await refusedRun('fits-not', scenario('fits-reservoir', 'empty-other'));
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/empty-other.*--force/);
  });
});

describe('an existing stream', () => {
  let finished: FinishedScenario;
  let foreign = 0;
  beforeAll(async () => {
    await writeTopic(
      connection(),
      'shared',
      3,
      Array.from({ length: 50 }, (_, index) => ({ partition: index % 3, value: Buffer.from('theirs') })),
      { 'retention.ms': '7200000' },
    );
    const yaml = scenario('shared-reservoir', 'shared', 2).replace(
      'topic: shared, partitions: 2',
      'topic: shared, existing: true',
    );
    const running = await startScenario(folder, 'existing', yaml);
    const producer = await openMessageSender({
      ...{ connection: connection(), properties: {}, topic: 'shared', timeoutMs: 10_000 },
      onDelivery: () => undefined,
    });
    const others = setInterval(() => {
      producer.trySend(foreign % 3, { value: Buffer.from('theirs') });
      producer.poll();
      foreign += 1;
    }, 5);
    finished = await running.finished.finally(() => {
      clearInterval(others);
    });
    while (producer.inFlight > 0) {
      producer.poll();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await producer.close();
  }, 60_000);

  it("is written to as it is, and only the run's own messages count", async () => {
    expect({ code: finished.code, stderr: finished.code === 0 ? '' : finished.stderr }).toEqual({
      code: 0,
      stderr: '',
    });
    const { counts, groups, verdict } = finished.summary;
    expect(verdict).toBe('passed');
    expect(counts).toMatchObject({ sent: 100, acked: 100, lost: 0, duplicated: 0, outOfOrder: 0 });
    expect(groups.map(({ received, lost }) => ({ received, lost }))).toEqual([
      { received: 100, lost: 0 },
      { received: 100, lost: 0 },
    ]);
    const values = await valuesOf('shared');
    expect(foreign).toBeGreaterThan(50);
    expect(values.filter((value) => value === 'theirs')).toHaveLength(50 + foreign);
    expect(values).toHaveLength(150 + foreign);
    expect(await topicOverrides(kafka.bootstrap, 'shared')).toEqual({ 'retention.ms': '7200000' });
  });

  it('does not become ours by that', async () => {
    const { code, stderr } = await refusedRun('not-ours', scenario('shared-reservoir', 'shared'));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/shared.*--force/) as string });
  });

  it('must exist', async () => {
    const yaml = scenario('shared-reservoir', 'nowhere').replace(
      'partitions: 2}\nreplay',
      'existing: true}\nreplay',
    );
    const { code, stderr } = await refusedRun('nowhere', yaml);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/nowhere does not exist/) as string,
    });
    expect(await partitionsOf('nowhere')).toBeUndefined();
  });
});

describe('play-stream --append', () => {
  it('adds to a topic as it is, and is named where a topic exists', async () => {
    await create('append-reservoir', file);
    await writeTopic(connection(), 'appended', 2, [{ value: Buffer.from('theirs') }]);
    const refused = await play('append-reservoir', 'appended');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/^rubin-alert-sim: Topic already exists: appended\. .*--append.*--force/);
    const { code, stdout } = await play('append-reservoir', 'appended', '--append');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'played 12 alerts from the stream\n' });
    expect(await topicContents(connection(), 'appended')).toHaveLength(13);
    expect(await partitionsOf('appended')).toBe(2);
    expect(await topicOverrides(kafka.bootstrap, 'appended')).toEqual({});
    expect(await play('append-reservoir', 'appended', '--append', '--force')).toMatchObject({ code: 2 });
  });
});

describe('overwriting', () => {
  it.each([
    ['a setting that Kafka does not know', ['--topic-config=retention.ms=soon'], /retention\.ms/],
    [
      'client properties that contradict each other',
      ['-X', 'acks=1', '-X', 'enable.idempotence=true'],
      /acks/,
    ],
    ['transactions', ['-X', 'transactional.id=x'], /transactional\.id/],
    ['acknowledgements that every broker rejects', ['-X', 'acks=9'], /acks must be one of all, -1, 0, 1/],
    ['a file that is none', [], /alerts|container|Avro/i],
  ])('deletes nothing with %s', async (what, args, message) => {
    for (const partitions of [1, 2]) {
      // With another number of partitions it would be deleted, else emptied.
      const topic = `kept-${what.replaceAll(' ', '-')}-${partitions}`;
      await writeTopic(connection(), topic, partitions, [{ value: Buffer.from('kept') }]);
      const of = what.startsWith('a file') ? join(folder, 'kept.yaml') : file;
      if (of !== file) await writeFile(of, 'no container');
      const { code, stderr } = await create(topic, '--force', ...args, of);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) as string });
      expect(await valuesOf(topic)).toEqual(['kept']);
    }
  });

  it.each([['acks=1'], ['retries=0'], ['max.in.flight=100']])(
    'does what -X %s asks for',
    async (property) => {
      const topic = `chosen-${property.replace('=', '-')}`;
      const made = await create(topic, '-X', property, '--verbose', file);
      expect(made).toMatchObject({ code: 0 });
      const played = await runCommand([
        ...['--verbose', 'play-stream', '-B', kafka.bootstrap, `--src-topic=${topic}`],
        ...[`--dst-topic=${topic}-stream`, '-X', property],
      ]);
      expect(played).toMatchObject({ code: 0, stdout: 'played 12 alerts from the stream\n' });
      expect(played.stderr).toMatch(new RegExp(`not idempotent, because of ${property}`));
    },
  );

  it('empties a stream, so that readers go on, and replaces its settings', { timeout: 60_000 }, async () => {
    await create('reread', file);
    const config = ['--topic-config=retention.ms=7200000'];
    await play('reread', 'reread-stream', ...config);
    const reader = startCommand(['print-stream', '-B', kafka.bootstrap, '--src-topic=reread-stream']);
    await reader.prints(/(.*id=.*\n){12}/);
    expect(await play('reread', 'reread-stream', '--force')).toMatchObject({ code: 0 });
    await reader.prints(/(.*id=.*\n){24}/);
    // With another number of partitions the topic is created again.
    expect(await play('reread', 'reread-stream', '--force', '--dst-topic-partitions=3')).toMatchObject({
      code: 0,
    });
    await reader.prints(/(.*id=.*\n){36}/);
    // Another program deletes it and creates it again.
    await withAdmin(connection(), async (admin) => {
      await admin.remove('reread-stream');
      await admin.create({ name: 'reread-stream', partitions: 3, replication: 1, config: {} });
    });
    expect(await play('reread', 'reread-stream', '--append')).toMatchObject({ code: 0 });
    await reader.prints(/(.*id=.*\n){48}/);
    reader.child.kill('SIGINT');
    expect((await reader.ended).stdout.match(/id=/g)).toHaveLength(48);
  });
});

describe('a reservoir that was copied with transactions', () => {
  it.each([
    ['is played, whose markers are no alerts', 20, 20, 0, 'played 20 alerts from the stream\n'],
    ['is rejected where alerts are missing, though the offsets add up', 19, 20, 2, ''],
  ])('%s', async (_what, sent, noted, code, stdout) => {
    const topic = `transactions-${code}`;
    await writeTopic(connection(), topic, 2, []);
    await sendInTransactions(topic, sent, noted);
    const watermarks = await withAdmin(connection(), (admin) => admin.watermarks(topic));
    expect(watermarks.reduce((sum, { low, high }) => sum + high - low, 0)).toBeGreaterThan(noted);
    const played = await play(topic, `${topic}-stream`);
    expect({ code: played.code, stdout: played.stdout }).toEqual({ code, stdout });
    if (code !== 0) expect(played.stderr).toMatch(/holds 19 of the 20 alerts/);
  });
});

/** Four alerts a transaction, over two partitions; the transaction after each is aborted. */
async function sendInTransactions(topic: string, count: number, noted: number): Promise<void> {
  const producer = new rdkafka.Producer({
    'bootstrap.servers': kafka.bootstrap,
    'transactional.id': topic,
  });
  const done = (call: (finish: (error: unknown) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      call((error) => {
        if (error === null || error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error(JSON.stringify(error)));
      });
    });
  await done((finish) => producer.connect({}, finish));
  await done((finish) => {
    producer.initTransactions(10_000, finish);
  });
  const send = (index: number): void => {
    const headers = [
      { 'alertsim-time-offset': (index * 0.01).toFixed(2) },
      { 'alertsim-sequence': `${index + 1}/${noted}` },
    ];
    producer.produce(topic, index % 2, Buffer.from(`alert ${index}`), null, null, null, headers);
  };
  for (let from = 0; from < count; from += 4) {
    await done((finish) => {
      producer.beginTransaction(finish);
    });
    for (let index = from; index < Math.min(count, from + 4); index += 1) send(index);
    await done((finish) => {
      producer.commitTransaction(10_000, finish);
    });
    await done((finish) => {
      producer.beginTransaction(finish);
    });
    send(from);
    await done((finish) => {
      producer.flush(5000, finish);
    });
    await done((finish) => {
      producer.abortTransaction(10_000, finish);
    });
  }
  await done((finish) => producer.disconnect(finish));
}

describe('the scenario file in a manifest', () => {
  it('says what the existing stream was', async () => {
    const [run = ''] = await readRuns('runs-existing');
    const manifest = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8')) as {
      scenario: { stream: { existing: boolean; partitions: number } };
    };
    expect(manifest.scenario.stream).toMatchObject({ existing: true, partitions: 3 });
  });
});

async function readRuns(name: string): Promise<string[]> {
  return (await readdir(join(folder, name))).map((run) => join(folder, name, run));
}
