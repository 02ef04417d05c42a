import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import avsc from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainScript, runCommand, startCommand } from './support/commandLine.js';
import { testAlerts, testSchema, writeTestContainer } from './support/containers.js';
import { topicOverrides } from './support/kafkaTools.js';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { crc32 } from '../../src/alerts/codecs.js';
import { openContainer } from '../../src/alerts/container.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import type { MessageHeaders } from '../../src/kafka/producer.js';
import { keyPartitioner, type KeyPartitioner } from '../../src/workers/keyPartitioner.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { headerOf, sendTo, topicContents, withAdmin, writeTopic } from './support/topicContents.js';
import { containerOf, tarOf } from '../alerts/support/archives.js';
import { surveySchemas } from '../alerts/support/surveyAlerts.js';

let kafka: TestKafka;
let folder: string;
/** Twelve alerts within 0.11 s, in blocks of a few. */
let file: string;
let records: readonly Buffer[];
beforeAll(async () => {
  kafka = await startTestKafka({ kafkaDefaults: true });
  folder = await mkdtemp(join(tmpdir(), 'streams-'));
  file = join(folder, 'alerts.avro');
  records = await writeTestContainer(file, testAlerts(12, 0.01, 1500), 'deflate');
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const connection = (): { bootstrap: string } => ({ bootstrap: kafka.bootstrap });
const create = (topic: string, ...more: readonly string[]): readonly string[] => [
  ...['create-stream', '-B', kafka.bootstrap, `--dst-topic=${topic}`],
  ...more,
];
const play = (from: string, to: string, ...more: readonly string[]): readonly string[] => [
  ...['play-stream', '-B', kafka.bootstrap, `--src-topic=${from}`, `--dst-topic=${to}`],
  ...more,
];

describe('from a container to a stream', () => {
  const reservoir = 'example';
  const stream = 'played';

  it('preloads every alert, framed and in order, and says so', async () => {
    const result = await runCommand(create(reservoir, '--schema-id', '701', file));
    expect(result).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'successfully preloaded stream with 12 alerts\n',
    });
    const stored = await topicContents(connection(), reservoir);
    const frame = Buffer.from([0, 0, 0, 0x02, 0xbd]);
    expect(stored.map(({ value }) => value)).toEqual(records.map((avro) => Buffer.concat([frame, avro])));
    expect(stored.map((message) => headerOf(message, 'alertsim-sequence')).at(-1)).toBe('12/12');
    expect(stored.every(({ key }) => key === null)).toBe(true);
  });

  it('sends each byte as it is, also of more than it holds at once', { timeout: 60_000 }, async () => {
    const large = join(folder, 'large.avro');
    const made = await runCommand(['generate', large, '--alerts-per-visit', '600', '--mean-bytes', '113500']);
    expect(made).toMatchObject({ code: 0 });
    expect(await runCommand(create('large', large))).toMatchObject({ code: 0 });
    const stored = await topicContents(connection(), 'large');
    expect(stored.map(({ value }) => digest((value ?? Buffer.alloc(0)).subarray(5)))).toEqual(
      await digestsOf(large),
    );
    expect(stored.map((message) => headerOf(message, 'alertsim-sequence')).slice(-2)).toEqual([
      '599/600',
      '600/600',
    ]);
  });

  it('replays it as it is, and logs the rate as the original does', async () => {
    const result = await runCommand(['--verbose', ...play(reservoir, stream)]);
    expect(result).toMatchObject({ code: 0, stdout: 'played 12 alerts from the stream\n' });
    expect(result.stderr).toMatch(
      /^INFO:rubin-alert-sim\.play:sent 12 alerts in \d+\.\d\ds \(\d+\.\d\d\/s\)$/m,
    );
    expect(result.stderr).toMatch(
      /^INFO:rubin-alert-sim\.play:lag behind schedule: p50 .*, p99 .*, max .*$/m,
    );
    const [stored, streamed] = [
      await topicContents(connection(), reservoir),
      await topicContents(connection(), stream),
    ];
    expect(streamed.map(({ value }) => value)).toEqual(stored.map(({ value }) => value));
    // As Rubin's alerts: nothing of ours.
    expect(streamed.every(({ headers }) => headers.length === 0)).toBe(true);
  });

  it('gives each alert the time stamp of a producer, where it is asked for', async () => {
    const topic = 'stamped';
    const beforeMs = Date.now();
    expect(await runCommand(play(reservoir, topic, '--producer-timestamp'))).toMatchObject({ code: 0 });
    for (const message of await topicContents(connection(), topic)) {
      expect(message.headers).toHaveLength(1);
      const text = headerOf(message, 'producer_timestamp') ?? '';
      expect(text).toMatch(/^\d{13}\.\d{4}$/);
      expect(Number(text)).toBeGreaterThan(beforeMs);
      expect(Math.abs(Number(text) - message.timestampMs)).toBeLessThan(250);
    }
  });
});

