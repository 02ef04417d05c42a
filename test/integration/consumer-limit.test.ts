import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunSummary } from '../../src/results/runFolder.js';
import { runCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

let kafka: TestKafka;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consumer-limit-'));
  kafka = await startTestKafka({ usualJvm: true });
});

afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(name: string, replay: string, groups: string, more = ''): Promise<RunSummary> {
  const path = join(folder, `${name}.yaml`);
  const text = `name: ${name}
kafka: {bootstrap: '${kafka.bootstrap}'}
alerts: {payload: {bytes: 1000, count: 1000}}
reservoir: {topic: r-limit, reuse: true}
stream: {topic: s-${name}, partitions: 2}
replay: {phases: [${replay}]}
consumers: {groups: [${groups}]}
limits: {selfCheck: {scheduleLagP99: 1s, eventLoopDelayP99: 1s}}
${more}`;
  await writeFile(path, text);
  const ended = await runCommand(['run', path, '--out', folder]);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  const made = (await readdir(folder)).find((entry) => entry.endsWith(`-${name}`)) ?? '';
  return JSON.parse(await readFile(join(folder, made, 'summary.json'), 'utf8')) as RunSummary;
}

/** A program that reads so many messages a second at most, and commits once a second. */
const program = `
const { KafkaConsumer } = require(${JSON.stringify(join(process.cwd(), 'node_modules/node-rdkafka'))});
const [, , bootstrap, group, topic, perSecond] = process.argv;
const client = new KafkaConsumer(
  { 'bootstrap.servers': bootstrap, 'group.id': group, 'auto.commit.interval.ms': 1000 },
  { 'auto.offset.reset': 'earliest' },
);
client.on('ready', () => {
  client.subscribe([topic]);
  let lastMs = Date.now();
  let allowance = 0;
  setInterval(() => {
    const nowMs = Date.now();
    allowance = Math.min(perSecond / 5, allowance + ((nowMs - lastMs) * perSecond) / 1000);
    lastMs = nowMs;
    const most = Math.floor(allowance);
    if (most > 0) client.consume(most, (error, messages) => { if (!error) allowance -= messages.length; });
  }, 20);
});
client.setDefaultConsumeTimeout(10);
process.on('SIGTERM', () => client.disconnect(() => process.exit(0)));
client.connect();
`;

it('finds the rate that a program keeps up with, and says that it is the limit', async () => {
  const path = join(folder, 'consumer.cjs');
  await writeFile(path, program);
  const search =
    "{name: limit, search: {from: 100/s, to: 400/s, hold: 5s, settle: 1s, precision: 5%, confirm: 1, conditions: {mine.lag: '< 30s'}}}";
  const command = `${process.execPath} ${path} \${bootstrap} \${group} \${topic} 200`;
  const { searches } = await run('program', search, `{name: mine, command: '${command}', ready: 60s}`);
  const { result, commitIntervals } = searches[0] ?? {};
  expect(Math.abs((result?.ratePerSecond ?? 0) / 200 - 1)).toBeLessThanOrEqual(0.1);
  expect(result).toMatchObject({ kind: 'found', limitedBy: { kind: 'consumer', group: 'mine', own: false } });
  expect(commitIntervals?.[0]?.seconds).toBeGreaterThan(0.7);
}, 300_000);

it('finds the largest visit that consumers of the run have read in time', async () => {
  const search =
    "{name: limit, search: {visits: {cadence: 2s, burst: 200ms}, from: 200, to: 1600, hold: 4s, precision: 5%, confirm: 1, conditions: {mine.drain.max: '< 1s'}}}";
  const { searches } = await run('visits', search, '{name: mine, slow: {maxRate: 500/s}}');
  // 500/s for the burst and 1 s more.
  expect(searches[0]?.result.kind).toBe('found');
  expect(Math.abs((searches[0]?.result.alertsPerVisit ?? 0) / 600 - 1)).toBeLessThanOrEqual(0.1);
}, 300_000);

it('fills the stream while a group does not read, and measures how it catches up', async () => {
  const phases =
    '{name: before, rate: 100/s, duration: 2s}, {name: away, backlog: {messages: 5000}, groups: [late]}, {name: back, catchUp: {groups: [late], while: {rate: 100/s}}}';
  const {
    catchUps,
    groups,
    counts,
    phases: measured,
  } = await run(
    'backlog',
    phases,
    '{name: late, slow: {maxRate: 1000/s}}, {name: steady}',
    "expect: {catchUp.seconds: '< 60s', catchUp.drainRate: '>= 500/s', lost: 0, achievedRate: any}",
  );
  const [back] = catchUps;
  expect(back).toMatchObject({ phase: 'back', backlog: { phases: ['away'], messages: 5000 } });
  expect(back?.compared).toMatchObject({ phase: 'before', groups: [{ name: 'steady' }] });
  const [late] = back?.groups ?? [];
  expect(late).toMatchObject({ name: 'late', leftBehind: 0 });
  // What it read of the phase before may not be reported yet.
  expect(late?.behind).toBeGreaterThanOrEqual(5000);
  expect(late?.behind).toBeLessThanOrEqual(5200);
  // 5,000 and 100 more each second, at 1,000/s; a busy machine makes it longer.
  expect(late?.seconds).toBeGreaterThan(4.5);
  expect(late?.seconds).toBeLessThan(15);
  expect(late?.drainPerSecond).toBeGreaterThan(600);
  expect(late?.drainPerSecond).toBeLessThanOrEqual(1050);
  expect(groups.map(({ unmeasured }) => unmeasured)).toMatchObject([
    { received: 5000, lost: 0 },
    { received: 5000, lost: 0 },
  ]);
  expect(measured.find(({ name }) => name === 'away')).toMatchObject({ measured: false });
  expect(counts.unsent).toBe(0);
}, 120_000);
