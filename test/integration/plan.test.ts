import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from './support/commandLine.js';
import { testAlerts, writeTestContainer } from './support/containers.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { headerOf, topicContents } from './support/topicContents.js';
import type { RunSummary } from '../../src/results/runFolder.js';

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
}, 120_000);
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

/** 301 alerts. The first ten are ten times as large, as where the first block says little of the rest. */
async function file(
  name: string,
  apartSeconds: number,
  disorder = false,
): Promise<{ path: string; bytes: number }> {
  const alerts = testAlerts(301, apartSeconds).map((alert, index) => ({
    ...alert,
    payloadBytes: index < 10 ? 20_000 : 2000,
  }));
  if (disorder) alerts.push(...alerts.splice(100, 50));
  const path = join(folder, `${name}.avro`);
  const records = await writeTestContainer(path, alerts);
  return { path, bytes: records.reduce((sum, { length }) => sum + 5 + length, 0) };
}

async function scenario(name: string, path: string, more = ''): Promise<string> {
  const yaml = join(folder, `${name}.yaml`);
  await writeFile(
    yaml,
    `name: ${name}
kafka: {bootstrap: '${kafka.bootstrap}'}
alerts: {file: ${path}${more}}
reservoir: {topic: ${name}-reservoir}
stream: {topic: ${name}-stream}
replay: {phases: [{name: night, pace: recorded}]}
consumers: {groups: 1}
expect: {achievedRate: any}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`,
  );
  return yaml;
}

describe('the plan of a recorded file', () => {
  it('has the time, messages and bytes that the run then takes, within a tenth', async () => {
    const { path, bytes } = await file('night', 0.1);
    const yaml = await scenario('plan', path);
    const plan = (await runCommand(['run', yaml, '--dry-run'])).stdout;
    // 300 gaps of 0.1 s are 30.0 s; 301 / 30 s = 10.03/s.
    expect(plan).toMatch(/│ night +│ +301 +│ +[\d.]+ kB +│ +30\.0s +│ +10\/s on average/);
    const [, kilobytes] = /in all +301 messages, ([\d.]+) kB, 30\.0s/.exec(plan) ?? [];
    expect(Math.abs(Number(kilobytes) * 1000 - bytes) / bytes).toBeLessThan(0.01);
    const [, seconds] = /takes +about ([\d.]+)s/.exec(plan) ?? [];

    const { stdout, stderr, code } = await runCommand(['run', yaml, '--out', folder]);
    expect(code, stderr).toBe(0);
    const [, runFolder = ''] = /[Ee]verything is in (\S+)/.exec(stdout) ?? [];
    const { run, counts, phases } = JSON.parse(
      await readFile(join(runFolder, 'summary.json'), 'utf8'),
    ) as RunSummary;
    expect(counts).toMatchObject({ scheduled: 301, sent: 301, acked: 301, unknown: 0 });
    const took = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
    const [night] = phases;
    const phaseTook = (Date.parse(night?.endedAt ?? '') - Date.parse(night?.startedAt ?? '')) / 1000;
    console.log(`planned ${seconds} s and 30.0 s for the phase; took ${took} s and ${phaseTook} s`);
    expect(Math.abs(phaseTook - 30) / 30).toBeLessThan(0.1);
    expect(Math.abs(took - Number(seconds)) / took).toBeLessThan(0.1);
  }, 120_000);

  it('warns of alerts that keep an order that is not that of time, before anything is sent, in all commands', async () => {
    const { path } = await file('mixed', 0.02, true);
    const says =
      /50 of 301 alerts were recorded before one ahead of them in the file, first alert 252, by 4\.0s: /;
    const { stderr, code } = await runCommand([
      'run',
      await scenario('mixed', path, ', keepOrder: true'),
      '--dry-run',
    ]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(says)]);
    const topics = ['-B', kafka.bootstrap, '--dst-topic', 'mixed'];
    expect((await runCommand(['create-stream', ...topics, '--keep-order', path])).stderr).toMatch(says);
    const play = await runCommand([
      'play-stream',
      '-B',
      kafka.bootstrap,
      '--src-topic',
      'mixed',
      '--dst-topic',
      'mixed-stream',
    ]);
    expect(play.stderr).toMatch(/alert 252 of mixed was recorded 4\.0s before one ahead of it/);
    expect(play.stdout).toMatch(/played 301 alerts from the stream/);
  }, 120_000);

  it('sorts alerts that are not in order of time, and says nothing then', async () => {
    const { path } = await file('sorted', 0.02, true);
    const dry = await runCommand(['run', await scenario('sorted', path), '--dry-run']);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(
      await runCommand(['create-stream', '-B', kafka.bootstrap, '--dst-topic', 'sorted', path]),
    ).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'successfully preloaded stream with 301 alerts\n',
    });
    const stored = await topicContents({ bootstrap: kafka.bootstrap }, 'sorted');
    const offsets = stored.map((message) => Number(headerOf(message, 'alertsim-time-offset')));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(offsets.at(-1)).toBeCloseTo(6, 3);
  }, 120_000);
});

describe('play-stream of a long recording', () => {
  it('says how long it is, and when it will end', async () => {
    const path = join(folder, 'long.avro');
    await writeTestContainer(path, testAlerts(3, 1800));
    await runCommand(['create-stream', '-B', kafka.bootstrap, '--dst-topic', 'long', path]);
    const play = startCommand([
      'play-stream',
      '-B',
      kafka.bootstrap,
      '--src-topic',
      'long',
      '--dst-topic',
      'long-stream',
    ]);
    await play.prints(/the alerts were recorded over 1h 00m: the last one is sent at about [\d: -]+/);
    play.child.kill('SIGINT');
    expect((await play.ended).code).toBe(130);
  }, 60_000);
});