const ztf = surveySchemas.find(({ survey }) => survey === 'ZTF');
/** One container each, as in ZTF's nightly tarballs; the later ones first. */
const containers = [2, 1, 0].map((second) => {
  const value = ztf?.value as Readonly<Record<string, unknown>>;
  const candidate = { ...(value.candidate as object), jd: 2_460_676.5 + second / 86_400 };
  const record = avsc.Type.forSchema(ztf?.schema ?? 'null').toBuffer({
    ...value,
    candid: second,
    candidate,
  });
  return containerOf(ztf?.schema, [[record]]);
});

describe('from files of other kinds to a stream', () => {
  it("sends ZTF's tarball as ZTF's stream, in order of time", async () => {
    const path = join(folder, 'ztf_public_20250101.tar.gz');
    await writeFile(path, gzipSync(tarOf(containers.map((bytes, at) => ({ name: `${at}.avro`, bytes })))));
    expect(await runCommand(create('ztf', path))).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'successfully preloaded stream with 3 alerts\n',
    });
    const stored = await topicContents(connection(), 'ztf');
    expect(stored.map(({ value }) => value)).toEqual([...containers].reverse());
    // A Julian date in a double has a resolution of 40 µs.
    const offsets = stored.map((message) => Number(headerOf(message, 'alertsim-time-offset')));
    offsets.forEach((offset, second) => {
      expect(Math.abs(offset - second)).toBeLessThan(1e-4);
    });
    expect(await runCommand(play('ztf', 'ztf-played'))).toMatchObject({ code: 0 });
    const played = await topicContents(connection(), 'ztf-played');
    expect(played.map(({ value }) => value)).toEqual([...containers].reverse());
  });

  it('takes framed alerts from standard input, and leaves out what is invalid', async () => {
    const [record = Buffer.alloc(0)] = records;
    const value = Buffer.concat([Buffer.from([0, 0, 0, 0x04, 0x4c]), record]);
    const entries = [
      { name: 'a.avro.gz', bytes: gzipSync(value) },
      { name: 'b.avro.gz', bytes: gzipSync(value.subarray(0, -1)) },
    ];
    const schema = join(folder, 'alert.avsc');
    await writeFile(schema, JSON.stringify(testSchema));
    const args = [mainScript, ...create('piped', '--skip-invalid', '--schema', schema, '-')];
    const result = spawnSync(process.execPath, args, { input: tarOf(entries), encoding: 'utf8' });
    expect(result).toMatchObject({ status: 0, stdout: 'successfully preloaded stream with 1 alerts\n' });
    expect(result.stderr).toMatch(/left out 1 invalid alert:\n.*standard input › b\.avro\.gz: its alert /);
    expect((await topicContents(connection(), 'piped')).map((message) => message.value)).toEqual([value]);
  });
});

