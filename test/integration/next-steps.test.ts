import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nextSteps } from '../../src/cli/start.js';
import { mainScript, runCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

let kafka: TestKafka;
let folder: string;
const before = { cwd: process.cwd(), script: process.argv[1], event: process.env.npm_lifecycle_event };

beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'next steps '));
  const sample = join(folder, 'sample.avro');
  for (const words of [
    ['generate', sample, '--visits', '1', '--alerts-per-visit', '20'],
    ['create-stream', '-B', kafka.bootstrap, '--dst-topic', 'rubin-example-reservoir', sample],
    [
      ...['play-stream', '-B', kafka.bootstrap, '--src-topic', 'rubin-example-reservoir'],
      ...['--dst-topic', 'rubin-example-stream'],
    ],
  ]) {
    expect(await runCommand(words)).toMatchObject({ code: 0 });
  }
  // As in a user's shell: in the user's folder, called by the script.
  process.chdir(folder);
  process.argv[1] = mainScript;
  delete process.env.npm_lifecycle_event;
});
afterAll(async () => {
  process.chdir(before.cwd);
  process.argv[1] = before.script ?? '';
  if (before.event !== undefined) process.env.npm_lifecycle_event = before.event;
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

it('every line that npm start prints as the next step works as it is printed', () => {
  const steps = nextSteps(kafka.bootstrap);
  const outputs = steps.flatMap(([what, command]) => {
    // The last one would stop the user's own broker; what broker up prints is run in broker-trouble.test.ts.
    if (what === 'stop the broker') return [];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    // A busy machine may miss the rates that a scenario expects (4, 5); the command has run all the same.
    expect(what === 'another scenario' ? [0, 4, 5] : [0], stderr).toContain(status);
    return [[what, stdout + stderr] as const];
  });
  const said = Object.fromEntries(outputs);
  expect(said['read the stream']?.match(/ {2}id=\d+ {2}len/g)).toHaveLength(10);
  expect(said['your own consumer']?.match(/^id=\d+ {2}len/gm)).toHaveLength(10);
  expect(said['play it again']).toContain('played 20 alerts from the stream\n');
  expect(said['another scenario']).toMatch(/Everything is in .*next steps /);
}, 120_000);

it('names the broker only where it is not the usual one', () => {
  for (const [, command] of nextSteps('localhost:9092')) expect(command).not.toMatch(/--broker|bootstrap/);
});
