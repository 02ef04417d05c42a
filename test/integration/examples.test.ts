import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { openContainer } from '../../src/alerts/container.js';
import { installationFolder } from '../../src/version.js';
import { runCommand } from './support/commandLine.js';
import { writeTestContainer, testAlerts } from './support/containers.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { pythonWithKafka } from './support/python.js';

interface ExampleResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const examples = join(installationFolder, 'examples');
const sampleAlerts = 792;
const streamTopic = 'rubin-stream';
const python = await pythonWithKafka();

let kafka: TestKafka;
let folder: string;
let sample: string;

beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'examples-'));
  sample = join(folder, 'sample.avro');
  const small = join(folder, 'small.avro');
  await writeTestContainer(small, testAlerts(3, 0.01));
  for (const command of [
    ['generate', sample, '--sample', 'single-ccd'],
    ['create-stream', '-B', kafka.bootstrap, '--dst-topic=rubin_example', sample],
    [
      ...['play-stream', '-B', kafka.bootstrap, '--src-topic=rubin_example'],
      ...[`--dst-topic=${streamTopic}`, '--dst-topic-partitions=3'],
    ],
    ['create-stream', '-B', kafka.bootstrap, '--dst-topic=other-schema', '--schema-id=701', small],
  ]) {
    expect(await runCommand(command)).toMatchObject({ code: 0, stderr: '' });
  }
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['consumer.py', python, idsByFastavro],
  ['consumer.mjs', process.execPath, idsByScanner],
])('the example %s', (script, interpreter, idsOfFile) => {
  const read = (...args: readonly string[]): Promise<ExampleResult> =>
    run(interpreter ?? '', [join(examples, script), '--broker', kafka.bootstrap, ...args]);

  it.skipIf(interpreter === undefined)('reads all alerts of a stream, with the ids of the file', async () => {
    const { code, stdout, stderr } = await read('--topic', streamTopic, '--count', String(sampleAlerts));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `read ${sampleAlerts} alerts from ${streamTopic}\n`,
    });
    const lines = stdout.trim().split('\n');
    const found = lines.map((line) => /^id=(\d+) {2}len\(history\)=(\d+) {2}size=\d+$/.exec(line));
    const ids = found.map((match) => match?.[1] ?? 'no id');
    const expected = await idsOfFile(sample);
    expect(expected).toHaveLength(sampleAlerts);
    // Partitions come in any order.
    expect([...ids].sort()).toEqual([...expected].sort());
    expect(ids.some((id) => Number(id) > Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(found.some((match) => Number(match?.[2]) > 0)).toBe(true);
  });

  it.skipIf(interpreter === undefined)('waits for a topic that is made after it was started', async () => {
    const topic = `later-${script.replace('.', '-')}`;
    const reading = start(interpreter ?? '', [
      join(examples, script),
      ...['--broker', kafka.bootstrap, '--topic', topic, '--count', '2'],
    ]);
    await reading.prints(/does not exist yet/);
    const play = ['play-stream', '-B', kafka.bootstrap, '--src-topic=rubin_example', `--dst-topic=${topic}`];
    expect(await runCommand(play)).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await reading.ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `the topic ${topic} does not exist yet: waiting for it\nread 2 alerts from ${topic}\n`,
    });
    expect(stdout.match(/^id=/gm)).toHaveLength(2);
  });

  it.skipIf(interpreter === undefined)(
    'reads on when its stream is played again with --force',
    async () => {
      const topic = `again-${script.replace('.', '-')}`;
      const play = [
        'play-stream',
        '-B',
        kafka.bootstrap,
        '--src-topic=rubin_example',
        `--dst-topic=${topic}`,
      ];
      expect(await runCommand(play)).toMatchObject({ code: 0 });
      const reading = start(interpreter ?? '', [
        join(examples, script),
        ...['--broker', kafka.bootstrap, '--topic', topic, '--count', String(2 * sampleAlerts)],
      ]);
      // Anchored: tried at each line of each chunk, it takes longer than the test may.
      await reading.prints(new RegExp(`^(id=.*\\n){${sampleAlerts}}`));
      expect(await runCommand([...play, '--force'])).toMatchObject({ code: 0 });
      const { code, stdout } = await reading.ended;
      expect({ code, read: stdout.match(/^id=/gm)?.length }).toEqual({ code: 0, read: 2 * sampleAlerts });
    },
    90_000,
  );

  it.skipIf(interpreter === undefined).each([
    [
      4,
      'a topic that does not come',
      ['--topic', 'nowhere', '--count', '1', '--timeout', '1'],
      /^the topic nowhere does not exist yet: waiting for it\n.*: the topic nowhere did not appear within 1 s\n$/,
    ],
    [2, 'alerts of another schema', ['--topic', 'other-schema', '--count', '1'], /id is 701.*--schema FILE/],
    [2, 'a schema file that is none', ['--schema', join(examples, 'consumer.py')], /cannot read a schema/],
    [2, 'an option that does not exist', ['--nosuch'], /--nosuch/],
    [2, 'a property that librdkafka has not', ['-X', 'nosuch=1'], /nosuch/],
    [3, 'a broker that is not there', ['--broker', '127.0.0.1:9', '--count', '1'], /cannot reach Kafka at/],
    [
      4,
      'fewer alerts than asked for',
      ['--topic', streamTopic, '--count', '793', '--timeout', '2'],
      /792 of 793/,
    ],
  ])('ends with %i for %s', async (exitCode, _what, args, message) => {
    const { code, stderr } = await read(...args);
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(message) as string });
    expect(stderr).not.toMatch(/Traceback|\n {4}at /);
  });
});

it.skipIf(python === undefined)('the Python example takes the schema of a container', async () => {
  const container = join(folder, 'small.avro');
  const args = [
    '--broker',
    kafka.bootstrap,
    '--topic',
    'other-schema',
    '--schema',
    container,
    '--count',
    '3',
  ];
  const { code, stdout } = await run(python ?? '', [join(examples, 'consumer.py'), ...args]);
  expect(code).toBe(0);
  expect(stdout.match(/id=115292150460684697\d {2}len\(history\)=2/g)).toHaveLength(3);
});

/** What another Avro library finds in the file. */
async function idsByFastavro(file: string): Promise<readonly string[]> {
  const program =
    'import sys, fastavro\nfor alert in fastavro.reader(open(sys.argv[1], "rb")): print(alert["diaSourceId"])';
  const { stdout } = await run(python ?? '', ['-c', program, file]);
  return stdout.trim().split('\n');
}

async function idsByScanner(file: string): Promise<readonly string[]> {
  const container = await openContainer(file);
  try {
    const scanner = createAlertScanner(container.schema, file);
    const ids: string[] = [];
    for await (const block of container.blocks())
      ids.push(...scanner.alertsOf(block).map(({ id }) => String(id)));
    return ids;
  } finally {
    await container.close();
  }
}

function run(command: string, args: readonly string[]): Promise<ExampleResult> {
  return start(command, args).ended;
}

function start(
  command: string,
  args: readonly string[],
): { readonly ended: Promise<ExampleResult>; readonly prints: (pattern: RegExp) => Promise<void> } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<ExampleResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, ...output });
    });
  });
  const prints = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(output.stdout + output.stderr)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      void ended.then((result) => {
        reject(new Error(`ended before it printed ${String(pattern)}: ${JSON.stringify(result)}`));
      });
    });
  return { ended, prints };
}