describe('the pace of a replay', () => {
  it('follows the time offsets, which stand in headers as Python prints them', async () => {
    const path = join(folder, 'paced.avro');
    await writeTestContainer(
      path,
      [0, 0, 1, 2, 2].map((offsetSeconds, index) => ({ id: BigInt(index), offsetSeconds })),
    );
    expect(await runCommand(create('paced', path))).toMatchObject({ code: 0 });
    const stored = await topicContents(connection(), 'paced');
    expect(stored.map((message) => headerOf(message, 'alertsim-time-offset'))).toEqual(
      ['0.0', '0.0', '1.0', '2.0', '2.0'], // prettier-ignore
    );

    expect(await runCommand(play('paced', 'paced-stream'))).toMatchObject({ code: 0 });
    const sent = (await topicContents(connection(), 'paced-stream')).map(({ timestampMs }) => timestampMs);
    const offsetsMs = sent.map((timestampMs) => timestampMs - (sent[0] ?? NaN));
    [0, 0, 1000, 2000, 2000].forEach((dueMs, index) => {
      expect(Math.abs((offsetsMs[index] ?? NaN) - dueMs)).toBeLessThan(250);
    });
  });

  it('keeps the order of a reservoir whose times go back, where it was asked for, and never holds an alert up for it', async () => {
    const path = join(folder, 'unordered.avro');
    const offsets = [0, 0.4, 0.2, -1];
    const alerts = offsets.map((offsetSeconds, index) => ({ id: BigInt(index), offsetSeconds }));
    const unordered = await writeTestContainer(path, alerts);
    await runCommand(create('unordered', '--keep-order', path));
    const result = await runCommand(play('unordered', 'unordered-stream'));
    expect(result).toMatchObject({ code: 0, stdout: 'played 4 alerts from the stream\n' });
    const streamed = await topicContents(connection(), 'unordered-stream');
    expect(streamed.map(({ value }) => value?.subarray(5))).toEqual(unordered);
  });
});

describe('a topic that exists', () => {
  it('is kept, and named with the way out', async () => {
    await writeTopic(connection(), 'mine', 1, [{ value: Buffer.from('mine') }]);
    for (const args of [create('mine', file), play('example', 'mine')]) {
      const result = await runCommand(args);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toMatch(/^rubin-alert-sim: Topic already exists: mine\. .*--force.*\n$/);
    }
    expect((await topicContents(connection(), 'mine')).map(({ value }) => value?.toString())).toEqual([
      'mine',
    ]);
  });

  it.each(['--force', '--create-topic'])(
    'is overwritten with %s, and keeps its alerts for ever',
    async (option) => {
      const topic = `kept${option}`;
      await writeTopic(connection(), topic, 3, [{ value: Buffer.from('old') }], { 'retention.ms': '60000' });
      expect(await runCommand(create(topic, option, file))).toMatchObject({ code: 0 });
      expect(await topicContents(connection(), topic)).toHaveLength(12);
      expect(await topicOverrides(kafka.bootstrap, topic)).toEqual({
        'cleanup.policy': 'delete',
        'delete.retention.ms': '86427182',
        'retention.ms': '-1',
        'retention.bytes': '-1',
      });
    },
  );

  it.each(['--force', '--create-dst-topic'])('is overwritten by play-stream with %s', async (option) => {
    const topic = `again${option}`;
    await writeTopic(connection(), topic, 1, [{ value: Buffer.from('old') }]);
    const result = await runCommand(play('example', topic, option, '--dst-topic-partitions', '3'));
    expect(result).toMatchObject({ code: 0 });
    expect(await topicContents(connection(), topic)).toHaveLength(12);
    expect(await withAdmin(connection(), (admin) => admin.partitionsOf(topic))).toBe(3);
  });

  it('is not touched by a command that is bound to fail', async () => {
    await writeTopic(connection(), 'spared', 1, [{ value: Buffer.from('spared') }]);
    const half = [
      {
        value: Buffer.from('x'),
        headers: [{ 'alertsim-time-offset': '0.0' }, { 'alertsim-sequence': '1/2' }],
      },
    ];
    await writeTopic(connection(), 'half', 1, half);
    const outcomes = await Promise.all([
      runCommand(create('spared', '--force', '--schema-id', '4294967296', file)),
      runCommand(create('spared', '--force', join(folder, 'missing.avro'))),
      runCommand(play('half', 'spared', '--force')),
      runCommand(play('spared', 'spared', '--force')),
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(await topicContents(connection(), 'spared')).toHaveLength(1);
  });
});

describe('a reservoir of several partitions', () => {
  const count = 6000;
  const payloadBytes = 20_000;

  it('is merged by time with bounded memory, again and again', { timeout: 60_000 }, async () => {
    const messages = Array.from({ length: count }, (_, index) => {
      const value = Buffer.alloc(payloadBytes);
      value.writeUInt32BE(index);
      // The first partition ends long before the last one begins, so that memory fills up with one of them.
      const partition = index < count / 3 ? index % 2 : index % 3 === 0 ? 2 : 1;
      return { partition, value, headers: [{ 'alertsim-time-offset': (index * 1e-5).toFixed(6) }] };
    });
    await writeTopic(connection(), 'spread', 3, messages);
    const running = startCommand(play('spread', 'merged', '--repeat-interval', '0', '--verbose'));
    let peakKilobytes = 0;
    const watch = setInterval(() => {
      peakKilobytes = Math.max(peakKilobytes, residentKilobytes(running.child.pid ?? 0));
    }, 50);
    await running.prints(/(sent 6000 alerts[^]*){2}/);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    clearInterval(watch);
    const order = (await topicContents(connection(), 'merged')).map(({ value }) => value?.readUInt32BE());
    expect(order.length).toBeGreaterThanOrEqual(2 * count);
    expect(order.findIndex((id, index) => id !== index % count)).toBe(-1);
    // 64 MB here and 32 MB in librdkafka are read ahead, 128 MB wait for the broker at most.
    if (process.platform === 'linux') expect(peakKilobytes).toBeLessThan(500_000);
  });

  it('gives values, keys and headers on byte for byte, and null as null', async () => {
    const odd = Buffer.from([0xff, 0x00, 0xfe, 0x80]);
    const headers = [
      { first: 'plain' },
      { 'alertsim-time-offset': '0.0' },
      { 'alertsim-sequence': '1/4' },
      { 'alertsim-source': 'cafe' },
      { first: odd },
      { empty: Buffer.alloc(0) },
    ];
    const keys = [odd, Buffer.alloc(0), null, Buffer.from('key')];
    const values = [odd, Buffer.alloc(0), odd, null];
    await writeTopic(
      connection(),
      'odd',
      1,
      keys.map((key, index) => ({ value: values[index] ?? null, key, headers })),
    );
    expect(await runCommand(play('odd', 'odd-stream'))).toMatchObject({ code: 0 });
    const streamed = await topicContents(connection(), 'odd-stream');
    expect(streamed.map(({ key }) => key)).toEqual(keys);
    const hex = (of: MessageHeaders): string[] =>
      of.flatMap((header) =>
        Object.entries(header).map(
          ([name, value]) => `${name}=${Buffer.from(value ?? 'null').toString('hex')}`,
        ),
      );
    expect(streamed.map(({ value }) => value)).toEqual(values);
    for (const { headers: kept } of streamed) {
      expect(hex(kept)).toEqual(
        hex(headers.filter((header) => !(Object.keys(header)[0] ?? '').startsWith('alertsim-'))),
      );
    }
  });
});

describe('alerts with keys', () => {
  const partitions = 5;
  const keyOf = (index: number): Buffer | null =>
    index % 3 === 2 ? null : Buffer.from(`object-${index % 8}`);
  const messages = Array.from({ length: 120 }, (_, index) => ({
    value: Buffer.from(String(index)),
    key: keyOf(index),
    headers: [{ 'alertsim-time-offset': '0.0' }],
  }));

  it.each<[string, string, readonly string[], KeyPartitioner]>([
    ["librdkafka's own partitioner", 'keyed', [], (key = Buffer.alloc(0)) => crc32(key) % partitions],
    [
      "Java's",
      'keyed-java',
      ['-X', 'partitioner=murmur2_random'],
      keyPartitioner(partitions, 'murmur2_random'),
    ],
  ])(
    'stay together by %s, in order, and those without spread',
    async (_whose, name, options, partitionOf) => {
      await writeTopic(connection(), name, 1, messages);
      const args = play(name, `${name}-stream`, `--dst-topic-partitions=${partitions}`, ...options);
      expect(await runCommand(args)).toMatchObject({ code: 0 });
      const streamed = await topicContents(connection(), `${name}-stream`);
      expect(streamed).toHaveLength(messages.length);
      const ids = Array.from({ length: partitions }, (): number[] => []);
      for (const { partition, key, value } of streamed) {
        if (key !== null) expect(partition).toBe(partitionOf(key));
        ids[partition]?.push(Number(value?.toString()));
      }
      expect(ids).toEqual(ids.map((of) => [...of].sort((one, other) => one - other)));
      const keyless = new Set(streamed.filter(({ key }) => key === null).map(({ partition }) => partition));
      expect(keyless.size).toBe(partitions);
    },
  );
});

describe('a replay that repeats', () => {
  it('starts again after each interval, until Ctrl-C', async () => {
    const running = startCommand(play('example', 'loops', '--repeat-interval', '0.6', '--verbose'));
    await running.prints(/(sent 12 alerts in [^]*){3}/);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    const played = Number(/^played (\d+) alerts from the stream$/m.exec(stdout)?.[1]);
    expect(stderr).toMatch(
      new RegExp(`^rubin-alert-sim: interrupted: played ${played} alerts, all of them acknowledged$`, 'm'),
    );
    expect(stderr).not.toContain('unable to keep up');
    const messages = await topicContents(connection(), 'loops');
    expect(messages).toHaveLength(played);
    const firsts = messages.filter((_, index) => index % 12 === 0).map(({ timestampMs }) => timestampMs);
    expect(firsts.length).toBeGreaterThanOrEqual(3);
    firsts.slice(1).forEach((at, index) => {
      expect(Math.abs(at - (firsts[index] ?? NaN) - 600)).toBeLessThan(250);
    });
  });

  it('says that it cannot keep up with an interval shorter than the reservoir', async () => {
    const running = startCommand(play('example', 'late', '--repeat-interval', '0.05'));
    await running.prints(/(unable to keep up[^]*){2}/);
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^WARNING:rubin-alert-sim\.play:unable to keep up with the repeat interval: a pass took 0\.\d\ds, the interval is 0\.05s; the next pass starts 0\.\d\ds late$/m,
    );
  });
});

describe('Ctrl-C', () => {
  it('ends a replay within a pause between alerts, and counts what was sent', async () => {
    const path = join(folder, 'pause.avro');
    await writeTestContainer(path, testAlerts(3, 30));
    await runCommand(create('pause', path));
    const running = startCommand(play('pause', 'pause-stream', '--verbose'));
    await running.prints(/created the topic pause-stream/);
    await untilMessages('pause-stream', 1);
    const before = performance.now();
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stdout: 'played 1 alerts from the stream\n' });
    expect(performance.now() - before).toBeLessThan(3000);
  });

  it('leaves a preload that play-stream does not take for a whole one', async () => {
    const path = join(folder, 'large.avro');
    await writeTestContainer(path, testAlerts(60_000, 0.001, 2000), 'null', 100_000);
    const running = startCommand(create('half-made', path));
    await untilMessages('half-made', 1);
    running.child.kill('SIGINT');
    const result = await running.ended;
    expect(result).toMatchObject({ code: 130, stdout: '' });
    const preloaded = Number(/preloaded (\d+) of 60000 alerts/.exec(result.stderr)?.[1]);
    expect(preloaded).toBeLessThan(60_000);
    expect(await topicContents(connection(), 'half-made')).toHaveLength(preloaded);

    const replayed = await runCommand(play('half-made', 'never'));
    expect(replayed).toMatchObject({ code: 2, stdout: '' });
    expect(replayed.stderr).toMatch(
      new RegExp(
        `^rubin-alert-sim: the reservoir half-made holds ${preloaded} of the 60000 alerts .*--force\n$`,
      ),
    );
    expect(await withAdmin(connection(), (admin) => admin.partitionsOf('never'))).toBeUndefined();
  });

  it('ends the command at once when it is pressed again', async () => {
    kafka.freeze();
    try {
      const running = startCommand(create('frozen', '--timeout-sec', '20', file));
      // The broker takes the connection and never answers.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      running.child.kill('SIGINT');
      // Sooner, it would count as the same Ctrl-C, handed on twice.
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(running.child.exitCode).toBeNull();
      running.child.kill('SIGINT');
      expect(await running.ended).toMatchObject({ code: null, signal: 'SIGINT' });
    } finally {
      kafka.thaw();
    }
  });
});

describe('print-stream', () => {
  it('prints a line an alert, until Ctrl-C', async () => {
    const topic = ['print-stream', '-B', kafka.bootstrap, '--src-topic', 'example'];
    const running = startCommand([...topic, '--schema', file]);
    await running.prints(/(id=[^]*){12}/);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toBe('rubin-alert-sim: interrupted: printed 12 alerts\n');
    const lines = stdout.trimEnd().split('\n');
    lines.forEach((line, index) => {
      const size = 5 + (records[index]?.length ?? NaN);
      expect(line).toMatch(
        new RegExp(
          `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}  id=${2n ** 60n + BigInt(index)}  len\\(history\\)=2  size=${size}$`,
        ),
      );
    });
  });

  it('waits for its topic, ends after --count, and shows when the broker had each alert, not when it was read', async () => {
    const topic = 'print-later';
    const reading = startCommand([
      'print-stream',
      '-B',
      kafka.bootstrap,
      '--src-topic',
      topic,
      '--count',
      '3',
    ]);
    await reading.prints(new RegExp(`the topic ${topic} does not exist yet: waiting for it`));
    const values = [9, 10, 11].map((size) => ({ value: Buffer.alloc(size) }));
    await writeTopic(connection(), topic, 1, values);
    const { code, stdout, stderr } = await reading.ended;
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 2 });
    const shown = stdout
      .trimEnd()
      .split('\n')
      .map((line) => new Date(line.slice(0, 23)).getTime());
    // A reader's own clock would be some milliseconds later.
    expect(shown).toEqual((await topicContents(connection(), topic)).map(({ timestampMs }) => timestampMs));
    // Again, and less of it.
    const again = ['print-stream', '-B', kafka.bootstrap, '--src-topic', topic, '--count', '1'];
    const { stdout: first } = await runCommand(again);
    expect(first).toBe(stdout.slice(0, stdout.indexOf('\n') + 1));
  });

  it('ends with 130 when Ctrl-C comes before --count', async () => {
    const args = ['print-stream', '-B', kafka.bootstrap, '--src-topic=example', '--count', '13'];
    const running = startCommand(args);
    await running.prints(/(id=[^]*){12}/);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
  });

  it("knows the schema of Rubin's alerts and of containers, and begins at an instant", async () => {
    const topic = 'print-kinds';
    await writeTopic(connection(), topic, 1, [{ value: Buffer.from('before') }]);
    const [{ timestampMs } = { timestampMs: NaN }] = await topicContents(connection(), topic);
    while (Date.now() <= timestampMs) await new Promise((resolve) => setTimeout(resolve, 1));
    const { bytes } = createAlertMaker({
      visits: 1,
      alertsPerVisit: 1,
      cutouts: false,
      meanBytes: 1200,
    }).alertAt(0);
    const [newest = Buffer.alloc(0)] = containers;
    await sendTo(connection(), topic, [{ value: frameAlert(1100, bytes) }, { value: newest }]);
    const from = new Date(timestampMs + 1).toISOString();
    const args = [
      'print-stream',
      '-B',
      kafka.bootstrap,
      '--src-topic',
      topic,
      '--from',
      from,
      '--count',
      '2',
    ];
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.slice(25))).toEqual([
      expect.stringMatching(/^id=\d+ {2}len\(history\)=\d+ {2}size=\d+( {2}diaObjectId=\d+)?$/),
      expect.stringMatching(/^id=2 {2}len\(history\)=\d+ {2}size=\d+ {2}objectId=\S+$/),
      '',
    ]);
  });

  it('prints at least the id of alerts with another schema, and says how to see more', async () => {
    const running = startCommand(['print-stream', '-B', kafka.bootstrap, '--src-topic=example']);
    await running.prints(/(id=[^]*){12}/);
    running.child.kill('SIGINT');
    const { stdout, stderr } = await running.ended;
    expect(stdout).toContain(`id=${2n ** 60n}  len(history)=?`);
    expect(stderr).toMatch(/^WARNING:rubin-alert-sim\.print:.*--schema FILE$/m);
  });
});

/** What tells the records of a container apart, in their order. */
async function digestsOf(path: string): Promise<readonly string[]> {
  const container = await openContainer(path);
  const scanner = createAlertScanner(container.schema, path);
  const digests: string[] = [];
  for await (const block of container.blocks())
    digests.push(...scanner.alertsOf(block).map(({ avro }) => digest(avro)));
  await container.close();
  return digests;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Waits until a topic holds so many messages. */
async function untilMessages(topic: string, count: number): Promise<void> {
  await withAdmin(connection(), async (admin) => {
    for (;;) {
      const [first] = await admin.watermarks(topic);
      if (first !== undefined && first.high >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}

function residentKilobytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
